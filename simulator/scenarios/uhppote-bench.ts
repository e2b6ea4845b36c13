import { seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { memoryDatagrams, type MemoryDatagrams, type UhppoteBoard, uhppoteBoard, type UhppoteBoardOptions } from "@portico/firmware-ts/uhppote";
import { type VirtualUhppote, virtualUhppote } from "../src/virtual-uhppote.ts";
import type { IndicatorRig } from "./contracts/indicator.contract.ts";
import type { RelayBoardLimits } from "./contracts/relay-board-rig.ts";

export const SERIAL = 423_187_757;

/** A hold of 700 ms is rounded up to a second. */
export const UHPPOTE_LIMITS: RelayBoardLimits = { answerMs: 30, giveUpMs: 1_500, comebackMs: 3_500, holdExcessMs: 1_000 };

/** A board on a network in memory, and its driver. */
export interface UhppoteBench {
  readonly clock: SimulatedClock;
  readonly network: MemoryDatagrams;
  readonly device: VirtualUhppote;
  readonly board: UhppoteBoard;
}

/** Nothing has passed yet. */
export function uhppoteBench(seed: number = 1, options: Partial<UhppoteBoardOptions> = {}, eventsMax?: number): UhppoteBench {
  const clock = simulatedClock();
  const network = memoryDatagrams({ name: "10.0.0.5:60000", clock, random: seededRandom(seed) });
  const device = virtualUhppote({ end: network.end, clock, serial: SERIAL, ...(eventsMax === undefined ? {} : { eventsMax }) });
  const board = uhppoteBoard({ id: "board", link: network.link, serial: SERIAL, clock, relays: 4, inputs: 8, localTime: () => undefined, ...options });
  return { clock, network, device, board };
}

/** The rig of the relay board contracts. */
export function uhppoteRig(seed: number): IndicatorRig {
  const { clock, network, device, board } = uhppoteBench(seed);
  return {
    board,
    side: device,
    clock,
    now: () => clock.monotonic(),
    pass: (ms) => clock.pass(ms),
    until: (condition, withinMs) => clock.until(condition, withinMs),
    cut: () => network.cut(),
    mend: () => network.mend(),
    setMute: (mute) => device.setMute(mute),
    powerCycle: () => device.powerCycle(),
    setFaults: (faults) => network.setFaults(faults),
    timers: () => clock.pending,
    async end() {
      device.close();
      await network.link.close();
    },
  };
}
