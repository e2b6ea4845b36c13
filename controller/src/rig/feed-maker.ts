import {
  bucketRows,
  bytesToHex,
  concatBytes,
  type Delta,
  digestOf,
  encodeFrame,
  encodeItem,
  type FeedItem,
  type Head,
  type ItemBytes,
  kidBytes,
  makeChunks,
  makeDelta,
  makeHead,
  makeManifest,
  type Manifest,
  type Partition,
  sameBytes,
  type Signer,
  type TrustList,
  unixSeconds,
} from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";

export const FEED_SITE = "campus-east";
export const FEED_NOW = unixSeconds(1_800_000_000);
const FEED_KID = 2;
/** Of the feed, known to everybody. */
export const FEED_SIGNER: Signer = nodeSigner(new Uint8Array(32).fill(0x46));

/** A trust list in which the key above may sign the feed. */
export const feedTrust = (feedEpoch = 1): TrustList => ({
  sequence: 3,
  issued: FEED_NOW,
  validUntil: unixSeconds(FEED_NOW + 100 * 86_400),
  feedEpoch,
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map([
    [
      FEED_KID,
      {
        kid: FEED_KID,
        publicKey: FEED_SIGNER.publicKey,
        usages: ["feed"],
        notBefore: unixSeconds(0),
        notAfter: unixSeconds(FEED_NOW + 1e8),
        ttlS: 0,
        status: "active",
      },
    ],
  ]),
});

/** A feed of one partition, made by hand: honest unless it is told otherwise. */
export class FeedMaker {
  readonly partition: Partition;
  readonly chunks = new Map<string, Uint8Array>();
  epoch = 1;
  version = 0;
  items: ItemBytes[] = [];
  readonly #signer: Signer;
  readonly #site: string;

  constructor(partition: Partition, signer: Signer = FEED_SIGNER, site = FEED_SITE) {
    this.partition = partition;
    this.#signer = signer;
    this.#site = site;
  }

  get digest(): Uint8Array {
    return digestOf(this.items, nodeSha256);
  }

  /** The next version's delta: these items come or change, those keys go. @param change  what the delta says instead of the truth */
  delta(put: readonly FeedItem[], removed: readonly Uint8Array[] = [], change: Partial<Delta> = {}): Uint8Array {
    const puts = put.map(encodeItem);
    const digestBefore = this.digest;
    this.items = [...this.items.filter(({ key }) => ![...removed, ...puts.map((item) => item.key)].some((other) => sameBytes(other, key))), ...puts];
    const delta: Delta = {
      partition: this.partition,
      epoch: this.epoch,
      from: this.version,
      to: ++this.version,
      digestBefore,
      digestAfter: this.digest,
      removed,
      put: puts,
      ...change,
    };
    const parts = makeDelta(this.#site, delta, kidBytes(FEED_KID), this.#signer);
    return concatBytes(parts!.map((record) => encodeFrame({ kind: "delta", record })));
  }

  head(change: Partial<Head> = {}): Uint8Array {
    const head: Head = {
      partition: this.partition,
      epoch: this.epoch,
      version: this.version,
      digest: this.digest,
      publish: 40 + this.version,
      issued: FEED_NOW,
      expires: unixSeconds(FEED_NOW + 600),
      globalVersion: this.partition === "global" ? null : 0,
      trustListSequence: 3,
      ...change,
    };
    return encodeFrame({ kind: "head", record: makeHead(this.#site, head, kidBytes(FEED_KID), this.#signer) });
  }

  manifest(change: Partial<Manifest> = {}): Uint8Array {
    const chunks = makeChunks(bucketRows(this.items, nodeSha256), nodeSha256);
    for (const { reference, bytes } of chunks) this.chunks.set(bytesToHex(reference.sha256), bytes);
    const manifest: Manifest = {
      partition: this.partition,
      epoch: this.epoch,
      version: this.version,
      digest: this.digest,
      items: this.items.length,
      chunks: chunks.map(({ reference }) => reference),
      ...change,
    };
    return encodeFrame({ kind: "manifest", record: makeManifest(this.#site, manifest, kidBytes(FEED_KID), this.#signer) });
  }
}

export const accessPoint = (number: number, id = `gate-${number}`): FeedItem => ({ table: "accessPoint", number, id });
export const hello = (site = FEED_SITE): Uint8Array => encodeFrame({ kind: "hello", site, publish: 1 });
