import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Pins } from "./pins.ts";
import { CREDENTIAL } from "./rig/people.ts";
import { RigStore } from "./rig/rig-store.ts";
import { PIN_KEY_FILE } from "./store/pin-store.ts";

const SETTINGS = { triesMax: 5, readerTriesMax: 10, lockOutMs: 900_000, waitMs: 20_000, duress: true };
const ACT = { by: "wang", reason: "" };
const PLACE = { zone: "east", holder: 5, accessPoint: "lab-in", credential: CREDENTIAL.zhang };

let rig: RigStore;
beforeEach(() => {
  rig = new RigStore();
});
afterEach(() => rig.end());
const opened = (): Pins => new Pins({ settings: SETTINGS, pins: rig.store.pins, database: rig.store.database, clock: rig.clock, recorder: rig.recorder });
const key = (): string => join(rig.folder, PIN_KEY_FILE);

test("the key is made with the first PIN, for its owner alone; neither database nor log holds the digits", () => {
  const pins = opened();
  expect([existsSync(key()), pins.standing(PLACE)]).toEqual([false, { kind: "unset" }]);
  expect(pins.set(PLACE, "48261739", ACT)).toBe("set");
  expect(statSync(key()).mode & 0o777).toBe(0o600);
  expect(pins.try(PLACE, "48261739")).toEqual({ kind: "right" });
  expect(pins.try(PLACE, "48261730")).toEqual({ kind: "duress" });
  expect(pins.try(PLACE, "4826173")).toEqual({ kind: "wrong", count: 1, max: 5 });
  rig.store.database.checkpoint();
  expect(readFileSync(join(rig.folder, "controller.db")).includes("48261739")).toBe(false);
  expect(rig.named("PinChanged").map(({ fields }) => fields)).toEqual([{ holder: 5, zone: "east", change: "set", ...ACT }]);
});

test("a PIN is one holder's in one zone; changed and erased it is not taken any more", () => {
  const pins = opened();
  pins.set(PLACE, "4826", ACT);
  expect(pins.try({ ...PLACE, zone: "west" }, "4826")).toEqual({ kind: "unset" });
  expect(pins.set(PLACE, "7391", ACT)).toBe("changed");
  expect([pins.try(PLACE, "4826").kind, pins.try(PLACE, "7391").kind]).toEqual(["wrong", "right"]);
  expect([pins.erase(PLACE, ACT), pins.try(PLACE, "7391").kind, pins.list()]).toEqual([true, "unset", []]);
  expect(rig.named("PinChanged").map(({ fields }) => fields.change)).toEqual(["set", "changed", "erased"]);
});

test("a restart gives nobody a try more: counted tries and lock-outs go on where the clock says how long, and begin anew where none does", async () => {
  const before = opened();
  before.set(PLACE, "4826", ACT);
  for (let nth = 1; nth <= 4; nth++) before.try(PLACE, "0000");
  const second = opened();
  expect(second.try(PLACE, "0000")).toMatchObject({ kind: "wrong", count: 5 });
  await rig.time.pass(300_000);
  expect(opened().standing(PLACE)).toEqual({ kind: "lockedOut", whose: "holder", forS: 600 });
  await rig.time.pass(600_000);
  expect(opened().standing(PLACE)).toEqual({ kind: "awaited" });
});

test("without its key no PIN fits, and none is set beside those that there are; erased, a new key begins", () => {
  const pins = opened();
  pins.set(PLACE, "4826", ACT);
  rmSync(key());
  expect([pins.isUsable, pins.try(PLACE, "4826").kind]).toEqual([false, "wrong"]);
  expect(() => pins.set({ ...PLACE, holder: 6 }, "7391", ACT)).toThrow(RangeError);
  pins.erase(PLACE, ACT);
  expect([pins.isUsable, pins.set(PLACE, "7391", ACT), pins.try(PLACE, "7391").kind]).toEqual([true, "set", "right"]);
});

test("on a disk that takes nothing nothing is set, erased, or tried", () => {
  const pins = opened();
  pins.set(PLACE, "4826", ACT);
  rig.fillDisk();
  expect([pins.set(PLACE, "7391", ACT), pins.erase(PLACE, ACT), pins.try(PLACE, "4826").kind]).toEqual([undefined, false, "notRecorded"]);
  rig.freeDisk();
  expect(pins.try(PLACE, "4826").kind).toBe("right");
});
