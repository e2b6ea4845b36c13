import { NOT_KNOWN } from "@portico/cloud-sync";
import { expect, test } from "vitest";
import { DECISION_CHECKS } from "../controller/src/core/decide.ts";

test("what the cloud says that only the door knows are checks of the door, by their English and Chinese names, in their order", () => {
  const names = DECISION_CHECKS.map(({ name, zh }) => ({ name, zh }));
  expect(names.filter(({ name }) => NOT_KNOWN.some((each) => each.name === name))).toEqual(NOT_KNOWN);
});

test("every check of a decision has a Chinese name of its own", () => {
  expect(DECISION_CHECKS.filter(({ zh }) => !/[\u4e00-\u9fff]/.test(zh))).toEqual([]);
  expect(new Set(DECISION_CHECKS.map(({ zh }) => zh)).size).toBe(DECISION_CHECKS.length);
});
