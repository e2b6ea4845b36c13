import { readdirSync, readFileSync } from "node:fs";
import { DENY_REASON, DENY_REASONS, DOOR_MODES } from "@portico/card-protocol";
import { expect, test } from "vitest";

const document = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const sections = document("deny-reasons.md").split(/^## /m).slice(1);

test("docs/deny-reasons.md has a heading for every reason, in the order of precedence, and for nothing else", () => {
  expect(sections.map((section) => section.slice(0, section.indexOf("\n")))).toEqual([...DENY_REASONS]);
});

test.each(DENY_REASONS)("docs/deny-reasons.md says of %s what the table says", (reason) => {
  const { source, step, answer, en, zh, remedy, remedyZh } = DENY_REASON[reason];
  const section = sections[DENY_REASONS.indexOf(reason)]!;
  for (const line of [
    `\n${en}\n`,
    `- Read out: ${zh}\n`,
    `- The phone hears: ${answer}\n`,
    `- What to do: ${remedy}\n- In Chinese: ${remedyZh}\n`,
    `- Source: ${source}, step ${step}\n`,
  ])
    expect(section.includes(line), line).toBe(true);
});

test("docs/door-states.md tells of every mode in its table of operations but the one that nobody sets", () => {
  const modes = [...document("door-states.md").matchAll(/^\| (\w+) \|(?: [-\w]+ \|){8}$/gm)].map(([, mode]) => mode!).filter((mode) => mode !== "mode");
  expect([...modes].sort()).toEqual(DOOR_MODES.filter((mode) => mode !== "Accessed").sort());
});

test("each decision has a number of its own, which its heading says", () => {
  const files = readdirSync(new URL("../docs/decisions/", import.meta.url)).sort();
  // Numbers are given before decisions are written: one may stay free.
  const numbers = files.map((file) => file.slice(0, 4));
  expect(numbers.filter((number, nth) => numbers.indexOf(number) !== nth)).toEqual([]);
  for (const number of numbers) expect(number).toMatch(/^\d{4}$/);
  for (const file of files) expect(document(`decisions/${file}`).startsWith(`# ${file.slice(0, 4)} `), file).toBe(true);
});
