import type { Capability, CardFormat, Credential, CredentialId, Freshness, MonotonicMs, Presentation, WallTime } from "@portico/card-protocol";
import type { Indicator, Scan, Scanner } from "@portico/firmware-ts";
import type { ChallengeFace } from "./challenge-face.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { AreaVerdict } from "./core/area.ts";
import type { PinState } from "./core/authentication.ts";
import type { Decision } from "./core/decide.ts";
import type { EscortWatch } from "./escort-watch.ts";
import type { KeySource } from "./keypad.ts";
import type { PinAsking } from "./pin-asking.ts";
import type { FirstPersons } from "./portal/first-persons.ts";
import type { Portal } from "./portal/portal.ts";
import type { RecognitionOptions, Shown } from "./recognition.ts";
import type { Recorder } from "./recorder.ts";
import type { SpentCounters } from "./store/spent-counters.ts";

/** What was chosen for one access point at commissioning. */
export interface AccessPointSettings {
  readonly id: string;
  readonly site: string;
  readonly capability: Capability;
  /** Passes are spent once per group: by default all lanes of one gate in one direction. */
  readonly replayGroup: string;
  readonly challengeDemanded: boolean;
  readonly enabled: boolean;
  readonly egress: boolean;
  readonly untrustedClock: { readonly qr: "refuse" | "emergency"; readonly card: "refuse" | "emergency" };
  /** How the reader writes physical cards; undefined: it reads none. */
  readonly cardFormat: CardFormat | undefined;
  /** The scanner's lines that end with `#` are keys. */
  readonly keypadLines: boolean;
  /** Two different holders have to come within this time; undefined: one is enough. */
  readonly secondPersonMs: number | undefined;
}

export interface AccessPointOptions extends Omit<RecognitionOptions, "settings" | "clock"> {
  readonly settings: AccessPointSettings;
  readonly scanner: Scanner;
  /** Where its challenges stand; undefined: whoever asks for them shows them. */
  readonly challengeFace: ChallengeFace | undefined;
  readonly indicator: Indicator | undefined;
  readonly portal: Portal;
  readonly clock: ControllerClock;
  readonly freshness: () => Freshness;
  readonly spent: SpentCounters;
  readonly recorder: Recorder;
  /** What the areas at whose border the reader stands say of a holder, who comes with so many others; undefined: it stands at none. */
  readonly areas: ((credential: Credential, wall: WallTime, others: number) => AreaVerdict) | undefined;
  /** What is asked for beside a card or pass; undefined: nothing ever. */
  readonly asking: PinAsking | undefined;
  /** Keys of the reader; undefined: they come as lines of the scanner, if at all. */
  readonly onKeys: KeySource | undefined;
  /** Undefined: nobody is escorted in. */
  readonly escorts: EscortWatch | undefined;
  /** Undefined: no schedule waits for a first person here. */
  readonly firstPersons: Pick<FirstPersons, "goes"> | undefined;
  readonly onJudged: (judged: Judged) => void;
  /** Told of each decision that was recorded while the old system drives the door: who would have been let in, or kept out. */
  readonly onShadow: (decided: ShadowDecided) => void;
}

/** Somebody of whom it was decided at a door that the old system drives. */
export interface ShadowDecided {
  readonly accessPoint: string;
  /** Of its ShadowGranted or ShadowDenied. */
  readonly seq: number;
  readonly at: MonotonicMs;
  /** Undefined: nobody is known by what was shown. */
  readonly who: Pick<Credential, "id" | "holder"> | undefined;
}

/** Somebody at the reader, until it is known whether they are let in. */
export interface Visitor {
  readonly shown: Shown;
  /** What the reader saw. */
  readonly scan: Scan;
  /** When they did last what they have to do: showed something, or typed. */
  readonly at: MonotonicMs;
  /** Undefined: nothing was typed yet. */
  readonly pin: PinState | undefined;
  /** They were waited for: what was shown is not what has just been seen. */
  readonly isLater: boolean;
}

/** A scan that was judged, for whoever watches: never its content. */
export interface Judged {
  readonly accessPoint: string;
  readonly decision: Decision;
  /** Undefined where no signature holds: what was scanned may be anything. */
  readonly presentation: Presentation | undefined;
  /** Undefined where no signature holds, or no card is known by that number. */
  readonly credential: CredentialId | undefined;
  /** Number of the decision's event; undefined where it was only counted, or could not be recorded. */
  readonly seq: number | undefined;
  /** When the last byte of the scan arrived. */
  readonly scannedAt: MonotonicMs;
  /** How many seconds the phone's clock seems to be off, where time alone was wrong: + fast, − slow. */
  readonly phoneClockOffsetS: number | undefined;
  /** The old system drives the door: this would have been decided. */
  readonly shadow: boolean;
}
