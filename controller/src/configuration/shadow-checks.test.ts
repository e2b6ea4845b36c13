import { expect, test } from "vitest";
import { rigToml } from "../rig/rig-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const read = (change: Parameters<typeof rigToml>[0]): ReturnType<typeof parsedToml> => parsedToml(rigToml(change));
const told = (change: Parameters<typeof rigToml>[0]): unknown[] => {
  const reading = read(change);
  return reading.ok ? [] : reading.problems.map(({ path, cause, remedy }) => [path, cause, remedy]);
};
const OLD = `old_grant = { board = "library", input = 3 }`;

test("a door in shadow says where the old system's grants are seen, and what they look like", () => {
  const reading = read({ door: `mode = "shadow"\n${OLD}\nold_grant_means = "open"`, tables: "[shadow]\nwindow_ms = 3000" });
  expect(reading).toMatchObject({
    ok: true,
    configuration: { shadowWindowMs: 3000, doors: [{ shadow: { oldGrant: { board: "library", input: 3, grantedMeans: "open" } } }] },
  });
  expect(read({ door: `mode = "shadow"` })).toMatchObject({ ok: true, configuration: { doors: [{ shadow: {} }] } });
  expect(read({})).toMatchObject({ ok: true, configuration: { doors: [expect.not.objectContaining({ shadow: expect.anything() })] } });
});

test.each<[string, Parameters<typeof rigToml>[0], unknown[]]>([
  [
    "watched without shadow",
    { door: OLD },
    [["door[library].old_grant", `has no meaning without mode = "shadow"`, `write mode = "shadow" beside it, or remove it`]],
  ],
  [
    "a lane watched without shadow",
    { turnstile: `old_grant_exit = { board = "gate-1", input = 5 }` },
    [["turnstile[gate-1].old_grant_exit", `has no meaning without mode = "shadow"`, `write mode = "shadow" beside it, or remove it`]],
  ],
  [
    "an input that something else uses",
    { door: `mode = "shadow"\nold_grant = { board = "library", input = 0 }` },
    [["door[library].old_grant.input", expect.stringMatching(/^input 0 of "library" is used on line \d+ already/), "use another input"]],
  ],
])("%s is refused by name", (_, change, problems) => {
  expect(told(change)).toEqual(problems);
});
