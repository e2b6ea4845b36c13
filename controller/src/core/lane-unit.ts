import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";

/** The outputs by which a turnstile's own electronics speak: whether it takes a pulse, and whether something is wrong. */
export const UNIT_SIGNALS = ["ready", "alarm"] as const;
export type UnitSignal = (typeof UNIT_SIGNALS)[number];

/** What one of them says. Trouble is not being ready, and being in alarm. */
export interface UnitState {
  /** As last read; undefined: no such output is wired, or its board does not answer. */
  readonly trouble: boolean | undefined;
  /** As last told by an event. */
  readonly told: boolean;
  /** When what it says now has lasted long enough to be told. */
  readonly dueAt: MonotonicMs | undefined;
}

export const UNREAD_UNIT: UnitState = { trouble: undefined, told: false, dueAt: undefined };

/** How long one must rest before it counts, ms. */
export interface UnitTimes {
  /** How long a PASS contact must have rested open before its closing counts as another passage. */
  readonly contactDebounceMs: number;
  /** How long the unit is not ready before an event says so; it is not while an arm turns. */
  readonly notReadyAfterMs: number;
}

/** What is read now. Units are not ready while an arm turns: that is told when it lasts. What is not known any more is not told. */
export function unitRead(state: UnitState, signal: UnitSignal, trouble: boolean | undefined, at: MonotonicMs, settings: UnitTimes): UnitState {
  if (trouble === undefined || trouble === state.told) return { ...state, trouble, dueAt: undefined };
  if (trouble === state.trouble && state.dueAt !== undefined) return state;
  return { ...state, trouble, dueAt: monotonicMs(at + restsMs(signal, trouble, settings)) };
}

/** It has lasted. A lane that is free for fire or drill need not be ready: it is looked at again behind that. */
export function unitDue(
  state: UnitState,
  signal: UnitSignal,
  at: MonotonicMs,
  isEvacuated: boolean,
  settings: UnitTimes & { readonly id: string },
): { readonly state: UnitState; readonly event: ControllerEvent | undefined } {
  const { trouble, dueAt } = state;
  if (dueAt === undefined || dueAt > at || trouble === undefined) return { state, event: undefined };
  if (signal === "ready" && trouble && isEvacuated) return { state: { ...state, dueAt: monotonicMs(at + settings.notReadyAfterMs) }, event: undefined };
  return { state: { trouble, told: trouble, dueAt: undefined }, event: eventOf(EVENT_OF[signal][trouble ? "begins" : "ends"], { door: settings.id }) };
}

const EVENT_OF = { ready: { begins: "LaneNotReady", ends: "LaneReady" }, alarm: { begins: "LaneAlarm", ends: "LaneAlarmOver" } } as const;

const restsMs = (signal: UnitSignal, trouble: boolean, { contactDebounceMs, notReadyAfterMs }: UnitTimes): number =>
  signal === "ready" && trouble ? notReadyAfterMs : contactDebounceMs;
