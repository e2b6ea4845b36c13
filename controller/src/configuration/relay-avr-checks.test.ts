import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo-campus"
[controller]
id = "library"
[clock]
trusted_by = "system"
[[wire]]
id = "board"
serial = "/dev/ttyUSB0"
baud = 57600
[[wire]]
id = "bus"
tcp = "10.0.0.7:4001"
[[relay_board]]
id = "board"
protocol = "relay-avr"
wire = "board"
relays = 8
inputs = 6
[[relay_board]]
id = "old"
protocol = "modbus-rtu"
wire = "bus"
relays = 8
[[scanner]]
id = "in"
board = "board"
card = { format = "wiegand-26" }
[[scanner]]
id = "out"
board = "board"
reader = 1
card = { format = "wiegand-37", facility = 17 }
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
[[access_point]]
id = "in"
scanner = "in"
door = "library"
`;

test("our board and its Wiegand readers are read with every default", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      relayBoards: [{ protocol: "relay-avr", id: "board", wire: "board", relays: 8, inputs: 6 }, { id: "old" }],
      scanners: [
        { id: "in", board: "board", reader: 0, card: { format: "wiegand-26", byteOrder: "msb-first" } },
        { id: "out", board: "board", reader: 1, card: { format: "wiegand-37", facility: 17 } },
      ],
    },
  });
  expect(parsedToml(WHOLE.replace("inputs = 6\n", ""))).toMatchObject({ ok: true, configuration: { relayBoards: [{ inputs: 0 }, {}] } });
});

test("a PIN may be asked for where a Wiegand reader is: it may have a keypad", () => {
  const profile = `[[authentication_profile]]\nid = "card-and-pin"\nany_of = [["card", "pin"]]\n`;
  const reading = parsedToml(`${WHOLE}authentication_profile = "card-and-pin"\n${profile}`);
  expect(reading.ok ? [] : reading.problems).toEqual([]);
});

test.each([
  [`baud = 57600`, `baud = 9600`, "wire[board].baud", "the relay-avr board on it speaks at 57600 baud", "write baud = 57600"],
  [`baud = 57600\n`, ``, "wire[board]", "the relay-avr board on it speaks at 57600 baud", "write baud = 57600"],
  [`relays = 8\ninputs`, `relays = 9\ninputs`, "relay_board[board].relays", "is 9: a relay-avr board has 8 at most", "write relays = 8"],
  [`inputs = 6`, `inputs = 7`, "relay_board[board].inputs", "is 7: a relay-avr board has 6 at most", "write inputs = 6"],
  [`inputs = 6`, `poll_ms = 50`, "relay_board[board].poll_ms", `belongs to protocol = "modbus-rtu"`, "remove it; a relay-avr board has wire, relays, inputs"],
  [`wire = "bus"`, `wire = "board"`, "relay_board[old].wire", `board "board" is on the wire "board" already`, undefined],
  [`board = "board"\nreader = 1`, `board = "baord"\nreader = 1`, "scanner[out].board", `no [[relay_board]] is named "baord"`, `write "board"`],
  [`board = "board"\nreader = 1`, `board = "board"`, "scanner[out].board", `reader 0 of "board" is the scanner "in" already`, "use another reader"],
  [`reader = 1`, `reader = 2`, "scanner[out].reader", "is 2: a relay-avr board has readers 0 and 1", "write reader = 0 or reader = 1"],
  [
    `board = "board"\nreader = 1`,
    `board = "old"\nreader = 1`,
    "scanner[out].board",
    `the board "old" speaks modbus-rtu, which has no Wiegand readers`,
    "name a relay-avr or uhppote board; an OSDP reader is named by pd",
  ],
  [
    `\ncard = { format = "wiegand-26" }`,
    ``,
    "scanner[in]",
    "does not say how its cards are numbered, and a Wiegand reader reads nothing else",
    `write card = { format = "wiegand-26" }`,
  ],
  [
    `format = "wiegand-26"`,
    `format = "uid-hex"`,
    "scanner[in].card.format",
    `is "uid-hex", but a Wiegand reader sends bits`,
    `write "wiegand-26", "wiegand-34" or "wiegand-37"`,
  ],
  [`reader = 1`, `reader = 1\nkeypad = true`, "scanner[out].keypad", "has no meaning with board: a Wiegand reader tells its keys by itself", "remove it"],
  [`board = "board"\ncard`, `board = "board"\nwire = "bus"\ncard`, "scanner[in].board", "wire and board cannot both be given", "remove one of them"],
])("%s as %s is told with line, path, cause and remedy", (from, to, path, cause, remedy) => {
  expect(WHOLE).toContain(from);
  const reading = parsedToml(WHOLE.replace(from, to));
  const problems = reading.ok ? [] : reading.problems;
  expect(problems.map((problem) => problem.cause)).toContain(cause);
  const told = problems.find((problem) => problem.cause === cause)!;
  expect(told.line).toBeGreaterThan(5);
  expect(told.path).toBe(path);
  if (remedy !== undefined) expect(told.remedy).toBe(remedy);
});
