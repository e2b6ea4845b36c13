import {
  acceptTrustList,
  bytesToHex,
  type ChunkReference,
  type Delta,
  type DeltaPart,
  DELTA_PARTS_MAX,
  err,
  type FeedRefusal,
  type Frame,
  FrameReader,
  type Head,
  joinDelta,
  type KeyFor,
  keysFor,
  type Manifest,
  ok,
  type Partition,
  readChunk,
  readDeltaPart,
  readHead,
  readManifest,
  type Result,
  type SignedError,
  type TrustList,
  type TrustListContext,
  type TrustListError,
  type WallTime,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { type FeedContext, type HeldPartition, judgeDelta, judgeHead, judgeManifest } from "../core/feed-judgement.ts";
import type { FeedStore, SnapshotWriter } from "../store/feed-store.ts";

/** Why a session is over: the list in force stays whatever it is. */
export type SessionEnd =
  /** Something that must not be believed; told and recorded. */
  | { readonly kind: "refused"; readonly partition: string; readonly error: FeedRefusal | SignedError | TrustListError; readonly detail: string }
  /** The head names a version that was not heard: ask again from where one stands. */
  | { readonly kind: "behind"; readonly partition: Partition }
  /** A chunk could not be had. */
  | { readonly kind: "unreachable"; readonly detail: string }
  | { readonly kind: "bye"; readonly retryAfterS: number };

export interface FeedSessionOptions {
  readonly site: string;
  /** Those that were asked for. */
  readonly partitions: readonly Partition[];
  readonly store: FeedStore;
  readonly trustContext: TrustListContext;
  readonly trustList: () => TrustList;
  /** Keeps a newer list; it is in force when this returns. @throws RecordingFailed */
  readonly takeTrustList: (list: TrustList, bytes: Uint8Array) => void;
  /** An error: nobody who may has signed it. */
  readonly takeCommand: (record: Uint8Array) => Result<unknown, SignedError>;
  /** An error: nobody who may has signed it. Absent: it takes none from the cloud, and one that comes is passed over. */
  readonly takeConfiguration?: ((record: Uint8Array) => Result<unknown, SignedError>) | undefined;
  readonly wall: () => WallTime;
  /** A chunk by its SHA-256 in hex; undefined: it could not be had. */
  readonly fetchChunk: (sha256: string) => Promise<Uint8Array | undefined>;
  /** What a partition of which nothing is held stands at. */
  readonly held: (partition: Partition) => HeldPartition;
  /** @param record  the head as it was signed */
  readonly onHead: (held: HeldPartition, record: Uint8Array) => void;
  /** A snapshot is in force, or was given up: what it replaced, or what is there of it, may be swept. */
  readonly onLeftovers: () => void;
  /** The zones' keys have these generations: resolves when those that were missing are here, or could not be had. */
  readonly onZoneKeys: (generations: ReadonlyMap<string, number>) => Promise<void>;
  /** Seconds within which the next bytes are to come. */
  readonly onKeepalive: (nextS: number) => void;
}

/** One connection to the feed: verifies what it hears and applies what follows. Believes nothing that is not signed, and nothing that does not follow. */
export class FeedSession {
  readonly #options: FeedSessionOptions;
  readonly #reader = new FrameReader();
  /** Of a delta whose parts are not all here yet. */
  #parts: DeltaPart[] = [];
  #frames = 0;

  constructor(options: FeedSessionOptions) {
    this.#options = options;
  }

  /** Frames that are complete so far. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Takes the next bytes; to be called again only when this has resolved.
   *
   * @returns undefined: go on
   * @throws RecordingFailed when the disk refuses
   */
  async take(bytes: Uint8Array): Promise<SessionEnd | undefined> {
    const frames = this.#reader.push(bytes);
    if (!frames.ok) return refused("feed", frames);
    this.#frames += frames.value.length;
    for (const frame of frames.value) {
      const end = await this.#takeFrame(frame);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  async #takeFrame(frame: Frame): Promise<SessionEnd | undefined> {
    switch (frame.kind) {
      case "hello":
        return frame.site === this.#options.site ? undefined : refused("feed", err("FeedTarget", `the feed of site ${JSON.stringify(frame.site)}`));
      case "trustList":
        return this.#takeTrustList(frame.record);
      case "head":
        return this.#takeHead(frame.record);
      case "delta":
        return this.#takeDeltaPart(frame.record);
      case "manifest":
        return this.#takeManifest(frame.record);
      case "command":
        return unsignedEnd("command", this.#options.takeCommand(frame.record));
      case "configuration":
        return unsignedEnd("configuration", this.#options.takeConfiguration?.(frame.record) ?? ok(undefined));
      case "keepalive":
        this.#options.onKeepalive(frame.nextS);
        return undefined;
      case "zoneKeys":
        await this.#options.onZoneKeys(new Map(frame.generations));
        return undefined;
      case "bye":
        return { kind: "bye", retryAfterS: frame.retryAfterS };
    }
  }

  #takeTrustList(record: Uint8Array): SessionEnd | undefined {
    const { trustList, trustContext, takeTrustList } = this.#options;
    const current = trustList();
    const accepted = acceptTrustList(current, record, trustContext);
    if (!accepted.ok) return refused("trust list", accepted);
    if (accepted.value !== current) takeTrustList(accepted.value, record);
    return undefined;
  }

  #takeHead(record: Uint8Array): SessionEnd | undefined {
    const { site, trustContext, held, onHead, store } = this.#options;
    const head: Result<Head, SignedError | FeedRefusal> = readHead(record, site, this.#keyFor, trustContext.verifier);
    if (!head.ok) return refused("feed", head);
    const { partition } = head.value;
    const verdict = judgeHead(held(partition), head.value, this.#context);
    if (!verdict.ok) return refused(partition, verdict);
    if (verdict.value.kind === "behind") return { kind: "behind", partition };
    store.confirm(verdict.value.held);
    onHead(verdict.value.held, record);
    return undefined;
  }

  #takeDeltaPart(record: Uint8Array): SessionEnd | undefined {
    const { site, trustContext } = this.#options;
    const part = readDeltaPart(record, site, this.#keyFor, trustContext.verifier);
    if (!part.ok) return refused("feed", part);
    // Parts come one behind the other; one that begins anew begins another delta.
    if (part.value.part === 0) this.#parts = [];
    this.#parts.push(part.value);
    if (this.#parts.length > DELTA_PARTS_MAX || part.value.part !== this.#parts.length - 1)
      return refused(part.value.partition, err("FeedGap", `part ${part.value.part} of a delta, ${this.#parts.length - 1} were here`));
    if (this.#parts.length < part.value.parts) return undefined;
    const delta = joinDelta(this.#parts);
    this.#parts = [];
    return delta === undefined ? refused(part.value.partition, err("FeedMalformed", "parts of different deltas")) : this.#applyDelta(delta);
  }

  #applyDelta(delta: Delta): SessionEnd | undefined {
    const { store, held } = this.#options;
    const judged = judgeDelta(held(delta.partition), delta, this.#context);
    if (!judged.ok) return refused(delta.partition, judged);
    const applied = store.applyDelta(delta);
    return applied.ok ? undefined : refused(delta.partition, applied);
  }

  async #takeManifest(record: Uint8Array): Promise<SessionEnd | undefined> {
    const { site, trustContext, held } = this.#options;
    const manifest: Result<Manifest, SignedError | FeedRefusal> = readManifest(record, site, this.#keyFor, trustContext.verifier);
    if (!manifest.ok) return refused("feed", manifest);
    const judged = judgeManifest(held(manifest.value.partition), manifest.value, this.#context);
    return judged.ok ? this.#fetch(manifest.value) : refused(manifest.value.partition, judged);
  }

  async #fetch(manifest: Manifest): Promise<SessionEnd | undefined> {
    const writer = this.#options.store.beginSnapshot(manifest);
    try {
      return await this.#fetchInto(writer, manifest);
    } finally {
      writer.close();
      this.#options.onLeftovers();
    }
  }

  async #fetchInto(writer: SnapshotWriter, { partition, chunks }: Manifest): Promise<SessionEnd | undefined> {
    // While a chunk is written, the next is on its way.
    let coming = this.#chunkBytes(chunks[0]);
    for (const [nth, reference] of chunks.entries()) {
      const bytes = await coming;
      const name = bytesToHex(reference.sha256).slice(0, 8);
      if (bytes === undefined) return { kind: "unreachable", detail: `chunk ${name} could not be had` };
      coming = this.#chunkBytes(chunks[nth + 1]);
      const buckets = readChunk(bytes, reference, nodeSha256);
      if (buckets === undefined) return refused(partition, err("FeedDigest", `chunk ${name} is not the one that the manifest names`));
      const written = writer.chunk(buckets);
      if (!written.ok) return refused(partition, written);
    }
    const finished = writer.finish();
    return finished.ok ? undefined : refused(partition, finished);
  }

  /** Behind the last chunk there are none. */
  async #chunkBytes(reference: ChunkReference | undefined): Promise<Uint8Array | undefined> {
    return reference && this.#options.fetchChunk(bytesToHex(reference.sha256));
  }

  get #context(): FeedContext {
    return { subscribed: this.#options.partitions, feedEpoch: this.#options.trustList().feedEpoch };
  }

  readonly #keyFor: KeyFor = (kid) => keysFor(this.#options.trustList(), "feed", this.#options.wall())(kid);
}

/** What is signed is taken or refused by itself; only what nobody has signed ends the session. */
const unsignedEnd = (what: string, taken: Result<unknown, SignedError>): SessionEnd | undefined => (taken.ok ? undefined : refused(what, taken));

const refused = (
  partition: string,
  { error, detail }: { readonly error: Extract<SessionEnd, { readonly kind: "refused" }>["error"]; readonly detail: string },
): SessionEnd => ({ kind: "refused", partition, error, detail });
