import { type RelayBoard, seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { gpioBoard, type GpioBoardOptions } from "@portico/firmware-ts/gpio";
import type { GpioVersion } from "../src/gpio-command.ts";
import { type VirtualGpio, virtualGpio, type VirtualGpioOptions } from "../src/virtual-gpio.ts";
import type { IndicatorRig } from "./contracts/indicator.contract.ts";
import type { RelayBoardLimits } from "./contracts/relay-board-rig.ts";

export const GPIO_LIMITS: RelayBoardLimits = { answerMs: 60, giveUpMs: 2_000, comebackMs: 2_500, holdExcessMs: 50 };

export const RELAY_LINES = [17, 18, 22, 23];
export const INPUT_LINES = [4, 5];

/** A board on the lines of a virtual Pi. */
export interface GpioBench {
  readonly clock: SimulatedClock;
  readonly pi: VirtualGpio;
  readonly board: RelayBoard;
}

/** Nothing has passed yet. */
export function gpioBench(version: GpioVersion, seed = 1, options: Partial<GpioBoardOptions> = {}, given: Partial<VirtualGpioOptions> = {}): GpioBench {
  const clock = simulatedClock();
  const pi = virtualGpio({ clock, random: seededRandom(seed), version, relayLines: RELAY_LINES, inputLines: INPUT_LINES, activeLow: true, ...given });
  const board = gpioBoard({
    id: "board",
    tools: pi.tools,
    clock,
    chip: "gpiochip0",
    relayLines: RELAY_LINES,
    inputLines: ["GPIO4", 5],
    activeLow: true,
    bias: "pull-up",
    keepsOutputs: () => false,
    ...options,
  });
  return { clock, pi, board };
}

/** The rig of the relay board contracts. */
export const gpioRigOf =
  (version: GpioVersion) =>
  (seed: number): IndicatorRig => {
    const { clock, pi, board } = gpioBench(version, seed);
    return {
      board,
      side: pi,
      clock,
      now: () => clock.monotonic(),
      pass: (ms) => clock.pass(ms),
      until: (condition, withinMs) => clock.until(condition, withinMs),
      cut: () => pi.cut(),
      mend: () => pi.mend(),
      setMute: (mute) => pi.setMute(mute),
      powerCycle: () => pi.killDrivers(),
      setFaults: (faults) => pi.setFaults(faults),
      timers: () => clock.pending,
      end: () => Promise.resolve(),
    };
  };
