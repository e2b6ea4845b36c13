import { expect, test } from "vitest";
import { rigToml } from "../rig/rig-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

type Change = Parameters<typeof rigToml>[0];
const read = (change: Change): ReturnType<typeof parsedToml> => parsedToml(rigToml(change));

test("a terminal and a kiosk are read with every default, and what is asked for at their readers is pay and borrow", () => {
  expect(read({ till: "" })).toMatchObject({
    ok: true,
    configuration: {
      terminals: [{ id: "canteen-1", merchant: "North canteen", limitFen: 20_000, ceilingFen: 500_000, waitMs: 60_000 }],
      accessPoints: expect.arrayContaining([expect.objectContaining({ id: "till", capability: "pay", opens: { kind: "terminal", terminal: "canteen-1" } })]),
    },
  });
  expect(read({ kiosk: "" })).toMatchObject({
    ok: true,
    configuration: {
      kiosks: [{ id: "library-1", hasCheckDigit: true, sessionMs: 60_000 }],
      accessPoints: expect.arrayContaining([expect.objectContaining({ id: "kiosk", capability: "borrow", opens: { kind: "kiosk", kiosk: "library-1" } })]),
    },
  });
});

test.each<[string, Change, string]>([
  ["a ceiling below the limit", { till: "ceiling_fen = 100" }, "terminal[canteen-1].ceiling_fen is 100, less than limit_fen = 20000"],
  ["a terminal without a reader", { tables: `[[terminal]]\nid = "shop"\nmerchant = "Shop"` }, `terminal[shop] 0 access points take payments for "shop"`],
  ["a door that is paid at", { library: `terminal = "shop"` }, `access_point[library-in].terminal no [[terminal]] is named "shop"`],
  [
    "a capability that is not pay",
    { till: "", library: `terminal = "canteen-1"\ncapability = "pass"` },
    `access_point[library-in].capability is "pass", but at a terminal is paid`,
  ],
  ["items at a scanner of cards", { kiosk: `items = "gate-1-in"` }, `kiosk[library-1].items scanner "gate-1-in" has another use`],
  ["a kiosk without a reader", { tables: `[[kiosk]]\nid = "k"` }, `kiosk[k] 0 access points lend at "k"`],
])("%s is refused by name", (_, change, problem) => {
  const reading = read(change);
  const told = reading.ok ? [] : reading.problems.map(({ path, cause }) => `${path} ${cause}`);
  expect(told).toContain(problem);
});
