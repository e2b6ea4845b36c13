/** One sentence of a day. */
export interface StoryLine {
  /** When it happened, campus time: `12:05:31`. */
  readonly time: string;
  readonly text: string;
  /** Which rules of docs/contract.md it touches. */
  readonly rules: readonly string[];
}

/** Something that was not as it had to be. */
export interface DayFinding {
  readonly time: string;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** What a day was. */
export interface DayEnd {
  readonly lines: readonly StoryLine[];
  /** Every rule that was touched, in the order of the contract. */
  readonly rules: readonly string[];
  readonly findings: readonly DayFinding[];
  /** Whether every controller's chain of events holds. */
  readonly chains: readonly { readonly controller: string; readonly holds: boolean }[];
}

/** What is told of a day, as it happens. */
export class Story {
  readonly #timeNow: () => string;
  readonly #onLine: (line: StoryLine) => void;
  readonly #lines: StoryLine[] = [];
  readonly #findings: DayFinding[] = [];

  constructor(timeNow: () => string, onLine: (line: StoryLine) => void) {
    this.#timeNow = timeNow;
    this.#onLine = onLine;
  }

  /** Tells what has happened, and which rules it is about. */
  tell(text: string, ...rules: readonly string[]): void {
    const line = { time: this.#timeNow(), text, rules };
    this.#lines.push(line);
    this.#onLine(line);
  }

  /** Something has to be so: what is not is a finding, and the day goes on. */
  check(what: string, found: unknown, wanted: unknown): void {
    const [have, want] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (have === want) return;
    this.#findings.push({ time: this.#timeNow(), what, wanted: want, found: have });
    this.tell(`! ${what}: ${have}, where it had to be ${want}`);
  }

  end(chains: DayEnd["chains"]): DayEnd {
    const rules = [...new Set(this.#lines.flatMap((line) => line.rules))].sort(byNumber);
    return { lines: this.#lines, rules, findings: this.#findings, chains };
  }
}

/** `2.9` before `2.10`. */
function byNumber(left: string, right: string): number {
  const [[section = 0, rule = 0], [ofSection = 0, ofRule = 0]] = [left, right].map((each) => each.split(".").map(Number)) as [number[], number[]];
  return section - ofSection || rule - ofRule;
}
