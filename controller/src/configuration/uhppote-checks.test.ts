import { expect, test } from "vitest";
import { ipv4Place } from "./ipv4-place.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo-campus"
[controller]
id = "library"
[clock]
trusted_by = "system"
[[relay_board]]
id = "board"
protocol = "uhppote"
address = "192.168.10.20"
serial_number = 423187757
security = "clear-text"
listen = "192.168.10.2:60001"
relays = 2
inputs = 10
[[relay_board]]
id = "other"
protocol = "uhppote"
address = "192.168.10.21:61000"
serial_number = 405419896
security = "clear-text"
relays = 4
[[scanner]]
id = "in"
board = "board"
card = { format = "decimal-8" }
[[scanner]]
id = "out"
board = "board"
reader = 5
card = { format = "decimal-10" }
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
fire = { board = "board", input = 9 }
[[access_point]]
id = "in"
scanner = "in"
door = "library"
`;

test("boards on a network and their readers are read with every default", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      relayBoards: [
        {
          protocol: "uhppote",
          id: "board",
          address: "192.168.10.20",
          port: 60_000,
          listener: { address: [192, 168, 10, 2], port: 60_001 },
          serialNumber: 423_187_757,
          relays: 2,
          inputs: 10,
        },
        { id: "other", address: "192.168.10.21", port: 61_000, inputs: 0 },
      ],
      scanners: [
        { id: "in", board: "board", reader: 0, card: { format: "decimal-8" } },
        { id: "out", board: "board", reader: 5 },
      ],
    },
  });
});

test.each([
  [`address = "192.168.10.20"\n`, ``, "relay_board[board].address", "is missing: where the board is on the network", `write address = "192.168.10.20"`],
  [
    `serial_number = 423187757\n`,
    ``,
    "relay_board[board].serial_number",
    "is missing: the number that is printed on the board",
    "portico device uhppote find shows it",
  ],
  [
    `security = "clear-text"\nlisten`,
    `listen`,
    "relay_board[board].security",
    "is missing: the board knows no keys, so everybody on its network can open its doors and change what it tells",
    `put it on a network of its own, and then write security = "clear-text"`,
  ],
  [`relays = 2`, `relays = 5`, "relay_board[board].relays", "is 5: the largest board has 4", "write relays = 4"],
  [`inputs = 10`, `inputs = 11`, "relay_board[board].inputs", "is 11: a board has 10 at most", "write inputs = 10"],
  [
    `serial_number = 405419896`,
    `serial_number = 423187757`,
    "relay_board[other].serial_number",
    `is that of relay_board "board" already`,
    "give each board its own",
  ],
  [`"192.168.10.21:61000"`, `"192.168.10.20:60000"`, "relay_board[other].address", `is that of relay_board "board" already`, "give each board its own"],
  [`"192.168.10.21:61000"`, `"board.example"`, "relay_board[other].address", undefined, undefined],
  [`listen = "192.168.10.2:60001"`, `listen = "192.168.10.2"`, "relay_board[board].listen", undefined, undefined],
  [`inputs = 10`, `unit = 1`, "relay_board[board].unit", `belongs to protocol = "modbus-rtu"`, undefined],
  [`reader = 5`, `reader = 6`, "scanner[out].reader", `is 6, of door 3, but relay_board "board" has doors 1 to 2`, undefined],
  [
    `scanner = "in"\n`,
    `scanner = "in"\nindicator = { board = "board", granted = 1, denied = 1 }\n`,
    "access_point[in].indicator.board",
    `the board "board" times whole seconds, too long for light and buzzer`,
    "name another board",
  ],
  [
    `\ncard = { format = "decimal-8" }`,
    ``,
    "scanner[in]",
    "does not say how its cards are numbered, and a Wiegand reader reads nothing else",
    `write card = { format = "decimal-8" }`,
  ],
  [`"decimal-8"`, `"wiegand-26"`, "scanner[in].card.format", `is "wiegand-26", but a uhppote board tells cards in decimal`, undefined],
])("%s as %s is told with line, path, cause and remedy", (from, to, path, cause, remedy) => {
  expect(WHOLE).toContain(from);
  const reading = parsedToml(WHOLE.replace(from, to));
  const problems = reading.ok ? [] : reading.problems;
  const told = problems.find((problem) => problem.path === path && (cause === undefined || problem.cause === cause));
  expect(told, JSON.stringify(problems)).toBeDefined();
  expect(told!.line).toBeGreaterThan(5);
  if (remedy !== undefined) expect(told!.remedy).toBe(remedy);
});

test.each(["256.0.0.1:1", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3:60000", "a.b.c.d:1", "1.2.3.4:", " 1.2.3.4:1"])("%s is no place on a network", (text) => {
  expect(ipv4Place(text, 60_000)).toBeUndefined();
});
