import { GLOBAL, type Partition, unixSeconds, zonePartition } from "@portico/card-protocol";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, test } from "vitest";
import { type AppliedPartition, AppliedReports, REPORT_EVERY_MS, REPORT_WITHIN_MS } from "./applied-reports.ts";

const EAST = zonePartition("east");
let clock: SimulatedClock;
let sent: (readonly AppliedPartition[])[];
let reports: AppliedReports;
beforeEach(() => {
  clock = simulatedClock();
  sent = [];
  reports = new AppliedReports({ clock, random: () => 0.5, send: (applied) => (sent.push(applied), Promise.resolve(true)) });
});

const confirmed = { issued: unixSeconds(1), expires: unixSeconds(2), publish: 7, globalVersion: null };
const held = (partition: Partition, version: number) => ({ partition, epoch: 1, version, digest: new Uint8Array(32).fill(version), confirmed });
const confirm = (partition: Partition, version: number): void => reports.confirmed(held(partition, version), Uint8Array.of(0xc0, version));
const versions = () => sent.map((applied) => applied.map(({ partition, version }) => `${partition}:${version}`).join(" "));

test("what was confirmed within a second goes up in one report, with digest, publication and the signed head", () => {
  confirm(GLOBAL, 3);
  confirm(EAST, 4);
  confirm(EAST, 5);
  clock.advance(REPORT_WITHIN_MS);
  expect(versions()).toEqual(["global:3 zone/east:5"]);
  expect(sent[0]![1]).toEqual({ partition: EAST, epoch: 1, version: 5, digest: "05".repeat(32), publish: 7, head: "c005" });
});

test("a head that is only renewed is no news; the minute's report says that the controller is there", () => {
  confirm(EAST, 5);
  clock.advance(REPORT_WITHIN_MS);
  confirm(EAST, 5);
  clock.advance(2 * REPORT_WITHIN_MS);
  expect(versions()).toHaveLength(1);
  clock.advance(REPORT_EVERY_MS);
  expect(versions()).toEqual(["zone/east:5", "zone/east:5"]);
});

test("nothing is reported before anything is held, nor what no head has confirmed, nor after the end", () => {
  reports.confirmed({ ...held(EAST, 5), confirmed: null }, new Uint8Array(0));
  clock.advance(2 * REPORT_EVERY_MS);
  expect(sent).toEqual([]);
  confirm(EAST, 5);
  reports.close();
  clock.advance(2 * REPORT_EVERY_MS);
  expect(sent).toEqual([]);
});
