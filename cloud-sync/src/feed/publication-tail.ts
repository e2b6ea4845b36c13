import { decodeCbor, isArray, type Partition } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { NewVersion } from "./sequencer.ts";

/** Publications that are read at once. */
const PUBLICATIONS_AT_ONCE = 200;

/** Takes what a publication brought, in the order of the publications. */
export type TakePublication = (publish: number, versions: readonly NewVersion[]) => void;

/**
 * Follows the publications in the store, whichever instance made them, and hands each on once, in order. What this instance has published itself it may
 * {@link hand} on from memory.
 */
export class PublicationTail {
  readonly #cloud: Cloud;
  readonly #take: TakePublication;
  #publish: number;
  #run: Promise<void> | undefined;
  #again = false;

  /** @param publish  the newest that is known already */
  constructor(cloud: Cloud, publish: number, take: TakePublication) {
    this.#cloud = cloud;
    this.#publish = publish;
    this.#take = take;
  }

  /** Hands on what is new. Resolves when everything that was committed before the call has been handed on; rejects where the store cannot be read. */
  look(): Promise<void> {
    this.#again = true;
    return (this.#run ??= this.#readAll().finally(() => (this.#run = undefined)));
  }

  /** A publication that this instance has just committed. Where others are missing before it, all are read. */
  async hand(publish: number, versions: readonly NewVersion[]): Promise<void> {
    if (publish !== this.#publish + 1) return this.look();
    this.#publish = publish;
    this.#take(publish, versions);
  }

  async #readAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const { publish } = await this.#cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
      while (this.#publish < publish) await this.#read(Math.min(publish, this.#publish + PUBLICATIONS_AT_ONCE));
    }
  }

  async #read(until: number): Promise<void> {
    const rows = await this.#cloud.database.queries
      .selectFrom("feed_version")
      .selectAll()
      .where("publish", ">", this.#publish)
      .where("publish", "<=", until)
      .orderBy("publish")
      .orderBy("feed_partition")
      .orderBy("version")
      .execute();
    const byPublish = new Map<number, NewVersion[]>();
    for (const { publish, feed_partition, epoch, version, digest, records } of rows) {
      const state = { partition: feed_partition as Partition, epoch, version, digest: new Uint8Array(digest), publish };
      byPublish.set(publish, [...(byPublish.get(publish) ?? []), { state, records: records === null ? undefined : recordsOf(records) }]);
    }
    // Some may have been handed on meanwhile.
    while (this.#publish < until) {
      const publish = ++this.#publish;
      this.#take(publish, byPublish.get(publish) ?? []);
    }
  }
}

/** The signed parts of a version, as the sequencer kept them. */
export function recordsOf(bytes: Uint8Array): Uint8Array[] {
  const read = decodeCbor(new Uint8Array(bytes), Number.MAX_SAFE_INTEGER);
  if (!read.ok || !isArray(read.value)) throw new Error("a version's records are none: the store was altered");
  return read.value as Uint8Array[];
}
