import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigurationProblem } from "./problem.ts";
import { type ConfigurationReading, parseConfiguration, readConfiguration } from "./read-configuration.ts";

const PLACES = { dataFolder: "/var/lib/portico", socket: "/run/portico/controller.sock" };
const KEY = "ab".repeat(32);

/** A gate with one lane and a library door; each line that a test replaces stands alone. */
const WHOLE = `[site]
id = "demo-campus"
trust_list = "trust-list.cose"
root_keys = ["${KEY}", "${"cd".repeat(32)}"]
root_threshold = 2

[controller]
id = "gate-house"

[[wire]]
id = "gate-1-scanner"
serial = "/dev/ttyACM0"

[[wire]]
id = "bus"
tcp = "127.0.0.1:4001"

[[wire]]
id = "uno"
serial = "/dev/ttyACM1"
baud = 57600

[[scanner]]
id = "gate-1-in"
wire = "gate-1-scanner"
card = { format = "uid-hex" }

[[relay_board]]
id = "gate-1-board"
wire = "bus"
protocol = "modbus-rtu"
relays = 8
inputs = 8

[[relay_board]]
id = "library-board"
wire = "uno"
protocol = "firmata"
relay_pins = [8, 9]
input_pins = [2, 3]

[[door]]
id = "library"
strike = { board = "library-board", relay = 0 }
contact = { board = "library-board", input = 0 }

[[turnstile]]
id = "gate-1"
gate = "main-gate"
entry = { board = "gate-1-board", relay = 0 }

[[access_point]]
id = "gate-1-in"
scanner = "gate-1-in"
turnstile = "gate-1"
direction = "entry"
`;

const parse = (text: string): ConfigurationReading => parseConfiguration(new TextEncoder().encode(text), "/etc/portico/portico.toml", PLACES);
const problems = (text: string): readonly ConfigurationProblem[] => {
  const reading = parse(text);
  return reading.ok ? [] : reading.problems;
};
/** The line of the first text in the file. */
const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split("\n").length;

test("a whole file is read with every default, absolute paths and references", () => {
  expect(parse(WHOLE)).toEqual({
    ok: true,
    notes: [],
    configuration: {
      file: "/etc/portico/portico.toml",
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      site: {
        id: "demo-campus",
        timeZone: "Asia/Shanghai",
        trust: {
          listFile: "/etc/portico/trust-list.cose",
          roots: { version: 1, threshold: 2, keys: [new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(0xcd)] },
        },
      },
      controller: { id: "gate-house", dataFolder: "/var/lib/portico", socket: "/run/portico/controller.sock" },
      clock: { trustedBy: "time-frames" },
      log: { bytesMax: 1_073_741_824, keepFreeBytes: 134_217_728, keepDays: new Map() },
      wires: [
        { kind: "serial", id: "gate-1-scanner", device: "/dev/ttyACM0", baud: 115_200 },
        { kind: "tcp", id: "bus", host: "127.0.0.1", port: 4001 },
        { kind: "serial", id: "uno", device: "/dev/ttyACM1", baud: 57_600 },
      ],
      osdpPds: [],
      isapis: [],
      scanners: [{ id: "gate-1-in", wire: "gate-1-scanner", terminator: "any", gapMs: 60, keypad: false, card: { format: "uid-hex", byteOrder: "msb-first" } }],
      relayBoards: [
        { protocol: "modbus-rtu", id: "gate-1-board", wire: "bus", unit: 1, relays: 8, inputs: 8, pollMs: 50 },
        { protocol: "firmata", id: "library-board", wire: "uno", relayPins: [8, 9], inputPins: [2, 3], activeLow: false },
      ],
      keypads: [],
      displays: [],
      beacons: [],
      doors: [
        {
          id: "library",
          strike: { board: "library-board", relay: 0 },
          contact: { board: "library-board", input: 0, closedMeans: "closed" },
          rexUnlocks: true,
          releaseTimeMs: 5000,
          extendedReleaseTimeMs: 5000,
          openTimeMs: 30_000,
          extendedOpenTimeMs: 30_000,
          preAlarmTimeMs: 5000,
          delayBeforeRelockMs: 0,
          relockOn: "open",
          debounceMs: 50,
          fail: "secure",
        },
      ],
      turnstiles: [
        {
          id: "gate-1",
          gate: "main-gate",
          style: "pulse",
          entry: { board: "gate-1-board", relay: 0 },
          readyMeans: "closed",
          notReadyAfterMs: 10_000,
          alarmMeans: "closed",
          pulseMs: 300,
          passageTimeMs: 5000,
          extendedPassageTimeMs: 5000,
          tailgateTimeMs: 1500,
          partyGapMs: 500,
          debounceMs: 50,
        },
      ],
      lifts: [],
      doorSchedules: [],
      lockdownInputs: [],
      guardStations: [],
      terminals: [],
      printers: [],
      releaseStations: [],
      kiosks: [],
      locks: [],
      shadowWindowMs: 5000,
      relockAfterFire: "person",
      interlocks: [],
      areas: [],
      pin: { triesMax: 5, readerTriesMax: 10, lockOutMs: 900_000, waitMs: 20_000, duress: false },
      authenticationProfiles: [],
      accessPoints: [
        {
          id: "gate-1-in",
          scanner: "gate-1-in",
          opens: { kind: "turnstile", turnstile: "gate-1", direction: "entry" },
          capability: "pass",
          replayGroup: "main-gate/entry",
          demandChallenge: false,
          enabled: true,
          egress: false,
          untrustedClock: { qr: "refuse", card: "refuse" },
          stalePolicy: { freshS: 600, staleOkS: 86_400, staleStrictS: 604_800, essentialS: 2_592_000 },
        },
      ],
    },
  });
});

/** One mistake each: what is replaced, by what, and the problem that must be told on the line of `on`. */
const MISTAKES: readonly {
  readonly from: string;
  readonly to: string;
  readonly on: string;
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}[] = [
  { from: `id = "demo-campus"`, to: ``, on: `[site]`, path: "site.id", cause: "is missing", remedy: `write id = "demo-campus", for example` },
  {
    from: `id = "demo-campus"`,
    to: `id = "Demo Campus"`,
    on: `id =`,
    path: "site.id",
    cause: `is "Demo Campus": 1 to 32 of a-z, 0-9 and hyphen`,
    remedy: `write id = "demo-campus", for example`,
  },
  {
    from: `id = "demo-campus"`,
    to: `id = 7`,
    on: `id =`,
    path: "site.id",
    cause: "is 7: a text in quotes is wanted",
    remedy: `write id = "demo-campus", for example`,
  },
  {
    from: `id = "demo-campus"`,
    to: `id = "x"\ntime_zone = "Asia/Peking"`,
    on: `time_zone`,
    path: "site.time_zone",
    cause: `is "Asia/Peking": not a time zone that this computer knows`,
    remedy: `write time_zone = "Asia/Shanghai", for example`,
  },
  ...[
    { from: `trust_list = "trust-list.cose"`, key: "trust_list", path: "site.trust_list", example: `"trust-list.cose"` },
    { from: `id = "gate-house"`, key: "data", path: "controller.data", example: `"."` },
    { from: `id = "gate-house"`, key: "socket", path: "controller.socket", example: `"controller.sock"` },
    { from: `serial = "/dev/ttyACM0"`, key: "serial", path: "wire[gate-1-scanner].serial", example: `"/dev/serial/by-id/…"` },
  ].map(({ from, key, path, example }) => ({
    from,
    to: `${from.startsWith(key) ? "" : `${from}\n`}${key} = "/tmp/a\\u0000b"`,
    on: `${key} = "/tmp/a`,
    path,
    cause: `is "/tmp/a\\u0000b": no path may hold a control character`,
    remedy: `write ${key} = ${example}, for example`,
  })),
  {
    from: `tcp = "127.0.0.1:4001"`,
    to: `tcp = "gate\\u001B:4001"`,
    on: `tcp = "gate`,
    path: "wire[bus].tcp",
    cause: `is "gate\\u001b:4001": host:port, the port from 1 to 65535`,
    remedy: `write tcp = "127.0.0.1:4001", for example`,
  },
  {
    from: `root_threshold = 2`,
    to: `root_threshold = 3`,
    on: `root_threshold`,
    path: "site.root_threshold",
    cause: "is 3, but root_keys lists 2",
    remedy: "write at most 2",
  },
  { from: `root_threshold = 2`, to: ``, on: `[site]`, path: "site.root_threshold", cause: "is missing beside root_keys", remedy: "write root_threshold = 2" },
  {
    from: `trust_list = "trust-list.cose"`,
    to: ``,
    on: `[site]`,
    path: "site.trust_list",
    cause: "is missing beside root_keys",
    remedy: `write trust_list = "trust-list.cose"`,
  },
  {
    from: `"${KEY}", `,
    to: `"${KEY.toUpperCase()}", `,
    on: `root_keys`,
    path: "site.root_keys[#1]",
    cause: `is "${KEY.toUpperCase()}": 64 lower-case hex digits, an Ed25519 public key`,
    remedy: `write root_keys = ["<64 hex digits>"], for example`,
  },
  {
    from: `"${KEY}", `,
    to: `"01${"00".repeat(31)}", `,
    on: `root_keys`,
    path: "site.root_keys[#1]",
    cause: `is "01${"00".repeat(31)}": not a point that a key may be`,
    remedy: `write root_keys = ["<64 hex digits>"], for example`,
  },
  { from: `"${KEY}", `, to: `"${KEY}", "${KEY}", `, on: `root_keys`, path: "site.root_keys[#2]", cause: "is listed twice", remedy: "list each root key once" },
  { from: `[controller]\nid = "gate-house"`, to: ``, on: `[site]`, path: "controller", cause: "is missing", remedy: "add the table [controller]" },
  {
    from: `id = "gate-house"`,
    to: `id = "gate-house"\nsocket = "${"/tmp/long".repeat(12)}"`,
    on: `socket`,
    path: "controller.socket",
    cause: `is 108 bytes long (${"/tmp/long".repeat(12)}); a socket's path has at most 107`,
    remedy: `write a shorter path, e.g. socket = "/run/portico/controller.sock"`,
  },
  {
    from: `[controller]`,
    to: `[clock]\nuncertainty_s = 400\n[controller]`,
    on: `uncertainty_s`,
    path: "clock.uncertainty_s",
    cause: "is 400: 300 at most",
    remedy: "write uncertainty_s = 1, for example",
  },
  { from: `[[wire]]\nid = "bus"`, to: `[[wires]]\nid = "bus"`, on: `[[wires]]`, path: "wires", cause: `unknown key "wires"`, remedy: "write wire" },
  {
    from: `serial = "/dev/ttyACM0"`,
    to: ``,
    on: `[[wire]]`,
    path: "wire[gate-1-scanner]",
    cause: "neither serial nor tcp says where it leads",
    remedy: `write serial = "/dev/serial/by-id/…" or tcp = "127.0.0.1:4001"`,
  },
  {
    from: `serial = "/dev/ttyACM0"`,
    to: `serial = "/dev/ttyACM0"\ntcp = "host:1"`,
    on: `tcp`,
    path: "wire[gate-1-scanner].tcp",
    cause: "serial and tcp cannot both be given",
    remedy: "remove one of them",
  },
  {
    from: `serial = "/dev/ttyACM0"`,
    to: `serial = "/dev/ttyACM0"\nbaud = 115000`,
    on: `baud`,
    path: "wire[gate-1-scanner].baud",
    cause: "is 115000: only 1200 or 2400 or 4800 or 9600 or 19200 or 38400 or 57600 or 115200 or 230400 or 460800 or 921600 is known",
    remedy: "write baud = 115200, for example",
  },
  {
    from: `tcp = "127.0.0.1:4001"`,
    to: `tcp = "127.0.0.1:99999"`,
    on: `tcp`,
    path: "wire[bus].tcp",
    cause: `is "127.0.0.1:99999": host:port, the port from 1 to 65535`,
    remedy: `write tcp = "127.0.0.1:4001", for example`,
  },
  {
    from: `tcp = "127.0.0.1:4001"`,
    to: `tcp = "127.0.0.1:4001"\nbaud = 9600`,
    on: `baud`,
    path: "wire[bus].baud",
    cause: "has no meaning for tcp",
    remedy: "remove it",
  },
  {
    from: `serial = "/dev/ttyACM1"`,
    to: `serial = "/dev/ttyACM0"`,
    on: `serial = "/dev/ttyACM0"\nbaud`,
    path: "wire[uno].serial",
    cause: `"/dev/ttyACM0" is the wire "gate-1-scanner" already`,
    remedy: `use the wire "gate-1-scanner", or name another port`,
  },
  {
    from: `id = "bus"`,
    to: `id = "uno"`,
    on: `id = "uno"\nserial`,
    path: "wire[uno].id",
    cause: `"uno" already names a [[wire]]`,
    remedy: "give each its own id",
  },
  {
    from: `wire = "gate-1-scanner"\ncard`,
    to: `wire = "gate-1-scaner"\ncard`,
    on: `wire = "gate-1-scaner"`,
    path: "scanner[gate-1-in].wire",
    cause: `no [[wire]] is named "gate-1-scaner"`,
    remedy: `write "gate-1-scanner"`,
  },
  {
    from: `wire = "gate-1-scanner"\ncard`,
    to: `wire = "x"\ncard`,
    on: `wire = "x"`,
    path: "scanner[gate-1-in].wire",
    cause: `no [[wire]] is named "x"`,
    remedy: "use one of gate-1-scanner, bus, uno",
  },
  {
    from: `format = "uid-hex"`,
    to: `format = "uid"`,
    on: `card =`,
    path: "scanner[gate-1-in].card.format",
    cause: `is "uid": only "uid-hex" or "decimal-8" or "decimal-10" or "wiegand-26" or "wiegand-34" or "wiegand-37" or "plate" or "idcard" or "face" is known`,
    remedy: `write format = "uid-hex", for example`,
  },
  {
    from: `format = "uid-hex"`,
    to: `format = "uid-hex", facility = 17`,
    on: `card =`,
    path: "scanner[gate-1-in].card.facility",
    cause: `has no meaning for "uid-hex"`,
    remedy: "remove it",
  },
  {
    from: `format = "uid-hex"`,
    to: `format = "wiegand-26", facility = 256`,
    on: `card =`,
    path: "scanner[gate-1-in].card.facility",
    cause: "is 256: wiegand-26 has codes up to 255",
    remedy: "write the code that is printed on the cards",
  },
  {
    from: `wire = "bus"`,
    to: `wire = "gate-1-scanner"`,
    on: `wire = "gate-1-scanner"\nprotocol`,
    path: "relay_board[gate-1-board].wire",
    cause: `scanner "gate-1-in" is on the wire "gate-1-scanner" already`,
    remedy: "give each device a wire of its own; only modbus-rtu boards may share one, and osdp_pds another",
  },
  {
    from: `relays = 8\ninputs = 8`,
    to: `inputs = 8`,
    on: `[[relay_board]]`,
    path: "relay_board[gate-1-board].relays",
    cause: "is missing: how many relays the board has",
    remedy: "write relays = 8, for example",
  },
  {
    from: `inputs = 8`,
    to: `inputs = 8\nrelay_pins = [8]`,
    on: `relay_pins`,
    path: "relay_board[gate-1-board].relay_pins",
    cause: `belongs to protocol = "firmata"`,
    remedy: "remove it; a modbus-rtu board has wire, unit, relays, inputs, poll_ms",
  },
  {
    from: `relay_pins = [8, 9]`,
    to: `relay_pins = [8, 2]`,
    on: `input_pins`,
    path: "relay_board[library-board].input_pins[#1]",
    cause: "pin 2 is listed already",
    remedy: "list each pin once",
  },
  {
    from: `strike = { board = "library-board", relay = 0 }`,
    to: `strike = { board = "library-board", relay = 2 }`,
    on: `strike`,
    path: "door[library].strike.relay",
    cause: `is 2, but relay_board "library-board" has relays 0 to 1`,
    remedy: `use one of these, or correct relay_board "library-board"`,
  },
  {
    from: `strike = { board = "library-board", relay = 0 }`,
    to: `strike = { board = "gate-1-board", relay = 0 }`,
    on: `entry =`,
    path: "turnstile[gate-1].entry.relay",
    cause: `relay 0 of "gate-1-board" is used on line 44 already (door[library].strike.relay)`,
    remedy: "use another relay",
  },
  {
    from: `strike = { board = "library-board", relay = 0 }`,
    to: `strike = { board = "libary-board", relay = 0 }`,
    on: `strike`,
    path: "door[library].strike.board",
    cause: `no [[relay_board]] is named "libary-board"`,
    remedy: `write "library-board"`,
  },
  {
    from: `[[turnstile]]`,
    to: `relase_time_ms = 3000\n[[turnstile]]`,
    on: `relase`,
    path: "door[library].relase_time_ms",
    cause: `unknown key "relase_time_ms"`,
    remedy: "write release_time_ms",
  },
  {
    from: `[[turnstile]]`,
    to: `colour = "red"\n[[turnstile]]`,
    on: `colour`,
    path: "door[library].colour",
    cause: `unknown key "colour"`,
    remedy:
      "remove it; known here: id, strike, second_bolt, contact, rex, fire, rex_unlocks, release_time_ms, extended_release_time_ms, open_time_ms, extended_open_time_ms, pre_alarm_time_ms, delay_before_relock_ms, relock_on, debounce_ms, fail, tamper, tamper_means, mode, old_grant, old_grant_means",
  },
  {
    from: `[[turnstile]]`,
    to: `pre_alarm_time_ms = 40_000\n[[turnstile]]`,
    on: `[[door]]`,
    path: "door[library].open_time_ms",
    cause: "is 30000, less than pre_alarm_time_ms = 40000",
    remedy: "write open_time_ms = 40000 or more",
  },
  {
    from: `[[turnstile]]`,
    to: `release_time_ms = 0.5\n[[turnstile]]`,
    on: `release_time_ms`,
    path: "door[library].release_time_ms",
    cause: "is 0.5: a whole number is wanted",
    remedy: "write release_time_ms = 5000, for example",
  },
  {
    from: `contact = { board = "library-board", input = 0 }`,
    to: `relock_on = "close"`,
    on: `relock_on`,
    path: "door[library].relock_on",
    cause: `is "close", but no contact tells when the door is closed`,
    remedy: `write relock_on = "open", or wire a contact`,
  },
  {
    from: `id = "gate-1"\ngate`,
    to: `id = "library"\ngate`,
    on: `id = "library"\ngate`,
    path: "turnstile[library].id",
    cause: `"library" already names a [[door]]`,
    remedy: "give each its own id",
  },
  {
    from: `entry = { board = "gate-1-board", relay = 0 }`,
    to: `exit = { board = "gate-1-board", relay = 0 }`,
    on: `direction`,
    path: "access_point[gate-1-in].direction",
    cause: `is "entry", but turnstile "gate-1" has no entry relay`,
    remedy: `write entry = { board = "…", relay = … } at the turnstile, or the other direction here`,
  },
  {
    from: `direction = "entry"`,
    to: ``,
    on: `[[access_point]]`,
    path: "access_point[gate-1-in].direction",
    cause: "is missing beside turnstile",
    remedy: `write direction = "entry" or direction = "exit"`,
  },
  {
    from: `turnstile = "gate-1"\ndirection = "entry"`,
    to: ``,
    on: `[[access_point]]`,
    path: "access_point[gate-1-in]",
    cause: "neither turnstile, door, lift, guard_station, terminal, release_station, kiosk nor lock says what it opens",
    remedy: `write turnstile = "gate-1" and direction = "entry", door = "library", lift = "lift-1", guard_station = "gate-house", terminal = "canteen-1", release_station = "library-release", kiosk = "library-1", or lock = "room-301"`,
  },
  {
    from: `turnstile = "gate-1"\n`,
    to: `door = "library"\n`,
    on: `direction`,
    path: "access_point[gate-1-in].direction",
    cause: "belongs to a turnstile; a door has no direction",
    remedy: "remove it",
  },
  {
    from: `direction = "entry"`,
    to: `direction = "entry"\ncapability = "fly"`,
    on: `capability`,
    path: "access_point[gate-1-in].capability",
    cause: `is "fly": only "pass" or "ride" or "unlock" or "print" or "pay" or "borrow" is known`,
    remedy: `write capability = "pass", for example`,
  },
];

describe("one mistake in a whole file is told with line, path, cause and remedy, and nothing else is", () => {
  test.each(MISTAKES)("$path $cause", ({ from, to, on, path, cause, remedy }) => {
    expect(WHOLE).toContain(from);
    const text = WHOLE.replace(from, to);
    const found = problems(text);
    expect(found.filter((problem) => problem.path === path)).toEqual([{ line: lineOf(text, on), path, cause, remedy }]);
  });
});

test("a mistake alone in the file is the only one told", () => {
  const alone = MISTAKES.filter(({ from, to }) => problems(WHOLE.replace(from, to)).length > 1).map(({ path }) => path);
  // Renaming or removing a wire, a turnstile or a relay leaves those who named it without: they are told too.
  expect(alone).toEqual(["wire[uno].id", "turnstile[library].id"]);
});

test("every mistake is told at once, in the order of the file, also where keys are mistyped", () => {
  const text = WHOLE.replace(`id = "demo-campus"`, `idd = "demo-campus"`)
    .replace(`gap_ms = 60`, ``)
    .replace(`relays = 8`, `relay = 8`)
    .replace(`wire = "uno"`, `wire = "duo"`)
    .replace(`turnstile = "gate-1"`, `turnstile = "gate-2"\nenabled = "yes"`);
  expect(problems(text).map(({ path, remedy }) => [path, remedy])).toEqual([
    ["site.id", `write id = "demo-campus", for example`],
    ["site.idd", "write id"],
    ["relay_board[gate-1-board].relay", "write relays"],
    ["relay_board[library-board].wire", "use one of gate-1-scanner, bus, uno"],
    ["access_point[gate-1-in].turnstile", `write "gate-1"`],
    ["access_point[gate-1-in].enabled", "write enabled = true, for example"],
  ]);
});

test.each([
  ["a line that is not TOML", "[site]\nid = demo\n", 2, /^not TOML: /],
  ["a key given twice", "[site]\nid = 'a'\nid = 'b'\n", 3, /^not TOML: /],
  ["arrays within arrays beyond all sense", `[site]\nid = ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`, 2, /^nested more than 32 deep$/],
  ["tables within tables beyond all sense", `[site]\nid = 'a'\nx = ${"{a=".repeat(5_000)}1${"}".repeat(5_000)}\n`, 3, /nested more than 32 deep/],
  ["a key of very many parts", `[site]\n${"a.".repeat(20_000)}a = 1\n`, 2, /nested more than 32 deep/],
  ["a heading of very many parts", `[site]\nid = 'a'\n[${"a.".repeat(20_000)}a]\n`, 3, /nested more than 32 deep/],
  ["a table deep within a deep table", `[${"a.".repeat(20)}a]\n${"b.".repeat(20)}b = 1\n`, 2, /nested more than 32 deep/],
  ["a key named __proto__", "[site]\n__proto__ = 1\n", 2, /__proto__/],
])("%s is told on its line", (_, text, line, cause) => {
  expect(problems(text)).toEqual([{ line, path: "", cause: expect.stringMatching(cause), remedy: expect.stringMatching(/./) }]);
});

test.each([
  ["brackets in texts and remarks", `id = "demo-campus" # ${"[{".repeat(50)}`],
  ["brackets in a text", `id = "demo-campus"\nx = "${'[\\"{'.repeat(50)}"`],
  ["brackets in texts of several lines", `id = "demo-campus"\nx = """\n${"[{\n".repeat(50)}"""\ny = '''${"[{\n".repeat(50)}'''`],
])("%s are not taken for nesting", (_, line) => {
  expect(problems(WHOLE.replace(`id = "demo-campus"`, line)).filter(({ cause }) => cause.includes("deep"))).toEqual([]);
});

test("a trust list that is not there is noted with its line: the controller goes on with the one in force, where there is one", () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "portico.toml");
  writeFileSync(file, WHOLE);
  expect(readConfiguration(file, PLACES)).toMatchObject({
    ok: true,
    notes: [
      {
        line: 3,
        path: "site.trust_list",
        cause: `names a file that is not there: ${join(folder, "trust-list.cose")}`,
        remedy: "get it from the root holders; without it a controller that never had one does not start",
      },
    ],
  });
  writeFileSync(join(folder, "trust-list.cose"), "");
  expect(readConfiguration(file, PLACES)).toMatchObject({ ok: true, notes: [] });
});

test("bytes that are not UTF-8 are refused as a whole", () => {
  expect(parseConfiguration(Uint8Array.of(0xff), "/x", PLACES)).toMatchObject({ ok: false, problems: [{ line: 0, cause: "the file is not UTF-8 text" }] });
});

test("a file that is not there is told with the command that makes one", () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(readConfiguration(join(folder, "portico.toml"), PLACES)).toMatchObject({ ok: false, problems: [{ line: 0, remedy: /config init/ }] });
  writeFileSync(join(folder, "portico.toml"), WHOLE);
  expect(readConfiguration(join(folder, "portico.toml"), PLACES)).toMatchObject({ ok: true, configuration: { file: join(folder, "portico.toml") } });
});

test("modbus boards may share a wire, each with its own unit", () => {
  const board = (id: string, unit: number): string => `[[relay_board]]\nid = "${id}"\nwire = "bus"\nprotocol = "modbus-rtu"\nunit = ${unit}\nrelays = 4\n`;
  expect(problems(WHOLE + board("second", 2))).toEqual([]);
  expect(problems(WHOLE + board("second", 1))).toMatchObject([
    { path: "relay_board[second].wire", cause: `board "gate-1-board" is unit 1 on the wire "bus" already` },
  ]);
});

test("one fire contact may free many doors, but serves nothing else", () => {
  const fire = WHOLE.replace(`gate = "main-gate"`, `gate = "main-gate"\nfire = { board = "gate-1-board", input = 2 }`);
  expect(problems(fire.replace(`[[turnstile]]`, `fire = { board = "gate-1-board", input = 2 }\n[[turnstile]]`))).toEqual([]);
  expect(problems(fire.replace(`[[turnstile]]`, `rex = { board = "gate-1-board", input = 2 }\n[[turnstile]]`))).toMatchObject([
    { path: "turnstile[gate-1].fire.input" },
  ]);
});

test("without a trust list the clock must be trusted for another reason", () => {
  const bare = WHOLE.replace(/trust_list[\s\S]*?root_threshold = 2\n/, "");
  expect(problems(bare)).toMatchObject([{ path: "clock.trusted_by", cause: expect.stringContaining("without root keys") }]);
  expect(parse(`${bare}[clock]\ntrusted_by = "system"\n`)).toMatchObject({ ok: true, configuration: { clock: { trustedBy: "system", uncertaintyS: 1 } } });
});

test("a door's access point counts spent passes for itself", () => {
  const text = WHOLE.replace(`turnstile = "gate-1"\ndirection = "entry"`, `door = "library"`);
  expect(parse(text)).toMatchObject({ ok: true, configuration: { accessPoints: [{ replayGroup: "gate-1-in", opens: { kind: "door", door: "library" } }] } });
});

test("a cloud is followed in the zones that are named, and its only zone is every access point's", () => {
  const read = parse(WHOLE.replace("[[wire]]", `[cloud]\nurl = "https://cloud.example.edu:8480"\nzones = ["east"]\nca_file = "ca.pem"\n\n[[wire]]`));
  expect(read).toMatchObject({
    configuration: {
      cloud: { url: "https://cloud.example.edu:8480", zones: ["east"], certificateAuthorityFile: "/etc/portico/ca.pem" },
      accessPoints: [{ zone: "east" }],
    },
  });
});

const withCloud = (cloud: string, point = ""): string => `${WHOLE.replace("[[wire]]", `[cloud]\n${cloud}\n\n[[wire]]`)}${point}\n`;
const GOOD_CLOUD = `url = "https://cloud.example.edu"\nzones = ["east", "west"]`;
test.each<[string, string, string]>([
  [withCloud(`url = "http://cloud.example.edu"\nzones = ["east"]`), "cloud.url", "https://host"],
  [withCloud(`url = "https://cloud.example.edu/v1"\nzones = ["east"]`), "cloud.url", "without a path"],
  [withCloud(`url = "ftp://127.0.0.1"\nzones = ["east"]`), "cloud.url", "https://host"],
  [withCloud(`url = "https://cloud.example.edu"\nzones = []`), "cloud.zones", ""],
  [withCloud(`url = "https://cloud.example.edu"\nzones = ["East"]`), "cloud.zones[#1]", "1 to 59"],
  [withCloud(`url = "https://cloud.example.edu"\nzones = ["east", "east"]`), "cloud.zones[#2]", "listed twice"],
  [withCloud(GOOD_CLOUD), "access_point[gate-1-in]", "which zone's list"],
  [withCloud(GOOD_CLOUD, `zone = "north"`), "access_point[gate-1-in].zone", `does not follow zone "north"`],
  [`${WHOLE}zone = "east"\n`, "access_point[gate-1-in].zone", "no meaning without [cloud]"],
  [`${WHOLE}stale = { ok_h = 48, strict_h = 24 }\n`, "access_point[gate-1-in].stale", "believed more"],
])("a cloud that cannot be followed as written is told with line, path, cause and remedy: %#", (text, path, cause) => {
  const found = problems(text);
  expect(found.map((problem) => problem.path)).toContain(path);
  const problem = found.find((each) => each.path === path)!;
  expect(`${problem.cause} ${problem.remedy}`).toContain(cause);
  expect(problem.line).toBeGreaterThan(1);
});

const withSchedule = (rule: string, door = ""): string =>
  WHOLE.replace("[[door]]", `[[door_schedule]]\n${rule}\n[[door]]`).replace(/(\[\[door\]\]\n)/, `$1${door}\n`);
test.each<[string, string, string, string]>([
  [`door = "libary"\nschedule = "office"\nmode = "unlock"`, "door", `no [[door]] is named "libary"`, `write "library"`],
  [`door = "gate-1/exit"\nschedule = "office"\nmode = "unlock"`, "door", `no [[door]] is named "gate-1/exit"`, "use one of library, gate-1/entry"],
  [`door = "library"\nschedule = "office"\nmode = "lockdown"`, "mode", "lockdown", `write mode = "unlock"`],
  [`door = "library"\nschedule = "office"\nmode = "lock"\nfirst_person = true`, "first_person", `beside mode = "lock"`, `mode = "unlock"`],
  [`door = "library"\nschedule = "office"\nmode = "unlock"\nfirst_person = true`, "first_person", "no access point leads in", "add the reader"],
  [`door = "library"\nschedule = "office"\nmode = "double-lock"`, "mode", "has one bolt", "write second_bolt"],
  [`door = "library"\nschedule = "office"\nmode = "unlock"\nzone = "east"`, "zone", "has no meaning without [cloud]", "remove it"],
])("a schedule of a door that says %j is told with line, path, cause and remedy", (rule, key, cause, remedy) => {
  const problem = problems(withSchedule(rule)).find((each) => each.path.endsWith(`.${key}`));
  expect([problem?.cause, problem?.remedy]).toEqual([expect.stringContaining(cause), expect.stringContaining(remedy)]);
  expect(problem!.line).toBeGreaterThan(1);
});

test.each<[string, string, string, string]>([
  [`input = { board = "gate-1-board", input = 9 }`, "input.input", "is 9", "use one of these"],
  [`input = { board = "gate-1-board", input = 5 }\nzone = "east"`, "zone", "has no meaning without [cloud]", "every door"],
  [`input = { board = "gate-1-board", input = 5 }\npressed_means = "shut"`, "pressed_means", "shut", `write pressed_means = "closed"`],
])("a button for a lockdown that says %j is told with line, path, cause and remedy", (lines, key, cause, remedy) => {
  const problem = problems(`${WHOLE}\n[[lockdown_input]]\nid = "desk"\n${lines}\n`).find(({ path }) => path === `lockdown_input[desk].${key}`);
  expect([problem?.cause, problem?.remedy]).toEqual([expect.stringContaining(cause), expect.stringContaining(remedy)]);
});

test.each<[string, string, string]>([
  ["supervised_pins = [7]", "relay_board[library-board].supervised_pins[#1]", "none of input_pins"],
  ["loop = { closed = 500, open = 667 }", "relay_board[library-board].loop", "without supervised_pins"],
  ["supervised_pins = [2]\nloop = { closed = 600, open = 667 }", "relay_board[library-board].loop", "cannot be told apart"],
])("a supervised input that says %j is told with line, path and cause", (lines, path, cause) => {
  const text = WHOLE.replace(/(input_pins = \[2, 3\]\n)/, `$1${lines}\n`);
  expect(problems(text).find((each) => each.path === path)?.cause).toContain(cause);
});

test("a handle that opens the door has to be wired to say so", () => {
  expect(problems(withSchedule(`door = "library"\nschedule = "office"\nmode = "unlock"`, "rex_unlocks = false")).map(({ path }) => path)).toEqual([
    "door[library].rex_unlocks",
  ]);
});

const withInterlock = (doors: string, second: string): string =>
  `${WHOLE}[[door]]\nid = "vault"\nstrike = { board = "gate-1-board", relay = 5 }\n${second}\n[[interlock]]\nid = "airlock"\ndoors = ${doors}\n`;
const WIRED = `contact = { board = "gate-1-board", input = 5 }\nrex = { board = "gate-1-board", input = 6 }`;
test.each<[string, string, string, string, string]>([
  [`["vault"]`, WIRED, "interlock[airlock].doors", "2", "write doors"],
  [`["vault", "valt"]`, WIRED, "interlock[airlock].doors[#2]", `no [[door]] is named "valt"`, `write "vault"`],
  [`["vault", "vault"]`, WIRED, "interlock[airlock].doors[#2]", `stands in interlock "airlock" already`, "in one interlock"],
  [`["library", "vault"]`, `rex = { board = "gate-1-board", input = 6 }`, "interlock[airlock].doors[#2]", "has no contact", "wire a contact"],
  [`["library", "vault"]`, WIRED, "interlock[airlock].doors[#1]", "neither rex nor fire", "wire an exit button"],
])("an interlock of %s that cannot hold or cannot be left is told with line, path, cause and remedy", (doors, second, path, cause, remedy) => {
  const problem = problems(withInterlock(doors, second)).find((each) => each.path === path);
  expect([problem?.cause, problem?.remedy]).toEqual([expect.stringContaining(cause), expect.stringContaining(remedy)]);
  expect(problem!.line).toBeGreaterThan(1);
});

/** The gate's reader with lines of its own, and an area. */
const withArea = (area: string, point = 'enters = "yard"'): string => `${WHOLE}${point}\n[[area]]\nid = "yard"\n${area}\n`;
test.each<[string, string, string, string]>([
  [withArea("", 'enters = "yrad"'), "access_point[gate-1-in].enters", `no [[area]] is named "yrad"`, `write "yard"`],
  [withArea("", 'enters = "yard"\nleaves = "hall"'), "access_point[gate-1-in].leaves", `no [[area]] is named "hall"`, "use one of yard"],
  [withArea("", 'enters = "yard"\nleaves = "yard"'), "access_point[gate-1-in].leaves", "from an area into itself", "remove one of them"],
  [withArea("", ""), "area[yard]", "no access point leads into it", `write enters = "yard"`],
  [withArea(`antipassback = "timed"`), "area[yard].antipassback_time_s", "is missing", "write antipassback_time_s = 600"],
  [withArea("antipassback_time_s = 60"), "area[yard].antipassback_time_s", "has no meaning", `antipassback = "timed"`],
  [withArea(`antipassback = "soft"`), "area[yard].antipassback", "no access point leads out of it", `write leaves = "yard"`],
  [withArea(`antipassback = "hard"`), "area[yard].antipassback", "no access point leads out of it", `write leaves = "yard"`],
  [withArea(`antipassback = "area"`), "area[yard].antipassback", "no access point leads out of it", `write leaves = "yard"`],
  [withArea(`antipassback = "hart"`), "area[yard].antipassback", "hart", "write antipassback"],
  [withArea("holders_max = 9"), "area[yard].holders_max", "full for ever", `write leaves = "yard"`],
  [withArea("holders_max = 0"), "area[yard].holders_max", "1 at least", "write holders_max"],
  [`${withArea("")}[[area]]\nid = "yard"\n`, "area[yard].id", "already names", "its own id"],
])("an area that cannot be counted as written is told with line, path, cause and remedy: %#", (text, path, cause, remedy) => {
  const problem = problems(text).find((each) => each.path === path);
  expect([problem?.cause, problem?.remedy]).toEqual([expect.stringContaining(cause), expect.stringContaining(remedy)]);
  expect(problem!.line).toBeGreaterThan(1);
});

test("an area goes by the list of one zone", () => {
  const second = `[[scanner]]\nid = "library-in"\nwire = "bus"\n[[access_point]]\nid = "library-in"\nscanner = "library-in"\ndoor = "library"\nzone = "west"\nenters = "yard"\n`;
  const text = `${withCloud(GOOD_CLOUD, `zone = "east"\nenters = "yard"`)}${second}[[area]]\nid = "yard"\n`;
  expect(problems(text).find(({ path }) => path === "area[yard]")).toMatchObject({ cause: expect.stringContaining("different zones (east, west)") });
});

test("an area is read with its rule off and no limit where nothing else is written", () => {
  expect(parse(withArea(""))).toMatchObject({
    configuration: { areas: [{ id: "yard", antipassback: "off", antipassbackTimeS: 0, holdersMax: undefined }], accessPoints: [{ enters: "yard" }] },
  });
});

test.each(["http://127.0.0.1:8480", "http://localhost", "http://[::1]:8480", "https://10.0.0.7:8480"])("%s is a cloud's address", (url) => {
  expect(problems(withCloud(`url = "${url}"\nzones = ["east"]`))).toEqual([]);
});

test("a socket that belongs into the data folder goes with the data folder that the file names", () => {
  const read = (text: string, places: typeof PLACES) => parseConfiguration(new TextEncoder().encode(text), "/campus/portico.toml", places);
  const socketOf = (text: string, places: typeof PLACES) => {
    const reading = read(text, places);
    return reading.ok && reading.configuration.controller.socket;
  };
  const checkout = { dataFolder: "/checkout/.portico", socket: "/checkout/.portico/controller.sock" };
  const moved = WHOLE.replace(/^data = .*\n/m, "")
    .replace(/^socket = .*\n/m, "")
    .replace("[controller]\n", `[controller]\ndata = "."\n`);
  expect(socketOf(moved, checkout)).toBe("/campus/controller.sock");
  expect(socketOf(moved, PLACES)).toBe("/run/portico/controller.sock");
  expect(socketOf(moved.replace(`data = "."\n`, ""), checkout)).toBe("/checkout/.portico/controller.sock");
  expect(socketOf(moved.replace(`data = "."\n`, `data = "."\nsocket = "/tmp/c.sock"\n`), checkout)).toBe("/tmp/c.sock");
});
