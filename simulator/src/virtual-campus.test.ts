import { expect, onTestFinished, test } from "vitest";
import { smallCampus } from "./campus/small-campus.ts";
import { CampusLife } from "./life.ts";
import { campusPockets } from "./life/pocket.ts";
import { VirtualCampus, type VirtualCampusOptions } from "./virtual-campus.ts";

async function open(options: Partial<VirtualCampusOptions> = {}): Promise<VirtualCampus> {
  const campus = await VirtualCampus.open({ make: smallCampus, seed: 1, ...options });
  onTestFinished(() => campus.end());
  return campus;
}
/** What the phone of a person shows now. */
function shown(campus: VirtualCampus, person: string): string {
  const code = campusPockets({ campus: campus.campus, now: campus.now }).get(person)!.show();
  if (code?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
  return code.value;
}
const kinds = ({ reports }: VirtualCampus): string[] => reports.map((report) => (report.kind === "event" ? report.event.name : report.kind));

test("a phone is held before a reader, the arm gives way, and the log says so", async () => {
  const campus = await open();
  expect(await campus.hands.push("gate-1", "entry"), "nobody was let in yet").toBe(false);
  expect(await campus.hands.scan("gate-1-in", shown(campus, "zhang"))).toBe(true);
  await campus.clock.pass(1_000);
  expect(await campus.hands.push("gate-1", "entry")).toBe(true);
  await campus.clock.pass(1_000);
  expect(kinds(campus)).toEqual(["ControllerStarted", "ClockChanged", "TrustListLoaded", "started", "ListLoaded", "judged", "acted", "AccessTaken"]);
  expect((await campus.events()).map(({ seq, name }) => `${seq} ${name}`).slice(-2)).toEqual(["5 AccessGranted", "6 AccessTaken"]);
  expect(await campus.chain()).toMatchObject({ kind: "whole", records: 6 });
  expect(campus.fatal).toEqual([]);
});

/** Everything that a run of life reports, with faults on every wire, a power cut in the middle and the log at its end. */
async function run(seed: number): Promise<string> {
  const campus = await open({ seed, faults: { drop: 0.02, flipBit: 0.02, split: 0.2, delayMsMax: 8, disconnect: 0.002 } });
  const life = new CampusLife({
    campus: campus.campus,
    hands: campus.hands,
    clock: campus.clock,
    pockets: campusPockets({ campus: campus.campus, now: campus.now }),
    seed,
    arriveWithinMs: 10_000,
    pauseMsMax: 5_000,
    rounds: 1,
    wiresMisbehave: true,
  });
  const living = life.live();
  await campus.clock.pass(8_000);
  campus.powerCut();
  await campus.clock.pass(2_000);
  await campus.powerReturns();
  await campus.during(living, 300_000);
  return JSON.stringify([campus.reports, await campus.events(), [...life.outcomes], life.findings]);
}

test("the same seed gives the same reports to the last byte, another seed gives others", async () => {
  const first = await run(11);
  expect(await run(11)).toBe(first);
  expect(await run(12)).not.toBe(first);
});

test("a controller that was stopped says so and leaves every output off; started again it goes on in the same log", async () => {
  const campus = await open();
  await campus.hands.scan("library-in", shown(campus, "zhang"));
  await campus.clock.pass(500);
  expect(campus.devices.boards.get("library")!.relay(0)).toBe(true);
  await campus.stop();
  for (const board of campus.devices.boards.values()) for (let relay = 0; relay < 8; relay++) expect(board.relay(relay)).toBe(false);
  await campus.start();
  const names = (await campus.events()).map(({ name }) => name);
  expect(names).toContain("ControllerStopped");
  expect(names.filter((name) => name === "ControllerStarted")).toHaveLength(2);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});

test.each<[how: string, end: (campus: VirtualCampus) => Promise<void>, cause: string]>([
  [
    "killed",
    async (campus) => {
      campus.kill();
      await campus.start();
    },
    "crash",
  ],
  [
    "cut off from power",
    async (campus) => {
      campus.powerCut();
      await campus.powerReturns();
    },
    "power cut",
  ],
])("a controller that was %s knows it at its next start", async (_, end, cause) => {
  const campus = await open();
  await campus.clock.pass(1_000);
  await end(campus);
  expect(await campus.online()).toBe(true);
  expect(campus.controller.cause).toBe(cause);
  expect((await campus.events()).filter(({ name }) => name === "ControllerStarted").at(-1)?.fields).toMatchObject({ cause });
});

test("a wire that is cut carries nothing, and its device is back when it is mended", async () => {
  const campus = await open();
  const healthOf = (id: string) => campus.devicesRows().find((row) => row.id === id)?.health;
  campus.wire("gate-1-in").cut();
  expect(await campus.hands.scan("gate-1-in", shown(campus, "zhang"))).toBe(false);
  expect([healthOf("gate-1-in"), healthOf("gate-2-in")]).toEqual(["offline", "online"]);
  campus.wire("gate-1-in").mend();
  await campus.clock.pass(1_000);
  expect([healthOf("gate-1-in"), kinds(campus).includes("judged")]).toEqual(["online", false]);
  expect(() => campus.wire("gate-9")).toThrow("the campus has no wire gate-9");
});
