import {
  frameSilenceMs,
  type MemoryWirePair,
  memoryWirePair,
  modbusBus,
  modbusRelayBoard,
  type RelayBoard,
  seededRandom,
  type SimulatedClock,
  simulatedClock,
  type WireFaults,
} from "@portico/firmware-ts";
import { type VirtualRelayBoard, virtualRelayBoard } from "../src/virtual-relay-board.ts";
import type { BusyBoardRig } from "./contracts/busy-board.contract.ts";
import type { IndicatorRig } from "./contracts/indicator.contract.ts";
import type { RelayBoardLimits } from "./contracts/relay-board-rig.ts";

export const MODBUS_LIMITS: RelayBoardLimits = { answerMs: 30, giveUpMs: 1_000, comebackMs: 2_500, holdExcessMs: 300 };

/** The rig of the relay board contracts. */
export function modbusRig(seed: number): BusyBoardRig & IndicatorRig {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "gate-1-board", clock, random: seededRandom(seed), baud: 115_200 });
  const device = virtualRelayBoard({ wire: line.far, clock });
  const board = modbusRelayBoard({ id: "gate-1-board", bus: modbusBus({ wire: line.near, clock }), unit: 1, relays: 8, inputs: 8 });
  return {
    board,
    side: device,
    clock,
    now: () => clock.monotonic(),
    pass: (ms) => clock.pass(ms),
    until: (condition, withinMs) => clock.until(condition, withinMs),
    cut: () => line.cut(),
    mend: () => line.mend(),
    setMute: (mute) => device.setMute(mute),
    setBusy: (busy) => device.setBusy(busy),
    powerCycle: () => device.powerCycle(),
    setFaults: (faults) => line.setFaults(faults),
    timers: () => clock.pending,
    async end() {
      device.close();
      await line.near.close();
    },
  };
}

/** A Modbus board at work, and what passes over its line. */
export interface ModbusBench {
  readonly clock: SimulatedClock;
  readonly line: MemoryWirePair;
  readonly device: VirtualRelayBoard;
  readonly board: RelayBoard;
  /** Frames as the device's end received them, in hex, with times. */
  readonly frames: { readonly hex: string; readonly at: number }[];
}

export async function bench(
  options: { seed?: number; baud?: number; faults?: WireFaults; relays?: number; inputs?: number; deviceRelays?: number } = {},
): Promise<ModbusBench> {
  const clock = simulatedClock();
  const baud = options.baud ?? 115_200;
  const line = memoryWirePair({ name: "board", clock, random: seededRandom(options.seed ?? 1), baud, faults: options.faults ?? {} });
  const device = virtualRelayBoard({ wire: line.far, clock, relays: options.deviceRelays ?? 8, answerAfterMs: 2 });
  const frames: { hex: string; at: number }[] = [];
  line.far.onBytes((bytes) => frames.push({ hex: Buffer.from(bytes).toString("hex"), at: clock.monotonic() }));
  const bus = modbusBus({ wire: line.near, clock, silenceMs: frameSilenceMs(baud) });
  const board = modbusRelayBoard({ id: "board", bus, unit: 1, relays: options.relays ?? 8, inputs: options.inputs ?? 8 });
  await clock.until(() => board.health.kind === "online", 5_000);
  return { clock, line, device, board, frames };
}

/** A frame that switches a relay, or pulses it. */
export const isRelayFrame = ({ hex }: { hex: string }): boolean => hex.startsWith("0105");
