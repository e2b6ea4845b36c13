import type { InputReference, OldGrantReference, RelayReference } from "./hardware-configuration.ts";

/** `[[turnstile]]`; entry or exit or both. */
export interface TurnstileConfiguration {
  readonly id: string;
  readonly gate: string;
  readonly style: "pulse" | "level";
  readonly entry?: RelayReference;
  readonly exit?: RelayReference;
  readonly passEntry?: InputReference;
  readonly passExit?: InputReference;
  /** Normally closed: an open contact frees both directions. */
  readonly fire?: InputReference;
  /** The unit takes a pulse; `readyMeans`: what its contact is then. */
  readonly ready?: InputReference;
  readonly readyMeans: "closed" | "open";
  /** So long it is not ready before that is told. */
  readonly notReadyAfterMs: number;
  /** Something is wrong with the unit, or at it; `alarmMeans`: what its contact is then. */
  readonly alarm?: InputReference;
  readonly alarmMeans: "closed" | "open";
  readonly pulseMs: number;
  readonly passageTimeMs: number;
  /** Added for holders who need longer. */
  readonly extendedPassageTimeMs: number;
  /** How long behind a passage the next one counts as following it. */
  readonly tailgateTimeMs: number;
  /** Style pulse: how long behind a PASS the unit takes the pulse for the next of a party. */
  readonly partyGapMs: number;
  readonly debounceMs: number;
  /** An old system drives it until somebody cuts it over. */
  readonly shadow?: { readonly entry?: OldGrantReference; readonly exit?: OldGrantReference };
}

/** `[[guard_station]]` with its buttons and reason keys. */
export interface GuardStationConfiguration {
  readonly id: string;
  /** How long a guard stays signed in. */
  readonly sessionMs: number;
  /** How long a lane is held. */
  readonly holdMs: number;
  readonly reasonRequired: boolean;
  /** How long a reason waits for its button. */
  readonly reasonMs: number;
  readonly buttons: readonly GuardButtonConfiguration[];
  readonly reasons: readonly GuardReasonConfiguration[];
}

/** `[[guard_button]]` */
export interface GuardButtonConfiguration {
  /** `open`: one passage; `hold`: the lane stays open for a while, or, where it is, no longer. */
  readonly does: "open" | "hold";
  /** A door, or `<turnstile>/<direction>`. */
  readonly door: string;
  readonly input: InputReference;
  /** What the pressed button does to its contact. */
  readonly pressedMeans: "closed" | "open";
}

/** `[[guard_reason]]`: a key that says why; a contact, or a key of the station's reader. */
export interface GuardReasonConfiguration {
  readonly reason: string;
  readonly input?: InputReference;
  readonly key?: string;
}
