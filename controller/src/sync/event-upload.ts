import { type ChainEnd, type Clock, makeEventBatch, type Random, sameBytes, type Signer, type UnixSeconds } from "@portico/card-protocol";
import { RecordingFailed } from "../store/recording-failed.ts";
import type { EventPortion, EventUploadMark } from "../store/event-upload-mark.ts";
import type { EventsAnswer, EventTransport } from "./event-transport.ts";

export interface EventUploadOptions {
  readonly site: string;
  readonly controller: string;
  /** The controller's own key. */
  readonly signer: Signer;
  readonly mark: EventUploadMark;
  /** The end of the log. */
  readonly last: () => ChainEnd;
  /** Calls back with each event that is recorded; returns what stops it. */
  readonly onRecorded: (listener: () => void) => () => void;
  readonly transport: EventTransport;
  readonly clock: Pick<Clock, "after">;
  /** Seconds; null while the clock is untrusted. */
  readonly now: () => UnixSeconds | null;
  readonly random: Random;
  /** The cloud takes none of it, or keeps something else: told once until it is over. */
  readonly onRefused: (error: string, detail: string) => void;
}

/** How far the log is with the cloud, for whoever looks. */
export interface UploadStatus {
  /** Everything up to this event is with the cloud. */
  readonly uploaded: number;
  readonly uploadedAt: number | null;
  /** So many are not. */
  readonly waiting: number;
  /** When the oldest of these happened; null: none waits, or no clock knew. */
  readonly waitingSince: number | null;
  /** Why the last attempt failed; empty where it did not. */
  readonly problem: string;
}

/** An event waits so long for others to go with it. */
const GATHER_MS = 200;
/** Between two batches of a log that is behind, so that scans are judged meanwhile. */
const PAUSE_MS = 10;
/** A batch is read, signed and handed over within a millisecond or two. */
const BATCH_RECORDS_MAX = 256;
const BATCH_BYTES_MAX = 131_072;
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;

/**
 * Brings the log to the cloud, batch by batch, never two at once. What is acknowledged is remembered durably, so that a restart goes on from there; an answer
 * that was lost is asked for again with the same events, which the cloud has then already.
 */
export class EventUpload {
  readonly #options: EventUploadOptions;
  #removeListener = (): void => {};
  #cancelWait: (() => void) | undefined;
  #isOnItsWay = false;
  #isClosed = false;
  #attempts = 0;
  #problem = "";
  /** The refusal that was told last. */
  #told = "";

  constructor(options: EventUploadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#removeListener = this.#options.onRecorded(() => this.#wait(GATHER_MS));
    this.#wait(GATHER_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#removeListener();
    this.#cancelWait?.();
  }

  status(): UploadStatus {
    const { mark, last } = this.#options;
    const { acknowledged, acknowledgedAt } = mark.position;
    return {
      uploaded: acknowledged.seq,
      uploadedAt: acknowledgedAt,
      waiting: Math.max(0, last().seq - acknowledged.seq),
      waitingSince: mark.oldestWaitingAt() ?? null,
      problem: this.#problem,
    };
  }

  /** Whoever waits already, waits on: a new event makes no attempt come earlier. */
  #wait(ms: number): void {
    if (this.#isClosed || this.#isOnItsWay || this.#cancelWait !== undefined) return;
    this.#cancelWait = this.#options.clock.after(ms, () => {
      this.#cancelWait = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const { mark, site, controller, signer, transport } = this.#options;
    const portion = mark.next(BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
    if (portion === undefined) return;
    if (this.#kept(() => mark.sending(portion.lastSeq)) === undefined) return this.#again();
    this.#isOnItsWay = true;
    const answer = await transport.sendEvents(makeEventBatch(site, { controller, from: portion.from, records: portion.records }, signer));
    if (this.#isClosed) return;
    const trouble = this.#answered(portion, answer); // what it records itself makes no attempt come earlier either
    this.#isOnItsWay = false;
    if (trouble !== undefined) return this.#again(trouble.detail, trouble.retryAfterS);
    this.#attempts = 0;
    [this.#problem, this.#told] = ["", ""];
    if (this.#options.last().seq > mark.position.acknowledged.seq) this.#wait(PAUSE_MS);
  }

  /** Moves the mark as far as the answer can be believed. Undefined: it has moved on. */
  #answered({ lastSeq }: EventPortion, answer: EventsAnswer): { readonly detail: string; readonly retryAfterS?: number } | undefined {
    switch (answer.kind) {
      case "unreachable":
        return answer;
      case "acknowledged": {
        const trouble = this.#believe(answer.end);
        if (trouble !== undefined) return trouble;
        return this.#options.mark.position.acknowledged.seq >= lastSeq ? undefined : { detail: `the cloud has events up to ${answer.end.seq} only` };
      }
      case "refused": {
        this.#refused(answer.error, answer.detail);
        // It lost what it had acknowledged, or a restart lost the word of it: the log goes on from where the cloud is.
        if (answer.error === "EventGap" && answer.end !== undefined) this.#believe(answer.end);
        return { detail: `${answer.error}: ${answer.detail}` };
      }
    }
  }

  /** The cloud says that its copy of this log ends here: true only where the two are one chain. */
  #believe(end: ChainEnd): { readonly detail: string } | undefined {
    const { mark, last, now } = this.#options;
    const own = mark.hashOf(end.seq);
    const isFork = end.seq > last().seq || (own !== undefined && !sameBytes(own, end.hash));
    if (isFork) {
      const detail = `the cloud holds an event ${end.seq} that this log has not`;
      this.#refused("EventFork", detail);
      return { detail: `EventFork: ${detail}` };
    }
    const known = own === undefined ? mark.endBefore(end.seq) : end;
    return this.#kept(() => mark.acknowledge(known, now())) === undefined ? { detail: this.#problem } : undefined;
  }

  /** A word that the disk refuses is not kept: then the same is sent again. */
  #kept(write: () => void): true | undefined {
    try {
      write();
      return true;
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#problem = `the disk refuses: ${error.message}`;
      return undefined;
    }
  }

  #refused(error: string, detail: string): void {
    if (this.#told === error) return;
    this.#told = error;
    this.#options.onRefused(error, detail);
  }

  /** Full jitter. */
  #again(detail = this.#problem, retryAfterS = 0): void {
    this.#problem = detail;
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#attempts, 10));
    this.#attempts++;
    this.#wait(retryAfterS * 1_000 + this.#options.random() * longest);
  }
}
