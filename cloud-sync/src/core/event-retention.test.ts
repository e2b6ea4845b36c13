import { readFileSync } from "node:fs";
import { EVENT } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { isRetentionDue, KEPT_NAMES, RETENTION_DAYS, retentionClasses } from "./event-retention.ts";

test("alarms and refusals are kept longer than passages, and nothing shorter than six months", () => {
  const { AccessGranted: ordinary, AccessDenied: denials } = RETENTION_DAYS;
  expect(denials).toBeGreaterThan(ordinary);
  for (const name of KEPT_NAMES) {
    expect(RETENTION_DAYS[name], name).toBeGreaterThanOrEqual(184);
    if (EVENT[name].severity === "alarm") expect(RETENTION_DAYS[name], name).toBeGreaterThan(denials);
  }
});

test("docs/operating.md names the times and which kinds have them", () => {
  const section = readFileSync(new URL("../../../docs/operating.md", import.meta.url), "utf8").split("### How long the cloud keeps events\n")[1]!.split("\n### ")[0]!; // prettier-ignore
  const told = [...section.matchAll(/^\| (\d+) \| ([^|]+) \|$/gm)].map(([, days, of]) => ({ days: Number(days), of: of! }));
  const classes = retentionClasses(RETENTION_DAYS);
  expect(told.map(({ days }) => days)).toEqual(classes.map(({ days }) => days));
  for (const [nth, { names }] of classes.slice(0, -1).entries())
    expect([...told[nth]!.of.split(".")[0]!.matchAll(/\b[A-Z][a-z]+[A-Z]\w+/g)].map(([name]) => name).toSorted()).toEqual(names);
  expect(told.at(-1)!.of).toMatch(/^everything else/);
});

test("kinds that are kept equally long are one class, the shortest time first, and every kind is in one", () => {
  const classes = retentionClasses({ ...RETENTION_DAYS, DoorNormal: 7, AccessDenied: 7 });
  expect(classes.slice(0, 2)).toMatchObject([{ days: 7, names: ["AccessDenied", "DoorNormal"] }, { days: 184 }]);
  expect(classes.flatMap(({ names }) => names).toSorted()).toEqual([...KEPT_NAMES].toSorted());
});

test.each<[string, number, string | undefined, boolean]>([
  ["at two at night", 2, undefined, false],
  ["at three, when there was none", 3, undefined, true],
  ["at three, behind that of the day before", 3, "2026-08-31", true],
  ["in the evening of a day on which the cloud was down at night", 22, "2026-08-31", true],
  ["twice a day", 22, "2026-09-01", false],
])("a run %s: %s h, last %s, is due: %s", (_, hour, last, isDue) => {
  expect(isRetentionDue({ date: "2026-09-01", secondOfDay: hour * 3600 }, last)).toBe(isDue);
});
