import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo-campus"
[controller]
id = "library"
[clock]
trusted_by = "system"
[[wire]]
id = "scanner"
serial = "/dev/ttyUSB0"
baud = 9600
[[wire]]
id = "bus"
tcp = "10.0.0.7:4001"
[[wire]]
id = "ours"
tcp = "10.0.0.7:4002"
[[scanner]]
id = "cabin"
wire = "scanner"
[[relay_board]]
id = "lower"
protocol = "modbus-rtu"
wire = "bus"
relays = 8
inputs = 8
[[relay_board]]
id = "upper"
protocol = "relay-avr"
wire = "ours"
relays = 4
[[lift]]
id = "lift-1"
[[lift.floor]]
id = "g"
always_free = true
[[lift.floor]]
id = "2"
relay = { board = "lower", relay = 0 }
[[lift.floor]]
id = "2r"
door = "rear"
access_point = "library/floor-2"
power_loss = "free"
relay = { board = "lower", relay = 1 }
[[access_point]]
id = "cabin"
scanner = "cabin"
lift = "lift-1"
`;

test("a lift is read with every default; what is ridden there is asked for, and its passes are spent once in the lift", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      lifts: [
        {
          id: "lift-1",
          grantTimeMs: 8000,
          extendedGrantTimeMs: 8000,
          floorsPerGrant: "any",
          moduleOffLine: "secured",
          inFire: "free",
          debounceMs: 50,
          floors: [
            { id: "g", door: "front", accessPoint: "lift-1/g", alwaysFree: true, fail: "secure" },
            { id: "2", door: "front", accessPoint: "lift-1/2", alwaysFree: false, fail: "secure", relay: { board: "lower", relay: 0 } },
            { id: "2r", door: "rear", accessPoint: "library/floor-2", fail: "safe" },
          ],
        },
      ],
      accessPoints: [{ opens: { kind: "lift", lift: "lift-1", door: undefined }, capability: "ride", replayGroup: "lift-1" }],
    },
  });
});

const BUTTON = `button = { board = "lower", input = 0 }`;
test.each([
  ["no relay", `relay = { board = "lower", relay = 0 }\n`, "", `floor "2" has no relay: nothing would enable its button`, `always_free = true`],
  [
    "an exit that needs current",
    "always_free = true",
    `always_free = true\nrelay = { board = "lower", relay = 7 }`,
    "takes its button away",
    `power_loss = "free"`,
  ],
  ["one id twice", `id = "2r"`, `id = "2"`, `"2" already names a floor of "lift-1"`, "give each floor"],
  ["a relay twice", "relay = 1 }", "relay = 0 }", `relay 0 of "lower" is used on line`, "use another relay"],
  ["no such board", `relay = { board = "lower", relay = 1 }`, `relay = { board = "lover", relay = 1 }`, `no [[relay_board]] is named "lover"`, `write "lower"`],
  ["a long id", `id = "2r"`, `id = "second-floor"`, "1 to 6 of a-z", ""],
  ["buttons of some floors", "relay = 0 }", `relay = 0 }\n${BUTTON}`, `floor "2r" has no button, others have`, "or of none"],
  ["one floor a grant, unseen", `id = "lift-1"\n[`, `id = "lift-1"\nfloors_per_grant = "one"\n[`, "no floor has a button", "wire the buttons"],
  ["off line free, without current secured", `id = "lift-1"\n[`, `id = "lift-1"\nmodule_off_line = "free"\n[`, `without current floor "2" is secured`, `power_loss = "free"`], // prettier-ignore
  ["a board that frees when it hears nothing", `board = "lower", relay = 1`, `board = "upper", relay = 1`, "a relay-avr board that hears nothing drops its relays", `module_off_line = "free"`], // prettier-ignore
  ["no such lift", `lift = "lift-1"`, `lift = "lift-2"`, `no [[lift]] is named "lift-2"`, `write "lift-1"`],
  ["a reader of a door that is not there", `lift = "lift-1"`, `lift = "lift-1"\nlift_door = "rear"`, "", ""],
  ["a way out", `lift = "lift-1"`, `lift = "lift-1"\negress = true`, "a cabin is no way out", "always_free"],
  ["another capability", `lift = "lift-1"`, `lift = "lift-1"\ncapability = "pass"`, "a lift is ridden", `capability = "ride"`],
  ["two persons", `lift = "lift-1"`, `lift = "lift-1"\nsecond_person_s = 10`, "may ride elsewhere", "remove it here"],
  ["a direction", `lift = "lift-1"`, `lift = "lift-1"\ndirection = "entry"`, "cannot stand beside lift", "remove one of them"],
  ["nothing that it opens", `lift = "lift-1"\n`, "", "neither turnstile, door, lift, guard_station", `lift = "lift-1"`],
  ["a door of a lift without one", `lift = "lift-1"\n`, `door = "x"\nlift_door = "rear"\n`, "belongs to a lift", "remove it"],
])("%s: the file is refused by line, cause and remedy, or it is fine", (_, from, to, cause, remedy) => {
  const reading = parsedToml(WHOLE.replace(from, to));
  if (cause === "") return expect(reading.ok).toBe(true);
  const problems = reading.ok ? [] : reading.problems;
  expect(problems.find((each) => each.cause.includes(cause)) ?? problems).toMatchObject({ line: expect.any(Number), remedy: expect.stringContaining(remedy) });
});

test("a lift without floors is told what to write", () => {
  expect(
    parsedToml(WHOLE.replaceAll(/\[\[lift\.floor\]\][^[]*?(?=\n\[)/gs, "").replaceAll(/\n(id = "2r?"|door|access_point|power_loss|relay = \{)[^\n]*/g, "")),
  ).toMatchObject({
    ok: false,
    problems: [{ path: "lift[lift-1]", cause: `"lift-1" has no floors`, remedy: expect.stringContaining("[[lift.floor]]") }],
  });
});

const scheduled = (door: string, mode = "unlock"): string => `${WHOLE}[[door_schedule]]\ndoor = "${door}"\nschedule = "office"\nmode = "${mode}"\n`;
test("a schedule frees a floor, but not the one that is always free, and bolts none", () => {
  expect(parsedToml(scheduled("lift-1/2r")).ok).toBe(true);
  expect(parsedToml(scheduled("lift-1/g"))).toMatchObject({ ok: false, problems: [{ cause: `no [[door]] is named "lift-1/g"` }] });
  expect(parsedToml(scheduled("lift-1/2", "double-lock"))).toMatchObject({ ok: false, problems: [{ path: "door_schedule[#1].mode" }] });
});

test("64 floors with two doors each, on three boards, are one configuration", () => {
  const boards = ["a", "b", "c"].map((id, unit) => `[[relay_board]]\nid = "${id}"\nprotocol = "modbus-rtu"\nwire = "bus"\nunit = ${unit + 2}\nrelays = 64\n`);
  const floors = Array.from({ length: 128 }, (_, n) => `[[lift.floor]]\nid = "f${n}"\ndoor = "${n < 64 ? "front" : "rear"}"\nrelay = { board = "${"abc"[Math.floor(n / 64)]}", relay = ${n % 64} }\n`); // prettier-ignore
  const lift = `[[lift]]\nid = "tower"\n${floors.join("")}`;
  expect(parsedToml(`${WHOLE}${boards.join("")}${lift}`)).toMatchObject({ ok: true, configuration: { lifts: [{}, { floors: { length: 128 } }] } });
  expect(parsedToml(`${WHOLE}${boards.join("")}${lift}[[lift.floor]]\nid = "roof"\nalways_free = true\n`).ok).toBe(false);
});
