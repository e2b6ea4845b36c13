import type { Clock } from "@portico/card-protocol";
import {
  type Device,
  frameSilenceMs,
  modbusBus,
  type ModbusBus,
  modbusRelayBoard,
  type RelayBoard,
  type Scanner,
  serialScanner,
  type Wire,
} from "@portico/firmware-ts";
import type { Configuration, RelayBoardConfiguration, WireConfiguration } from "./configuration/configuration.ts";
import type { WireUse } from "./real-wire.ts";

/** A device with what the configuration says of it. */
export interface WiredDevice {
  readonly device: Device;
  readonly kind: "scanner" | "relay-board";
  /** Id of its wire. */
  readonly wire: string;
}

/** Everything on the ends of the wires, by the ids of the configuration. */
export interface Hardware {
  readonly scanners: ReadonlyMap<string, Scanner>;
  readonly boards: ReadonlyMap<string, RelayBoard>;
  readonly devices: readonly WiredDevice[];
  /** Asks every output off, then lets go of every wire. Never rejects. */
  close(): Promise<void>;
}

/** How long a unit may take to answer beside the time that both frames spend on the line. */
const UNIT_ANSWER_MS = 80;
/** The longest question and answer together, in characters of 11 bits. */
const EXCHANGE_CHARACTERS = 24;

/** Builds every device that the configuration names. johnny-five is loaded only where a Firmata board is named. */
export async function buildHardware(configuration: Configuration, clock: Clock, openWire: (wire: WireConfiguration, use: WireUse) => Wire): Promise<Hardware> {
  const firmata = configuration.relayBoards.some(({ protocol }) => protocol === "firmata") ? await import("@portico/firmware-ts/firmata") : undefined;
  const wires = new Map<string, Wire>();
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
  const boardOf = (board: RelayBoardConfiguration): RelayBoard => {
    if (board.protocol === "modbus-rtu") return modbusRelayBoard({ ...board, bus: busOf(board.wire) });
    return firmata!.firmataRelayBoard({ ...board, wire: wireOf(board.wire, "relay-board"), clock });
  };

  const boards = new Map(configuration.relayBoards.map((board) => [board.id, boardOf(board)]));
  const scanners = new Map(
    configuration.scanners.map(({ id, wire, terminator, gapMs }) => [id, serialScanner({ id, wire: wireOf(wire, "scanner"), clock, terminator, gapMs })]),
  );
  const devices: WiredDevice[] = [
    ...configuration.scanners.map(({ id, wire }): WiredDevice => ({ device: scanners.get(id)!, kind: "scanner", wire })),
    ...configuration.relayBoards.map(({ id, wire }): WiredDevice => ({ device: boards.get(id)!, kind: "relay-board", wire })),
  ];
  return {
    scanners,
    boards,
    devices,
    async close() {
      await Promise.all(devices.map(({ device }) => device.close()));
      await Promise.all([...wires.values()].map((wire) => wire.close()));
    },
  };
}

/** A gateway keeps the silence of its line itself; on a serial port it is ours to keep, and a slow line takes its time. */
function lineTimes(wire: WireConfiguration): { readonly silenceMs: number; readonly replyTimeoutMs?: number } {
  if (wire.kind === "tcp") return { silenceMs: 0 };
  return { silenceMs: frameSilenceMs(wire.baud), replyTimeoutMs: Math.ceil(UNIT_ANSWER_MS + (EXCHANGE_CHARACTERS * 11_000) / wire.baud) };
}
