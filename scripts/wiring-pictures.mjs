/** Draws docs/pictures/*.svg, the wiring of each kind of access point: `node scripts/wiring-pictures.mjs`. A test compares. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROW = 46;
const TOP = 64;
const BOARD = { left: 330, width: 170 };
const LEFT = { x: 20, width: 190 };
const RIGHT = { x: 640, width: 200 };
const WIDTH = 860;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const rowY = (row) => TOP + ROW * row + ROW / 2;

function text(x, y, words, { anchor = "start", kind = "" } = {}) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`;
}

/** A box over some rows, its title and one line below it in the middle. */
function box({ x, width }, row, rows, title, note = "") {
  const y = TOP + ROW * row + 3;
  const height = ROW * rows - 6;
  const middle = y + height / 2;
  const centre = x + width / 2;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`,
    text(centre, note === "" ? middle + 4 : middle - 2, title, { anchor: "middle", kind: "title" }),
    ...(note === "" ? [] : [text(centre, middle + 13, note, { anchor: "middle", kind: "note" })]),
  ].join("\n");
}

const LEFT_EDGE = LEFT.x + LEFT.width;
/** From the box above to this one. */
const chained = (row) => [
  [LEFT_EDGE, rowY(row - 1) + 8],
  [LEFT_EDGE + 22, rowY(row - 1) + 8],
  [LEFT_EDGE + 22, rowY(row) - 8],
  [LEFT_EDGE, rowY(row) - 8],
];

const wire = (points, kind = "") => `<polyline points="${points.map((point) => point.join(",")).join(" ")}"${kind === "" ? "" : ` class="${kind}"`}/>`;

/**
 * One picture: what hangs on the inputs stands at the left of the board, what its relays move at the right.
 *
 * @param inputs  `{ title, note, terminal, by }`, one row each; `by`: the wire's kind; without `terminal` it hangs on the one above
 * @param board   its title
 * @param relays  `{ terminal, label }`, one row each
 * @param right   boxes `{ row, rows, title, note }`
 * @param wires   further wires at the right: `{ points, kind }` in rows and pixels
 * @param notes   sentences below
 */
function picture({ title, inputs = [], board, relays = [], right = [], wires = [], notes = [] }) {
  const rows = Math.max(inputs.length, relays.length, ...right.map(({ row, rows: many }) => row + many));
  const bottom = TOP + ROW * rows;
  const height = bottom + 22 + notes.length * 18;
  const edge = BOARD.left + BOARD.width;
  const parts = [
    ...inputs.flatMap(({ title: name, note, terminal, by = "" }, row) => [
      box(LEFT, row, 1, name, note),
      ...(terminal === undefined
        ? [wire(chained(row), by)]
        : [
            wire(
              [
                [LEFT_EDGE, rowY(row)],
                [BOARD.left, rowY(row)],
              ],
              by,
            ),
            text(BOARD.left + 8, rowY(row) + 4, terminal),
          ]),
    ]),
    ...relays.map(({ terminal }, row) => text(edge - 8, rowY(row) + 4, terminal, { anchor: "end" })),
    ...right.map(({ row, rows: many, title: name, note }) => box(RIGHT, row, many, name, note)),
    ...relays.flatMap(({ label = "", to }, row) =>
      to === undefined
        ? []
        : [
            wire(
              [
                [edge, rowY(row)],
                [RIGHT.x, rowY(row)],
              ],
              to,
            ),
            ...(label === "" ? [] : [text((edge + RIGHT.x) / 2, rowY(row) - 5, label, { anchor: "middle", kind: "note" })]),
          ],
    ),
    ...wires.map(({ points, kind }) =>
      wire(
        points.map(([x, row]) => [x, rowY(row)]),
        kind,
      ),
    ),
  ];
  const frame = `<rect x="${BOARD.left}" y="${TOP}" width="${BOARD.width}" height="${ROW * rows}" rx="6" class="board"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>
svg { background: #ffffff; font: 13px sans-serif; }
text { fill: #1b1f24; }
.heading { font-size: 16px; font-weight: bold; }
.title { font-weight: bold; }
.note { font-size: 11px; fill: #4b5560; }
rect { fill: #f4f6f8; stroke: #1b1f24; stroke-width: 1.2; }
rect.board { fill: #e3eefb; }
polyline { fill: none; stroke: #1b1f24; stroke-width: 1.6; }
polyline.plus { stroke: #b3261e; }
polyline.minus { stroke: #1f4fa3; }
polyline.loop { stroke: #b06000; stroke-dasharray: 7 4; }
polyline.data { stroke: #1c7c3c; }
</style>
<rect x="0" y="0" width="${WIDTH}" height="${height}" style="fill:#ffffff;stroke:none"/>
${text(20, 30, title, { kind: "heading" })}
${frame}
${text(BOARD.left + BOARD.width / 2, TOP - 10, board, { anchor: "middle", kind: "title" })}
${parts.join("\n")}
${notes.map((note, nth) => text(20, bottom + 28 + 18 * nth, note, { kind: "note" })).join("\n")}
</svg>
`;
}

const contact = { title: "door contact", note: "closed while the door is shut", terminal: "IN 1" };
const exitButton = { title: "exit button", note: "closed while it is pressed", terminal: "IN 2" };
const fireLoop = { title: "fire loop", note: "normally closed", terminal: "IN 3", by: "loop" };
const tamper = { title: "tamper switch", note: "of the box or the lock", terminal: "IN 4", by: "loop" };

const PICTURES = {
  "door-fail-secure": picture({
    title: "Door with a strike, fail-secure: without current locked",
    inputs: [contact, exitButton, fireLoop, tamper],
    board: "relay board",
    relays: [
      { terminal: "relay 1 COM", to: "plus" },
      { terminal: "relay 1 NO", to: "plus", label: "only while it is released" },
    ],
    right: [
      { row: 0, rows: 1, title: "supply +", note: "12 V, with battery" },
      { row: 1, rows: 1, title: "strike", note: "diode across its coil" },
      { row: 2, rows: 1, title: "supply −" },
    ],
    wires: [
      {
        points: [
          [RIGHT.x + RIGHT.width, 1],
          [RIGHT.x + RIGHT.width + 8, 1],
          [RIGHT.x + RIGHT.width + 8, 2],
          [RIGHT.x + RIGHT.width, 2],
        ],
        kind: "minus",
      },
    ],
    notes: [
      "Dead controller, board or supply: locked. The way out is a mechanical handle, always.",
      "Where people depend on the button, its second pole goes across COM and NO of the relay; the fire panel's own contact too.",
      "Board and supply stand on the secure side.",
    ],
  }),
  "door-fail-safe": picture({
    title: "Door with a magnet, fail-safe: without current free",
    inputs: [contact, exitButton, fireLoop, tamper],
    board: "relay board",
    relays: [
      { terminal: "relay 1 COM", to: "plus" },
      { terminal: "relay 1 NO", to: "plus", label: "while it is held locked" },
    ],
    right: [
      { row: 0, rows: 1, title: "fire panel, NC", note: "from supply +, opens in a fire" },
      { row: 1, rows: 1, title: "exit button, NC", note: "its second pole" },
      { row: 2, rows: 1, title: "magnet", note: "diode across its coil" },
      { row: 3, rows: 1, title: "supply −", note: "12 V, with battery" },
    ],
    wires: [
      {
        points: [
          [RIGHT.x + RIGHT.width, 1],
          [RIGHT.x + RIGHT.width + 8, 1],
          [RIGHT.x + RIGHT.width + 8, 1.85],
          [RIGHT.x + RIGHT.width, 1.85],
        ],
        kind: "plus",
      },
      {
        points: [
          [RIGHT.x + RIGHT.width, 2.15],
          [RIGHT.x + RIGHT.width + 8, 2.15],
          [RIGHT.x + RIGHT.width + 8, 3],
          [RIGHT.x + RIGHT.width, 3],
        ],
        kind: "minus",
      },
    ],
    notes: [
      "Supply + goes through the fire panel's contact to COM, from NO through the button's second pole to the magnet, and back to supply −.",
      "Fire, a pressed button, a dead board or supply: free, whatever the controller says.",
    ],
  }),
  turnstile: picture({
    title: "Turnstile: one relay and one PASS contact a direction",
    inputs: [
      { title: "PASS A of the unit", note: "a person came in", terminal: "IN 1" },
      { title: "PASS B of the unit", note: "a person went out", terminal: "IN 2" },
      { title: "READY of the unit", note: "closed while it serves", terminal: "IN 3" },
      { title: "ALARM of the unit", note: "closed while it calls", terminal: "IN 4" },
      { title: "fire loop", note: "normally closed", terminal: "IN 5", by: "loop" },
    ],
    board: "relay board",
    relays: [
      { terminal: "relay 1 COM", to: "" },
      { terminal: "relay 1 NO", to: "", label: "open for one, in" },
      { terminal: "relay 2 COM", to: "" },
      { terminal: "relay 2 NO", to: "", label: "open for one, out" },
    ],
    right: [
      { row: 0, rows: 2, title: "unit: OPEN A", note: "dry contact" },
      { row: 2, rows: 2, title: "unit: OPEN B", note: "dry contact" },
      { row: 4, rows: 1, title: "unit: FIRE", note: "from the panel itself" },
    ],
    notes: [
      'style = "pulse": the unit waits for the passage; style = "level": the relay is held until PASS. PASS contacts hang on the board that drives the lane.',
      "The fire panel frees the unit by the unit's own input. The controller's fire loop only tells it.",
    ],
  }),
  lift: picture({
    title: "Lift: a relay for each floor enables its button",
    inputs: [
      { title: "button of floor 1", note: "closed while it is pressed", terminal: "IN 1" },
      { title: "button of floor 2", note: "or while its call stands", terminal: "IN 2" },
      { title: "fire loop", note: "normally closed", terminal: "IN 16", by: "loop" },
    ],
    board: "relay module",
    relays: [
      { terminal: "relay 1 COM", to: "" },
      { terminal: "relay 1 NO", to: "", label: "floor 1" },
      { terminal: "relay 2 COM", to: "" },
      { terminal: "relay 2 NO", to: "", label: "floor 2" },
    ],
    right: [
      { row: 0, rows: 2, title: "button line of floor 1", note: "in series, at the lift's controller" },
      { row: 2, rows: 2, title: "button line of floor 2", note: "in series, at the lift's controller" },
    ],
    notes: [
      'power_loss = "secured": NO, current enables the button. power_loss = "free": NC, current disables it.',
      "The reader rides in the cabin: its line runs in the travelling cable. The firemen's key stays the lift maker's.",
    ],
  }),
  "guard-station": picture({
    title: "Guard station: buttons behind a guard's own card",
    inputs: [
      { title: "reader of the desk", note: "the guard signs in", terminal: "to the controller", by: "data" },
      { title: "button: open once", note: "closed while it is pressed", terminal: "IN 1" },
      { title: "button: hold", note: "closed while it is pressed", terminal: "IN 2" },
      { title: "reason keys", note: "one input each", terminal: "IN 3 …" },
    ],
    board: "relay board of the desk",
    right: [{ row: 0, rows: 2, title: "lane or door", note: "driven by its own board" }],
    notes: ["A button that is pressed while nobody is signed in opens nothing and is an alarm. It works without network and cloud."],
  }),
  "release-station": picture({
    title: "Release station: held jobs are printed behind a scan",
    inputs: [
      { title: "reader at the printer", note: "whoever stands there signs in", terminal: "serial or OSDP", by: "data" },
      { title: "screen, where there is one", note: "shows jobs and prices", terminal: "control socket", by: "data" },
    ],
    board: "controller",
    relays: [{ terminal: "network", to: "data", label: "IPP, port 631" }],
    right: [{ row: 0, rows: 2, title: "print server", note: "holds every job; prints what is released" }],
    notes: ["No wire goes to the printer. It need not be near the controller: the reader must be near the printer."],
  }),
  "osdp-line": picture({
    title: "OSDP: one pair for several readers",
    inputs: [
      { title: "reader, address 0", note: "no resistor", terminal: "A B", by: "data" },
      { title: "reader, address 1", note: "no resistor", by: "data" },
      { title: "module, address 2", note: "120 Ω across A and B", by: "data" },
    ],
    board: "RS-485 adapter, 120 Ω",
    relays: [
      { terminal: "USB", to: "data" },
      { terminal: "GND", to: "minus", label: "common ground" },
    ],
    right: [
      { row: 0, rows: 1, title: "controller" },
      { row: 1, rows: 1, title: "supply − of the readers" },
    ],
    notes: ["One twisted pair from device to device, no star; 120 Ω at both ends of the line and nowhere else. Each reader has a key of its own."],
  }),
  "old-system": picture({
    title: "Beside an old system: the controller looks on and drives nothing",
    inputs: [
      { title: "reader", note: "both systems hear it", terminal: "to both", by: "data" },
      { title: "old system's relay", note: "its second, dry contact", terminal: "IN 1" },
      { title: "door contact", note: "closed while the door is shut", terminal: "IN 2" },
    ],
    board: "relay board",
    relays: [{ terminal: "relay 1: not wired yet" }],
    right: [{ row: 0, rows: 2, title: "strike", note: "driven by the old system" }],
    notes: ["At cut-over the strike moves to relay 1, and back on return: keep both wires at one terminal block."],
  }),
};

/** Every picture by its name, as it stands in docs/pictures. */
export const pictures = PICTURES;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../docs/pictures/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(PICTURES)) writeFileSync(new URL(`${name}.svg`, folder), svg);
}
