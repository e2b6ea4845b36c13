import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DoorAct, DoorRow } from "./control/door-rows.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { CREDENTIAL, heldPass } from "./rig/people.ts";

/** Two modules: floors 2 and 3 hang on one, 4 and 5 on the other; the ground floor has no relay. */
const LIFT = `
[[lift]]
id = "lift-1"
fire = { board = "library", input = 2 }
LINES
[[lift.floor]]
id = "g"
always_free = true
[[lift.floor]]
id = "2"
relay = { board = "gate-1", relay = 2 }
button = { board = "gate-1", input = 2 }
[[lift.floor]]
id = "3"
relay = { board = "gate-1", relay = 3 }
button = { board = "gate-1", input = 3 }
[[lift.floor]]
id = "4"
relay = { board = "library", relay = 4 }
button = { board = "library", input = 4 }
[[lift.floor]]
id = "5"
door = "rear"
access_point = "stacks"
relay = { board = "library", relay = 5 }
button = { board = "library", input = 5 }
`;
const lift = (lines = ""): string => LIFT.replace("LINES", lines);
const FLOORS = ["lift-1/2", "lift-1/4", "stacks"];
const BOARDS = { "2": ["gate-1", 2], "3": ["gate-1", 3], "4": ["library", 4], "5": ["library", 5] } as const;
type Floor = keyof typeof BOARDS;

let rig: ControllerRig;
beforeEach(() => (rig = new ControllerRig({ cabin: "", tables: lift() })));
afterEach(() => rig.end());

async function started(change?: { readonly cabin?: string; readonly tables?: string }, list: Parameters<ControllerRig["load"]>[0] = {}): Promise<void> {
  if (change !== undefined) {
    rig.end();
    rig = new ControllerRig({ cabin: "", tables: lift(), ...change });
  }
  rig.load({ floors: FLOORS, ...list });
  await rig.start();
}

const scan = (person: "zhang" | "li" = "zhang"): Promise<void> => rig.scan("gate-1-out", heldPass(person, rig.now()));
/** Buttons that work, as the boards' relays are. */
const enabled = (): string[] => Object.entries(BOARDS).flatMap(([floor, [board, relay]]) => (rig.boards[board].relays[relay] === true ? [floor] : []));
/** Somebody presses a button; it stays lit, as a call does. */
async function press(floor: Floor): Promise<void> {
  const [board, input] = BOARDS[floor];
  rig.boards[board].inputs[input] = true;
  await rig.time.pass(150);
  rig.boards[board].inputs[input] = false;
  await rig.time.pass(150);
}
const row = (floor: string): DoorRow => rig.ask("GET /v1/doors").find(({ id }) => id === `lift-1/${floor}`)!;
const act = (id: string, word: DoorAct): unknown => rig.ask("POST /v1/doors/:id/:act", { params: { id, act: word }, body: { by: "wang", reason: "" } });
/** What the log says of the lift, as sentences, once the controller is down. */
async function log(): Promise<string[]> {
  await rig.stop();
  return rig.events().flatMap(({ name, fields }) => {
    if (!/^(Access|Floor|DoorMode|DoorFault|FireInput)/.test(name)) return [];
    const { floors, refused, floor, cause, reason, detail, door, accessPoint } = fields as Readonly<Record<string, string>>;
    return [[name, floor ?? floors ?? cause ?? reason ?? door ?? accessPoint, refused ?? detail].filter((word) => word !== undefined && word !== "").join(" ")];
  });
}

test("rule 2.7: a scan in the cabin enables the floors that grants name, on every module at once, is recorded first, and ends by itself", async () => {
  await started();
  const before: unknown[] = [];
  rig.boards["gate-1"].onWrite = ({ relay }) => void (relay === 2 && before.push(rig.ask("GET /v1/status").lastSeq));
  const seq = rig.ask("GET /v1/status").lastSeq;
  await scan();
  await rig.time.pass(100);
  expect(before, "AccessGranted and FloorsGranted stand in the log before a relay is told").toEqual([seq + 2]);
  expect(enabled()).toEqual(["2", "4", "5"]);
  expect([row("2").mode, row("3").mode, row("g").mode]).toEqual(["Accessed", "Locked", "Unlocked"]);
  await press("4");
  await rig.time.pass(8_000);
  expect(enabled()).toEqual([]);
  expect(await log()).toEqual(["AccessGranted cabin", "FloorsGranted 2, 4, 5", "AccessTaken cabin", "FloorChosen lift-1/4"]);
  const granted = rig.events().find(({ name }) => name === "AccessGranted");
  expect(granted?.fields).toMatchObject({ accessPoint: "cabin", credential: CREDENTIAL.zhang, replayGroup: "lift-1" });
});

test("rule 2.7: a pass is spent once for all floors: shown again in the cabin it is refused", async () => {
  await started();
  const pass = heldPass("zhang", rig.now());
  await rig.scan("gate-1-out", pass);
  await rig.time.pass(8_500);
  await rig.scan("gate-1-out", pass);
  await rig.time.pass(100);
  expect(enabled()).toEqual([]);
  const seq = rig.ask("GET /v1/status").lastSeq;
  expect(rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(seq) } })).not.toHaveProperty("floors"); // nothing was asked about floors
  expect((await log()).at(-1)).toMatch(/^AccessDenied PassReplayed/);
});

test("nobody rides whom no grant names a floor, at a gate's capability neither, and no relay moves", async () => {
  await started(undefined, { floors: [], accessPoints: ["gate-1-in", "lift-1/2", "cabin"] });
  await scan();
  await rig.time.pass(100);
  expect(enabled()).toEqual([]);
  expect(await log()).toEqual(["AccessDenied Unauthorized none with the capability ride: gates"]);
});

test("a reader of one door of the cabin opens the floors of that door alone", async () => {
  await started({ cabin: 'lift_door = "rear"' });
  await scan();
  await rig.time.pass(100);
  expect(enabled()).toEqual(["5"]);
});

test("with one floor a grant the other buttons go out with the first press", async () => {
  await started({ tables: lift('floors_per_grant = "one"') });
  await scan();
  await rig.time.pass(100);
  await press("4");
  expect(enabled()).toEqual(["4"]);
});

test("nobody pressed: not taken, and the same person may scan again", async () => {
  await started();
  await scan();
  await rig.time.pass(9_000);
  await scan();
  expect(enabled()).toEqual(["2", "4", "5"]);
  await press("2");
  expect(await log()).toEqual([
    "AccessGranted cabin",
    "FloorsGranted 2, 4, 5",
    "AccessNotTaken timeout",
    "AccessGranted cabin",
    "FloorsGranted 2, 4, 5",
    "AccessTaken cabin",
    "FloorChosen lift-1/2",
  ]);
});

describe("a module that is off line", () => {
  test("takes its floors out of a grant by a named reason, and the others are enabled", async () => {
    await started();
    rig.boards["gate-1"].isMute = true;
    await rig.time.pass(1_500);
    await scan();
    await rig.time.pass(100);
    expect(enabled()).toEqual(["4", "5"]);
    expect(await log()).toContain("FloorsGranted 4, 5 2 Other");
  });

  test("refuses whoever may ride to its floors alone, and spends no pass: behind the outage the same code is taken", async () => {
    await started(undefined, { floors: ["lift-1/2"] });
    rig.boards["gate-1"].isMute = true;
    await rig.time.pass(4_000);
    const pass = heldPass("zhang", rig.now());
    await rig.scan("gate-1-out", pass);
    rig.boards["gate-1"].isMute = false;
    await rig.time.pass(4_000);
    await rig.scan("gate-1-out", pass);
    await rig.time.pass(100);
    expect(enabled()).toEqual(["2"]);
    expect((await log()).filter((line) => !line.includes("gate-1/"))).toEqual([
      "DoorFault lift-1 unit 1 does not answer: check power, the pair A and B, baud rate and unit number",
      "AccessDenied Other floor 2: the floor's board gate-1 does not answer",
      "DoorFaultCleared lift-1",
      "AccessGranted cabin",
      "FloorsGranted 2",
    ]);
  });

  test("counts as free where that was chosen: its floors are granted, and nothing is asked of it", async () => {
    await started({ tables: lift('power_loss = "free"\nmodule_off_line = "free"') }, { floors: ["lift-1/2"] });
    expect(enabled()).toEqual(["2", "3", "4", "5"]); // current disables a button here
    rig.boards["gate-1"].isMute = true;
    await rig.time.pass(1_500);
    const before = rig.boards["gate-1"].writes.length;
    await scan();
    await rig.time.pass(100);
    expect(rig.boards["gate-1"].writes).toHaveLength(before);
    expect(await log()).toContain("FloorsGranted 2");
  });
});

test("without current a floor is what was chosen: free where current disables its button", async () => {
  await started({ tables: lift('power_loss = "free"') });
  const gate = (): boolean[] => rig.boards["gate-1"].relays.slice(2, 4);
  expect(gate()).toEqual([true, true]);
  await scan();
  await rig.time.pass(100);
  expect(gate()).toEqual([false, true]);
  await rig.time.pass(8_100);
  expect(gate()).toEqual([true, true]);
});

test("an operator frees, blocks and enables a floor once; the floor of the exit is refused", async () => {
  await started();
  act("lift-1/3", "lock-open");
  act("lift-1/2", "block");
  await rig.time.pass(100);
  expect(enabled()).toEqual(["3"]);
  await scan();
  await rig.time.pass(100);
  expect(enabled()).toEqual(["3", "4", "5"]);
  expect(() => act("lift-1/2", "access")).toThrow("mode Blocked");
  act("lift-1/2", "lock");
  act("lift-1/2", "access");
  await rig.time.pass(100);
  expect(enabled()).toEqual(["2", "3", "4", "5"]);
  expect(() => act("lift-1/g", "block")).toThrow("always free");
  act("lift-1/3", "release");
  act("lift-1", "block"); // all of its floors, but that one
  await rig.time.pass(100);
  expect(enabled()).toEqual([]);
  expect(row("3")).toMatchObject({ kind: "floor", mode: "Blocked", lock: "Locked", lastEvent: "DoorModeChanged" });
  expect(await log()).toContain("FloorsGranted 4, 5 2 DoorBlocked");
});

test("modes of floors, and a grant that a crash came into, are there at the next start", async () => {
  await started();
  act("lift-1/3", "lock-open");
  await scan();
  rig.crash();
  await rig.start();
  await rig.time.pass(500);
  expect(enabled()).toEqual(["3"]);
  expect(await log()).toContain("AccessNotTaken restart");
});

test("a schedule frees a floor while it is open", async () => {
  const schedule = `[[door_schedule]]\ndoor = "lift-1/3"\nschedule = "openings"\nmode = "unlock"`;
  await started({ tables: `${lift()}${schedule}` }, { openings: { startS: 8 * 3600, endS: 8 * 3600 + 60 } }); // it is 8:00
  await rig.time.pass(100);
  expect(enabled()).toEqual(["3"]);
  await rig.time.pass(60_000);
  expect(enabled()).toEqual([]);
});

test("fire frees the floors until somebody says that it is over; lockdown holds all but the exit", async () => {
  await started();
  rig.boards.library.inputs[2] = false;
  await rig.time.pass(500);
  expect(enabled()).toEqual(["2", "3", "4", "5"]);
  rig.boards.library.inputs[2] = true;
  await rig.time.pass(1_000);
  expect(enabled()).toEqual(["2", "3", "4", "5"]);
  const site = (verb: "relock" | "lockdown"): { readonly exceptions: readonly unknown[] } =>
    rig.ask("POST /v1/site/:verb", { params: { verb }, body: { zone: null, by: "wang", reason: "" } });
  site("relock");
  await rig.time.pass(500);
  expect(enabled()).toEqual([]);
  expect(site("lockdown").exceptions).toEqual([]);
  await scan();
  await rig.time.pass(100);
  expect(enabled()).toEqual([]);
  expect([row("2").mode, row("2").overruled, row("g").mode, row("g").overruled]).toEqual(["LockedDown", "lockdown", "Unlocked", null]);
  expect(await log()).toContain("AccessDenied LockedDown floor 2: lockdown: every door");
});

test("in a fire a lift that is to serve nobody refuses everybody, and holds its floors behind a start in it", async () => {
  await started({ tables: lift('in_fire = "secured"') });
  act("lift-1/3", "lock-open");
  rig.boards.library.inputs[2] = false;
  await rig.time.pass(500);
  await scan();
  await rig.time.pass(100);
  expect(enabled()).toEqual([]);
  rig.crash();
  await rig.start();
  await rig.time.pass(500);
  expect(enabled()).toEqual([]);
  expect(await log()).toContain("AccessDenied DoorBlocked floor 2: fire or drill: the lift serves nobody");
});

test("an explanation lists every floor with what became of it; of a refusal too", async () => {
  await started();
  act("lift-1/4", "block");
  await scan();
  await rig.time.pass(100);
  const seq = rig.ask("GET /v1/status").lastSeq - 1;
  const explanation = rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(seq) } });
  expect(explanation.basis).toContain("has not changed since");
  expect(explanation.floors).toMatchObject([
    { floor: "lift-1/g", outcome: "free", reason: null, detail: "always free", detailZh: "始终开放" },
    { floor: "lift-1/2", outcome: "granted", reason: null, detail: "" },
    { floor: "lift-1/3", outcome: "refused", reason: "Unauthorized", detail: "no permission names this access point" },
    { floor: "lift-1/4", outcome: "refused", reason: "DoorBlocked", detail: "as recorded" },
    { floor: "lift-1/5", outcome: "granted", reason: null, detail: "" },
  ]);
  for (const id of ["lift-1/2", "lift-1/5"]) act(id, "block");
  await scan("li");
  const denied = rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(rig.ask("GET /v1/status").lastSeq) } });
  expect(denied.denial?.reason).toBe("DoorBlocked");
  expect(denied.basis).toContain("has not changed since");
  expect(denied.floors?.map(({ reason }) => reason)).toEqual([null, "DoorBlocked", "Unauthorized", "DoorBlocked", "DoorBlocked"]);
  await rig.stop();
  rig.load({ floors: ["lift-1/3"] });
  await rig.start();
  const alone = rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(seq) } });
  expect(alone.floors?.map(({ floor, reason }) => `${floor} ${reason}`)).toEqual(["lift-1/2 null", "lift-1/4 DoorBlocked", "lift-1/5 null"]);
});
