import type { ControllerEvent, MonotonicMs } from "@portico/card-protocol";
import type { LockEffect } from "../core/lock.ts";
import type { PortalParts } from "./portal.ts";

/** An effect of a door's or lane's step: a lock to move, or an event to record. */
export type PortalEffect<Lock extends LockEffect> = Lock | { readonly kind: "event"; readonly event: ControllerEvent };

/** A pure machine and what its shell has to know of it. */
export interface MachineRules<State, Input, Lock extends LockEffect> {
  readonly initial: State;
  /** Its effects stand in the order in which they are to be carried out. */
  readonly step: (state: State, input: Input, at: MonotonicMs) => { readonly state: State; readonly effects: readonly PortalEffect<Lock>[] };
  /** When time itself is the next input. */
  readonly deadline: (state: State) => MonotonicMs | undefined;
  readonly tick: Input;
  /** An operator's wish is not carried out unless it could be recorded; everything else, securing first of all, happens whatever the disk says. */
  readonly isWish: (input: Input) => boolean;
  /** Moves the lock. */
  readonly drive: (effect: Lock, input: Input) => void;
  /** Told after each step, before anything moves. */
  readonly onStep: (before: State, after: State, input: Input) => void;
  /** Told of each event of the step. */
  readonly onEvent: (event: ControllerEvent, input: Input) => void;
}

/** Runs a pure machine: what it says is recorded and carried out in its order, and it is woken when its time comes. */
export class PortalMachine<State, Input, Lock extends LockEffect> {
  readonly #rules: MachineRules<State, Input, Lock>;
  readonly #parts: Pick<PortalParts, "clock" | "recorder">;
  #state: State;
  #cancelTick = (): void => {};
  #isClosed = false;

  constructor(parts: Pick<PortalParts, "clock" | "recorder">, rules: MachineRules<State, Input, Lock>) {
    this.#parts = parts;
    this.#rules = rules;
    this.#state = rules.initial;
  }

  get state(): State {
    return this.#state;
  }

  /** @returns false when an operator's wish could not be recorded, or the machine was closed: then everything stays as it was */
  take(input: Input): boolean {
    if (this.#isClosed) return false; // a board may still answer what it was told before
    const { clock, recorder } = this.#parts;
    const { step, deadline, tick, isWish, drive, onStep, onEvent } = this.#rules;
    const before = this.#state;
    const { state, effects } = step(before, input, clock.monotonic());
    // What a wish leads to stands behind its event, and that is recorded before anything changes. A lock that comes first secures, which waits for nothing.
    const first = effects[0];
    const isRecordedFirst = isWish(input) && first?.kind === "event";
    if (isRecordedFirst && recorder.wish(first.event) === undefined) return false;
    this.#state = state;
    onStep(before, state, input);
    for (const [index, effect] of effects.entries()) {
      if (effect.kind === "lock") drive(effect, input);
      else {
        if (index > 0 || !isRecordedFirst) recorder.event(effect.event);
        onEvent(effect.event, input);
      }
    }
    this.#cancelTick();
    // Moving a lock may have brought the next input within it, so the state may be a later one by now.
    const due = deadline(this.#state);
    this.#cancelTick = due === undefined ? (): void => {} : clock.after(Math.max(0, due - clock.monotonic()), () => this.take(tick));
    return true;
  }

  /** Lets its time stand still: what comes from now on changes nothing and is not recorded. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTick();
  }
}
