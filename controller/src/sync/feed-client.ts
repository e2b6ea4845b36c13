import type { Clock, Partition, Random } from "@portico/card-protocol";
import type { HeldConfiguration } from "./configuration-outcome.ts";
import type { SessionEnd } from "./feed-session.ts";

/** What a subscriber has, as it asks for the rest. */
export interface FeedQuery {
  readonly position: readonly { readonly partition: Partition; readonly epoch: number; readonly version: number }[];
  readonly trustListSequence: number;
  /** Absent: it takes none from the cloud. */
  readonly configuration?: HeldConfiguration | undefined;
}

/** Why a stream is over, on the way. */
export interface StreamEnd {
  readonly detail: string;
  /** The cloud asked to be left alone for so long. */
  readonly retryAfterS?: number;
}

export interface StreamListener {
  readonly onOpen: () => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Once, and nothing behind it. */
  readonly onEnd: (end: StreamEnd) => void;
}

/** The way to the cloud. Two: HTTP, and a simulated one in the same program. */
export interface FeedTransport {
  /** Returns the function that ends it without a further word. */
  open(query: FeedQuery, listener: StreamListener): () => void;
  /** A chunk by its SHA-256 in hex; undefined: it could not be had. Never rejects. */
  chunk(sha256: string): Promise<Uint8Array | undefined>;
}

/** How the connection is. */
export type FeedConnection =
  | { readonly kind: "connected" }
  /** `detail` says what ended the last one. */
  | { readonly kind: "waiting"; readonly detail: string };

/** What takes the bytes of one stream. */
export interface FeedListening {
  take(bytes: Uint8Array): Promise<SessionEnd | undefined>;
  /** Frames that are complete so far. */
  readonly frames: number;
}

export interface FeedClientOptions {
  readonly transport: FeedTransport;
  readonly clock: Pick<Clock, "after">;
  readonly random: Random;
  readonly query: () => FeedQuery;
  /** A session for a new stream. */
  readonly session: (onKeepalive: (nextS: number) => void) => FeedListening;
  readonly onConnection: (connection: FeedConnection) => void;
  /** Something that must not be believed. */
  readonly onRefusal: (refusal: Extract<SessionEnd, { readonly kind: "refused" }>) => void;
  /** The disk refuses: the session ends, and is begun anew later. */
  readonly onFailure: (error: unknown) => void;
}

/** The first wait after an error is drawn from this, each further one from twice as much, up to the longest. Full jitter, also after a clean end. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 60_000;
/** Without a frame for so long the stream is dead, until a keepalive says otherwise. */
const IDLE_MS = 45_000;

/**
 * Keeps a connection to the feed. Bytes are taken one after the other, so that what follows waits until what came before is applied; whatever ends it, it is
 * begun anew from what is durably held.
 */
export class FeedClient {
  readonly #options: FeedClientOptions;
  #attempts = 0;
  #cancelWait: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;
  #endStream: (() => void) | undefined;
  /** Counts streams: what a stream that is over still says is not heard. */
  #stream = 0;
  #isClosed = false;

  constructor(options: FeedClientOptions) {
    this.#options = options;
  }

  start(): void {
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWait?.();
    this.#end();
  }

  #connect(): void {
    const { transport, query, session, onConnection } = this.#options;
    const stream = ++this.#stream;
    const isOver = (): boolean => this.#isClosed || stream !== this.#stream;
    let idleMs = IDLE_MS;
    const listening = session((nextS) => void (idleMs = Math.max(1, nextS) * 1_000));
    // What was heard is applied in order, the end of the stream last.
    let before = Promise.resolve();
    const next = (act: () => Promise<void>): void => void (before = before.then(() => (isOver() ? undefined : act())));
    this.#watch(stream, idleMs);
    this.#endStream = transport.open(query(), {
      onOpen: () => {
        if (!isOver()) onConnection({ kind: "connected" });
      },
      onBytes: (bytes) =>
        next(async () => {
          const { frames } = listening;
          const end = await this.#take(listening, bytes);
          if (isOver()) return;
          if (end !== undefined) return this.#again(endDetail(end), end.kind === "bye" ? end.retryAfterS : undefined, end.kind === "behind");
          // A stream that trickles and completes no frame says nothing: slow retrieval.
          if (listening.frames === frames) return;
          this.#watch(stream, idleMs);
          this.#attempts = 0;
        }),
      onEnd: ({ detail, retryAfterS }) => next(async () => this.#again(detail, retryAfterS, false)),
    });
  }

  async #take(session: FeedListening, bytes: Uint8Array): Promise<SessionEnd | undefined> {
    try {
      const end = await session.take(bytes);
      if (end?.kind === "refused") this.#options.onRefusal(end);
      return end;
    } catch (error) {
      this.#options.onFailure(error);
      return { kind: "unreachable", detail: (error as Error).message };
    }
  }

  #watch(stream: number, idleMs: number): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#options.clock.after(idleMs, () => {
      if (stream === this.#stream) this.#again(`nothing heard for ${Math.round(idleMs / 1_000)} s`, undefined, false);
    });
  }

  /** Ends the stream and comes back: at once where it only fell behind for the first time. */
  #again(detail: string, retryAfterS: number | undefined, isBehind: boolean): void {
    const { clock, random, onConnection } = this.#options;
    this.#end();
    if (this.#isClosed) return;
    onConnection({ kind: "waiting", detail });
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.#attempts);
    const waitMs = isBehind && this.#attempts === 0 ? 0 : (retryAfterS ?? 0) * 1_000 + random() * longest;
    this.#attempts++;
    this.#cancelWait = clock.after(waitMs, () => this.#connect());
  }

  #end(): void {
    this.#stream++;
    this.#cancelIdle?.();
    this.#endStream?.();
    this.#endStream = undefined;
  }
}

function endDetail(end: SessionEnd): string {
  switch (end.kind) {
    case "refused":
      return `${end.error}: ${end.detail}`;
    case "behind":
      return `${end.partition} is further than what was heard`;
    case "unreachable":
      return end.detail;
    case "bye":
      return "the cloud said goodbye";
  }
}
