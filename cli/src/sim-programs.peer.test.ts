import type { ControllerReport } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { campusRig, portico, until } from "./sim-rig.ts";

type Judged = Extract<ControllerReport, { readonly kind: "judged" }>;

test("through pseudo-terminals: a pass opens the arm; a cut board is noticed and nobody is let in; mended, doors work again", async () => {
  const rig = await campusRig("pty");
  onTestFinished(() => rig.end());
  const { programs } = rig;
  const { hands } = programs;
  expect(programs.devices.wires.map(({ kind }) => kind)).toEqual(Array.from({ length: 14 }, () => "pty"));
  const scanned = async (person: string): Promise<Judged> => {
    const from = rig.reports.length;
    expect(await hands.scan("gate-1-in", rig.pass(person))).toBe(true);
    return rig.heard("the pass is judged", (report): report is Judged => report.kind === "judged" && report.accessPoint === "gate-1-in", from);
  };

  const granted = await scanned("zhang");
  expect(granted).toMatchObject({ outcome: "granted", presentation: "H" });
  await until(programs, "the arm gives way", () => hands.push("gate-1", "entry"));

  expect(await portico("sim", "wire", "cut", "gate-1", "--data", rig.folder)).toMatchObject({ code: 0, err: "" });
  await until(programs, "the controller misses its board", () => eventsOf(rig.reports, "DeviceOffline").includes("gate-1"));
  expect(await scanned("wang")).toMatchObject({ outcome: "denied", reason: "Other", detail: "the lock's board gate-1 does not answer" });
  expect(await hands.push("gate-1", "entry")).toBe(false);

  expect(await portico("sim", "wire", "mend", "gate-1", "--data", rig.folder)).toMatchObject({ code: 0, err: "" });
  await until(programs, "the board answers again", () => eventsOf(rig.reports, "DeviceOnline").includes("gate-1"));
  expect(await scanned("liu")).toMatchObject({ outcome: "granted" });
  await until(programs, "the arm gives way again", () => hands.push("gate-1", "entry"));
});

const eventsOf = (reports: readonly ControllerReport[], name: string): (string | null)[] =>
  reports.flatMap((report) => (report.kind === "event" && report.event.name === name ? [report.event.source] : []));
