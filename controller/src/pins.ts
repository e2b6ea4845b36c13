import { type CredentialId, eventOf, type MonotonicMs, monotonicMs, type UnixSeconds } from "@portico/card-protocol";
import type { ControllerClock } from "./controller-clock.ts";
import type { PinState } from "./core/authentication.ts";
import type { OperatorAct } from "./core/door-operation.ts";
import { triesNow, type TryRules, type WrongTries, wrongTry } from "./core/wrong-tries.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerDatabase } from "./store/database.ts";
import type { KeptPin, KeptTries, PinHolder, PinStore } from "./store/pin-store.ts";

/** `[pin]` */
export interface PinSettings {
  /** Wrong tries in a row of one holder, and at one reader. */
  readonly triesMax: number;
  readonly readerTriesMax: number;
  readonly lockOutMs: number;
  /** How long a reader waits for a PIN, and between two keys. */
  readonly waitMs: number;
  /** Whether a PIN with its last digit one higher tells of a duress. */
  readonly duress: boolean;
}

export interface PinsParts {
  readonly settings: PinSettings;
  readonly pins: PinStore;
  readonly database: Pick<ControllerDatabase, "transaction">;
  readonly clock: Pick<ControllerClock, "monotonic" | "wall">;
  readonly recorder: Pick<Recorder, "attempt" | "command" | "event">;
}

/** Where a PIN is typed, and by whom. */
export interface PinPlace extends PinHolder {
  readonly accessPoint: string;
  readonly credential: CredentialId;
}

/** Who has a PIN, and how many wrong ones were typed for it in a row. */
export interface PinStanding extends KeptPin {
  readonly wrongTries: number;
  /** Undefined: a try is taken. */
  readonly lockedForS: number | undefined;
}

/** The PINs of one controller: who has one, whether what is typed is theirs, and when no try is taken any more. */
export class Pins {
  readonly #parts: PinsParts;
  readonly #tries: Map<string, WrongTries>;

  constructor(parts: PinsParts) {
    this.#parts = parts;
    this.#tries = new Map(parts.pins.tries().map((kept) => [kept.subject, this.#outlived(kept)]));
  }

  /** How long a reader waits for a PIN, and between two keys, in ms. */
  get waitMs(): number {
    return this.#parts.settings.waitMs;
  }

  /** What stands before a key is touched. */
  standing(place: PinPlace): PinState {
    for (const { whose, subject, rules } of this.#subjects(place)) {
      const forS = this.#lockedForS(subject, rules);
      if (forS !== undefined) return { kind: "lockedOut", whose, forS };
    }
    return { kind: this.#parts.pins.has(place) ? "awaited" : "unset" };
  }

  /**
   * Takes one try. It is counted as a wrong one, on the disk, before anything is compared: a power cut in between gives nobody a try more. A right PIN has
   * the holder's wrong ones forgotten, and the reader's.
   */
  try(place: PinPlace, digits: string): PinState {
    const { pins, recorder, settings, database } = this.#parts;
    const before = this.standing(place);
    if (before.kind !== "awaited") return before;
    const counted = this.#subjects(place).map(({ subject, rules, whose }) => ({ subject, rules, whose, tries: wrongTry(this.#tries.get(subject), rules, this.#now()) })); // prettier-ignore
    const isKept = recorder.attempt(() => {
      database.transaction("quick", () => {
        for (const { subject, tries } of counted)
          pins.keepTries({ subject, count: tries.count, isLocked: tries.lockedUntil !== undefined, at: this.#wallNow() });
      });
      return true;
    });
    if (isKept === undefined) return { kind: "notRecorded" };
    const fit = pins.fit(place, digits);
    if (fit === "right" || (fit === "duress" && settings.duress)) {
      for (const { subject } of counted) this.#forget(subject);
      return { kind: fit };
    }
    for (const { subject, tries, whose } of counted) {
      this.#tries.set(subject, tries);
      if (tries.lockedUntil === undefined) continue;
      const { accessPoint, credential } = place;
      recorder.event(eventOf("PinLockedOut", { accessPoint, credential, whose, tries: tries.count, lockedS: Math.ceil(settings.lockOutMs / 1_000) }));
    }
    return { kind: "wrong", count: counted[0]!.tries.count, max: settings.triesMax };
  }

  /** Everybody who has one, and whoever is locked out. */
  list(): readonly PinStanding[] {
    const { pins } = this.#parts;
    return pins.all().map((kept) => ({ ...kept, ...this.#triesOf(holderSubject(kept), this.#holderRules) }));
  }

  /** Readers at which wrong PINs were typed in a row. */
  readers(accessPoints: readonly string[]): readonly { readonly accessPoint: string; readonly wrongTries: number; readonly lockedForS: number | undefined }[] {
    return accessPoints
      .map((accessPoint) => ({ accessPoint, ...this.#triesOf(readerSubject(accessPoint), this.#readerRules) }))
      .filter(({ wrongTries }) => wrongTries > 0);
  }

  /** False: the key that they are kept under is gone. */
  get isUsable(): boolean {
    return this.#parts.pins.isUsable;
  }

  /**
   * Sets the PIN of a holder. The event that says so is durable before it counts.
   *
   * @param pin  of the right form
   * @returns what was done; undefined where it could not be recorded: then nothing was changed
   */
  set(holder: PinHolder, pin: string, act: OperatorAct): "set" | "changed" | undefined {
    const { pins } = this.#parts;
    const change = pins.has(holder) ? "changed" : "set";
    const isDone = this.#recorded(holder, change, act, () => {
      pins.set(holder, pin, this.#wallNow());
      pins.forgetTries(holderSubject(holder));
    });
    if (!isDone) return undefined;
    this.#tries.delete(holderSubject(holder));
    return change;
  }

  /** Erases the PIN of a holder. @returns false where it could not be recorded: then it is still there */
  erase(holder: PinHolder, act: OperatorAct): boolean {
    return this.#recorded(holder, "erased", act, () => this.#parts.pins.erase(holder));
  }

  /** Has wrong tries forgotten. @returns false where it could not be recorded */
  unlock(whose: PinHolder | { readonly accessPoint: string }, { by, reason }: OperatorAct): boolean {
    const subject = "accessPoint" in whose ? readerSubject(whose.accessPoint) : holderSubject(whose);
    if (this.#parts.recorder.command(eventOf("PinUnlocked", { whose: subject, by, reason })) === undefined) return false;
    this.#forget(subject);
    return true;
  }

  #recorded({ holder, zone }: PinHolder, change: "set" | "changed" | "erased", { by, reason }: OperatorAct, work: () => void): boolean {
    const { recorder, database } = this.#parts;
    return (
      recorder.attempt(() =>
        database.transaction("durable", () => {
          if (recorder.command(eventOf("PinChanged", { holder, zone, change, by, reason })) === undefined) return false;
          work();
          return true;
        }),
      ) ?? false
    );
  }

  #triesOf(subject: string, rules: TryRules): { readonly wrongTries: number; readonly lockedForS: number | undefined } {
    return { wrongTries: triesNow(this.#tries.get(subject), rules, this.#now())?.count ?? 0, lockedForS: this.#lockedForS(subject, rules) };
  }

  #lockedForS(subject: string, rules: TryRules): number | undefined {
    const until = triesNow(this.#tries.get(subject), rules, this.#now())?.lockedUntil;
    return until === undefined ? undefined : Math.ceil((until - this.#now()) / 1_000);
  }

  /** Where the disk refuses to forget, the next start counts them again. */
  #forget(subject: string): void {
    const { pins, recorder } = this.#parts;
    this.#tries.delete(subject);
    recorder.attempt(() => pins.forgetTries(subject));
  }

  #subjects(place: PinPlace): readonly { readonly whose: "holder" | "reader"; readonly subject: string; readonly rules: TryRules }[] {
    return [
      { whose: "holder", subject: holderSubject(place), rules: this.#holderRules },
      { whose: "reader", subject: readerSubject(place.accessPoint), rules: this.#readerRules },
    ];
  }

  get #holderRules(): TryRules {
    const { triesMax, lockOutMs } = this.#parts.settings;
    return { triesMax, lockOutMs };
  }

  get #readerRules(): TryRules {
    const { readerTriesMax, lockOutMs } = this.#parts.settings;
    return { triesMax: readerTriesMax, lockOutMs };
  }

  /** Where no clock says how long ago it was, the whole time begins again. */
  #outlived({ count, isLocked, at }: KeptTries): WrongTries {
    const { lockOutMs } = this.#parts.settings;
    const [now, wallNow] = [this.#now(), this.#wallNow()];
    const agoMs = at === null || wallNow === null ? 0 : Math.min(lockOutMs, Math.max(0, (wallNow - at) * 1_000));
    const lastAt = monotonicMs(now - agoMs);
    return { count, lastAt, lockedUntil: isLocked ? monotonicMs(lastAt + lockOutMs) : undefined };
  }

  #now(): MonotonicMs {
    return this.#parts.clock.monotonic();
  }

  #wallNow(): UnixSeconds | null {
    const wall = this.#parts.clock.wall();
    return wall === "untrusted" ? null : wall.now;
  }
}

const holderSubject = ({ zone, holder }: PinHolder): string => `holder ${holder}${zone === "" ? "" : ` of zone ${zone}`}`;
const readerSubject = (accessPoint: string): string => `reader ${accessPoint}`;
