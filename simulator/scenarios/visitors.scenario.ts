import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { VirtualIsapi } from "../src/virtual-isapi.ts";
import { type ControllerBench, controllerBench } from "./controller-bench.ts";

const ID_NUMBER = "11010519491231002X";
const PLATE = "京A12345";
/** The bench's clock begins at 2027-01-11 08:00 in campus time. */
const VISIT_ENDS = "2027-01-11T10:00";

const toml = (terminal: number, camera: number): string => `[site]
id = "demo"
[controller]
id = "gate-2"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
${[
  ["terminal", terminal],
  ["camera", camera],
]
  .map(([id, port]) => `[[isapi]]\nid = "${id}"\naddress = "127.0.0.1:${port}"\nuser = "portico"\npassword_file = "password"\nsecurity = "clear-text"`)
  .join("\n")}
[[relay_board]]
id = "terminal-doors"
protocol = "isapi"
isapi = "terminal"
relays = 2
${[
  ["face", `isapi = "terminal"\ndoor = 1`, "face"],
  ["face-gate-3", `isapi = "terminal"\ndoor = 2`, "face"],
  ["idcard", `isapi = "terminal"`, "idcard"],
  ["car-in", `isapi = "camera"\ndirection = "in"\nconfidence_min = 80`, "plate"],
  ["car-out", `isapi = "camera"\ndirection = "out"`, "plate"],
]
  .map(([id, place, format]) => `[[scanner]]\nid = "${id}"\n${place}\ncard = { format = "${format}" }`)
  .join("\n")}
[[area]]
id = "campus"
[[door]]
id = "wicket"
strike = { board = "terminal-doors", relay = 0 }
[[door]]
id = "barrier"
strike = { board = "terminal-doors", relay = 1 }
${[
  ["face", "wicket", `enters = "campus"`],
  ["face-gate-3", "wicket", ""],
  ["idcard", "wicket", `enters = "campus"`],
  ["car-in", "barrier", `enters = "campus"`],
  ["car-out", "barrier", `leaves = "campus"\negress = true`],
]
  .map(([id, door, more]) => `[[access_point]]\nid = "${id}"\nscanner = "${id}"\ndoor = "${door}"\n${more}`)
  .join("\n")}
`;

const LIST: Readonly<Record<string, string>> = {
  "people.csv": "person,flags\nguest,visitor\ndriver,visitor\n",
  "credentials.csv": "credential,person,kind\n",
  "cards.csv": `person,number,format\nguest,V-17,face\nguest,${ID_NUMBER},idcard\ndriver,${PLATE},plate\n`,
  "access-profiles.csv": "profile,access_points,capability,schedule\nvisit,face;idcard;car-in;car-out,pass,always\n",
  "grants.csv": `person,profile,valid_until\nguest,visit,${VISIT_ENDS}\ndriver,visit,${VISIT_ENDS}\n`,
  "schedules.csv": "schedule,days,start,end\n",
  "special-days.csv": "group,date\n",
  "calendar.csv": "date,kind\n",
};

interface Gate {
  readonly one: ControllerBench;
  readonly clock: SimulatedClock;
  readonly terminal: VirtualIsapi;
  readonly camera: VirtualIsapi;
  readonly judged: (count: number) => Promise<void>;
}

/** A gate with a terminal and a camera, both followed, and the list loaded. */
async function gate(): Promise<Gate> {
  const clock = simulatedClock(1_799_625_600);
  const [terminal, camera] = [new VirtualIsapi({ claims: "wrong" }), new VirtualIsapi({ language: "xml", claims: "nothing" })];
  const ports = await Promise.all([terminal.listen(), camera.listen()]);
  const one = controllerBench({
    toml: toml(...(ports as [number, number])),
    clock,
    wireOf: () => {
      throw new Error("there are no wires");
    },
  });
  writeFileSync(join(one.folder, "password"), "gate-2 secret\n", { mode: 0o600 });
  await one.start();
  onTestFinished(async () => {
    terminal.cut();
    camera.cut();
    await one.stop();
    await Promise.all([terminal.close(), camera.close()]);
  });
  await terminal.until(() => terminal.doorsTold.length >= 2);
  await camera.until(() => camera.followers === 1);
  const folder = join(one.folder, "list");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(LIST)) writeFileSync(join(folder, name), text);
  await one.ask("POST /v1/list/load", {}, { folder, by: "wang", reason: "" });
  const judged = async (count: number): Promise<void> => {
    // A camera is asked nothing, so nothing there tells when what it said has arrived here.
    while (one.judged.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { one, clock, terminal, camera, judged };
}

test("rule 7.10: on foot by face or ID card, at the gates that the grant names: the terminal asks, the list decides, it is written down before it is answered, and no number stands anywhere", async () => {
  const { one, clock, terminal, judged } = await gate();
  terminal.show({ employeeNo: "V-17", asks: true });
  await terminal.until(() => terminal.answers.length === 1);
  expect(terminal.answers).toEqual(["1 success"]);
  await judged(1);
  expect(one.judged[0]).toMatchObject({ outcome: "granted", seq: expect.any(Number) as number });
  await terminal.until(() => terminal.doorsTold.includes("1 open"));

  terminal.show({ idNumber: ID_NUMBER, subtype: 112, asks: true });
  terminal.show({ employeeNo: "V-99", asks: true });
  terminal.show({ employeeNo: "V-17", asks: true });
  await terminal.until(() => terminal.answers.length === 4);
  expect(terminal.answers.toSorted()).toEqual(["1 success", "2 success", "3 failed", "4 success"]);
  await judged(4);
  expect(one.judged.map(({ accessPoint, outcome, presentation, reason }) => [accessPoint, outcome, presentation, reason])).toEqual([
    ["face", "granted", "face", null],
    ["idcard", "granted", "idcard", null],
    ["face", "denied", "face", "CredentialNotFound"],
    ["face", "granted", "face", null],
  ]);
  await clock.pass(1_000);
  // The grant names the gates for visitors alone.
  terminal.show({ employeeNo: "V-17", door: 2, asks: true });
  await terminal.until(() => terminal.answers.length === 5);
  expect([terminal.answers.at(-1), one.judged[4]]).toMatchObject(["5 failed", { accessPoint: "face-gate-3", reason: "Unauthorized" }]);
  const log = await Promise.all(one.judged.map(({ seq }) => one.ask<{ readonly name: string }>("GET /v1/events/:seq", { seq: String(seq) })));
  expect(log.map(({ name }) => name)).toEqual(["AccessGranted", "AccessGranted", "AccessDenied", "AccessGranted", "AccessDenied"]);
  const told = JSON.stringify([log, one.events, one.judged]);
  expect(["V-17", "V-99", ID_NUMBER].filter((number) => told.includes(number))).toEqual([]);
});

test("rule 7.10: whoever the terminal has not recognized, or only says so without asking of somebody unknown, is nobody", async () => {
  const { one, terminal, judged } = await gate();
  terminal.show({ employeeNo: "V-17", subtype: 76 });
  terminal.say("{ not JSON");
  terminal.show({ employeeNo: "V-17" });
  await judged(1);
  expect(one.judged).toMatchObject([{ outcome: "granted" }]);
  await terminal.until(() => terminal.doorsTold.includes("1 open"));
  expect(terminal.answers).toEqual([]);
});

test("rule 7.11: by car: the registered plate lifts the barrier, another does not, a car that is seen again and again is one car", async () => {
  const { one, terminal, camera, judged } = await gate();
  camera.drive({ plate: "京B00001" });
  camera.drive({ plate: PLATE, confidence: 50 });
  for (let n = 0; n < 3; n++) camera.drive({ plate: "京A·12345" });
  await judged(2);
  await terminal.until(() => terminal.doorsTold.includes("2 open"));
  expect(one.judged.map(({ accessPoint, outcome, presentation }) => [accessPoint, outcome, presentation])).toEqual([
    ["car-in", "denied", "plate"],
    ["car-in", "granted", "plate"],
  ]);
  expect(terminal.doorsTold.filter((told) => told.endsWith("open"))).toEqual(["2 open"]);
  expect(JSON.stringify([one.events, one.judged])).not.toMatch(/12345|00001/);
});

test("rule 7.12: leaving is recognised like entering; who is inside and overdue can be listed; exit is never refused for an expired grant", async () => {
  const { one, clock, terminal, camera, judged } = await gate();
  camera.drive({ plate: PLATE });
  await judged(1);
  await clock.pass(10_000);
  expect(await one.ask<unknown[]>("GET /v1/areas/:id", { id: "campus" })).toHaveLength(1);
  expect(await one.ask<unknown[]>("GET /v1/areas/:id/overdue", { id: "campus" })).toEqual([]);
  clock.advance(2 * 3_600_000);
  const inside = one.judged[0]!.credential;
  const [overdue] = await one.ask<{ credential: string; endedAt: number }[]>("GET /v1/areas/:id/overdue", { id: "campus" });
  expect(overdue).toMatchObject({ credential: inside, endedAt: 1_799_625_600 + 2 * 3_600 });

  // Nothing was heard of them for so long: they are followed anew, and the doors are told again how they are to be.
  const before = [camera.followings, terminal.doorsTold.length] as const;
  await clock.until(() => false, 2_100);
  await camera.until(() => camera.followings > before[0]);
  await terminal.until(() => terminal.doorsTold.length >= before[1] + 2);
  camera.drive({ plate: PLATE, direction: "forward" });
  camera.drive({ plate: PLATE, direction: "reverse" });
  await judged(3);
  expect(one.judged.slice(1).map(({ accessPoint, outcome, reason }) => [accessPoint, outcome, reason])).toEqual([
    ["car-in", "denied", "Unauthorized"],
    ["car-out", "granted", null],
  ]);
  await clock.pass(10_000);
  expect(await one.ask<unknown[]>("GET /v1/areas/:id", { id: "campus" })).toEqual([]);
});
