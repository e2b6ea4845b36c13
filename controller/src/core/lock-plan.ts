import type { UnixSeconds } from "@portico/card-protocol";

/** A PIN that a zone wants at a lock, wanted from ≤ t < until. */
export interface WantedPin {
  readonly holder: number;
  readonly version: number;
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
  /** 57 bytes. */
  readonly sealed: Uint8Array;
}
/** A place that a zone gives a holder's finger. */
export interface WantedFinger {
  readonly slot: number;
  readonly holder: number;
  readonly version: number;
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
  readonly enrolUntil: UnixSeconds;
}

/** What this controller knows of one PIN or finger at the lock. */
export interface KnownState {
  readonly kind: "pin" | "finger";
  /** Of a PIN the holder, of a finger its slot. */
  readonly place: number;
  readonly holder: number;
  /** Asked for last. */
  readonly version: number;
  /** What the lock has taken last and still holds; null: nothing. Another than `version`: that was refused. */
  readonly holds: number | null;
}

/** What a lock says that it holds. */
export interface HeldStates {
  readonly pins: readonly { readonly holder: number; readonly version: number }[];
  readonly fingers: readonly { readonly slot: number; readonly holder: number }[];
}

/** One thing to do at a lock, or to write down because it has happened there. */
export type LockStep =
  | { readonly kind: "setPin"; readonly pin: WantedPin }
  | { readonly kind: "erasePin"; readonly holder: number; readonly version: number }
  /** It is gone there already: with a list that does not name its holder, or by the lock's own hand. */
  | { readonly kind: "pinGone"; readonly holder: number; readonly version: number }
  | { readonly kind: "enrolFinger"; readonly finger: WantedFinger }
  | { readonly kind: "eraseFinger"; readonly slot: number; readonly holder: number; readonly version: number }
  | { readonly kind: "fingerGone"; readonly slot: number; readonly holder: number; readonly version: number };

interface Times {
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
}
const isNow = ({ from, until }: Times, now: UnixSeconds): boolean => from <= now && now < until;

/**
 * What has to be done at a lock so that it holds what is wanted and nothing else (rule 14.4): erasing first. What the lock refused in this version is not tried
 * again, and a finger is asked for once in each version, while its holder is expected.
 */
export function planLock(
  wanted: { readonly pins: readonly WantedPin[]; readonly fingers: readonly WantedFinger[] },
  held: HeldStates,
  known: readonly KnownState[],
  now: UnixSeconds,
): LockStep[] {
  const pins = new Map(wanted.pins.filter((pin) => isNow(pin, now)).map((pin) => [pin.holder, pin]));
  const fingers = new Map(wanted.fingers.filter((finger) => isNow(finger, now)).map((finger) => [finger.slot, finger]));
  const knownPin = new Map(known.filter(({ kind }) => kind === "pin").map((state) => [state.place, state]));
  const knownFinger = new Map(known.filter(({ kind }) => kind === "finger").map((state) => [state.place, state]));
  const heldPins = new Map(held.pins.map(({ holder, version }) => [holder, version]));
  const heldFingers = new Map(held.fingers.map(({ slot, holder }) => [slot, holder]));
  const erasing: LockStep[] = [];
  const setting: LockStep[] = [];

  for (const [holder, version] of heldPins) if (!pins.has(holder)) erasing.push({ kind: "erasePin", holder, version });
  for (const { place, holds } of knownPin.values())
    if (holds !== null && !pins.has(place) && !heldPins.has(place)) erasing.push({ kind: "pinGone", holder: place, version: holds });
  for (const pin of pins.values()) {
    const before = knownPin.get(pin.holder);
    if (before?.version === pin.version && (before.holds !== pin.version || heldPins.get(pin.holder) === pin.version)) continue;
    setting.push({ kind: "setPin", pin });
  }

  for (const [slot, holder] of heldFingers) {
    const finger = fingers.get(slot);
    if (finger?.holder !== holder) erasing.push({ kind: "eraseFinger", slot, holder, version: knownFinger.get(slot)?.holds ?? 0 });
  }
  for (const { place, holder, holds } of knownFinger.values())
    if (holds !== null && !heldFingers.has(place) && fingers.get(place)?.holder !== holder)
      erasing.push({ kind: "fingerGone", slot: place, holder, version: holds });
  for (const finger of fingers.values()) {
    const isTried = knownFinger.get(finger.slot)?.version === finger.version && knownFinger.get(finger.slot)?.holder === finger.holder;
    if (!isTried && now < finger.enrolUntil) setting.push({ kind: "enrolFinger", finger });
  }
  return [...erasing, ...setting];
}

/** The next instant at which time alone changes what is wanted; undefined: none does. */
export function nextChange(times: readonly Times[], now: UnixSeconds): UnixSeconds | undefined {
  const ahead = times.flatMap(({ from, until }) => [from, until]).filter((at) => at > now);
  return ahead.length === 0 ? undefined : ahead.reduce((soonest, at) => (at < soonest ? at : soonest));
}
