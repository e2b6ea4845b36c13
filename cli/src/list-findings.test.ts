import type { ControllerStatus } from "@portico/controller";
import { expect, test } from "vitest";
import { listFindings } from "./list-findings.ts";

const NO_LIST = { version: 0, credentials: 0, loadedAt: null } as const;
const SINCE = 1_800_000_000;
type Feed = NonNullable<ControllerStatus["feed"]>;
type Partition = Feed["partitions"][number];

const partition = (change: Partial<Partition> = {}): Partition => ({
  partition: "zone/gates",
  epoch: 1,
  version: 7,
  publish: 9,
  issued: SINCE,
  expires: SINCE + 600,
  freshness: "fresh",
  since: SINCE,
  next: null,
  ...change,
});
const feedOf = (partitions: readonly Partition[], change: Partial<Feed> = {}): Feed => ({
  connection: "connected",
  detail: "",
  sinceS: 60,
  partitions,
  ...change,
});

test("a list from files counts once it is loaded", () => {
  expect(listFindings({ list: NO_LIST, feed: null }, "Asia/Shanghai")).toMatchObject([{ outcome: "warn", remedy: "portico list load <folder>" }]);
  const list = { version: 3, credentials: 12, loadedAt: SINCE };
  expect(listFindings({ list, feed: null }, "Asia/Shanghai")).toMatchObject([{ outcome: "ok", detail: "version 3, 12 credentials" }]);
});

test("where the cloud has the list, none from files is missed", () => {
  const feed = feedOf([partition({ partition: "global" }), partition()]);
  expect(listFindings({ list: NO_LIST, feed }, "Asia/Shanghai")).toEqual([
    { check: "controller's list", outcome: "ok", detail: "the cloud's, fresh: global, zone/gates", remedy: "" },
  ]);
});

test("a list that nobody vouches for any more is told with its time, what it means at the doors and what to mend", () => {
  const stale = partition({ freshness: "stale-strict" });
  const waiting = { connection: "waiting", detail: "no answer from cloud.example.edu" } as const;
  expect(listFindings({ list: NO_LIST, feed: feedOf([partition({ partition: "global" }), stale], waiting) }, "Asia/Shanghai")).toEqual([
    {
      check: "list zone/gates",
      outcome: "warn",
      detail: "stale-strict: no visitors and no payments since 2027-01-15 16:00:00, until somebody vouches for the clock",
      remedy: "restore the way to the cloud: no answer from cloud.example.edu",
    },
  ]);
  expect(listFindings({ list: NO_LIST, feed: feedOf([stale]) }, "Asia/Shanghai")[0]!.remedy).toContain("ask whoever runs it");
});

test("an expired list lets nobody in: that is a failure, each partition by its own name", () => {
  const expired = partition({ freshness: "expired", since: null, issued: null, expires: null });
  const findings = listFindings({ list: NO_LIST, feed: feedOf([expired, { ...expired, partition: "global" }]) }, "Asia/Shanghai");
  expect(findings.map(({ check, outcome }) => [check, outcome])).toEqual([
    ["list zone/gates", "fail"],
    ["list global", "fail"],
  ]);
});
