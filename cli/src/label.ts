import type {
  AccessPointConfiguration,
  AccessPointTarget,
  Configuration,
  DoorConfiguration,
  InputReference,
  LiftConfiguration,
  OsdpPdConfiguration,
  RelayBoardConfiguration,
  RelayReference,
  ScannerConfiguration,
  TurnstileConfiguration,
  WireConfiguration,
} from "@portico/controller";

/** What labels are stuck on. */
export const LABEL_KINDS = ["door", "reader", "device"] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

/** What is printed for one door, reader or device. */
export interface Label {
  readonly kind: LabelKind;
  /** In words: `door`, `turnstile`, `lift floor`, `reader`, `relay board` … */
  readonly what: string;
  readonly id: string;
  readonly controller: string;
  /** Wires, relays, inputs, addresses: name and value. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** What its code says. */
  readonly code: string;
}

/**
 * What a code says: `portico:door/library?controller=gate-house`, of a device its table: `portico:relay_board/library?…`. Ids hold nothing that a URI would have
 * to escape. RFC 3986.
 */
export const labelCode = (kind: "door" | "reader" | "relay_board" | "osdp_pd" | "scanner", id: string, controller: string): string =>
  `portico:${kind}/${id}?controller=${controller}`;

/** The id in what was typed or scanned off a label, and whose it is; what is no label's is an id itself. */
export function doorInCode(text: string): { readonly door: string; readonly controller: string | undefined } {
  const [, door, controller] = /^portico:door\/([^?]+)(?:\?controller=(.+))?$/.exec(text.trim()) ?? [];
  return { door: door ?? text, controller };
}

/** A label for every door, turnstile, floor, reader and device of a configuration, in its order. */
export function labelsOf(configuration: Configuration): readonly Label[] {
  const { controller, doors, turnstiles, lifts, accessPoints, relayBoards, scanners, osdpPds, wires } = configuration;
  const label = (coded: Parameters<typeof labelCode>[0], what: string, id: string, lines: readonly (readonly [string, string | undefined])[]): Label => ({
    kind: coded === "door" || coded === "reader" ? coded : "device",
    what,
    id,
    controller: controller.id,
    lines: lines.filter((line): line is readonly [string, string] => line[1] !== undefined),
    code: labelCode(coded, id, controller.id),
  });
  const wire = (id: string): string => wireText(wires.find((each) => each.id === id)!);
  return [
    ...doors.map((door) => label("door", "door", door.id, doorLines(door))),
    ...turnstiles.map((turnstile) => label("door", "turnstile", turnstile.id, laneLines(turnstile))),
    ...lifts.flatMap((lift) => floorsOf(lift).map(({ id, lines }) => label("door", "lift floor", id, lines))),
    ...accessPoints.map((point) => label("reader", "reader", point.id, readerLines(point))),
    ...relayBoards.map((board) => label("relay_board", "relay board", board.id, boardLines(board, wire))),
    ...osdpPds.map((pd) => label("osdp_pd", "OSDP device", pd.id, pdLines(pd, wire))),
    ...scanners.map((scanner) => label("scanner", "scanner", scanner.id, scannerLines(scanner, wire))),
  ];
}

const relay = (reference: RelayReference | undefined): string | undefined => reference && `${reference.board} relay ${reference.relay}`;
const input = (reference: InputReference | undefined): string | undefined => reference && `${reference.board} input ${reference.input}`;

const doorLines = ({ strike, secondBolt, contact, rex, fire, fail }: DoorConfiguration): readonly (readonly [string, string | undefined])[] => [
  ["strike", relay(strike)],
  ["second bolt", relay(secondBolt)],
  ["contact", contact && `${input(contact)!}, closed means ${contact.closedMeans}`],
  ["exit button", input(rex)],
  ["fire loop", input(fire)],
  ["without current", fail === "safe" ? "free" : "locked"],
];

const laneLines = ({ gate, entry, exit, passEntry, passExit, fire }: TurnstileConfiguration): readonly (readonly [string, string | undefined])[] => [
  ["gate", gate],
  ["entry", relay(entry)],
  ["PASS entry", input(passEntry)],
  ["exit", relay(exit)],
  ["PASS exit", input(passExit)],
  ["fire loop", input(fire)],
];

const floorsOf = (lift: LiftConfiguration): readonly { readonly id: string; readonly lines: readonly (readonly [string, string | undefined])[] }[] =>
  lift.floors.map((floor) => ({
    id: `${lift.id}/${floor.id}`,
    lines: [
      ["lift", `${lift.id}, ${floor.door} door`],
      ["enables", relay(floor.relay)],
      ["button", input(floor.button)],
      ["fire loop", input(lift.fire)],
      ["without current", floor.alwaysFree || floor.fail === "safe" ? "free" : "locked"],
    ],
  }));

function readerLines({ opens, scanner, egress, zone }: AccessPointConfiguration): readonly (readonly [string, string | undefined])[] {
  return [
    ["opens", openedText(opens)],
    ["scanner", scanner],
    ["way", egress ? "out" : undefined],
    ["zone", zone],
  ];
}

function openedText(opens: AccessPointTarget): string {
  switch (opens.kind) {
    case "door":
      return `door ${opens.door}`;
    case "turnstile":
      return `turnstile ${opens.turnstile}, ${opens.direction}`;
    case "lift":
      return `lift ${opens.lift}${opens.door === undefined ? "" : `, ${opens.door} door`}`;
    case "guard-station":
      return `guard station ${opens.station}`;
    case "terminal":
      return `terminal ${opens.terminal}`;
    case "release-station":
      return `release station ${opens.station}`;
    case "kiosk":
      return `kiosk ${opens.kiosk}`;
    case "room-lock":
      return `room lock ${opens.lock}`;
  }
}

function boardLines(board: RelayBoardConfiguration, wire: (id: string) => string): readonly (readonly [string, string | undefined])[] {
  return [
    ["protocol", board.protocol],
    ["wire", "wire" in board ? wire(board.wire) : undefined],
    ["address", boardAddress(board)],
    ["channels", channelsOf(board)],
  ];
}

function channelsOf(board: RelayBoardConfiguration): string {
  if ("relays" in board) return `${board.relays} relays, ${board.inputs} inputs`;
  const [relays, inputs] = board.protocol === "gpio" ? [board.relayLines, board.inputLines] : [board.relayPins, board.inputPins];
  return `relays on ${relays.join(", ")}; inputs on ${inputs.join(", ")}`;
}

function boardAddress(board: RelayBoardConfiguration): string | undefined {
  switch (board.protocol) {
    case "modbus-rtu":
      return `unit ${board.unit}`;
    case "osdp":
      return `OSDP device ${board.pd}`;
    case "uhppote":
      return `${board.address}:${board.port}, serial number ${board.serialNumber}`;
    case "gpio":
      return board.chip;
    case "isapi":
      return `doors of ${board.isapi}`;
    case "relay-avr":
    case "firmata":
      return undefined;
  }
}

const pdLines = ({ wire: on, address, security }: OsdpPdConfiguration, wire: (id: string) => string): readonly (readonly [string, string])[] => [
  ["wire", wire(on)],
  ["address", `${address}`],
  ["security", security],
];

function scannerLines(scanner: ScannerConfiguration, wire: (id: string) => string): readonly (readonly [string, string | undefined])[] {
  if ("pd" in scanner) return [["address", `reader ${scanner.reader} of OSDP device ${scanner.pd}`]];
  if ("board" in scanner) return [["address", `reader ${scanner.reader} of board ${scanner.board}`]];
  if ("isapi" in scanner) return [["address", `what ${scanner.isapi} reads`]];
  return [["wire", wire(scanner.wire)]];
}

const wireText = (wire: WireConfiguration): string =>
  wire.kind === "serial" ? `${wire.id}, ${wire.device} at ${wire.baud} baud` : `${wire.id}, ${wire.host}:${wire.port}`;
