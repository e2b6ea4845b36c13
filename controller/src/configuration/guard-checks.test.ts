import { expect, test } from "vitest";
import { rigToml } from "../rig/rig-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const STATION = `
[[scanner]]
id = "desk"
wire = "desk"
card = { format = "uid-hex", byte_order = "msb-first" }
[[wire]]
id = "desk"
serial = "/dev/nowhere/desk"
[[access_point]]
id = "desk-in"
scanner = "desk"
guard_station = "gate-house"
[[guard_station]]
id = "gate-house"
[[guard_button]]
station = "gate-house"
door = "gate-1/entry"
input = { board = "gate-1", input = 5 }
[[guard_button]]
station = "gate-house"
does = "hold"
door = "gate-1/entry"
input = { board = "gate-1", input = 6 }
[[guard_reason]]
station = "gate-house"
reason = "delivery"
input = { board = "gate-1", input = 7 }
`;
const parse = (tables: string) => parsedToml(rigToml({ tables }));
/** The first problem, as `path: cause`. */
function problem(change: (text: string) => string): string {
  const reading = parse(change(STATION));
  return reading.ok ? "none" : reading.problems.map(({ path, cause }) => `${path}: ${cause}`).join("; ");
}
const replaced = (from: string | RegExp, to: string) => problem((text) => text.replace(from, to));

test("a guard's station is read with its buttons, reasons and defaults; its reader opens nothing else", () => {
  const reading = parse(STATION);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { guardStations, accessPoints } = reading.configuration;
  expect(guardStations).toEqual([
    {
      id: "gate-house",
      sessionMs: 3_600_000,
      holdMs: 600_000,
      reasonRequired: true,
      reasonMs: 30_000,
      buttons: [
        { does: "open", door: "gate-1/entry", input: { board: "gate-1", input: 5 }, pressedMeans: "closed" },
        { does: "hold", door: "gate-1/entry", input: { board: "gate-1", input: 6 }, pressedMeans: "closed" },
      ],
      reasons: [{ reason: "delivery", input: { board: "gate-1", input: 7 } }],
    },
  ]);
  expect(accessPoints.at(-1)?.opens).toEqual({ kind: "guard-station", station: "gate-house" });
});

test("a station without reason keys asks for none", () => {
  const reading = parse(STATION.slice(0, STATION.indexOf("[[guard_reason]]")));
  expect(reading.ok && reading.configuration.guardStations[0]?.reasonRequired).toBe(false);
});

test.each([
  ["nobody signs in there", () => replaced('guard_station = "gate-house"', 'door = "library"'), 'no access point signs a guard in at "gate-house"'],
  ["a station that is not there", () => replaced('guard_station = "gate-house"', 'guard_station = "gatehouse"'), "gatehouse"],
  ["no button", () => problem((text) => text.slice(0, text.indexOf("[[guard_button]]"))), '"gate-house" has no button'],
  [
    "a door that is held",
    () => replaced('does = "hold"\ndoor = "gate-1/entry"', 'does = "hold"\ndoor = "library"'),
    '"library" is a door: lanes alone are held',
  ],
  ["a way that is not there", () => replaced('door = "gate-1/entry"', 'door = "gate-9/entry"'), 'guard_button[#1].door: no [[door]] is named "gate-9/entry"'],
  ["an input with two users", () => replaced("input = 6 }", "input = 5 }"), 'input 5 of "gate-1" is used on line'],
  ["the input of a PASS contact", () => replaced("input = 6 }", "input = 0 }"), 'input 0 of "gate-1" is used on line'],
  ["a reason without a key", () => replaced('input = { board = "gate-1", input = 7 }', ""), "one of the two"],
  ["a key at a reader without any", () => replaced('input = { board = "gate-1", input = 7 }', 'key = "1"'), 'the reader of "gate-house" has no keys'],
  ["a way out", () => replaced('guard_station = "gate-house"', 'guard_station = "gate-house"\negress = true'), "no way out"],
  [
    "a direction beside it",
    () => replaced('guard_station = "gate-house"', 'guard_station = "gate-house"\nturnstile = "gate-1"\ndirection = "entry"'),
    "cannot stand beside guard_station",
  ],
  [
    "a hold of an hour",
    () => replaced('id = "gate-house"\n[[guard_button]]', 'id = "gate-house"\nhold_s = 3600\n[[guard_button]]'),
    "guard_station[gate-house].hold_s: is 3600: 1200 at most",
  ],
  ["a station with the name of a door", () => problem((text) => text.replaceAll('"gate-house"', '"library"')), '"library" already names a [[door]]'],
])("%s is refused with line and remedy", (_, told, expected) => {
  expect(told()).toContain(expected);
});
