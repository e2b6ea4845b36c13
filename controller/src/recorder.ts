import { type Clock, type ControllerEvent, eventOf, type MonotonicMs, U32_MAX } from "@portico/card-protocol";
import type { ControllerStore, Recording } from "./store/controller-store.ts";
import type { EventTime } from "./store/event-log.ts";
import { RecordingFailed } from "./store/recording-failed.ts";

/** While the disk refuses, it is asked again this often even when nobody comes. */
const RETRY_MS = 5_000;
/** So many events, the newest, are kept for when the disk takes writes again. */
const OWED_MAX = 1_000;

/** Why nothing can be recorded, and since when. */
export interface Suspension {
  readonly cause: string;
  readonly since: MonotonicMs;
  /** Decisions that were refused because of it. */
  readonly denied: number;
}

/** What a recorder writes to. */
export type RecordingStore = Pick<ControllerStore, "recordDecision" | "recordDecisions" | "events" | "database" | "suspended" | "begun">;

/** An event that happened while the disk refused. */
interface OwedEvent {
  readonly event: ControllerEvent;
  readonly time: EventTime;
}

/**
 * Writes events, and remembers when the disk refuses: then nobody is let in, the status says so, and it ends by itself as soon as the disk takes writes again.
 * The two events that tell of it are written then, in front of whatever is written next; behind them, each with its own time, what happened meanwhile.
 */
export class Recorder {
  readonly #store: RecordingStore;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #time: () => EventTime;
  #suspension: Suspension | undefined;
  #owed: OwedEvent[] = [];
  #owedStart: (() => void) | undefined;
  #forgotten = 0;
  #cancelRetry = (): void => {};
  #marked = (event: ControllerEvent): ControllerEvent => event;

  constructor(store: RecordingStore, clock: Pick<Clock, "monotonic" | "after">, time: () => EventTime) {
    this.#store = store;
    this.#clock = clock;
    this.#time = time;
  }

  /** Undefined while events are being written. */
  get suspension(): Suspension | undefined {
    return this.#suspension;
  }

  /** From now on each event is recorded as this makes of it: what belongs to a drill is marked as such. */
  mark(marked: (event: ControllerEvent) => ControllerEvent): void {
    this.#marked = marked;
  }

  /**
   * Records that a run begins, before anything else is. What the disk refuses of it is written, all of it or nothing, as soon as it takes writes again: until
   * then the run goes on with nobody let in, because doors that are left and freed for fire depend on it.
   */
  begin(write: () => void): void {
    this.#owedStart = write;
    try {
      this.#store.database.transaction("durable", write);
      this.#begun();
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#suspend(error);
    }
  }

  /**
   * Records a decision; a grant spends its pass with it. One that the disk refused is counted and not written later.
   *
   * @returns the event's number, or undefined when the disk refused: then nobody may be let in
   */
  decision(event: ControllerEvent): number | undefined {
    const seq = this.attempt(() => this.#store.recordDecision(this.#marked(event), this.#time()));
    if (seq === undefined) this.#refused(1);
    return seq;
  }

  /** Records what is one decision or none: the grants of holders who are let in together, or a grant and what it opens. */
  decisions(events: readonly Recording[]): readonly number[] | undefined {
    const marked = events.map((event): Recording => (typeof event === "function" ? (seq) => this.#marked(event(seq)) : this.#marked(event)));
    const seqs = this.attempt(() => this.#store.recordDecisions(marked, this.#time()));
    if (seqs === undefined) this.#refused(events.filter((event) => typeof event !== "function").length);
    return seqs;
  }

  /** Records a decision that money is spent on, with what is kept beside its events: durable when it returns, all or none. Undefined when the disk refused. */
  payment(events: readonly Recording[], keep: (seqs: readonly number[], time: EventTime) => void): readonly number[] | undefined {
    const time = this.#time();
    const seqs = this.attempt(() =>
      this.#store.database.transaction("durable", () => {
        const written = this.#store.recordDecisions(
          events.map((event): Recording => (typeof event === "function" ? (seq) => this.#marked(event(seq)) : this.#marked(event))),
          time,
        );
        keep(written, time);
        return written;
      }),
    );
    if (seqs === undefined) this.#refused(1);
    return seqs;
  }

  /** Records something that is to happen only when it stands: an operator's wish. Undefined when the disk refused; it is not written later. */
  wish(event: ControllerEvent): number | undefined {
    return this.attempt(() => this.#store.events.append(this.#marked(event), this.#time()));
  }

  /** Records a command before it is carried out: durable when it returns, so that it is never carried out twice. Undefined when the disk refused. */
  command(event: ControllerEvent): number | undefined {
    return this.attempt(() => this.#store.database.transaction("durable", () => this.#store.events.append(this.#marked(event), this.#time())));
  }

  /** Records what has happened, whatever the disk says: what it refuses is written as soon as it takes writes again. Undefined until then. */
  event(happened: ControllerEvent): number | undefined {
    const time = this.#time();
    const event = this.#marked(happened);
    const seq = this.attempt(() => this.#store.events.append(event, time));
    if (seq === undefined) this.#owe({ event, time });
    return seq;
  }

  /** Any other write to the store. Undefined when the disk refused; nothing was written then. */
  attempt<T>(write: () => T): T | undefined {
    try {
      if (this.#suspension !== undefined) this.#resume(this.#suspension);
      return write();
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#suspend(error);
      return undefined;
    }
  }

  /** Writes what is owed, where the disk takes it, and stops asking. */
  close(): void {
    this.attempt(() => undefined);
    this.abandon();
  }

  /** Stops asking the disk, without a word. */
  abandon(): void {
    this.#cancelRetry();
  }

  #refused(count: number): void {
    if (this.#suspension !== undefined) this.#suspension = { ...this.#suspension, denied: this.#suspension.denied + count };
  }

  #begun(): void {
    this.#owedStart = undefined;
    this.#store.begun();
  }

  #owe(owed: OwedEvent): void {
    this.#owed.push(owed);
    if (this.#owed.length <= OWED_MAX) return;
    this.#owed.shift();
    this.#forgotten++;
  }

  #suspend(failure: RecordingFailed): void {
    if (this.#suspension !== undefined) return;
    this.#suspension = { cause: `${failure.trouble}: ${failure.message}`, since: this.#clock.monotonic(), denied: 0 };
    this.#store.suspended(true);
    this.#retryLater();
  }

  /** @throws RecordingFailed while the disk still refuses */
  #resume({ cause, since, denied }: Suspension): void {
    const time = this.#time();
    const { events, database } = this.#store;
    const outageMs = Math.min(U32_MAX, Math.round(this.#clock.monotonic() - since));
    // Durable: an operator's act may be among what is owed.
    database.transaction("durable", () => {
      this.#owedStart?.();
      events.append(eventOf("RecordingSuspended", { cause }), time);
      events.append(eventOf("RecordingResumed", { outageMs, denied }), time);
      if (this.#forgotten > 0)
        events.append(eventOf("AuditGap", { cause: `${this.#forgotten} events too many`, firstSeq: null, lastSeq: null, windowMs: outageMs }), time);
      for (const owed of this.#owed) events.append(owed.event, owed.time);
    });
    this.#owed = [];
    this.#forgotten = 0;
    this.#suspension = undefined;
    if (this.#owedStart !== undefined) this.#begun();
    this.#store.suspended(false);
    this.#cancelRetry();
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.attempt(() => undefined);
      if (this.#suspension !== undefined) this.#retryLater();
    });
  }
}
