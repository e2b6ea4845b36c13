import { bytesToHex, hexToBytes, isPartition, keysFor, type Partition, readHead, sameBytes, unixSeconds } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { type Controller, partitionsOf } from "../controllers.ts";
import type { FeedKeys } from "../feed/feed-keys.ts";
import { portions } from "../core/portions.ts";
import { mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { FleetTables } from "../store/fleet-tables.ts";
import { GroupedWrites } from "../store/grouped-writes.ts";

/** What a controller says that it holds of a partition. */
export interface AppliedPartition {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  readonly digest: Uint8Array;
  readonly publish: number;
  /** The head that confirmed it. */
  readonly head: Uint8Array;
}

/** A controller that holds another content under a version than this cloud has published: two truths under one name. */
export interface FeedFork {
  readonly controller: string;
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  /** True: the controller has shown a head for it that a key of this site's trust list has signed. Somebody else signs with it. */
  readonly isProven: boolean;
  /** True: this cloud has not come to that version yet. It has gone back, as from a backup, or somebody else publishes. */
  readonly isAhead: boolean;
  readonly at: number;
}

export interface AppliedBookOptions {
  readonly cloud: Cloud;
  readonly keys: () => FeedKeys;
  /** Told once of each, when it is kept. */
  readonly onFork: (fork: FeedFork) => void;
  /** The store did not take that somebody came or left. */
  readonly onFailure: (error: unknown) => void;
}

interface Heard {
  readonly controller: string;
  /** Undefined: it left. */
  readonly applied: readonly AppliedPartition[] | undefined;
}

/** Rows in one statement. */
const ROWS_MAX = 100;
/** More versions are looked up again. */
const DIGESTS_MAX = 10_000;

/** What every controller has applied of the feed, and when it was heard last. What comes together is written together. */
export class AppliedBook {
  readonly #options: AppliedBookOptions;
  /** Of versions that were published, as they were looked up: a version never changes. */
  readonly #digests = new Map<string, Uint8Array>();
  #noted: Promise<void> = Promise.resolve();
  readonly #writes = new GroupedWrites<Heard, null>((all) => this.#write(all));

  constructor(options: AppliedBookOptions) {
    this.#options = options;
  }

  /** Resolves when it is kept. Partitions that are not the controller's are passed over. */
  async take(controller: Controller, told: readonly AppliedPartition[]): Promise<void> {
    const own = partitionsOf(controller);
    const applied = [...new Map(told.filter(({ partition }) => own.includes(partition)).map((one) => [one.partition, one])).values()];
    for (const one of applied) {
      const found = await this.#compared(one);
      if (found !== "same") await this.#keepFork(controller.id, one, found === "ahead");
    }
    await this.#writes.add({ controller: controller.id, applied });
  }

  /** Its stream has begun: it is there, before it reports anything. */
  joined(controller: string): void {
    this.#note({ controller, applied: [] });
  }

  /** Its stream has ended. */
  left(controller: string): void {
    this.#note({ controller, applied: undefined });
  }

  /** Resolves when what was told is kept. */
  settled(): Promise<void> {
    return this.#noted;
  }

  #note(heard: Heard): void {
    this.#noted = this.#writes.add(heard).then(
      () => undefined,
      (error: unknown) => this.#options.onFailure(error),
    );
  }

  /** Of each controller what came last. */
  #write(all: readonly Heard[]): Promise<null[]> {
    const now = this.#now;
    const heard = new Map<string, AppliedRow[]>();
    const left = new Set<string>();
    for (const { controller, applied } of all) {
      if (applied === undefined) {
        left.add(controller);
        continue;
      }
      left.delete(controller);
      if (applied.length === 0 && heard.has(controller)) continue;
      heard.set(controller, applied.map(({ partition, epoch, version, publish }) => ({ controller, feed_partition: partition, epoch, version, publish, at: now }))); // prettier-ignore
    }
    return this.#options.cloud.database.transact(async (queries) => {
      await keepHeard(queries, heard, now);
      for (const some of portions([...left], ROWS_MAX))
        await queries.updateTable("controller_contact").set({ left_at: now }).where("controller", "in", some).execute();
      return all.map(() => null);
    }, "read committed");
  }

  /** `another`: this cloud has published another content under that version. `ahead`: it has published none; it is none of its own either. */
  async #compared({ partition, epoch, version, digest }: AppliedPartition): Promise<"same" | "another" | "ahead"> {
    if (version === 0) return "same";
    const place = `${partition} ${epoch}:${version}`;
    const known = this.#digests.get(place);
    if (known !== undefined) return sameBytes(known, digest) ? "same" : "another";
    const own = await this.#options.cloud.database.queries
      .selectFrom("feed_version")
      .select("digest")
      .where("feed_partition", "=", partition)
      .where("epoch", "=", epoch)
      .where("version", "=", version)
      .executeTakeFirst();
    if (own === undefined) return "ahead";
    if (this.#digests.size >= DIGESTS_MAX) this.#digests.clear();
    this.#digests.set(place, new Uint8Array(own.digest));
    return sameBytes(new Uint8Array(own.digest), digest) ? "same" : "another";
  }

  async #keepFork(controller: string, { partition, epoch, version, digest, head }: AppliedPartition, isAhead: boolean): Promise<void> {
    const { cloud, keys, onFork } = this.#options;
    const wall = { now: unixSeconds(this.#now), uncertaintyS: 1 };
    const read = readHead(head, cloud.site, keysFor(keys().trustList, "feed", wall), nodeVerifier);
    const isProven = read.ok && read.value.partition === partition && read.value.epoch === epoch && read.value.version === version && sameBytes(read.value.digest, digest); // prettier-ignore
    const at = this.#now;
    const place = `${partition} ${epoch}:${version}`;
    const note = {
      actor: "cloud",
      action: "feed fork",
      target: `controller ${controller}`,
      reason: `${place} ${isProven ? "proven" : "told"}, digest ${bytesToHex(digest).slice(0, 16)}`,
    };
    const kept = await mutate<boolean, "KnownAlready">(cloud, note, async ({ queries, notify }) => {
      const row = { controller, feed_partition: partition, epoch, version, digest: Buffer.from(digest), head: Buffer.from(head), proven: isProven ? 1 : 0, at };
      const made = await queries
        .insertInto("feed_fork")
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (made.numInsertedOrUpdatedRows !== 1n) return { ok: false, error: "KnownAlready", detail: "" };
      notify({ kind: "feed.forked", person: null, body: { controller, partition, epoch, version, isProven, isAhead } });
      return { ok: true, value: true };
    });
    if (kept.ok) onFork({ controller, partition, epoch, version, isProven, isAhead, at });
  }

  get #now(): number {
    return Math.floor(this.#options.cloud.nowMs() / 1000);
  }
}

type AppliedRow = FleetTables["controller_applied"];

async function keepHeard(queries: Queries, heard: ReadonlyMap<string, readonly AppliedRow[]>, now: number): Promise<void> {
  for (const some of portions([...heard.keys()], ROWS_MAX))
    await queries
      .insertInto("controller_contact")
      .values(some.map((controller) => ({ controller, heard_at: now, left_at: null, silent_since: null })))
      .onConflict((conflict) => conflict.column("controller").doUpdateSet({ heard_at: now, left_at: null }))
      .execute();
  for (const some of portions([...heard.values()].flat(), ROWS_MAX))
    await queries
      .insertInto("controller_applied")
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(["controller", "feed_partition"]).doUpdateSet((row) => ({
          epoch: row.ref("excluded.epoch"),
          version: row.ref("excluded.version"),
          publish: row.ref("excluded.publish"),
          at: now,
        })),
      )
      .execute();
}

/** Reads what a controller tells; undefined: not that. */
export function readApplied(told: unknown): AppliedPartition[] | undefined {
  const { partitions } = (typeof told === "object" && told !== null ? told : {}) as { readonly partitions?: unknown };
  if (!Array.isArray(partitions) || partitions.length > 17) return undefined;
  const read = partitions.map((row: unknown): AppliedPartition | undefined => {
    const { partition, epoch, version, digest, publish, head } = (row ?? {}) as Readonly<Record<string, unknown>>;
    const [digestBytes, headBytes] = [digest, head].map((value) => (typeof value === "string" ? hexToBytes(value) : undefined));
    if (!isPartition(partition) || digestBytes?.length !== 32 || headBytes === undefined) return undefined;
    if (![epoch, version, publish].every((value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff)) return undefined;
    return { partition, epoch: epoch as number, version: version as number, digest: digestBytes, publish: publish as number, head: headBytes };
  });
  return read.every((row) => row !== undefined) ? read : undefined;
}
