import { expect, onTestFinished, test } from "vitest";
import { smallCampus } from "../campus/small-campus.ts";
import { CampusLife } from "../life.ts";
import { campusPockets } from "../life/pocket.ts";
import { CloudCampus } from "./cloud-campus.ts";

async function open(seed: number): Promise<CloudCampus> {
  const campus = await CloudCampus.open({ make: smallCampus, seed });
  onTestFinished(() => campus.end());
  return campus;
}

test("a campus with a cloud begins with every list where it belongs: the gates' at one controller, the library's at the other", async () => {
  const campus = await open(1);
  const held = [...campus.controllers].map(([id, each]) => [id, each.status().feed!.partitions.map(({ partition }) => partition), each.accessPoints().map((point) => point.id)]); // prettier-ignore
  expect(held).toEqual([
    ["gate-house", ["global", "zone/gates"], ["gate-1-in", "gate-1-out", "gate-2-in", "gate-2-out"]],
    ["library-house", ["global", "zone/library"], ["library-in"]],
  ]);
  expect([campus.fatal, campus.cloud.troubles]).toEqual([[], []]);
});

/** Everything that a run of life reports, over bad lines, with a cloud that stops and starts again. */
async function run(seed: number): Promise<string> {
  const campus = await open(seed);
  for (const line of campus.cloud.lines.values()) line.setFaults({ delayMsMax: 200, split: 0.3, tear: 0.1, refuse: 0.2 });
  const pockets = campusPockets({ campus: campus.campus, now: campus.now });
  const { hands, clock } = campus;
  const life = new CampusLife({ campus: campus.campus, hands, clock, pockets, seed, arriveWithinMs: 10_000, pauseMsMax: 5_000, rounds: 1, listsFrom: "zones" });
  const living = life.live();
  await clock.pass(5_000);
  await campus.during(campus.cloud.stop(), 10_000);
  await clock.pass(20_000);
  await campus.cloud.start();
  await campus.during(living, 300_000);
  const logs = await Promise.all([...campus.controllers.values()].map((each) => each.events()));
  return JSON.stringify([campus.reports, logs, [...life.outcomes], life.findings]);
}

test("the same seed gives the same reports to the last byte, cloud and lines included, and whoever lives there notices no outage", async () => {
  const first = await run(11);
  expect(await run(11)).toBe(first);
  expect(await run(12)).not.toBe(first);
  expect(JSON.parse(first)).toMatchObject({ 3: [] });
});

test("a line that is cut carries nothing, and a cloud that has stopped is not reached; both are told as waiting, and end", async () => {
  const campus = await open(1);
  const { clock, cloud } = campus;
  const connection = (id: string): string => campus.controller(id).status().feed!.connection;
  cloud.line("gate-house").cut();
  await clock.pass(5_000);
  expect([connection("gate-house"), connection("library-house")]).toEqual(["waiting", "connected"]);
  await campus.during(cloud.stop(), 10_000);
  await clock.pass(5_000);
  expect([connection("gate-house"), connection("library-house")]).toEqual(["waiting", "waiting"]);
  await cloud.start();
  cloud.plug();
  expect(await clock.until(() => [...campus.controllers.keys()].every((id) => connection(id) === "connected"), 120_000)).toBe(true);
});
