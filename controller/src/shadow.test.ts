import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DoorRow } from "./control/door-rows.ts";
import type { MusterRow } from "./core/muster.ts";
import type { Problem } from "./control/control-api.ts";
import { Refusal } from "./control/refusal.ts";
import { asking, ControllerRig } from "./rig/controller-rig.ts";
import { CARD, CREDENTIAL, heldPass } from "./rig/people.ts";

/** The old system's relay closes input 3 of the library's board. */
const IN_SHADOW = `mode = "shadow"\nold_grant = { board = "library", input = 3 }`;
const OLD_RELAY = 3;
const REX = 1;
const BY = { by: "wang", reason: "week 2: nothing differs" };
const DAY_MS = 86_400_000;

let rig: ControllerRig;
let isStarted = false;
beforeEach(async () => started());
afterEach(() => {
  rig.end();
  isStarted = false;
});

async function started(change: ConstructorParameters<typeof ControllerRig>[0] = {}, list: Parameters<ControllerRig["load"]>[0] = {}): Promise<void> {
  if (isStarted) rig.end();
  isStarted = true;
  rig = new ControllerRig({ door: IN_SHADOW, ...change });
  rig.load(list);
  await rig.start();
}

const scan = (what: string = heldPass("zhang", rig.now())): Promise<void> => rig.scan("library-in", what);
/** The old system energises its relay for a while. */
async function oldGrants(forMs = 1_000): Promise<void> {
  rig.boards.library.inputs[OLD_RELAY] = true;
  await rig.time.pass(forMs);
  rig.boards.library.inputs[OLD_RELAY] = false;
  await rig.time.pass(500);
}
const drive = (act: "cut-over" | "return", id = "library", by: object = BY): readonly DoorRow[] =>
  rig.ask("POST /v1/shadow/doors/:id/:act", { params: { id, act }, body: by });
const refusedBy = (act: () => unknown): Problem => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
  throw new Error("was not refused");
};
const door = (id = "library"): DoorRow => rig.ask("GET /v1/doors").find((row) => row.id === id)!;
const counts = (query: Readonly<Record<string, string>> = {}): object => rig.ask("GET /v1/shadow/report", { query }).doors[0]!;
async function muster(): Promise<readonly MusterRow[]> {
  let rows: readonly MusterRow[] | undefined;
  void Promise.resolve(rig.controller.answers["GET /v1/muster"](asking())).then((found) => (rows = found));
  await rig.time.until(() => rows !== undefined, 1_000);
  return rows!;
}
/** The names of what the log says of the door, once the controller is down. */
async function log(): Promise<string[]> {
  await rig.stop();
  return rig.events().flatMap(({ name }) => (/^(Access|Shadow|Old|Door(?!Pre)|Scans|Denial|Request)/.test(name) ? [name] : []));
}

describe("a door in shadow", () => {
  test("judges and records, and no relay is driven, no light shown, no pass spent", async () => {
    const pass = heldPass("zhang", rig.now());
    await scan(pass);
    await rig.time.pass(5_000);
    await scan(pass); // a door that opened would have spent it
    await scan(CARD.nobody);
    await scan("not a pass");
    await rig.time.pass(70_000);
    expect(rig.boards.library.writes).toEqual([]);
    expect(door()).toMatchObject({ shadow: true, mode: "Unknown", lock: "Unknown", physical: "Closed", alarm: "Normal" });
    expect(rig.reports.filter(({ kind }) => kind === "judged")).toMatchObject([
      { outcome: "granted", shadow: true },
      { outcome: "granted", shadow: true },
      { outcome: "denied", reason: "CredentialNotFound", shadow: true },
      { outcome: "denied", reason: "PassMalformed", shadow: true, seq: null },
    ]);
    expect(await log()).toEqual(["ShadowGranted", "ShadowGranted", "ShadowDenied", "ScansRefused"]);
  });

  test("is in no alarm, whatever the old system does with it, and fire moves nothing", async () => {
    rig.boards.library.inputs[0] = false; // opened
    rig.boards.library.inputs[2] = false; // fire
    await rig.time.pass(60_000);
    expect(door()).toMatchObject({ physical: "Open", alarm: "Normal", fire: false, overruled: null });
    expect(rig.boards.library.writes).toEqual([]);
    expect(await log()).toEqual([]);
  });

  test("takes no operator's word but the one that cuts it over", () => {
    for (const act of ["access", "unlock", "lock", "block", "lock-down"])
      expect(refusedBy(() => rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act }, body: BY }))).toMatchObject({
        status: 409,
        title: expect.stringContaining("is in shadow: the old system drives it; portico door cut-over library changes that"),
      });
    expect(rig.boards.library.writes).toEqual([]);
  });

  test("is named by a lockdown as one that is not held, and is held by it once it is cut over", () => {
    const body = { zone: null, ...BY };
    expect(rig.ask("POST /v1/site/:verb", { params: { verb: "lockdown" }, body })).toMatchObject({
      exceptions: [{ door: "library", why: "is in shadow: the old system drives it" }],
    });
    expect(drive("cut-over")).toMatchObject([{ mode: "LockedDown", overruled: "lockdown", shadow: false }]);
    expect(refusedBy(() => drive("return")).title).toContain("the lockdown of every door holds it");
  });

  test("a decision of it is explained as every other", async () => {
    await started({}, { without: ["li"] });
    await scan(heldPass("li", rig.now()));
    await oldGrants();
    const row = rig.ask("GET /v1/shadow/report").decisions[0]!;
    expect(row).toMatchObject({ class: "onlyOld", ours: "denied", old: "granted", reason: "Unauthorized", credential: CREDENTIAL.li });
    const { denial, checks, event } = rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(row.seq) } });
    expect(denial).toMatchObject({ reason: "Unauthorized" });
    expect(checks.find(({ outcome }) => outcome === "failed")).toMatchObject({ check: "a valid permission names this access point" });
    expect(event.text).toMatch(/^In shadow: library-in would have refused .*Nobody was kept out\.$/);
  });
});

describe("what the old system does is seen", () => {
  test("by its relay: a grant beside ours, and whoever it is counts as having passed", async () => {
    await scan();
    await oldGrants();
    expect(counts()).toMatchObject({ door: "library", inShadow: true, bothGranted: 1, onlyOurs: 0, onlyOld: 0, unseenByUs: 0 });
    expect(await muster()).toMatchObject([{ credential: CREDENTIAL.zhang, sureness: "doubtful" }]);
    expect(await log()).toEqual(["ShadowGranted", "OldSystemDecided", "ShadowTaken"]);
  });

  test("in front of our decision, too; while it holds the lock open each who scans is let in", async () => {
    rig.boards.library.inputs[OLD_RELAY] = true;
    await rig.time.pass(600);
    await scan();
    await scan(heldPass("li", rig.now()));
    await rig.time.pass(1_000);
    expect(counts()).toMatchObject({ bothGranted: 2, unseenByUs: 0 });
    expect(await muster()).toHaveLength(2);
  });

  test("a grant of ours that it does not follow differs, and nobody counts as having passed", async () => {
    await scan();
    await rig.time.pass(10_000);
    await oldGrants();
    expect(counts()).toMatchObject({ bothGranted: 0, onlyOurs: 1, unseenByUs: 1 });
    expect(await muster()).toEqual([]);
  });

  test("an exit button that we see, too, is nobody's grant", async () => {
    rig.boards.library.inputs[REX] = true;
    await oldGrants();
    expect(counts()).toMatchObject({ unseenByUs: 0 });
  });

  test("without a relay by the door's contact", async () => {
    await started({ door: `mode = "shadow"` });
    await scan();
    rig.boards.library.inputs[0] = false;
    await rig.time.pass(1_000);
    expect(counts()).toMatchObject({ bothGranted: 1, onlyOurs: 0 });
  });

  test("an area counts whom the old system let in, and none but them", async () => {
    await started({ library: `enters = "hall"`, tables: `[[area]]\nid = "hall"\n` });
    const inside = (): unknown => rig.ask("GET /v1/areas")[0]!;
    await scan();
    await rig.time.pass(10_000);
    expect(inside()).toMatchObject({ holders: 0 });
    await scan(heldPass("li", rig.now()));
    await oldGrants();
    expect(inside()).toMatchObject({ holders: 1 });
    rig.crash();
    await rig.start();
    expect(inside()).toMatchObject({ holders: 1 });
  });
});

describe("cut-over and return", () => {
  test("the door opens for grants from then on; back in the old system's hands nothing of it is driven", async () => {
    expect(drive("cut-over")).toMatchObject([{ id: "library", shadow: false, mode: "Locked" }]);
    await rig.time.pass(200);
    await scan();
    expect(rig.boards.library.told(0)).toEqual(["off", 5_000]);
    expect(rig.boards.library.told(1)).not.toEqual([]); // its light
    expect(drive("return")).toMatchObject([{ shadow: true }]);
    await rig.time.pass(200);
    expect(rig.boards.library.relays[0]).toBe(false);
    rig.boards.library.writes.length = 0;
    await rig.time.pass(10_000);
    await scan();
    await rig.time.pass(60_000);
    expect(rig.boards.library.told(0)).toEqual([]);
    expect(await log()).toEqual(["DoorCutOver", "AccessGranted", "DoorReturned", "AccessNotTaken", "ShadowGranted"]);
  });

  test.each(["stop", "crash"] as const)("who drives it outlives a %s", async (end) => {
    const restart = async (): Promise<void> => {
      if (end === "stop") await rig.stop();
      else rig.crash();
      await rig.start();
    };
    drive("cut-over");
    await restart();
    expect(door()).toMatchObject({ shadow: false, mode: "Locked" });
    drive("return");
    await restart();
    expect(door()).toMatchObject({ shadow: true });
  });

  test("is recorded before anything moves: where the lock is told, it stands in the log", async () => {
    let logged: number | undefined;
    rig.boards.library.onWrite = () => (logged ??= rig.ask("GET /v1/status").lastSeq);
    const { lastSeq } = rig.ask("GET /v1/status");
    drive("cut-over");
    await rig.time.pass(200);
    expect(logged).toBeGreaterThan(lastSeq);
  });

  test("a fire that burns frees the door as it is cut over, and it is not given back while it lasts", async () => {
    rig.boards.library.inputs[2] = false;
    await rig.time.pass(200);
    drive("cut-over");
    await rig.time.pass(200);
    expect(door()).toMatchObject({ fire: true, lock: "Unlocked" });
    expect(rig.boards.library.relays[0]).toBe(true);
    expect(refusedBy(() => drive("return")).title).toContain("fire or a drill frees it");
    expect(rig.boards.library.relays[0]).toBe(true);
  });

  test("is refused by name: no such door, no reason, driven so already, a board that does not answer", async () => {
    expect(refusedBy(() => drive("cut-over", "gate-1"))).toMatchObject({ status: 404, remedy: "There are library." });
    expect(refusedBy(() => drive("cut-over", "library", { by: "wang", reason: " " }))).toMatchObject({ status: 400, remedy: "Say why: --reason." });
    expect(refusedBy(() => drive("return")).title).toContain("the old system drives it already");
    drive("cut-over");
    expect(refusedBy(() => drive("cut-over")).title).toContain("Portico drives it already");
    drive("return");
    rig.wire("library").cut();
    await rig.time.pass(10_000);
    expect(refusedBy(() => drive("cut-over")).title).toContain("the lock's board library does not answer");
    expect(door()).toMatchObject({ shadow: true });
  });

  test("a turnstile goes over as a whole, and its two ways are compared apart", async () => {
    await started({ door: "", turnstile: `mode = "shadow"\nold_grant_entry = { board = "gate-1", input = 5 }` });
    await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
    rig.boards["gate-1"].inputs[5] = true;
    await rig.time.pass(500);
    await rig.scan("gate-1-out", heldPass("li", rig.now()));
    expect(rig.ask("GET /v1/shadow/report").doors).toMatchObject([
      { door: "gate-1/entry", bothGranted: 1 },
      { door: "gate-1/exit", unseenByOld: 1 },
    ]);
    expect(rig.boards["gate-1"].writes).toEqual([]);
    expect(rig.ask("GET /v1/lanes")).toMatchObject([{ id: "gate-1" }]);
    expect(drive("cut-over", "gate-1").map(({ id, shadow }) => [id, shadow])).toEqual([
      ["gate-1/entry", false],
      ["gate-1/exit", false],
    ]);
    await rig.time.pass(4_000);
    await rig.scan("gate-1-in", heldPass("wang", rig.now()));
    expect(rig.boards["gate-1"].told(0)).toContain(300);
  });
});

describe("reports", () => {
  test("each day is reported once, after midnight of the campus; a restart repeats none, and days that the controller was away for follow", async () => {
    const reported = async (): Promise<unknown[]> => {
      await rig.stop();
      return rig.events().flatMap(({ name, fields }) => (name === "ShadowReport" ? [[fields.day, fields.bothGranted, fields.onlyOurs]] : []));
    };
    const [day] = [rig.ask("GET /v1/shadow/report").day];
    await scan();
    await oldGrants();
    await rig.stop();
    rig.time.advance(DAY_MS);
    await rig.start();
    await rig.time.pass(130_000);
    expect(await reported()).toEqual([[day, 1, 0]]);
    await rig.start();
    await rig.time.pass(130_000);
    expect(await reported()).toHaveLength(1);
  });
});

describe("the old system's own log", () => {
  const entry = (change: object = {}): object => ({ accessPoint: "library-in", at: rig.now(), card: CARD.chen, granted: true, ...change });
  const take = (entries: readonly object[], format: object | null = null): unknown => rig.ask("POST /v1/shadow/import", { body: { ...BY, format, entries } });

  test("is compared line by line, taken once, and keeps no card number", async () => {
    const at = rig.now();
    await scan(CARD.chen);
    await rig.time.pass(10_000);
    const lines = [entry({ at: at + 1 }), entry({ at: at + 11, granted: false }), entry({ at: at + 20, card: CARD.nobody, granted: false })];
    expect(take(lines)).toEqual({ taken: 3, known: 0, unknownCards: 1, days: [] });
    expect(take(lines)).toEqual({ taken: 0, known: 3, unknownCards: 0, days: [] });
    expect(counts({ all: "1" })).toMatchObject({ bothGranted: 1, unseenByUs: 2 });
    await rig.stop();
    expect(JSON.stringify(rig.events())).not.toMatch(new RegExp(`${CARD.chen}|${CARD.nobody}`, "i"));
  });

  test("of a day that is over is reported anew", async () => {
    const at = rig.now();
    await scan(CARD.chen);
    await rig.stop();
    rig.time.advance(DAY_MS);
    await rig.start();
    await rig.time.pass(1_000);
    expect(take([entry({ at })])).toMatchObject({ taken: 1, days: [expect.stringMatching(/^\d{4}-/)] });
    await rig.stop();
    const told = rig.events().flatMap(({ name, fields }) => (name === "ShadowReport" ? [fields] : []));
    expect(told.at(-1)).toMatchObject({ bothGranted: 1 });
  });

  test("cards may be written otherwise than the reader writes them; a line of a reader whose door is not in shadow is refused", () => {
    const reversed = Buffer.from(CARD.chen, "hex").reverse().toString("hex");
    expect(take([entry({ card: reversed })])).toMatchObject({ unknownCards: 1 });
    expect(take([entry({ card: reversed, at: rig.now() + 1 })], { format: "uid-hex", byteOrder: "lsb-first" })).toMatchObject({ unknownCards: 0 });
    expect(refusedBy(() => take([entry({ accessPoint: "gate-1-in" })]))).toMatchObject({ status: 409, detail: "gate-1-in" });
  });
});

test("without a door in shadow nothing is compared, and no door can be cut over", async () => {
  await started({ door: "" });
  expect(rig.ask("GET /v1/shadow/report").doors).toEqual([]);
  expect(refusedBy(() => drive("cut-over"))).toMatchObject({ status: 404, remedy: `Write mode = "shadow" at its [[door]].` });
});
