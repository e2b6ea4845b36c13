import type { DoorRow } from "@portico/controller";
import { expect, test } from "vitest";
import { floorLines, foldFloors } from "./floor-text.ts";

const floor = (id: string, change: Partial<DoorRow> = {}): DoorRow => ({
  id: `lift-1/${id}`,
  kind: "floor",
  shadow: false,
  mode: "Locked",
  lock: "Locked",
  physical: "Unknown",
  alarm: "Normal",
  fire: false,
  overruled: null,
  sinceS: 100,
  lastEvent: null,
  ...change,
});

test("64 floors of which two differ are three rows, a door beside them stays what it is", () => {
  const library = { ...floor("x"), id: "library", kind: "door" as const };
  const floors = Array.from({ length: 64 }, (_, n) => floor(String(n + 1), n === 6 ? { mode: "Blocked" } : n === 7 ? { mode: "Accessed", lock: "Unlocked", sinceS: 2 } : {})); // prettier-ignore
  expect(foldFloors([library, ...floors]).map(({ id, mode }) => `${id} ${mode}`)).toEqual([
    "library Locked",
    "lift-1/1..6, 9..64 Locked",
    "lift-1/7 Blocked",
    "lift-1/8 Accessed",
  ]);
});

test("an explanation tells floors of one fate on one line", () => {
  const refused = { outcome: "refused", reason: "Unauthorized", detail: "no permission", detailZh: "没有权限" } as const;
  const floors: Parameters<typeof floorLines>[0] = [
    { floor: "lift-1/g", outcome: "free", reason: null, detail: "always free", detailZh: "始终开放" },
    { floor: "lift-1/1", ...refused },
    { floor: "lift-1/2", outcome: "granted", reason: null, detail: "", detailZh: "" },
    { floor: "lift-1/3", ...refused },
  ];
  expect(floorLines(floors, "en")).toEqual(["", "Floors of lift-1:", "+ g: always free", "x 1, 3: Unauthorized (no permission)", "+ 2: opened"]);
  expect(floorLines(floors, "zh")).toEqual(["", "lift-1 的楼层：", "+ g：始终开放", "x 1, 3：Unauthorized（没有权限）", "+ 2：已开放"]);
  expect(floorLines([], "zh")).toEqual([]);
});
