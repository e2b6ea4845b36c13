import { eventOf, type MonotonicMs } from "@portico/card-protocol";
import type { Feedback, Indicator } from "@portico/firmware-ts";
import type { GuardStationConfiguration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import {
  emptyStation,
  type Guard,
  type GuardStation,
  guardStationDeadline,
  type GuardStationEffect,
  type GuardStationInput,
  type GuardStationSettings,
  stepGuardStation,
} from "./core/guard-station.ts";
import type { KeySource } from "./keypad.ts";
import { type BoardById, listenInput, listenLost } from "./portal/board-wiring.ts";
import { type Holdable, type Operable, type OperationOutcome, operated, type Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";

/** A signed-in guard is looked up in the list this often, and at each press. */
const LOOK_MS = 10_000;
const BUTTON_DEBOUNCE_MS = 50;
/** A button that is pressed for so long is stuck. */
const STUCK_AFTER_MS = 30_000;

/** What a guard's button opens, as the desk sees it. */
export interface GuardedDoor {
  readonly operable: Operable;
  /** Undefined at a door: lanes alone are held. */
  readonly holdable: Holdable | undefined;
}

export interface GuardDeskParts {
  readonly station: GuardStationConfiguration;
  /** By the door that a button names. */
  readonly doors: ReadonlyMap<string, GuardedDoor>;
  readonly board: BoardById;
  readonly clock: Pick<ControllerClock, "monotonic" | "after">;
  readonly recorder: Pick<Recorder, "event">;
  /** Whether the list still lets a guard sign in here. */
  readonly mayStay: (guard: Guard) => boolean;
  readonly keys: readonly KeySource[];
  readonly lights: readonly Indicator[];
}

/** One guard's station: runs its machine over the contacts and the reader, and carries out what a press asks for. */
export class GuardDesk {
  readonly portal: Portal;
  readonly #parts: GuardDeskParts;
  readonly #settings: GuardStationSettings;
  readonly #removals: readonly (() => void)[];
  #station: GuardStation;
  #cancelTick = (): void => {};

  constructor(parts: GuardDeskParts) {
    const { station, recorder } = parts;
    this.#parts = parts;
    this.#settings = { ...station, buttonDebounceMs: BUTTON_DEBOUNCE_MS, stuckAfterMs: STUCK_AFTER_MS };
    this.#station = emptyStation(station);
    this.portal = {
      refusal: () => undefined,
      access: ({ accessPoint, grantedSeq, credential, holder }) => {
        recorder.event(eventOf("AccessTaken", { accessPoint, grantedSeq })); // nobody has to pass
        this.#take({ kind: "presented", guard: { credential, holder, accessPoint }, grantedSeq });
      },
    };
    this.#removals = this.#listen();
  }

  get id(): string {
    return this.#parts.station.id;
  }

  /** Who is signed in, and for how long still; undefined: nobody. */
  signedIn(): (Guard & { readonly leftMs: number }) | undefined {
    const { guard } = this.#station;
    return guard && { ...guard, leftMs: guard.until - this.#now() };
  }

  /** The ways that are held from here. */
  held(): readonly { readonly door: string; readonly leftMs: number; readonly reason: string }[] {
    return [...this.#parts.doors].flatMap(([door, { holdable }]) => {
      const hold = holdable?.held();
      return hold?.station === this.id ? [{ door, leftMs: hold.leftMs, reason: hold.reason }] : [];
    });
  }

  close(): void {
    this.#cancelTick();
    for (const remove of this.#removals) remove();
  }

  #listen(): (() => void)[] {
    const { station, board, keys } = this.#parts;
    const buttons = station.buttons.flatMap(({ input, pressedMeans }, button) => {
      const read = (pressed: boolean | undefined): void => {
        this.#look();
        this.#take({ kind: "button", button, pressed, isHeld: this.#isHeld(button) });
      };
      return [listenInput(board, input, (closed) => read(closed === (pressedMeans === "closed"))), listenLost(board, input, () => read(undefined))];
    });
    const contacts = station.reasons.flatMap(({ reason, input }) => {
      if (input === undefined) return [];
      // One that is found closed was not seen to be pressed.
      let wasOpen = false;
      const read = (closed: boolean): void => {
        if (closed && wasOpen) this.#reason(reason);
        wasOpen = !closed;
      };
      return [listenInput(board, input, read), listenLost(board, input, () => (wasOpen = false))];
    });
    const digits = keys.map((onKeys) =>
      onKeys((typed) => {
        for (const key of typed) {
          const known = station.reasons.find((each) => each.key === key);
          if (known !== undefined) this.#reason(known.reason);
        }
      }),
    );
    return [...buttons, ...contacts, ...digits];
  }

  #reason(text: string): void {
    this.#take({ kind: "reason", text });
  }

  /** A hold button ends what is held; one that opens once does not. */
  #isHeld(button: number): boolean {
    const { does, door } = this.#parts.station.buttons[button]!;
    return does === "hold" && this.#parts.doors.get(door)?.holdable?.held() !== undefined;
  }

  #take(input: GuardStationInput): void {
    const { clock } = this.#parts;
    const { station, effects } = stepGuardStation(this.#station, input, this.#now(), this.#settings);
    this.#station = station;
    this.#cancelTick();
    const due = Math.min(
      guardStationDeadline(station) ?? Number.POSITIVE_INFINITY,
      station.guard === undefined ? Number.POSITIVE_INFINITY : this.#now() + LOOK_MS,
    );
    if (due !== Number.POSITIVE_INFINITY) this.#cancelTick = clock.after(Math.max(0, due - this.#now()), () => this.#tick());
    for (const effect of effects) this.#carryOut(effect);
  }

  #tick(): void {
    this.#look();
    this.#take({ kind: "tick" });
  }

  /** Whoever lost their card, or their right to be here, since they signed in is signed out. */
  #look(): void {
    const { guard } = this.#station;
    if (guard !== undefined && !this.#parts.mayStay(guard)) this.#take({ kind: "revoked" });
  }

  #carryOut(effect: GuardStationEffect): void {
    switch (effect.kind) {
      case "event":
        this.#parts.recorder.event(effect.event);
        return;
      case "use":
        this.#use(effect);
        return;
      case "end":
        this.#endHold(effect.button);
        return;
      case "refused":
        this.#show("AccessDenied");
        return;
      case "left":
        for (const { door } of this.held()) this.#parts.doors.get(door)?.holdable?.endHold("signed out");
    }
  }

  /** The portal records the press before it moves anything; one that it refuses is told here. */
  #use({ button, guard, reason }: Extract<GuardStationEffect, { readonly kind: "use" }>): void {
    const { station, doors, recorder } = this.#parts;
    const { does, door } = station.buttons[button]!;
    const { operable, holdable } = doors.get(door)!;
    const use = { station: station.id, credential: guard.credential, reason };
    const outcome: OperationOutcome = does === "hold" ? (holdable?.hold(use, station.holdMs) ?? operated) : operable.operatorAccess(use);
    if (outcome.ok) this.#take({ kind: "used" });
    else recorder.event(eventOf("GuardRefused", { station: station.id, credential: guard.credential, door, detail: outcome.detail }));
    this.#show(outcome.ok ? "AccessGranted" : "AccessDenied");
  }

  #endHold(button: number): void {
    this.#parts.doors.get(this.#parts.station.buttons[button]!.door)?.holdable?.endHold("guard");
    this.#show("AccessGranted");
  }

  #show(feedback: Feedback): void {
    for (const light of this.#parts.lights) void light.indicate(feedback);
  }

  #now(): MonotonicMs {
    return this.#parts.clock.monotonic();
  }
}
