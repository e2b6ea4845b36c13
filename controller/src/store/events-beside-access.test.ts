import { EVENT_NAMES } from "@portico/card-protocol";
import { expect, onTestFinished, test } from "vitest";
import { RigStore } from "../rig/rig-store.ts";
import { BESIDE_ACCESS_SQL } from "./events-beside-access.ts";

test("the index holds no event of a passage, and events have no other", () => {
  const rig = new RigStore();
  onTestFinished(() => rig.end());
  const { database } = rig.store;
  const isBeside = database.prepare<[string], number>(`SELECT ${BESIDE_ACCESS_SQL} FROM (SELECT ? AS name)`).pluck();
  const left = EVENT_NAMES.filter((name) => isBeside.get(name) === 0);
  expect(left).toEqual(expect.arrayContaining(["AccessGranted", "AccessDenied", "AccessTaken", "AccessNotTaken"]));
  expect(left.filter((name) => !name.startsWith("A"))).toEqual([]);
  const indexes = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'event'").pluck();
  expect(indexes.all()).toEqual(["event_beside_access"]);
});
