import { expect, test } from "vitest";
import { goals } from "./goals.ts";
import { median, pairedMediansUs, quantile } from "./goal.ts";

test("a quantile is one of the samples, the median the middle one", () => {
  const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(samples, 0), median(samples), quantile(samples, 0.99), quantile(samples, 1)]).toEqual([1, 51, 100, 100]);
  expect(quantile([], 0.5)).toBeNaN();
});

test("work is done in turns, stretch by stretch, each round once, and what a stretch needs is made in front of it", async () => {
  const done: string[] = [];
  const medians = await pairedMediansUs({
    rounds: 60,
    warmUpRounds: 10,
    prepare: (first, rounds) => void done.push(`prepare ${first} ${rounds}`),
    work: [
      (round) => void done.push(`a ${round}`),
      async (round) => {
        await Promise.resolve();
        done.push(`b ${round}`);
      },
    ],
  });
  expect(medians).toHaveLength(2);
  for (const us of medians) expect(us).toBeGreaterThan(0);
  const stretch = (first: number, rounds: number): string[] => [
    `prepare ${first} ${rounds}`,
    ...["a", "b"].flatMap((piece) => Array.from({ length: rounds }, (_, nth) => `${piece} ${first + nth}`)),
  ];
  expect(done).toEqual([...stretch(0, 50), ...stretch(50, 20)]);
});

test("each goal has a name of its own, in kebab-case", () => {
  const names = goals.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});
