import { expect, test } from "vitest";
import { bothLanguages, filled, maskedAddress, namesIn, retryWaitMs, wayTo } from "./message.ts";

test("rule 6.8: mail where there is an address, else an SMS; who can be reached by neither is written to by neither", () => {
  expect(wayTo({ mail: "a@b.edu", phone: "+8613800138000" })).toEqual({ channel: "mail", address: "a@b.edu" });
  expect(wayTo({ mail: null, phone: "+8613800138000" })).toEqual({ channel: "sms", address: "+8613800138000" });
  expect(wayTo({ mail: null, phone: null })).toBeUndefined();
});

test("a template is filled by name, and what nothing stands for is seen", () => {
  expect(filled("{number}: {what} {constructor}", { number: "{what}", what: "灯" })).toBe("{what}: 灯 {constructor}");
  expect(namesIn("{a} {b}{a}")).toEqual(["a", "b", "a"]);
  expect(bothLanguages({ zh: "已派单", en: "Dispatched" }, " / ")).toBe("已派单 / Dispatched");
  expect(bothLanguages({ zh: "GPT", en: "GPT" }, " / ")).toBe("GPT");
});

test("an address in a list is recognised by its owner and cannot be written to", () => {
  expect(["zhang@connect.example.edu", "z@example.edu", "+8613800138000"].map(maskedAddress)).toEqual([
    "zh…@connect.example.edu",
    "z…@example.edu",
    "+86138…00",
  ]);
});

test("waits double up to half an hour, and any of them may be drawn down to nothing", () => {
  expect([0, 1, 2, 9, 4_000].map((tries) => retryWaitMs(tries, 0.999_999_999))).toEqual([5_000, 10_000, 20_000, 1_800_000, 1_800_000]);
  expect(retryWaitMs(9, 0)).toBe(0);
});
