import { isPassPresentation } from "@portico/card-protocol";
import type { ControllerReport, EventLine } from "@portico/controller";
import type { HeardReport } from "@portico/simulator";
import { clockText, frameText } from "./report-text.ts";
import { displayWidth, filled, printable } from "./terminal.ts";
import { timeText } from "./time-text.ts";

export interface SimLogOptions {
  /** Takes each line, without its end. */
  readonly out: (line: string) => void;
  /** Calls back once, not before `delayMs`. Returns the cancel function. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** The right time, Unix seconds: of lines that are no report. */
  readonly now: () => number;
  /** Whose credential it is; undefined where nobody's is known: then its beginning is told. */
  readonly personOf: (credential: string) => string | undefined;
  /** Everybody's name and every place's: the columns are as wide as the longest. */
  readonly people: readonly string[];
  readonly places: readonly string[];
  /** Readers at which a grant moves no relay. */
  readonly stillReaders: ReadonlySet<string>;
  /** Readers of rooms, whose locks are reached by radio; default: none. */
  readonly roomReaders?: ReadonlySet<string>;
  /** The zone that times are told in; default: this computer's. */
  readonly zone?: string;
}

/** A board acknowledges a release within some milliseconds; a line that waits longer for it is told without. */
const ACT_WITHIN_MS = 500;
/** A lock that is reached by radio takes longer where it has to be connected first. */
const BOLT_WITHIN_MS = 2_000;
const SEQ_WIDTH = 6;
const WORD_WIDTH = "granted".length;
const MS_WIDTH = "1234.5 ms".length;
/** Digests and hashes are told by their beginning: they are compared elsewhere. */
const LONG_HEX = /\b([0-9a-f]{8})[0-9a-f]{24,}\b/g;
/** Whose passages are remembered until they end. */
const GRANTS_KEPT = 256;
/** So many passages wait for their grants to be told. */
const EARLY_KEPT = 16;

/** A line that is told in its turn, as soon as everything is known that stands in it. */
interface PendingLine {
  /** Of the grant that it tells; undefined: it tells none. */
  readonly grant: string | undefined;
  /** The columns before the last. */
  readonly head: string;
  tail: string;
  isReady: boolean;
  cancel: () => void;
}

/** The log of a campus, for people: one line for each scan and event, a grant's with the frame that moved the relay. Columns line up; nothing drives the terminal. */
export class SimLog {
  readonly #options: SimLogOptions;
  readonly #whoWidth: number;
  readonly #placeWidth: number;
  readonly #pending: PendingLine[] = [];
  /** Whose passage a grant is, by access point and number: each controller counts by itself. */
  readonly #grants = new Map<string, string>();
  /** Passages that were told before their grants: of doors that nobody sees move. */
  readonly #early = new Map<string, () => void>();
  /** The version of each zone that was told last, by controller. */
  readonly #followed = new Map<string, string>();

  constructor(options: SimLogOptions) {
    this.#options = options;
    this.#whoWidth = widest(["WHO", ...options.people]);
    this.#placeWidth = widest(["WHERE", ...options.places]);
  }

  /** The headings of the columns. */
  heading(): string {
    return this.#head("TIME", "EVENT", "WHO", "WHERE") + "WHAT";
  }

  report(report: HeardReport): void {
    switch (report.kind) {
      case "started":
        return;
      case "followed":
        return this.#follows(report);
      case "judged":
        return this.#judged(report);
      case "acted":
        return this.#acted(report);
      case "event":
        return this.#event(report.event, report.controller);
    }
  }

  /** Something that no controller has reported. @param mark  one character, in the column of the event's number */
  note(mark: string, text: string): void {
    this.#note(mark, "", text);
  }

  #note(mark: string, place: string, text: string): void {
    this.#add({
      grant: undefined,
      head: this.#head(timeOf(this.#options.now(), this.#options.zone), mark, "", place),
      tail: text,
      isReady: true,
      cancel: () => {},
    });
  }

  /** Tells what still waits. */
  close(): void {
    for (const tell of this.#early.values()) tell();
    this.#early.clear();
    for (const line of Array.from(this.#pending)) this.#finish(line, line.tail);
  }

  #judged(judged: Extract<ControllerReport, { readonly kind: "judged" }>): void {
    const { accessPoint, atMs, presentation, credential, outcome, reason, detail, seq, phoneClockOffsetS } = judged;
    const person = credential === null ? "?" : (this.#options.personOf(credential) ?? `${credential.slice(0, this.#whoWidth - 1)}…`);
    const head = this.#head(timeOf(atMs === null ? null : Math.floor(atMs / 1000), this.#options.zone), seq === null ? "-" : String(seq), person, accessPoint);
    const by = presentation === null || isPassPresentation(presentation) ? "" : `  ${presentation}`;
    const { stillReaders, roomReaders } = this.#options;
    const [isStill, isRoom] = [stillReaders.has(accessPoint), roomReaders?.has(accessPoint) === true];
    if (outcome === "granted" && isStill) return this.#add({ grant: undefined, head, tail: `granted${by}`, isReady: true, cancel: () => {} });
    if (outcome === "granted" && seq !== null) {
      const grant = grantOf(accessPoint, seq);
      this.#remember(grant, person);
      const line: PendingLine = { grant, head, tail: `granted${by}`, isReady: false, cancel: () => {} };
      line.cancel = isRoom
        ? this.#options.after(BOLT_WITHIN_MS, () => this.#finish(line, `granted  no bolt has moved yet${by}`))
        : this.#options.after(ACT_WITHIN_MS, () => this.#finish(line, `granted  no relay has moved${by}`));
      this.#add(line);
      this.#early.get(grant)?.();
      return void this.#early.delete(grant);
    }
    const clock = phoneClockOffsetS === null ? "" : `; the phone's clock is ${clockText(phoneClockOffsetS)}`;
    this.#add({ grant: undefined, head, tail: `${"refused".padEnd(WORD_WIDTH)}  ${reason}: ${detail}${clock}${by}`, isReady: true, cancel: () => {} });
  }

  #acted({ accessPoint, grantedSeq, frame, afterMs }: Extract<ControllerReport, { readonly kind: "acted" }>): void {
    const line = this.#pending.find(({ grant, isReady }) => grant === grantOf(accessPoint, grantedSeq) && !isReady);
    if (line === undefined) return;
    const by = line.tail.slice(WORD_WIDTH);
    this.#finish(line, `granted  ${`${afterMs.toFixed(1)} ms`.padStart(MS_WIDTH)}${frame === null ? "" : `  ${frameText(frame)}`}${by}`);
  }

  /** A zone's list came to a controller's disk; `global` comes with it. */
  #follows({ controller, partition, version, publish }: Extract<HeardReport, { readonly kind: "followed" }>): void {
    const zone = /^zone\/(.*)$/.exec(partition)?.[1];
    if (controller === undefined || zone === undefined || this.#followed.get(controller) === `${version}`) return;
    this.#followed.set(controller, `${version}`);
    this.#note("*", controller, `keeps publication ${publish}: zone ${zone}, version ${version}`);
  }

  #event(event: EventLine, controller: string | undefined): void {
    const { name, source, fields } = event;
    if (name !== "AccessTaken") return this.#told(event, controller);
    if (this.#options.stillReaders.has(source ?? "")) return; // nobody goes anywhere there
    const grant = grantOf(source ?? "", fields["grantedSeq"] as number);
    if (this.#grants.has(grant)) return this.#told(event, controller);
    this.#early.set(grant, () => this.#told(event, controller));
    const [oldest, tell] = [...this.#early][0]!;
    if (this.#early.size <= EARLY_KEPT) return;
    this.#early.delete(oldest);
    tell();
  }

  #told({ seq, at, name, source, text, fields }: EventLine, controller: string | undefined): void {
    const { zone } = this.#options;
    const grantedSeq = fields["grantedSeq"] as number | undefined;
    const grant = grantedSeq === undefined ? undefined : grantOf(source ?? "", grantedSeq);
    const who = grant === undefined ? "" : (this.#grants.get(grant) ?? "");
    if (grant !== undefined) this.#grants.delete(grant);
    const what = name === "AccessTaken" ? "passed" : name === "AccessNotTaken" ? `did not pass: ${String(fields["cause"])}` : text.replace(LONG_HEX, "$1…");
    // Which controller misses the cloud is what there is to say of it.
    const place = source === CLOUD ? (controller ?? CLOUD) : (source ?? "");
    this.#add({ grant: undefined, head: this.#head(timeOf(at, zone), String(seq), who, place), tail: what, isReady: true, cancel: () => {} });
  }

  #remember(grant: string, person: string): void {
    this.#grants.set(grant, person);
    const [oldest] = this.#grants.keys();
    if (this.#grants.size > GRANTS_KEPT && oldest !== undefined) this.#grants.delete(oldest);
  }

  #add(line: PendingLine): void {
    this.#pending.push(line);
    this.#tellReady();
  }

  #finish(line: PendingLine, tail: string): void {
    line.cancel();
    line.tail = tail;
    line.isReady = true;
    this.#tellReady();
  }

  #tellReady(): void {
    while (this.#pending[0]?.isReady === true) {
      const { head, tail } = this.#pending.shift()!;
      this.#options.out(printable(head + tail).trimEnd());
    }
  }

  #head(time: string, seq: string, who: string, place: string): string {
    const cells = [time.padEnd(TIME_WIDTH), seq.padStart(SEQ_WIDTH), filled(who, this.#whoWidth), filled(place, this.#placeWidth)];
    return `${cells.join("  ")}  `;
  }
}

/** As events name it. */
const CLOUD = "cloud";
const grantOf = (accessPoint: string, grantedSeq: number): string => `${accessPoint} ${grantedSeq}`;
const TIME_WIDTH = "08:30:05".length;
/** The time of day; the date stands in `portico event tail`. */
const timeOf = (at: number | null, zone: string | undefined): string => (at === null ? "--:--:--" : timeText(at, zone).slice(-TIME_WIDTH));
const widest = (texts: readonly string[]): number => Math.max(...texts.map(displayWidth));
