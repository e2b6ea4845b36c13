import type { Clock, InputFault } from "@portico/card-protocol";
import { isContact, type LoopLevels, type LoopReading, stepLoop, type SupervisedLoop, UNREAD_LOOP } from "../core/supervised-loop.ts";

/** Which inputs are measured, and where the voltages of their loops lie. */
export interface SupervisedWiring {
  readonly pins: readonly number[];
  readonly loop: LoopLevels;
}

/** The measured inputs of one board: every 19 ms. A contact counts when it has rested for 40 ms, a fault for 200 ms; while it is faulted it is not read. */
export interface SupervisedInputs {
  readonly pins: readonly number[];
  /** Every one of them has a reading. */
  readonly areRead: boolean;
  /** Takes a measurement. Undefined: nothing counts anew; else what counts now and what did before. */
  measured(input: number, thousandths: number): { readonly now: LoopReading; readonly before: LoopReading | undefined } | undefined;
  /** A beat has passed. Returns a pin that has not been measured for so many; undefined: there is none. */
  beat(beatsMax: number): number | undefined;
  fault(input: number): InputFault | undefined;
  /** Nothing is known any more. */
  forget(): void;
}

/** Nothing is known of them yet. */
export function supervisedInputs(inputPins: readonly number[], wiring: SupervisedWiring | undefined, clock: Pick<Clock, "monotonic">): SupervisedInputs {
  const pins = wiring?.pins ?? [];
  const loops = new Map<number, SupervisedLoop>();
  const unmeasured = new Map<number, number>();
  const reading = (input: number): LoopReading | undefined => loops.get(input)?.reading;
  return {
    pins,
    get areRead() {
      return pins.every((pin) => reading(inputPins.indexOf(pin)) !== undefined);
    },
    measured(input, thousandths) {
      unmeasured.delete(input);
      const before = reading(input);
      const loop = stepLoop(loops.get(input) ?? UNREAD_LOOP, thousandths, clock.monotonic(), wiring!.loop);
      loops.set(input, loop);
      return loop.reading === undefined || loop.reading === before ? undefined : { now: loop.reading, before };
    },
    beat(beatsMax) {
      for (const pin of pins) {
        const input = inputPins.indexOf(pin);
        const beats = (unmeasured.get(input) ?? 0) + 1;
        unmeasured.set(input, beats);
        if (beats > beatsMax) return pin;
      }
      return undefined;
    },
    fault(input) {
      const known = reading(input);
      return known === undefined || isContact(known) ? undefined : known;
    },
    forget() {
      loops.clear();
      unmeasured.clear();
    },
  };
}
