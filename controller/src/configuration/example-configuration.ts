import type { RelayBoardConfiguration } from "./configuration.ts";

/** What the example is made for. */
export interface ExampleWires {
  readonly site: string;
  readonly controller: string;
  /** Serial port or `host:port` of the QR scanner. */
  readonly scanner: string;
  /** Serial port or `host:port` of the relay board; a UHPPOTE board's address; a GPIO chip; with OSDP, of the line with the reader, which is the scanner, too. */
  readonly board: string;
  /** The number that is printed on a UHPPOTE board; absent for all others. */
  readonly serialNumber?: number;
  /** What the board speaks. */
  readonly protocol: Exclude<RelayBoardConfiguration["protocol"], "isapi">;
  /** 64 lower-case hex digits each; none: the lines about the trust list stand in the file as comments. */
  readonly rootKeys: readonly string[];
}

/**
 * A commented `portico.toml` for one door with a scanner, a strike, a contact and an exit button. It is valid as it stands;
 * every key that it leaves out has the default that the comments name.
 */
export function exampleConfiguration({ site, controller, scanner, board, protocol, rootKeys, serialNumber = 0 }: ExampleWires): string {
  const wire = (place: string): string => (place.startsWith("/") ? `serial = "${place}"` : `tcp = "${place}"`);
  const baud = (place: string, rate: number, why = ""): string => (place.startsWith("/") ? `baud = ${rate}${why}\n` : "");
  const hasRoots = rootKeys.length > 0;
  const trust = hasRoots
    ? `trust_list = "trust-list.cose"      # signed by the root keys; beside this file
root_keys = [${rootKeys.map((key) => `\n  "${key}",`).join("")}
]
root_threshold = ${Math.min(2, rootKeys.length)}                  # how many of them must have signed
`
    : `# Without root keys, issued passes (T) and time frames are refused; held passes (H) and cards of the list are taken.
# trust_list = "trust-list.cose"    # beside this file
# root_keys = ["<64 hex digits>", "<64 hex digits>", "<64 hex digits>"]
# root_threshold = 2
`;
  const clock = `trusted_by = "system"               # NTP or a battery keeps this computer's clock; or "time-frames", with a [cloud] that sends them
uncertainty_s = 1                   # how far it may be off`;
  const pins = `relay_pins = [8]                    # relay 0 hangs on pin 8
input_pins = [2, 3]
# active_low = false                # true: a low pin energises the relay`;
  const channels = `# unit = 1
relays = 8
inputs = 8
# poll_ms = 50`;
  // One of ours may carry Wiegand readers too.
  const ours = `relays = 8
inputs = 6
# A Wiegand reader on this board is a scanner too: instead of wire write board = "library-board", reader = 0, card = { format = "wiegand-26" }`;
  // What it stands for is not to be overlooked.
  const network = `address = "${board}"
serial_number = ${serialNumber}           # printed on the board
security = "clear-text"             # it knows no keys: everybody on its network can open its doors. Give it a network of its own
relays = 4
inputs = 10
# It tells at once what happens with listen = "192.168.10.2:60001": an address of this computer, and a port that is free.
# A reader on this board is a scanner too: instead of wire write board = "library-board", reader = 0, card = { format = "decimal-8" }`;
  const lines = `chip = "${board}"                  # gpioinfo lists its lines
relay_lines = [17, 27]              # relay 0 hangs on line 17; a name will do: "GPIO17"
input_lines = [22, 23, 24]
# active_low = false                # true: a low line energises the relay
# bias = "pull-up"                  # a closed contact pulls its line to ground; or "pull-down": to 3.3 V`;
  const kinds: Readonly<Record<Exclude<ExampleWires["protocol"], "osdp">, readonly [rate: number | undefined, keys: string]>> = {
    firmata: [57_600, pins],
    "relay-avr": [57_600, ours],
    "modbus-rtu": [9600, channels],
    uhppote: [undefined, network],
    gpio: [undefined, lines],
  };
  const [rate, kind] = kinds[protocol === "osdp" ? "modbus-rtu" : protocol];
  const boardWire = rate === undefined ? "" : `[[wire]]\nid = "library-board"\n${wire(board)}\n${baud(board, rate)}\n`;
  const serial = `[[wire]]
id = "library-scanner"
${wire(scanner)}
${baud(scanner, 115_200, "                       # scanners leave the factory at 9600: too slow")}
${boardWire}[[scanner]]
id = "library-in"
wire = "library-scanner"
# terminator = "any"                # cr, lf, crlf or any
# gap_ms = 60                       # silence that ends a scan
# card = { format = "uid-hex", byte_order = "msb-first" }   # a head that reads physical cards too

[[relay_board]]
id = "library-board"
${boardWire === "" ? "" : `wire = "library-board"\n`}protocol = "${protocol}"
${kind}`;
  const osdp = `[[wire]]
id = "library-line"                 # RS-485; up to 127 readers share it, each with its own address
${wire(board)}
${baud(board, 9600, "                         # readers leave the factory at 9600")}
[[osdp_pd]]
id = "library-reader"
wire = "library-line"
address = 0
# security = "secure"               # under a key of its own: portico device osdp key library-reader --install-mode
# poll_ms = 50

[[scanner]]
id = "library-in"
pd = "library-reader"               # its light and buzzer tell what was decided
# reader = 0
# card = { format = "wiegand-26", byte_order = "msb-first" }

[[relay_board]]
id = "library-board"
pd = "library-reader"
protocol = "osdp"
relays = 1
inputs = 2`;
  return `# Portico: one controller. Check every change with \`portico config check\` before the controller is started anew.
# Keys that are left out have the defaults shown in comments. Relative paths start from this file's folder.

[site]
id = "${site}"
time_zone = "Asia/Shanghai"         # schedules are judged in it
${trust}
[controller]
id = "${controller}"
# data = "/var/lib/portico"         # database and keys
# socket = "/run/portico/controller.sock"

[clock]
${clock}

${protocol === "osdp" ? osdp : serial}

[[door]]
id = "library"
strike = { board = "library-board", relay = 0 }
contact = { board = "library-board", input = 0, closed_means = "closed" }
rex = { board = "library-board", input = 1 }              # the button to leave
# fire = { board = "library-board", input = 2 }           # normally closed: an open contact frees the door
# release_time_ms = 5000
# extended_release_time_ms = 5000   # added for whoever needs more time
# open_time_ms = 30000              # open longer: alarm
# extended_open_time_ms = 30000     # added too
# pre_alarm_time_ms = 5000          # warning before that alarm
# delay_before_relock_ms = 0
# relock_on = "open"                # open or close
# debounce_ms = 50
# fail = "secure"                   # secure: no power, locked; safe: no power, free

[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
# capability = "pass"
# demand_challenge = false          # true: only answers to the reader's challenge (HC)
# untrusted_clock = { qr = "refuse", card = "refuse" }    # or "emergency": that group alone
`;
}
