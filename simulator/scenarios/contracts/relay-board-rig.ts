import type { DeviceResult, RelayBoard, WireFaults } from "@portico/firmware-ts";
import { afterEach, expect } from "vitest";
import type { BoardSide } from "../../src/board-side.ts";

/** A relay board driver with a virtual board at the other end of its wire, and the hands that spoil things. At least 4 relays and 2 inputs, all contacts open. */
export interface RelayBoardRig {
  readonly board: RelayBoard;
  readonly side: BoardSide;
  /** Milliseconds on the clock that the driver sees. */
  now(): number;
  /** Lets time pass, simulated or not. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the condition holds; false when it does not within `withinMs`. */
  until(condition: () => boolean, withinMs: number): Promise<boolean>;
  cut(): void;
  mend(): void;
  /** The device stops answering and obeying, with its wire open. */
  setMute(mute: boolean): void;
  /** Power goes and comes back, with its wire open. */
  powerCycle(): void;
  /** Only where the protocol has checksums: without them a flipped bit cannot be noticed. */
  setFaults?(faults: WireFaults): void;
  /** Timers that the driver holds; only where they can be counted. */
  timers?(): number;
  end(): Promise<void>;
}

/** How fast a driver must be, in milliseconds. */
export interface RelayBoardLimits {
  /** From a wish to its answer on a good line. */
  readonly answerMs: number;
  /** From the last answer of a silent device to `TimedOut` and to offline. */
  readonly giveUpMs: number;
  /** From a mended wire, or the device's return, to online with every wish asserted. */
  readonly comebackMs: number;
  /** How much longer than asked for a pulse may last. */
  readonly holdExcessMs: number;
}

/** What the trials of a contract are made of. */
export interface RelayBoardTrials<Rig extends RelayBoardRig> {
  /** A rig as it starts; ended behind the test. */
  readonly begun: (seed: number) => Promise<Rig>;
  /** A rig whose board is online. */
  readonly rig: (seed?: number) => Promise<Rig>;
  /** The result of a wish, which must come within the limit. */
  readonly answered: (one: Rig, wish: Promise<DeviceResult>, withinMs: number) => Promise<DeviceResult>;
  readonly relaysOf: (one: Rig) => boolean[];
  /** What {@link relaysOf} gives where every relay is off. */
  readonly allOff: (one: Rig) => boolean[];
  /** What happens to one relay from now on, with times. */
  readonly record: (one: Rig, relay: number) => { energized: boolean; at: number }[];
}

/** To be called once by each contract, beside its tests. */
export function relayBoardTrials<Rig extends RelayBoardRig>(rigOf: (seed: number) => Rig | Promise<Rig>, limits: RelayBoardLimits): RelayBoardTrials<Rig> {
  const ends: Rig[] = [];
  afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));
  const relaysOf = ({ board, side }: Rig): boolean[] => Array.from({ length: board.relays }, (_, relay) => side.relay(relay));

  async function begun(seed: number): Promise<Rig> {
    const made = await rigOf(seed);
    ends.push(made);
    return made;
  }

  return {
    begun,
    async rig(seed = 1) {
      const made = await begun(seed);
      expect(await made.until(() => made.board.health.kind === "online", limits.comebackMs), "comes online").toBe(true);
      return made;
    },
    async answered(one, wish, withinMs) {
      let result: DeviceResult | undefined;
      void wish.then((settled) => (result = settled));
      expect(await one.until(() => result !== undefined, withinMs), `answers within ${withinMs} ms`).toBe(true);
      return result!;
    },
    relaysOf,
    allOff: (one) => relaysOf(one).map(() => false),
    record(one, relay) {
      const changes: { energized: boolean; at: number }[] = [];
      one.side.onRelay((changed, energized) => changed === relay && changes.push({ energized, at: one.now() }));
      return changes;
    },
  };
}
