import { expect, onTestFinished, test } from "vitest";
import { readBatteryClock } from "./battery-clock.ts";
import { sysClass } from "./rig/sys-class.ts";

test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  ["a DS3231 shows its time", { "rtc/rtc0/since_epoch": "1800000000" }, 1_800_000_000],
  ["a Pi 5 with its cell shows its time", { "rtc/rtc0/since_epoch": "1800000000", "rtc/rtc0/battery_voltage": "2500000" }, 1_800_000_000],
  ["a Pi 5 without a cell has none", { "rtc/rtc0/since_epoch": "1800000000", "rtc/rtc0/battery_voltage": "2499999" }, undefined],
  [
    "a DS3231 beside a Pi 5's own clock without a cell shows its time",
    { "rtc/rtc0/since_epoch": "7", "rtc/rtc0/battery_voltage": "0", "rtc/rtc1/since_epoch": "1800000000" },
    1_800_000_000,
  ],
  ["one that the kernel cannot read has none", { "rtc/rtc0/name": "rtc-pcf8523" }, undefined],
  ["a time beyond 2106 is none", { "rtc/rtc0/since_epoch": "4294967296" }, undefined],
  ["a machine without has none", {}, undefined],
])("%s", (_, files, wanted) => {
  expect(readBatteryClock(sysClass(files, onTestFinished))).toBe(wanted);
});
