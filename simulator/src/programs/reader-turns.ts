import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import { Turns } from "../life/turns.ts";

/** A scan without an answer by then was lost, or the controller has seen the same text a moment ago. */
const ANSWER_WITHIN_MS = 3_000;
/** A controller answers the same text once as long as it is seen again within this time, and keeps so many apart. Source: docs/card-format.md, step 1. */
const SEEN_MS = 3_000;
const SEEN_MAX = 4;

/** A scan that has no answer yet. */
interface OpenScan {
  readonly mark: string | undefined;
  readonly read: string;
  /** Somebody need not wait for the answer any more. */
  readonly over: () => void;
}

/** A text that a reader's controller has answered a moment ago: shown again it gets a light and no answer. */
interface Answered {
  readonly read: string;
  readonly until: MonotonicMs;
}

/**
 * One thing after the other before each reader, and each answered before the next is shown: so it is known which scan a report judges, although it names none.
 * What was read is compared with and stands nowhere else.
 */
export class ReaderTurns {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #turns = new Turns();
  readonly #open = new Map<string, OpenScan>();
  readonly #answered = new Map<string, readonly Answered[]>();

  constructor(clock: Pick<Clock, "monotonic" | "after">) {
    this.#clock = clock;
  }

  /**
   * Has something read when it is its turn. Resolves as soon as it has left the reader, with what `send` says; the next waits for the answer.
   *
   * @param mark  what {@link markOf} says of the answer
   */
  scan(accessPoint: string, read: string, mark: string | undefined, send: () => Promise<boolean>): Promise<boolean> {
    return new Promise((leave) => {
      void this.#turns.take(accessPoint, async () => {
        const answer = this.#isRepeat(accessPoint, read) ? undefined : this.#expect(accessPoint, read, mark);
        const leaving = send();
        leave(leaving);
        if (await leaving.catch(() => false)) await answer?.wait();
        this.#open.delete(accessPoint);
      });
    });
  }

  /** The mark of the scan that a report judges, to be asked once a report, in their order; undefined where it judges none, or one without a mark. */
  markOf(report: ControllerReport): string | undefined {
    const open = report.kind === "judged" ? this.#open.get(report.accessPoint) : undefined;
    if (report.kind !== "judged" || open === undefined) return undefined;
    this.#open.delete(report.accessPoint);
    this.#remember(report.accessPoint, open.read);
    open.over();
    return open.mark;
  }

  /** Nobody waits for an answer any more. */
  close(): void {
    for (const { over } of this.#open.values()) over();
  }

  #expect(accessPoint: string, read: string, mark: string | undefined): { readonly wait: () => Promise<void> } {
    let over = (): void => {};
    const isOver = new Promise<void>((resolve) => (over = resolve));
    this.#open.set(accessPoint, { mark, read, over: () => over() });
    return {
      wait: async () => {
        const cancel = this.#clock.after(ANSWER_WITHIN_MS, over);
        await isOver;
        cancel();
      },
    };
  }

  #isRepeat(accessPoint: string, read: string): boolean {
    const now = this.#clock.monotonic();
    const isKnown = this.#answered.get(accessPoint)?.some((each) => each.read === read && now < each.until) === true;
    if (isKnown) this.#remember(accessPoint, read);
    return isKnown;
  }

  #remember(accessPoint: string, read: string): void {
    const now = this.#clock.monotonic();
    const others = (this.#answered.get(accessPoint) ?? []).filter((each) => each.read !== read && now < each.until);
    this.#answered.set(accessPoint, [{ read, until: (now + SEEN_MS) as MonotonicMs }, ...others].slice(0, SEEN_MAX));
  }
}
