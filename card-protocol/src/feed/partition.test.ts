import { expect, test } from "vitest";
import { GLOBAL, isPartition, isZoneId, zoneOfPartition, zonePartition } from "./partition.ts";

test.each(["a", "7", "east-gate", "b1.level_2", "x".repeat(59)])("a zone may be called %s, and its partition names it", (zone) => {
  const partition = zonePartition(zone);
  expect([isZoneId(zone), isPartition(partition), zoneOfPartition(partition), partition]).toEqual([true, true, zone, `zone/${zone}`]);
});

test.each(["", "x".repeat(60), "East", "-east", ".east", "_east", "east gate", "east/gate", "图书馆", "east\n"])("a zone may not be called %j", (zone) => {
  expect([isZoneId(zone), isPartition(`zone/${zone}`)]).toEqual([false, false]);
});

test("global is a partition of no zone, and nothing else is a partition", () => {
  expect([isPartition(GLOBAL), zoneOfPartition(GLOBAL)]).toEqual([true, undefined]);
  for (const other of ["Global", "global/", "east", "zone", "zones/east", "", null, undefined, 1, new Uint8Array(3)]) expect(isPartition(other)).toBe(false);
});
