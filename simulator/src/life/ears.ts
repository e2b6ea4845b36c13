import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { ControllerReport, EventLine } from "@portico/controller";
import type { CampusHands, HeardReport } from "../campus/campus-hands.ts";

/** The answer to a scan. */
export type JudgedReport = Extract<ControllerReport, { readonly kind: "judged" }>;
/** How a grant ended. */
export interface PassageEnd {
  readonly taken: boolean;
  /** `timeout`, `restart`, `device`, `superseded`; empty where it was taken. */
  readonly cause: string;
}

/** A scan that somebody who lives here holds before a reader. */
export interface HeldScan {
  /** See {@link Ears.mark}. */
  readonly mark: string;
  /** Settles when it has left the reader: patience begins then. */
  readonly left: Promise<unknown>;
}

/** Grants whose end nobody has asked for yet. */
const ENDS_KEPT = 1_000;
const STRANGERS_KEPT = 256;
/** How the marks of scans begin that are made by people who live here. */
const OWN_MARK = "life ";

/** Hears what a controller reports, for whoever waits for it. */
export class Ears {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #onReport: CampusHands["onReport"];
  /** By access point and number of the grant: it may end before anybody asks. */
  readonly #ends = new Map<string, PassageEnd>();
  /** Where somebody was let in who does not live here, and when: the newest last. */
  readonly #strangers: { readonly place: string; readonly at: MonotonicMs }[] = [];
  readonly #removeListener: () => void;
  #marks = 0;

  constructor({ onReport }: Pick<CampusHands, "onReport">, clock: Pick<Clock, "monotonic" | "after">) {
    this.#clock = clock;
    this.#onReport = onReport;
    this.#removeListener = onReport((report) => {
      this.#noteStranger(report);
      const end = passageEnd(report);
      if (end === undefined) return;
      this.#ends.set(end.grant, end);
      const [oldest] = this.#ends.keys();
      if (this.#ends.size > ENDS_KEPT && oldest !== undefined) this.#ends.delete(oldest);
    });
  }

  /** A mark for the next scan, so that nobody else's answer is taken for its own. */
  mark(): string {
    return `${OWN_MARK}${++this.#marks}`;
  }

  /**
   * The next scan that is judged at an access point; undefined when none is within that time. To be called before the scan is made.
   *
   * @param held  the scan; on a campus that tells whose an answer is, another one's is passed over
   */
  judged(accessPoint: string, withinMs: number, held?: HeldScan): Promise<JudgedReport | undefined> {
    return this.#next(
      (report) => (report.kind === "judged" && report.accessPoint === accessPoint && isAnswerTo(report, held) ? report : undefined),
      withinMs,
      held?.left,
    );
  }

  /**
   * Whether somebody who does not live here was let in: by a scan with another mark, or by an operator.
   *
   * @param places  access points, doors and directions
   * @param since   monotonic ms
   */
  strangerSince(places: readonly string[], since: number): boolean {
    return this.#strangers.some(({ place, at }) => at >= since && places.includes(place));
  }

  /** The next event that fits. To be called before what causes it. */
  event(fits: (event: EventLine) => boolean, withinMs: number): Promise<EventLine | undefined> {
    return this.#next((report) => (report.kind === "event" && fits(report.event) ? report.event : undefined), withinMs);
  }

  /** How a grant at an access point ends, or has ended; undefined when it does not within that time. */
  async passageEnd(accessPoint: string, grantedSeq: number, withinMs: number): Promise<PassageEnd | undefined> {
    const grant = grantOf(accessPoint, grantedSeq);
    const end =
      this.#ends.get(grant) ??
      (await this.#next((report) => {
        const told = passageEnd(report);
        return told?.grant === grant ? told : undefined;
      }, withinMs));
    this.#ends.delete(grant);
    return end;
  }

  close(): void {
    this.#removeListener();
  }

  #noteStranger(report: HeardReport): void {
    const place = letInByOthers(report);
    if (place === undefined) return;
    this.#strangers.push({ place, at: this.#clock.monotonic() });
    if (this.#strangers.length > STRANGERS_KEPT) this.#strangers.shift();
  }

  /** @param begins  when patience begins; absent: now */
  #next<T>(pick: (report: HeardReport) => T | undefined, withinMs: number, begins?: Promise<unknown>): Promise<T | undefined> {
    return new Promise((resolve) => {
      let cancel = (): void => {};
      let isOver = false;
      const finish = (picked: T | undefined): void => {
        isOver = true;
        cancel();
        removeListener();
        resolve(picked);
      };
      const begin = (): void => {
        if (!isOver) cancel = this.#clock.after(withinMs, () => finish(undefined));
      };
      if (begins === undefined) begin();
      else begins.then(begin, () => finish(undefined));
      const removeListener = this.#onReport((report) => {
        const picked = pick(report);
        if (picked !== undefined) finish(picked);
      });
    });
  }
}

const isAnswerTo = ({ scan }: HeardReport, held: HeldScan | undefined): boolean => scan === undefined || held === undefined || scan === held.mark;

/** Where a report says that somebody was let in who does not live here; undefined: it says nothing of the kind. */
function letInByOthers(report: HeardReport): string | undefined {
  if (report.kind === "judged")
    return report.outcome === "granted" && report.scan !== undefined && !report.scan.startsWith(OWN_MARK) ? report.accessPoint : undefined;
  if (report.kind !== "event" || report.event.name !== "DoorModeChanged" || report.event.fields["mode"] !== "Accessed") return undefined;
  return report.event.fields["door"] as string;
}

/** Each controller counts by itself; an access point has one. */
const grantOf = (accessPoint: string, grantedSeq: number): string => `${accessPoint} ${grantedSeq}`;

function passageEnd(report: ControllerReport): (PassageEnd & { readonly grant: string }) | undefined {
  if (report.kind !== "event") return undefined;
  const { name, fields } = report.event;
  if (name !== "AccessTaken" && name !== "AccessNotTaken") return undefined;
  return {
    grant: grantOf(fields["accessPoint"] as string, fields["grantedSeq"] as number),
    taken: name === "AccessTaken",
    cause: (fields["cause"] as string | undefined) ?? "",
  };
}
