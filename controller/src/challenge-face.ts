import { CHALLENGE_DIGITS, CHALLENGE_SHOWN_MS, challengeDigits, bytesToHex, type Language, ReaderChallenges, type RandomBytes } from "@portico/card-protocol";
import type { ChallengeBeacon, DeviceHealth, DisplayLine, TextDisplay } from "@portico/firmware-ts";
import type { ControllerClock } from "./controller-clock.ts";

/** What brings a challenge before phones. */
export interface ChallengeShower {
  readonly health: DeviceHealth;
  readonly onHealth: (listener: () => void) => () => void;
  readonly show: (challenge: Uint8Array) => void;
}

export interface ChallengeFaceParts {
  readonly shower: ChallengeShower;
  readonly randomBytes: RandomBytes;
  readonly clock: Pick<ControllerClock, "monotonic" | "after">;
}

const HINT: Readonly<Record<Language, string>> = { en: "Scan with the app", zh: "请用手机扫描数字" };

/**
 * Where a reader's challenges stand for phones to read. Each is shown for 4 s, or until it is answered; while display or beacon are dark none is made, so that within
 * 12 s none is open and every pass is refused.
 */
export class ChallengeFace {
  readonly challenges: ReaderChallenges;
  readonly #parts: ChallengeFaceParts;
  readonly #removeListener: () => void;
  #cancelNext = (): void => {};

  constructor(parts: ChallengeFaceParts) {
    this.#parts = parts;
    this.challenges = new ReaderChallenges(parts.randomBytes, () => this.#next());
    this.#removeListener = parts.shower.onHealth(() => this.#next());
    this.#next();
  }

  close(): void {
    this.#removeListener();
    this.#cancelNext();
  }

  #next(): void {
    const { shower, clock } = this.#parts;
    this.#cancelNext();
    if (shower.health.kind === "offline") return;
    shower.show(this.challenges.show(clock.monotonic()));
    this.#cancelNext = clock.after(CHALLENGE_SHOWN_MS, () => this.#next());
  }
}

/** Digits on a display. */
export const onDisplay = (display: TextDisplay, language: Language): ChallengeShower => ({
  get health() {
    return display.health;
  },
  onHealth: (listener) => display.onHealth(listener),
  show: (challenge) => void display.show(challengeLines(challenge, display, language)),
});

/** Bytes in the air. */
export const byBeacon = (beacon: ChallengeBeacon): ChallengeShower => ({
  get health() {
    return beacon.health;
  },
  onHealth: (listener) => beacon.onHealth(listener),
  show: (challenge) => void beacon.advertise(challenge),
});

/** A challenge as a display has room for it: a line of what to do and 20 digits, 10 and 10 of them, or 16 hex digits. */
export function challengeLines(challenge: Uint8Array, { columns, rows }: Pick<TextDisplay, "columns" | "rows">, language: Language): readonly DisplayLine[] {
  const digits = challengeDigits(challenge);
  const line = (left: string): DisplayLine => ({ left, right: "" });
  if (rows >= 2 && columns >= CHALLENGE_DIGITS) return [line(HINT[language]), line(digits)];
  if (rows >= 2) return [line(digits.slice(0, CHALLENGE_DIGITS / 2)), line(digits.slice(CHALLENGE_DIGITS / 2))];
  return [line(bytesToHex(challenge).toUpperCase())];
}
