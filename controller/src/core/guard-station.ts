import { type ControllerEvent, type CredentialId, type EventFields, type EventName, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";

/** Whoever has signed in with their own card or pass. */
export interface Guard {
  readonly credential: CredentialId;
  /** Where they signed in. */
  readonly accessPoint: string;
  /** Their number in the zone: any of their credentials signs them out. */
  readonly holder: number;
}

/**
 * A guard's desk: buttons that do something only behind a guard's own card.
 *
 * ```
 *   nobody ──signed in──▶ guard ──time, the same guard again, revoked──▶ nobody      button: use, or refused for want of a reason
 *     │ button: alarm       └──another guard──▶ that guard                  reason key: counts for the next button, for a while
 * ```
 *
 * A press is a change from rest to pressed that was seen: a button that is found pressed, at the start or when its board is back, does nothing until it is
 * let go.
 */
export interface GuardStation {
  readonly guard: (Guard & { readonly until: MonotonicMs }) | undefined;
  readonly reason: { readonly text: string; readonly until: MonotonicMs } | undefined;
  /** In the order of the settings. */
  readonly buttons: readonly ButtonState[];
}

interface ButtonState {
  /** Undefined: its board does not answer. */
  readonly pressed: boolean | undefined;
  /** Before that a press is chatter. */
  readonly restedAt: MonotonicMs;
  /** When it counts as stuck; undefined: it is not pressed, or that was told. */
  readonly stuckAt: MonotonicMs | undefined;
}

/** How a station behaves. Times in ms. */
export interface GuardStationSettings {
  readonly id: string;
  /** How long a guard stays signed in. */
  readonly sessionMs: number;
  /** A button does nothing before a reason is given. */
  readonly reasonRequired: boolean;
  /** How long a reason waits for its button. */
  readonly reasonMs: number;
  readonly buttonDebounceMs: number;
  readonly stuckAfterMs: number;
  /** What each button is for: a door, or `<turnstile>/<direction>`. */
  readonly buttons: readonly { readonly door: string }[];
}

export type GuardStationInput =
  /** A guard was let in by the station's reader; the grant is recorded. */
  | { readonly kind: "presented"; readonly guard: Guard; readonly grantedSeq: number }
  /** The list does not let the guard sign in any more: lost, suspended, expired, or their time is over. */
  | { readonly kind: "revoked" }
  | { readonly kind: "reason"; readonly text: string }
  /** `isHeld`: what it is for is held open, so that a press ends that. */
  | { readonly kind: "button"; readonly button: number; readonly pressed: boolean | undefined; readonly isHeld: boolean }
  /** What a button asked for was done: its reason is spent. */
  | { readonly kind: "used" }
  | { readonly kind: "tick" };

export type GuardStationEffect =
  | { readonly kind: "event"; readonly event: ControllerEvent }
  /** A guard's press that may be acted upon. */
  | { readonly kind: "use"; readonly button: number; readonly guard: Guard; readonly reason: string }
  /** A guard's press that ends what is held. */
  | { readonly kind: "end"; readonly button: number }
  /** A press that does nothing, for the light. */
  | { readonly kind: "refused" }
  /** Nobody is signed in any more: what was held for the guard ends. */
  | { readonly kind: "left" };

export interface GuardStationStep {
  readonly station: GuardStation;
  /** To be carried out in order. */
  readonly effects: readonly GuardStationEffect[];
}

/** A station at which nobody is signed in, of whose buttons nothing is known yet. */
export const emptyStation = ({ buttons }: Pick<GuardStationSettings, "buttons">): GuardStation => ({
  guard: undefined,
  reason: undefined,
  buttons: buttons.map(() => ({ pressed: undefined, restedAt: monotonicMs(0), stuckAt: undefined })),
});

/** When the next tick is due; undefined when nothing is pending. */
export function guardStationDeadline({ guard, buttons }: GuardStation): MonotonicMs | undefined {
  const due = Math.min(guard?.until ?? Number.POSITIVE_INFINITY, ...buttons.map(({ stuckAt }) => stuckAt ?? Number.POSITIVE_INFINITY));
  return due === Number.POSITIVE_INFINITY ? undefined : monotonicMs(due);
}

/** Advances the station. Pure and total. */
export function stepGuardStation(before: GuardStation, input: GuardStationInput, at: MonotonicMs, settings: GuardStationSettings): GuardStationStep {
  const { station, effects } = passStationTime(before, at, settings);
  const next = takeInput(station, input, at, settings);
  return { station: next.station, effects: [...effects, ...next.effects] };
}

function passStationTime(before: GuardStation, at: MonotonicMs, settings: GuardStationSettings): GuardStationStep {
  const effects: GuardStationEffect[] = [];
  const buttons = before.buttons.map((button, index) => {
    if (button.stuckAt === undefined || button.stuckAt > at) return button;
    effects.push(told("GuardButtonStuck", { station: settings.id, door: settings.buttons[index]!.door, pressedS: Math.round(settings.stuckAfterMs / 1000) }));
    return { ...button, stuckAt: undefined };
  });
  const station = { ...before, buttons };
  if (station.guard === undefined || station.guard.until > at) return { station, effects };
  const over = leave(station, station.guard, "time", settings);
  return { station: over.station, effects: [...effects, ...over.effects] };
}

function leave(station: GuardStation, { credential }: Guard, cause: "time" | "presented" | "revoked", { id }: GuardStationSettings): GuardStationStep {
  return {
    station: { ...station, guard: undefined, reason: undefined },
    effects: [told("GuardSignedOut", { station: id, credential, cause }), { kind: "left" }],
  };
}

function takeInput(station: GuardStation, input: GuardStationInput, at: MonotonicMs, settings: GuardStationSettings): GuardStationStep {
  switch (input.kind) {
    case "presented":
      return present(station, input.guard, input.grantedSeq, at, settings);
    case "revoked":
      return station.guard === undefined ? { station, effects: [] } : leave(station, station.guard, "revoked", settings);
    case "reason":
      if (station.guard === undefined) return { station, effects: [{ kind: "refused" }] };
      return { station: { ...station, reason: { text: input.text, until: monotonicMs(at + settings.reasonMs) } }, effects: [] };
    case "used":
      return { station: { ...station, reason: undefined }, effects: [] };
    case "button":
      return readButton(station, input, at, settings);
    case "tick":
      return { station, effects: [] };
  }
}

function present(station: GuardStation, guard: Guard, grantedSeq: number, at: MonotonicMs, settings: GuardStationSettings): GuardStationStep {
  const { id, sessionMs } = settings;
  const { guard: before } = station;
  const relieved = before === undefined ? [] : [told("GuardSignedOut", { station: id, credential: before.credential, cause: "relieved" })];
  if (before !== undefined && before.holder === guard.holder) return leave(station, before, "presented", settings);
  const { credential } = guard;
  const signedIn = told("GuardSignedIn", { station: id, credential, grantedSeq, sessionS: Math.round(sessionMs / 1000) });
  return { station: { ...station, guard: { ...guard, until: monotonicMs(at + sessionMs) }, reason: undefined }, effects: [...relieved, signedIn] };
}

type ButtonInput = Extract<GuardStationInput, { readonly kind: "button" }>;

function readButton(station: GuardStation, input: ButtonInput, at: MonotonicMs, settings: GuardStationSettings): GuardStationStep {
  const { button: index, pressed } = input;
  const before = station.buttons[index]!;
  const isPress = before.pressed === false && pressed === true && at >= before.restedAt;
  const restedAt = before.pressed === true && pressed === false ? monotonicMs(at + settings.buttonDebounceMs) : before.restedAt;
  const since = before.pressed === true ? before.stuckAt : monotonicMs(at + settings.stuckAfterMs);
  const button: ButtonState = { pressed, restedAt, stuckAt: pressed === true ? since : undefined };
  const next = { ...station, buttons: station.buttons.map((each, place) => (place === index ? button : each)) };
  return { station: next, effects: isPress ? press(next, input, at, settings) : [] };
}

function press({ guard, reason }: GuardStation, { button, isHeld }: ButtonInput, at: MonotonicMs, settings: GuardStationSettings): GuardStationEffect[] {
  const { id, buttons, reasonRequired } = settings;
  const { door } = buttons[button]!;
  if (guard === undefined) return [told("GuardButtonUnattended", { station: id, door }), { kind: "refused" }];
  if (isHeld) return [{ kind: "end", button }];
  const { credential, holder, accessPoint } = guard;
  const given = reason !== undefined && at < reason.until ? reason.text : undefined;
  if (given === undefined && reasonRequired)
    return [told("GuardRefused", { station: id, credential, door, detail: "no reason was given: a reason key first, then the button" }), { kind: "refused" }];
  return [{ kind: "use", button, guard: { credential, holder, accessPoint }, reason: given ?? "" }];
}

const told = <N extends EventName>(name: N, fields: EventFields<N>): GuardStationEffect => ({ kind: "event", event: eventOf(name, fields) });
