/** A column of the sheet, for its template and its document. */
interface SheetColumn {
  /** Must stand in the heading. */
  readonly required: boolean;
  readonly meaning: string;
  /** What the template's rows say. */
  readonly examples: readonly [door: string, wayOut: string, lane: string];
}

/** The columns that the sheet has words for; one row is one access point. docs/commissioning.md has the same table, which a test compares. */
export const SHEET_COLUMNS = {
  access_point: { required: true, meaning: "its id, unique in the site", examples: ["library-in", "library-out", "gate-1-in"] },
  zone: { required: true, meaning: "whose list it goes by; empty only where the base has no `[cloud]`", examples: ["east", "east", "east"] },
  controller: { required: true, meaning: "which controller it hangs on", examples: ["library-house", "library-house", "gate-house"] },
  bus: {
    required: true,
    meaning: "the reader's line: a `[[wire]]` of the base, or the port itself: `/dev/…`, `/dev/…@9600`, `10.1.7.20:4001`; of a Wiegand reader its board",
    examples: ["readers", "readers", "/dev/ttyACM0"],
  },
  address: { required: true, meaning: "of an OSDP reader on its line, 0 to 126; else empty", examples: ["0", "1", ""] },
  reader: {
    required: true,
    meaning: "`osdp`, `qr`, `wiegand`; the second reader of an OSDP PD or of a board is `osdp:1`, `wiegand:1`",
    examples: ["osdp", "osdp", "qr"],
  },
  lock: {
    required: true,
    meaning:
      "the relay that releases: `reader:0` is an output of the row's own OSDP reader, `relays/1:0` relay 0 of Modbus unit 1 on the line `relays`, `box:0` relay 0 of the base's `[[relay_board]]` `box`",
    examples: ["relays/1:0", "", "10.1.7.20:4001/1:0"],
  },
  fail_mode: {
    required: true,
    meaning: "what the lock of a door is without power: `secure` (locked) or `safe` (free); a turnstile has none",
    examples: ["secure", "", ""],
  },
  replay_group: {
    required: true,
    meaning: "where a pass is taken once; empty: the access point, at a turnstile its gate and direction",
    examples: ["", "", ""],
  },
  fire_group: { required: true, meaning: "the fire loop that frees it; empty: none", examples: ["library-hall", "", ""] },
  untrusted_clock: {
    required: true,
    meaning: "while nobody vouches for the clock: `refuse`, `emergency` (that group alone), or each for itself `qr=refuse card=emergency`; ways out need none",
    examples: ["refuse", "", "refuse"],
  },
  door: {
    required: false,
    meaning: "the door's or turnstile's id; empty: that of the access point. Rows of one door say its lock and the rest once",
    examples: ["library", "library", "gate-1"],
  },
  direction: { required: false, meaning: "`entry` or `exit` of a turnstile; a door has none", examples: ["", "", "entry"] },
  gate: { required: false, meaning: "lanes of one gate share spent passes; empty: the turnstile's id", examples: ["", "", "main-gate"] },
  contact: {
    required: false,
    meaning: "the input of the door's contact, a turnstile's PASS contact: `relays/1:0`; with ` open` behind it where the closed contact means the open door",
    examples: ["relays/1:0", "", "10.1.7.20:4001/1:0"],
  },
  exit: {
    required: false,
    meaning: "a door's way out: the input of its exit button, `handle` (mechanical), or `reader` (a row with `egress`)",
    examples: ["relays/1:1", "", ""],
  },
  egress: { required: false, meaning: "`yes`: this reader is a way out", examples: ["", "yes", ""] },
  fire_input: {
    required: false,
    meaning: "the input of the fire loop, normally closed; once for each group of each controller",
    examples: ["relays/1:2", "", ""],
  },
  card: {
    required: false,
    meaning: "the cards that the reader reads: `wiegand-26`, `uid-hex lsb-first`, `wiegand-26 facility=17`",
    examples: ["wiegand-26", "wiegand-26", ""],
  },
} as const satisfies Readonly<Record<string, SheetColumn>>;

export type SheetColumnName = keyof typeof SHEET_COLUMNS;
export const SHEET_COLUMN_NAMES = Object.keys(SHEET_COLUMNS) as SheetColumnName[];

/** Tables of `portico.toml` whose other keys may be columns: `door.release_time_ms`. */
export const DOTTED_TABLES = ["access_point", "door", "turnstile", "scanner", "osdp_pd"] as const;
export type DottedTable = (typeof DOTTED_TABLES)[number];

/** A sheet to begin with. */
export const templateSheet = (): string => {
  const line = (cells: readonly string[]): string => cells.join(",");
  const rows = [0, 1, 2].map((row) => line(SHEET_COLUMN_NAMES.map((name) => SHEET_COLUMNS[name].examples[row]!)));
  return [line(SHEET_COLUMN_NAMES), ...rows, ""].join("\n");
};

/** What the template's sheet needs beside it. @param rootKey  64 hex digits; without, the lines about trust are comments */
export const TEMPLATE_BASE = `# What every controller of the site has. Everything else comes from the sheet.
[site]
id = "my-campus"
time_zone = "Asia/Shanghai"
trust_list = "trust-list.cose"
root_keys = [
  "<64 hex digits>",
]
root_threshold = 1

[clock]
trusted_by = "time-frames"

[cloud]
url = "https://cloud.example.edu"           # zones come from the sheet
takes_configuration = true                  # portico site plan push brings the next one

[[wire]]
id = "readers"
serial = "/dev/serial/by-id/usb-readers"
baud = 9600

[[wire]]
id = "relays"
serial = "/dev/serial/by-id/usb-relays"
baud = 9600

# Keys that each table gets unless the row says otherwise.
[preset.door]
release_time_ms = 5000

# What one controller has beside its rows: interlocks, door schedules, lifts, other wires.
# [[for.library-house.door_schedule]]
# door = "library"
# schedule = "office-hours"
# mode = "unlock"
`;
