import { expect, onTestFinished, test } from "vitest";
import { readBatteries } from "./batteries.ts";
import { sysClass } from "./rig/sys-class.ts";

test("batteries of supplies by their charge, the cell of a clock by its voltage", () => {
  const folder = sysClass(
    {
      "power_supply/mains/type": "Mains",
      "power_supply/ups/type": "UPS",
      "power_supply/ups/capacity": "19",
      "power_supply/bat0/type": "Battery",
      "power_supply/bat0/capacity": "20",
      "power_supply/mouse/type": "Battery",
      "rtc/rtc0/battery_voltage": "2310000",
      "rtc/rtc1/name": "ds3231",
    },
    onTestFinished,
  );
  expect(readBatteries(folder)).toEqual([
    { id: "bat0", isLow: false, detail: "20 %" },
    { id: "ups", isLow: true, detail: "19 %" },
    { id: "rtc0", isLow: true, detail: "2.31 V" },
  ]);
});

test("a machine that tells of none, or nonsense, has none", () => {
  expect(readBatteries("/nowhere")).toEqual([]);
  expect(readBatteries(sysClass({ "power_supply/bat0/type": "Battery", "power_supply/bat0/capacity": "full" }, onTestFinished))).toEqual([]);
});
