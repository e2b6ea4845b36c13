import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { relayAvrBoard, type RelayAvrBoard } from "@portico/firmware-ts/relay-avr";
import { type VirtualUno, virtualUno } from "../../src/virtual-uno.ts";
import { INPUT_PINS, RELAY_PINS } from "../relay-avr-bench.ts";
import type { IndicatorRig } from "./indicator.contract.ts";
import type { RelayBoardLimits } from "./relay-board-rig.ts";

/** The driver, and its board's machine code on an emulated processor. */
export interface RelayAvrRig extends IndicatorRig {
  readonly board: RelayAvrBoard;
  readonly uno: VirtualUno;
}

export const RELAY_AVR_LIMITS: RelayBoardLimits = { answerMs: 20, giveUpMs: 800, comebackMs: 1_000, holdExcessMs: 2 };

/** @param hex  active-high */
export const relayAvrRig =
  (hex: string) =>
  async (seed: number): Promise<RelayAvrRig> => {
    const clock = simulatedClock();
    const pair = memoryWirePair({ name: "gate-1-board", clock, random: seededRandom(seed) });
    const uno = await virtualUno({ wire: pair.far, clock, hex });
    const board = relayAvrBoard({ id: "gate-1-board", wire: pair.near, clock, relays: RELAY_PINS.length, inputs: INPUT_PINS.length });
    return {
      uno,
      board,
      side: uno.boardSide({ relayPins: RELAY_PINS, inputPins: INPUT_PINS, activeLow: false }),
      clock,
      now: () => clock.monotonic(),
      pass: (ms) => clock.pass(ms),
      until: (condition, withinMs) => clock.until(condition, withinMs),
      cut: () => pair.cut(),
      mend: () => pair.mend(),
      // A processor that hangs is started anew by its watchdog: silence is a board without power.
      setMute: (mute) => uno.setPower(!mute),
      powerCycle() {
        uno.setPower(false);
        uno.setPower(true);
      },
      setFaults: (faults) => pair.setFaults(faults),
      // The processor's own is left out.
      timers: () => clock.pending - 1,
      async end() {
        uno.close();
        await pair.near.close();
      },
    };
  };
