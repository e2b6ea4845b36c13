import { join } from "node:path";
import type { Clock, RandomBytes } from "@portico/card-protocol";
import {
  type AmountKeypad,
  type ChallengeBeacon,
  type Device,
  frameSilenceMs,
  type Indicator,
  modbusBus,
  type ModbusBus,
  modbusRelayBoard,
  type RelayBoard,
  type Scanner,
  serialDisplay,
  serialKeypad,
  serialScanner,
  type TextDisplay,
  type Wire,
} from "@portico/firmware-ts";
import type { IsapiReader } from "@portico/firmware-ts/isapi";
import type { OsdpReader } from "@portico/firmware-ts/osdp";
import { relayAvrBoard, type RelayAvrBoard, wiegandReader } from "@portico/firmware-ts/relay-avr";
import type { DatagramLink, UhppoteBoard } from "@portico/firmware-ts/uhppote";
import { boardTime } from "./board-time.ts";
import type {
  Configuration,
  LinkConfiguration,
  OsdpScannerConfiguration,
  RelayBoardConfiguration,
  UhppoteConfiguration,
  WireConfiguration,
} from "./configuration/configuration.ts";
import type { BeaconConfiguration, OsdpDisplayConfiguration } from "./configuration/till-configuration.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import type { KeySource } from "./keypad.ts";
import type { OsdpLines } from "./osdp-lines.ts";
import type { WireUse } from "./real-wire.ts";
import { pdKeys } from "./store/pd-keys.ts";

/** A device with what the configuration says of it. */
export interface WiredDevice {
  readonly device: Device;
  readonly kind: "scanner" | "relay-board" | "keypad" | "display" | "beacon" | "room-lock";
  /** Id of its wire, where it is on the network, or the chip whose lines it is on. */
  readonly wire: string;
}

/** Everything on the ends of the wires, by the ids of the configuration. */
export interface Hardware {
  readonly scanners: ReadonlyMap<string, Scanner>;
  readonly boards: ReadonlyMap<string, RelayBoard>;
  /** Keypads and displays of tills. */
  readonly keypads: ReadonlyMap<string, AmountKeypad>;
  readonly displays: ReadonlyMap<string, TextDisplay>;
  readonly beacons: ReadonlyMap<string, ChallengeBeacon>;
  readonly devices: readonly WiredDevice[];
  /** Readers of OSDP PDs, which have light and buzzer of their own; among {@link Hardware.scanners} too. */
  readonly readers: ReadonlyMap<string, OsdpReader>;
  /** Readers on devices of the network, which show what was decided themselves; among {@link Hardware.scanners} too. */
  readonly lights: ReadonlyMap<string, Indicator>;
  /** Keys of readers that tell them by themselves: OSDP and Wiegand readers, by the scanner's id. */
  readonly keys: ReadonlyMap<string, KeySource>;
  /** Undefined where no OSDP PD is configured. */
  readonly osdp: OsdpLines | undefined;
  /** Asks every output off, then lets go of every wire. Never rejects. */
  close(): Promise<void>;
}

/** How long a unit may take to answer beside the time that both frames spend on the line. */
const UNIT_ANSWER_MS = 80;
/** The longest question and answer together, in characters of 11 bits. */
const EXCHANGE_CHARACTERS = 24;

/** The ways to the devices. */
export interface HardwareWays {
  readonly openWire: (wire: WireConfiguration, use: WireUse) => Wire;
  readonly openLink: (link: LinkConfiguration) => DatagramLink;
  readonly openBeacon: (beacon: BeaconConfiguration) => ChallengeBeacon | Promise<ChallengeBeacon>;
  readonly gpio: ControllerSurroundings["gpio"];
}

/** How the hardware reaches its wires, on the controller's clock. */
export const waysOf = (surroundings: ControllerSurroundings, clock: Clock): HardwareWays => ({
  openWire: (wire, use) => surroundings.openWire(wire, use, clock),
  openLink: (link) => surroundings.openLink(link, clock),
  openBeacon: (beacon) => surroundings.openBeacon(beacon, clock),
  gpio: surroundings.gpio,
});

/** Builds every device that the configuration names. What few need, johnny-five and OSDP among it, is loaded only where something is named that needs it. */
export async function buildHardware(
  configuration: Configuration,
  clock: Clock,
  { openWire, openLink, openBeacon, gpio: lines }: HardwareWays,
  randomBytes: RandomBytes,
): Promise<Hardware> {
  const firmata = configuration.relayBoards.some(({ protocol }) => protocol === "firmata") ? await import("@portico/firmware-ts/firmata") : undefined;
  const uhppote = configuration.relayBoards.some(({ protocol }) => protocol === "uhppote") ? await import("@portico/firmware-ts/uhppote") : undefined;
  const gpio = configuration.relayBoards.some(({ protocol }) => protocol === "gpio") ? await import("@portico/firmware-ts/gpio") : undefined;
  // First: what is wrong with a password is told before anything is opened.
  const network = configuration.isapis.length === 0 ? undefined : (await import("./isapi-hardware.ts")).isapiHardware(configuration.isapis, clock, randomBytes);
  const wires = new Map<string, Wire>();
  const links: DatagramLink[] = [];
  const buses = new Map<string, ModbusBus>();
  const wireOf = (id: string, use: WireUse): Wire => {
    const known = wires.get(id);
    if (known !== undefined) return known;
    const wire = openWire(
      configuration.wires.find((each) => each.id === id)!,
      use,
    );
    wires.set(id, wire);
    return wire;
  };
  const busOf = (id: string): ModbusBus => {
    const known = buses.get(id);
    if (known !== undefined) return known;
    const bus = modbusBus({ wire: wireOf(id, "relay-board"), clock, ...lineTimes(configuration.wires.find((each) => each.id === id)!) });
    buses.set(id, bus);
    return bus;
  };
  const osdp = configuration.osdpPds.length === 0 ? undefined : await osdpOf(configuration, clock, randomBytes, (id) => wireOf(id, "osdp-line"));
  const ours = new Map<string, RelayAvrBoard>();
  const onNetwork = new Map<string, UhppoteBoard>();
  const networkBoardOf = (board: UhppoteConfiguration): UhppoteBoard => {
    const link = openLink(board);
    links.push(link);
    const localTime = (): ReturnType<typeof boardTime> => boardTime(clock, configuration.site.timeZone);
    const made = uhppote!.uhppoteBoard({ ...board, serial: board.serialNumber, link, clock, localTime });
    onNetwork.set(board.id, made);
    return made;
  };
  const boardOf = (board: RelayBoardConfiguration): RelayBoard => {
    if (board.protocol === "modbus-rtu") return modbusRelayBoard({ ...board, bus: busOf(board.wire) });
    if (board.protocol === "osdp") return osdp!.relayBoard(board);
    if (board.protocol === "uhppote") return networkBoardOf(board);
    if (board.protocol === "isapi") return network!.board(board);
    if (board.protocol === "gpio") return gpio!.gpioBoard({ ...board, ...lines, clock });
    if (board.protocol === "relay-avr") {
      const made = relayAvrBoard({ ...board, wire: wireOf(board.wire, "relay-board"), clock });
      ours.set(board.id, made);
      return made;
    }
    return firmata!.firmataRelayBoard({ ...board, wire: wireOf(board.wire, "relay-board"), clock });
  };

  const boards = new Map(configuration.relayBoards.map((board) => [board.id, boardOf(board)]));
  const wireIdOf = (
    row:
      | { readonly wire: string }
      | { readonly pd: string }
      | { readonly isapi: string }
      | { readonly board: string }
      | { readonly chip: string }
      | LinkConfiguration,
  ): string => {
    if ("wire" in row) return row.wire;
    if ("chip" in row) return row.chip;
    if ("isapi" in row) return wireIdOf(configuration.isapis.find(({ id }) => id === row.isapi)!);
    if ("address" in row) return `${row.address}:${row.port}`;
    if ("pd" in row) return configuration.osdpPds.find(({ id }) => id === row.pd)!.wire;
    return wireIdOf(configuration.relayBoards.find(({ id }) => id === row.board)!);
  };
  const scanners = new Map<string, Scanner>();
  const readers = new Map<string, OsdpReader>();
  const keys = new Map<string, KeySource>();
  const lights = new Map<string, IsapiReader>();
  for (const row of configuration.scanners) {
    if ("pd" in row) {
      const reader = osdp!.reader(row);
      scanners.set(row.id, reader);
      readers.set(row.id, reader);
      keys.set(row.id, (listener) => reader.onKeys(listener));
    } else if ("isapi" in row) {
      const reader = network!.reader(row);
      scanners.set(row.id, reader);
      lights.set(row.id, reader);
    } else if ("board" in row && onNetwork.has(row.board)) {
      const digits = row.card.format === "decimal-10" ? 10 : 8;
      scanners.set(row.id, uhppote!.uhppoteReader({ ...row, board: onNetwork.get(row.board)!, digits }));
    } else if ("board" in row) {
      const reader = wiegandReader({ ...row, board: ours.get(row.board)! });
      scanners.set(row.id, reader);
      keys.set(row.id, (listener) => reader.onKeys(listener));
    } else scanners.set(row.id, serialScanner({ ...row, wire: wireOf(row.wire, "scanner"), clock }));
  }
  const keypads = new Map(configuration.keypads.map(({ id, wire }) => [id, serialKeypad({ id, wire: wireOf(wire, "keypad"), clock })]));
  const displays = new Map<string, TextDisplay>(
    configuration.displays.map((row) => [row.id, "pd" in row ? osdp!.display(row) : serialDisplay({ ...row, wire: wireOf(row.wire, "display"), clock })]),
  );
  const beacons = new Map<string, ChallengeBeacon>();
  for (const row of configuration.beacons) beacons.set(row.id, await openBeacon(row));
  const devices: WiredDevice[] = [
    ...configuration.scanners.map((row): WiredDevice => ({ device: scanners.get(row.id)!, kind: "scanner", wire: wireIdOf(row) })),
    ...configuration.relayBoards.map((row): WiredDevice => ({ device: boards.get(row.id)!, kind: "relay-board", wire: wireIdOf(row) })),
    ...configuration.keypads.map(({ id, wire }): WiredDevice => ({ device: keypads.get(id)!, kind: "keypad", wire })),
    ...configuration.displays.map((row): WiredDevice => ({ device: displays.get(row.id)!, kind: "display", wire: wireIdOf(row) })),
    ...configuration.beacons.map(({ id, adapter }): WiredDevice => ({ device: beacons.get(id)!, kind: "beacon", wire: adapter })),
  ];
  return {
    scanners,
    boards,
    keypads,
    displays,
    beacons,
    devices,
    readers,
    lights,
    keys,
    osdp: osdp?.lines,
    async close() {
      await Promise.all(devices.map(({ device }) => device.close()));
      osdp?.lines.close();
      await network?.close();
      await Promise.all([...wires.values(), ...links].map((way) => way.close()));
    },
  };
}

/** OSDP lines, and what makes drivers of their PDs. */
async function osdpOf(
  { osdpPds: pds, wires, controller }: Configuration,
  clock: Clock,
  randomBytes: RandomBytes,
  wireOf: (id: string) => Wire,
): Promise<{ readonly lines: OsdpLines } & OsdpDrivers> {
  const [{ osdpLines }, { osdpDisplay, osdpReader, osdpRelayBoard }] = await Promise.all([import("./osdp-lines.ts"), import("@portico/firmware-ts/osdp")]);
  const lines = osdpLines({
    pds,
    clock,
    randomBytes,
    keys: pdKeys(join(controller.dataFolder, "osdp")),
    wireOf(id) {
      const row = wires.find((wire) => wire.id === id)!;
      return { wire: wireOf(id), baud: row.kind === "serial" ? row.baud : undefined };
    },
  });
  return {
    lines,
    reader: ({ id, pd, reader }) => osdpReader({ id, pd: lines.pds.get(pd)!, reader }),
    display: ({ id, pd, reader }) => osdpDisplay({ id, pd: lines.pds.get(pd)!, reader }),
    relayBoard: ({ id, pd, relays, inputs }) => osdpRelayBoard({ id, pd: lines.pds.get(pd)!, relays, inputs }),
  };
}

interface OsdpDrivers {
  readonly reader: (row: OsdpScannerConfiguration) => OsdpReader;
  readonly display: (row: OsdpDisplayConfiguration) => TextDisplay;
  readonly relayBoard: (row: Extract<RelayBoardConfiguration, { readonly protocol: "osdp" }>) => RelayBoard;
}

/** A gateway keeps the silence of its line itself; on a serial port it is ours to keep, and a slow line takes its time. */
function lineTimes(wire: WireConfiguration): { readonly silenceMs: number; readonly replyTimeoutMs?: number } {
  if (wire.kind === "tcp") return { silenceMs: 0 };
  return { silenceMs: frameSilenceMs(wire.baud), replyTimeoutMs: Math.ceil(UNIT_ANSWER_MS + (EXCHANGE_CHARACTERS * 11_000) / wire.baud) };
}
