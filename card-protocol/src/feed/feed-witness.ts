import { sameBytes } from "../bytes.ts";
import type { WallTime } from "../clock.ts";
import { bytesToHex } from "../hex.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import type { KeyFor, SignedError } from "../signed.ts";
import { acceptTrustList, keysFor, readOwnTrustList, type TrustList, type TrustListContext, type TrustListError } from "../trust-list.ts";
import { readCommand } from "../command.ts";
import { readDeltaPart } from "./delta.ts";
import type { FeedRefusal } from "./feed-refusal.ts";
import type { Frame } from "./frame.ts";
import { readHead } from "./head.ts";
import { readManifest } from "./manifest.ts";
import type { Partition } from "./partition.ts";

/** What a frame says, read and found to be signed. Digests and ids in hex. */
export type Witnessed =
  | { readonly kind: "hello"; readonly site: string; readonly publish: number }
  | { readonly kind: "trustList"; readonly sequence: number; readonly feedEpoch: number; readonly rootVersion: number; readonly validUntil: number }
  | ({ readonly kind: "head"; readonly publish: number; readonly issued: number; readonly expires: number } & WitnessedPlace)
  | ({
      readonly kind: "delta";
      readonly from: number;
      readonly removed: number;
      readonly put: number;
      readonly part: number;
      readonly parts: number;
    } & WitnessedPlace)
  | ({ readonly kind: "manifest"; readonly items: number; readonly chunks: number; readonly bytes: number } & WitnessedPlace)
  | { readonly kind: "command"; readonly id: string; readonly controller: string; readonly target: string; readonly verb: string; readonly notAfter: number }
  | { readonly kind: "configuration" }
  | { readonly kind: "keepalive"; readonly nextS: number }
  | { readonly kind: "bye"; readonly retryAfterS: number }
  | { readonly kind: "zoneKeys"; readonly generations: readonly (readonly [zone: string, generation: number])[] };

export interface WitnessedPlace {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  readonly digest: string;
}

/** Two signed records that say different things of one version: nobody but the holder of a feed key can have made them. */
export interface ForkProof {
  readonly place: Omit<WitnessedPlace, "digest">;
  readonly digests: readonly [string, string];
  readonly records: readonly [Uint8Array, Uint8Array];
}

export interface FeedWitnessOptions extends TrustListContext {
  readonly wall: () => WallTime;
  /** In force already; undefined: the pinned roots vouch for the first that is heard. */
  readonly trustList?: TrustList;
}

/**
 * Watches feeds without holding what they say: each record has to be signed, no version may have two digests, whoever tells it, and the epoch is that of the
 * roots. What two streams say is compared when one witness hears both.
 */
export class FeedWitness {
  readonly #options: FeedWitnessOptions;
  readonly #places = new Map<string, { readonly digest: Uint8Array; readonly record: Uint8Array }>();
  #trustList: TrustList | undefined;
  #fork: ForkProof | undefined;
  /** Trust lists that were heard, in hex. */
  readonly #lists = new Set<string>();

  constructor(options: FeedWitnessOptions) {
    this.#options = options;
    this.#trustList = options.trustList;
  }

  get trustList(): TrustList | undefined {
    return this.#trustList;
  }

  /** What proves that the cloud told different doors different things; undefined: nothing does yet. */
  get fork(): ForkProof | undefined {
    return this.#fork;
  }

  take(frame: Frame): Result<Witnessed, FeedRefusal | SignedError | TrustListError> {
    switch (frame.kind) {
      case "hello":
        return frame.site === this.#options.site ? ok(frame) : err("FeedTarget", `the feed of site ${JSON.stringify(frame.site)}`);
      case "trustList":
        return this.#takeTrustList(frame.record);
      case "head":
        return this.#takeHead(frame.record);
      case "delta":
        return this.#takeDelta(frame.record);
      case "manifest":
        return this.#takeManifest(frame.record);
      case "command":
        return this.#takeCommand(frame.record);
      case "keepalive":
      case "bye":
      case "zoneKeys":
        return ok(frame);
      case "configuration": // one controller's own: no list goes by it
        return ok({ kind: "configuration" });
    }
  }

  #takeTrustList(record: Uint8Array): ReturnType<FeedWitness["take"]> {
    const accepted = acceptTrustList(this.#trustList, record, this.#options);
    const list = accepted.ok ? accepted : (this.#heardBefore(record) ?? accepted);
    if (!list.ok) return list;
    if (accepted.ok) this.#trustList = accepted.value;
    this.#lists.add(bytesToHex(record));
    const { sequence, feedEpoch, roots, validUntil } = list.value;
    return ok({ kind: "trustList", sequence, feedEpoch, rootVersion: roots.version, validUntil });
  }

  /** Each stream begins with the lists that lead to the one in force: one that was heard, or that lies before the one to go by, says nothing new. */
  #heardBefore(record: Uint8Array): Result<TrustList, TrustListError> | undefined {
    const { site, verifier, trustList } = this.#options;
    const list = readOwnTrustList(site, record, verifier);
    const isOld = this.#lists.has(bytesToHex(record)) || (list.ok && trustList !== undefined && list.value.sequence < trustList.sequence);
    return isOld ? list : undefined;
  }

  #takeHead(record: Uint8Array): ReturnType<FeedWitness["take"]> {
    const head = readHead(record, this.#options.site, this.#keyFor("feed"), this.#verifier);
    if (!head.ok) return head;
    const { partition, epoch, version, digest, publish, issued, expires } = head.value;
    const place = this.#at(partition, epoch, version, digest, record);
    return place.ok ? ok({ kind: "head", ...place.value, publish, issued, expires }) : place;
  }

  #takeDelta(record: Uint8Array): ReturnType<FeedWitness["take"]> {
    const delta = readDeltaPart(record, this.#options.site, this.#keyFor("feed"), this.#verifier);
    if (!delta.ok) return delta;
    const { partition, epoch, from, to, digestBefore, digestAfter, removed, put, part, parts } = delta.value;
    const before = this.#at(partition, epoch, from, digestBefore, record);
    if (!before.ok) return before;
    const place = this.#at(partition, epoch, to, digestAfter, record);
    return place.ok ? ok({ kind: "delta", ...place.value, from, removed: removed.length, put: put.length, part, parts }) : place;
  }

  #takeManifest(record: Uint8Array): ReturnType<FeedWitness["take"]> {
    const manifest = readManifest(record, this.#options.site, this.#keyFor("feed"), this.#verifier);
    if (!manifest.ok) return manifest;
    const { partition, epoch, version, digest, items, chunks } = manifest.value;
    const place = this.#at(partition, epoch, version, digest, record);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    return place.ok ? ok({ kind: "manifest", ...place.value, items, chunks: chunks.length, bytes }) : place;
  }

  #takeCommand(record: Uint8Array): ReturnType<FeedWitness["take"]> {
    const command = readCommand(record, this.#options.site, this.#keyFor("command"), this.#verifier);
    if (!command.ok) return command;
    const { id, controller, target, verb, notAfter } = command.value;
    return ok({ kind: "command", id: bytesToHex(id), controller, target, verb, notAfter });
  }

  /** One version has one digest, for ever. */
  #at(partition: Partition, epoch: number, version: number, digest: Uint8Array, record: Uint8Array): Result<WitnessedPlace, FeedRefusal> {
    const feedEpoch = this.#trustList?.feedEpoch ?? 0;
    if (epoch > feedEpoch) return err("FeedFastForward", `epoch ${epoch}, the roots have signed ${feedEpoch}`);
    const name = `${partition} ${epoch}:${version}`;
    const known = this.#places.get(name);
    if (known === undefined) this.#places.set(name, { digest, record });
    else if (!sameBytes(known.digest, digest)) {
      this.#fork ??= {
        place: { partition, epoch, version },
        digests: [bytesToHex(known.digest), bytesToHex(digest)],
        records: [known.record, record],
      };
      return err("FeedFork", `${name} has the digests ${bytesToHex(known.digest).slice(0, 16)}… and ${bytesToHex(digest).slice(0, 16)}…`);
    }
    return ok({ partition, epoch, version, digest: bytesToHex(digest) });
  }

  get #verifier(): Verifier {
    return this.#options.verifier;
  }

  #keyFor(usage: "feed" | "command"): KeyFor {
    const list = this.#trustList;
    return list === undefined ? () => err("KeyUntrusted", "no trust list was heard yet") : keysFor(list, usage, this.#options.wall());
  }
}
