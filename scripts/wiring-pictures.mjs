/** Draws docs/pictures/*.svg, the wiring of each kind of access point: `node scripts/wiring-pictures.mjs`. A test compares. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { picture, RIGHT } from "./wiring-drawing.mjs";

const contact = { title: "door contact", note: "closed while the door is shut", terminal: "IN 1" };
const exitButton = { title: "exit button", note: "closed while it is pressed", terminal: "IN 2" };
const fireLoop = { title: "fire loop", note: "normally closed", terminal: "IN 3", by: "loop" };
const tamper = { title: "tamper switch", note: "of the box or the lock", terminal: "IN 4", by: "loop" };

/** Beside the boxes at the right, from one row to another. */
const aside = (from, to) => [
  [RIGHT.x + RIGHT.width, from],
  [RIGHT.x + RIGHT.width + 8, from],
  [RIGHT.x + RIGHT.width + 8, to],
  [RIGHT.x + RIGHT.width, to],
];

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
  "room-lock": picture({
    title: "Room lock: reached by radio, and by no wire",
    inputs: [
      { title: "reader at the room", note: "a phone's code or a card", terminal: "serial, or OSDP", by: "data" },
      { title: "light beside it", note: "green; red if it did not open", terminal: "relays, or OSDP" },
    ],
    board: "controller",
    relays: [{}, {}, { terminal: "USB, or built in", to: "data", label: "BlueZ" }],
    right: [
      { row: 0, rows: 1, title: "room lock", note: "battery, keypad, finger reader" },
      { row: 1, rows: 1, title: "next room's lock", note: "one adapter for all in its reach" },
      { row: 2, rows: 1, title: "Bluetooth adapter", note: "LE, of the controller" },
    ],
    wires: [
      { points: aside(2, 1), kind: "radio" },
      { points: aside(1, 0), kind: "radio" },
    ],
    notes: [
      "Dotted: radio, some ten metres. Metal doors and fire walls take most of it: try the adapter where it will hang, with portico lock test.",
      "PINs and fingers work at the lock itself, whatever else does not. Inside there is a handle, always.",
    ],
  }),
  "payment-terminal": picture({
    title: "Payment terminal: a reader, a keypad and a customer display, each on a line of its own",
    inputs: [
      { title: "reader at the till", note: "a phone's code or a card", terminal: "serial", by: "data" },
      { title: "numeric keypad", note: "the cashier types the amount", terminal: "serial", by: "data" },
      { title: "customer display", note: "amount, answer, balance left", terminal: "serial", by: "data" },
      { title: "till's own program", note: "where there is one", terminal: "control socket", by: "data" },
    ],
    board: "controller",
    relays: [{ terminal: "network", to: "data", label: "what was paid" }],
    right: [{ row: 0, rows: 2, title: "cloud: ledger", note: "away: the list's limits hold" }],
    notes: ["USB models have to be serial ports. A keypad that types as a keyboard has no line: it would type into whatever has the focus."],
  }),
  "visitor-gate": picture({
    title: "Visitors' gate: a face and ID-card terminal whose door relay is driven from afar",
    inputs: [
      { title: "face, ID-card terminal", note: "asks, and shows the answer", terminal: "network", by: "data" },
      { title: "exit button", note: "at the terminal's own input" },
    ],
    board: "controller",
    relays: [{ terminal: "network", to: "data", label: "ISAPI: open door 1" }, {}],
    right: [
      { row: 0, rows: 1, title: "terminal's door relay", note: "it times the opening" },
      { row: 1, rows: 1, title: "strike or turnstile", note: "with a supply of its own" },
    ],
    wires: [{ points: aside(0, 1), kind: "plus" }],
    notes: [
      "The terminal recognises, the controller decides. A terminal that hangs outside can be torn off: then the strike belongs on a board inside.",
      "Terminals and cameras get a network of their own: digest authentication hides the password, not what is said.",
    ],
  }),
  barrier: picture({
    title: "Barrier: a plate camera on the network, the barrier on a relay board",
    inputs: [
      { title: "plate camera", note: "events, ISAPI or Axis", terminal: "network", by: "data" },
      { title: "boom is down", note: "the unit's own end switch", terminal: "IN 1" },
      { title: "exit button", note: "of the booth", terminal: "IN 2" },
    ],
    board: "controller and its board",
    relays: [{ terminal: "relay 1 COM", to: "" }, { terminal: "relay 1 NO", to: "", label: "a pulse: open" }, {}],
    right: [
      { row: 0, rows: 2, title: "barrier: OPEN", note: "dry contact" },
      { row: 2, rows: 1, title: "safety loop, light beam", note: "at the barrier itself" },
    ],
    notes: [
      "What keeps the boom from coming down on somebody is the barrier's own loop and beam. No relay of ours closes it.",
      "A plate can be copied: where it matters, let it be one of two, with a card or code.",
    ],
  }),
};

/** Every picture by its name, as it stands in docs/pictures. */
export const pictures = PICTURES;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../docs/pictures/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(PICTURES)) writeFileSync(new URL(`${name}.svg`, folder), svg);
}
