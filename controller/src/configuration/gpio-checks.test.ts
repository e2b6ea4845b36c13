import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo-campus"
[controller]
id = "library"
[clock]
trusted_by = "system"
[[relay_board]]
id = "board"
protocol = "gpio"
relay_lines = [17, "GPIO27"]
input_lines = [22, 23]
[[relay_board]]
id = "other"
protocol = "gpio"
chip = "gpiochip4"
relay_lines = [17]
active_low = true
bias = "pull-down"
[[door]]
id = "library"
strike = { board = "board", relay = 1 }
contact = { board = "board", input = 1 }
`;

test("boards on lines of this computer are read with every default", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      relayBoards: [
        { protocol: "gpio", id: "board", chip: "gpiochip0", relayLines: [17, "GPIO27"], inputLines: [22, 23], activeLow: false, bias: "pull-up" },
        { id: "other", chip: "gpiochip4", relayLines: [17], inputLines: [], activeLow: true, bias: "pull-down" },
      ],
    },
  });
});

test.each([
  [`relay_lines = [17, "GPIO27"]\n`, ``, "relay_board[board].relay_lines", "is missing: the line of each relay"],
  [`[17, "GPIO27"]`, `[]`, "relay_board[board].relay_lines", "is missing: the line of each relay"],
  [`[22, 23]`, `[22, 17]`, "relay_board[board].input_lines[#2]", `line 17 is used by relay_board "board" already`],
  [`chip = "gpiochip4"`, `chip = "gpiochip0"`, "relay_board[other].relay_lines[#1]", `line 17 is used by relay_board "board" already`],
  [`relay = 1 }`, `relay = 2 }`, "door[library].strike.relay", `is 2, but relay_board "board" has relays 0 to 1`],
  [`input = 1 }`, `input = 2 }`, "door[library].contact.input", `is 2, but relay_board "board" has inputs 0 to 1`],
  [`input_lines = [22, 23]`, `inputs = 2`, "relay_board[board].inputs", undefined],
  [`"GPIO27"`, `"GPIO 27"`, "relay_board[board].relay_lines[#2]", undefined],
  [`"gpiochip4"`, `"/dev/gpiochip4"`, "relay_board[other].chip", undefined],
  [`"pull-down"`, `"none"`, "relay_board[other].bias", undefined],
])("%s as %s is told with line, path and cause", (from, to, path, cause) => {
  expect(WHOLE).toContain(from);
  const reading = parsedToml(WHOLE.replace(from, to));
  const problems = reading.ok ? [] : reading.problems;
  const told = problems.find((problem) => problem.path === path && (cause === undefined || problem.cause === cause));
  expect(told, JSON.stringify(problems)).toBeDefined();
  expect(told!.line).toBeGreaterThan(5);
});
