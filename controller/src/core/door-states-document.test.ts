import { readFileSync } from "node:fs";
import type { DoorMode } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { DOOR_OPERATIONS, modeAfter, modeRefusal } from "./door-operation.ts";

const document = readFileSync(new URL("../../../docs/door-states.md", import.meta.url), "utf8");
const rows = [...document.matchAll(/^\| (\w+) \|((?: [-\w]+ \|){8})$/gm)].map(([, first, cells]) =>
  [first!, ...cells!.split("|").map((cell) => cell.trim())].slice(0, 9),
);
const [headings, ...modes] = rows;

test("docs/door-states.md has a column for every operation, and one for access", () => {
  expect(headings).toEqual(["mode", ...DOOR_OPERATIONS, "access"]);
  expect(modes).toHaveLength(7);
});

test.each(modes)("docs/door-states.md says what each operation makes of %s", (mode, ...cells) => {
  const answers = DOOR_OPERATIONS.map((operation) => modeAfter(mode as DoorMode, operation, true)).map((answer) => (answer.ok ? answer.value : "-"));
  expect(cells).toEqual([...answers, modeRefusal(mode as DoorMode, false) === undefined ? "yes" : "-"]);
});
