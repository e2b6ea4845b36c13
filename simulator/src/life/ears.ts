import type { Clock } from "@portico/card-protocol";
import type { ControllerReport, EventLine } from "@portico/controller";
import type { CampusHands } from "../campus/campus-hands.ts";

/** The answer to a scan. */
export type JudgedReport = Extract<ControllerReport, { readonly kind: "judged" }>;
/** How a grant ended. */
export interface PassageEnd {
  readonly taken: boolean;
  /** `timeout`, `restart`, `device`, `superseded`; empty where it was taken. */
  readonly cause: string;
}

/** Grants whose end nobody has asked for yet. */
const ENDS_KEPT = 1_000;

/** Hears what a controller reports, for whoever waits for it. */
export class Ears {
  readonly #clock: Pick<Clock, "after">;
  readonly #onReport: CampusHands["onReport"];
  /** By the grant's number: it may end before anybody asks. */
  readonly #ends = new Map<number, PassageEnd>();
  readonly #removeListener: () => void;

  constructor({ onReport }: Pick<CampusHands, "onReport">, clock: Pick<Clock, "after">) {
    this.#clock = clock;
    this.#onReport = onReport;
    this.#removeListener = onReport((report) => {
      const end = passageEnd(report);
      if (end === undefined) return;
      this.#ends.set(end.grantedSeq, end);
      const [oldest] = this.#ends.keys();
      if (this.#ends.size > ENDS_KEPT && oldest !== undefined) this.#ends.delete(oldest);
    });
  }

  /** The next scan that is judged at an access point; undefined when none is within that time. To be called before the scan is made. */
  judged(accessPoint: string, withinMs: number): Promise<JudgedReport | undefined> {
    return this.#next((report) => (report.kind === "judged" && report.accessPoint === accessPoint ? report : undefined), withinMs);
  }

  /** The next event that fits. To be called before what causes it. */
  event(fits: (event: EventLine) => boolean, withinMs: number): Promise<EventLine | undefined> {
    return this.#next((report) => (report.kind === "event" && fits(report.event) ? report.event : undefined), withinMs);
  }

  /** How a grant ends, or has ended; undefined when it does not within that time. */
  async passageEnd(grantedSeq: number, withinMs: number): Promise<PassageEnd | undefined> {
    const end =
      this.#ends.get(grantedSeq) ??
      (await this.#next((report) => {
        const told = passageEnd(report);
        return told?.grantedSeq === grantedSeq ? told : undefined;
      }, withinMs));
    this.#ends.delete(grantedSeq);
    return end;
  }

  close(): void {
    this.#removeListener();
  }

  #next<T>(pick: (report: ControllerReport) => T | undefined, withinMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const finish = (picked: T | undefined): void => {
        cancel();
        removeListener();
        resolve(picked);
      };
      const cancel = this.#clock.after(withinMs, () => finish(undefined));
      const removeListener = this.#onReport((report) => {
        const picked = pick(report);
        if (picked !== undefined) finish(picked);
      });
    });
  }
}

function passageEnd(report: ControllerReport): (PassageEnd & { readonly grantedSeq: number }) | undefined {
  if (report.kind !== "event") return undefined;
  const { name, fields } = report.event;
  if (name !== "AccessTaken" && name !== "AccessNotTaken") return undefined;
  return { grantedSeq: fields["grantedSeq"] as number, taken: name === "AccessTaken", cause: (fields["cause"] as string | undefined) ?? "" };
}
