import { expect, test } from "vitest";
import { REFUSAL, type RefusalRow } from "./refusal.ts";

const ROWS = Object.entries<RefusalRow>(REFUSAL);

test("every refusal says in Chinese what was refused, and in another sentence what helps", () => {
  const left = ROWS.filter(([, { zh }]) => {
    const [what, ...helps] = zh.split("。").slice(0, -1);
    return ![what!, helps.join("。")].every((sentence) => /\p{Script=Han}/u.test(sentence));
  });
  expect([ROWS.length > 150, left]).toEqual([true, []]);
});

test("every refusal says in English what was refused, without a full stop, and what helps, with one", () => {
  expect(ROWS.filter(([, { title, remedy }]) => !/^[A-Z].*[^.]$/.test(title) || !/^[A-Z`].*\.$/.test(remedy))).toEqual([]);
});

test("no two refusals say the same: what helps would be a guess", () => {
  for (const of of ["zh", "title"] as const) expect(new Set(ROWS.map(([, row]) => row[of])).size).toBe(ROWS.length);
});
