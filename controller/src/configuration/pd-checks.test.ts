import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo-campus"
[controller]
id = "library"
[clock]
trusted_by = "system"
[[wire]]
id = "line"
serial = "/dev/ttyUSB0"
baud = 9600
[[wire]]
id = "bus"
serial = "/dev/ttyUSB1"
[[osdp_pd]]
id = "reader"
wire = "line"
address = 0
[[osdp_pd]]
id = "module"
wire = "line"
address = 1
security = "clear-text"
[[scanner]]
id = "in"
pd = "reader"
[[scanner]]
id = "out"
pd = "reader"
reader = 1
card = { format = "wiegand-26" }
[[relay_board]]
id = "outputs"
protocol = "osdp"
pd = "module"
relays = 4
[[relay_board]]
id = "old"
protocol = "modbus-rtu"
wire = "bus"
relays = 8
[[door]]
id = "library"
strike = { board = "outputs", relay = 0 }
[[access_point]]
id = "in"
scanner = "in"
door = "library"
`;

test("readers, boards and their PDs are read with every default", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      osdpPds: [
        { id: "reader", wire: "line", address: 0, security: "secure", pollMs: 50 },
        { id: "module", wire: "line", address: 1, security: "clear-text", pollMs: 50 },
      ],
      scanners: [
        { id: "in", pd: "reader", reader: 0 },
        { id: "out", pd: "reader", reader: 1, card: { format: "wiegand-26", byteOrder: "msb-first" } },
      ],
      relayBoards: [{ protocol: "osdp", id: "outputs", pd: "module", relays: 4, inputs: 0 }, { id: "old" }],
    },
  });
});

test.each([
  [`address = 1`, `address = 127`, `address = 127`, "osdp_pd[module].address", "is 127: 126 at most", "write address = 0, for example"],
  [`address = 1\n`, `\n`, `id = "module"`, "osdp_pd[module].address", "is missing", "write address = 0, for example"],
  [
    `address = 1`,
    `address = 0`,
    `id = "module"`,
    "osdp_pd[module].wire",
    `osdp_pd "reader" is address 0 on the wire "line" already`,
    "give each its own address",
  ],
  [
    `"clear-text"`,
    `"none"`,
    `security`,
    "osdp_pd[module].security",
    `is "none": only "secure" or "clear-text" is known`,
    `write security = "secure", for example`,
  ],
  [`id = "module"\nwire = "line"`, `id = "module"\nwire = "lime"`, `"lime"`, "osdp_pd[module].wire", `no [[wire]] is named "lime"`, `write "line"`],
  [
    `wire = "bus"`,
    `wire = "line"`,
    `id = "module"`,
    undefined,
    `board "old" is on the wire "line" already`,
    "give each device a wire of its own; only modbus-rtu boards may share one, and osdp_pds another",
  ],
  [
    `pd = "reader"\n[[`,
    `\n[[`,
    `id = "in"`,
    "scanner[in]",
    "none of wire, pd, board and isapi says where it is",
    `write wire = "gate-1-scanner", pd = "library-reader" for an OSDP reader, board = "library-board" for a Wiegand reader, or isapi = "visitor-gate-2" for a terminal or camera`,
  ],
  [`pd = "reader"\n[[`, `pd = "reader"\nwire = "bus"\n[[`, `id = "in"`, "scanner[in].pd", "wire and pd cannot both be given", "remove one of them"],
  [`pd = "reader"\nreader = 1`, `wire = "bus"\nreader = 1`, `reader = 1`, "scanner[out].reader", "has no meaning without pd or board", "remove it"],
  [`reader = 1`, `reader = 0`, `reader = 0`, "scanner[out].reader", `reader 0 of "reader" is the scanner "in" already`, "use another reader"],
  [`pd = "reader"\nreader = 1`, `pd = "raeder"\nreader = 1`, `raeder`, "scanner[out].pd", `no [[osdp_pd]] is named "raeder"`, `write "reader"`],
  [
    `pd = "module"\nrelays`,
    `relays`,
    `id = "outputs"`,
    "relay_board[outputs].pd",
    "is missing: which osdp_pd the outputs belong to",
    `write pd = "library-reader", for example`,
  ],
  [`pd = "module"\nrelays = 4`, `pd = "modul"\nrelays = 4`, `modul`, "relay_board[outputs].pd", `no [[osdp_pd]] is named "modul"`, `write "module"`],
  [
    `pd = "module"\nrelays = 4`,
    `pd = "module"`,
    `id = "outputs"`,
    "relay_board[outputs].relays",
    "is missing: how many relays the board has",
    "write relays = 8, for example",
  ],
  [
    `pd = "module"\nrelays = 4`,
    `pd = "module"\nwire = "bus"\nrelays = 4`,
    `wire = "bus"`,
    "relay_board[outputs].wire",
    `belongs to protocol = "modbus-rtu" or "relay-avr" or "firmata"`,
    "remove it; a osdp board has pd, relays, inputs",
  ],
  [
    `wire = "bus"\nrelays`,
    `relays`,
    `id = "old"`,
    "relay_board[old].wire",
    "is missing: which wire the board is on",
    `write wire = "gate-1-board", for example`,
  ],
  [
    `protocol = "modbus-rtu"\nwire = "bus"`,
    `protocol = "osdp"\npd = "module"`,
    `id = "old"`,
    "relay_board[old].pd",
    `the outputs of "module" are the board "outputs" already`,
    "use that board",
  ],
])("%s as %s is told with line, path, cause and remedy", (from, to, _, path, cause, remedy) => {
  expect(WHOLE).toContain(from);
  const reading = parsedToml(WHOLE.replace(from, to));
  const problems = reading.ok ? [] : reading.problems;
  expect(problems.map((problem) => problem.cause)).toContain(cause);
  const told = problems.find((problem) => problem.cause === cause)!;
  expect(told.line).toBeGreaterThan(5);
  if (path !== undefined) expect(told.path).toBe(path);
  if (remedy !== undefined) expect(told.remedy).toBe(remedy);
});
