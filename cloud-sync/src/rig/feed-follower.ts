import {
  bytesToHex,
  type ChunkReference,
  type DeltaPart,
  decodeItem,
  digestOf,
  type Frame,
  FrameReader,
  type Head,
  type ItemBytes,
  itemsOfRows,
  joinDelta,
  type KeyFor,
  ok,
  type Partition,
  readChunk,
  readDeltaPart,
  readHead,
  readManifest,
  type Result,
} from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { FeedSink } from "../feed/feed-hub.ts";

/** A subscriber that believes nothing: it verifies and applies what it hears, and throws at the first thing that does not follow. */
export class FeedFollower implements FeedSink {
  readonly frames: Frame[] = [];
  readonly heads = new Map<Partition, Head>();
  readonly at = new Map<Partition, { readonly epoch: number; readonly version: number }>();
  readonly items = new Map<Partition, Map<string, ItemBytes>>();
  ended = false;
  /** As a reader that does not read. */
  isStuck = false;
  readonly #site: string;
  readonly #publicKey: Uint8Array;
  readonly #fetch: (sha256: string) => Uint8Array | undefined;
  readonly #reader = new FrameReader();
  #parts: DeltaPart[] = [];

  constructor(site: string, publicKey: Uint8Array, fetch: (sha256: string) => Uint8Array | undefined) {
    this.#site = site;
    this.#publicKey = publicKey;
    this.#fetch = fetch;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isStuck) return false;
    for (const frame of valueOf(this.#reader.push(bytes))) {
      this.frames.push(frame);
      this.#take(frame);
    }
    return true;
  }

  end(): void {
    this.ended = true;
  }

  #take(frame: Frame): void {
    if (frame.kind === "head") {
      const head = valueOf(readHead(frame.record, this.#site, this.#keyFor, nodeVerifier));
      this.heads.set(head.partition, head);
      const digest = digestOf(this.#itemsOf(head.partition).values(), nodeSha256);
      if (bytesToHex(digest) !== bytesToHex(head.digest)) throw new Error(`${head.partition}: FeedDigest of head ${head.version}`);
      if (this.at.get(head.partition)?.version !== head.version && head.version > 0) throw new Error(`${head.partition}: head of another version`);
    } else if (frame.kind === "delta") this.#takeDelta(valueOf(readDeltaPart(frame.record, this.#site, this.#keyFor, nodeVerifier)));
    else if (frame.kind === "manifest") this.#takeSnapshot(frame.record);
  }

  #takeDelta(part: DeltaPart): void {
    this.#parts.push(part);
    if (this.#parts.length < part.parts) return;
    const delta = joinDelta(this.#parts);
    this.#parts = [];
    if (delta === undefined) throw new Error("parts that are none");
    const { partition, epoch, from, to, digestBefore, digestAfter, removed, put } = delta;
    if ((this.at.get(partition)?.version ?? 0) !== from) throw new Error(`${partition}: FeedGap at ${from}`);
    const items = this.#itemsOf(partition);
    if (bytesToHex(digestOf(items.values(), nodeSha256)) !== bytesToHex(digestBefore)) throw new Error(`${partition}: digest before ${from}`);
    for (const key of removed) if (!items.delete(bytesToHex(key))) throw new Error(`${partition}: removes what is not there`);
    for (const item of put) {
      if (decodeItem(partition, item).kind !== "item") throw new Error(`${partition}: an item that is none`);
      items.set(bytesToHex(item.key), item);
    }
    if (bytesToHex(digestOf(items.values(), nodeSha256)) !== bytesToHex(digestAfter)) throw new Error(`${partition}: digest after ${to}`);
    this.at.set(partition, { epoch, version: to });
  }

  #takeSnapshot(record: Uint8Array): void {
    const { partition, epoch, version, chunks } = valueOf(readManifest(record, this.#site, this.#keyFor, nodeVerifier));
    const items = chunks.flatMap((reference: ChunkReference) => {
      const bytes = this.#fetch(bytesToHex(reference.sha256));
      const read = bytes === undefined ? undefined : readChunk(bytes, reference, nodeSha256);
      if (read === undefined) throw new Error(`${partition}: a chunk that is not the manifest's`);
      return read.flatMap(({ rows }) => itemsOfRows(rows));
    });
    this.items.set(partition, new Map(items.map((item) => [bytesToHex(item.key), item])));
    this.at.set(partition, { epoch, version });
  }

  readonly #keyFor: KeyFor = () => ok(this.#publicKey);

  #itemsOf(partition: Partition): Map<string, ItemBytes> {
    const items = this.items.get(partition) ?? new Map<string, ItemBytes>();
    this.items.set(partition, items);
    return items;
  }
}

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}
