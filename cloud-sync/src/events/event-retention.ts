import { bytesToHex, localTime, ok, type Signer, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { isRetentionDue, KEPT_NAMES, retentionClasses, type RetentionClass, type RetentionDays } from "../core/event-retention.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import { mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { EventRetentionRunTable } from "../store/event-tables.ts";
import { chainsBehind, type EventChain, eventsAs } from "./event-chains.ts";
import { checkpointReader } from "./event-checkpoints.ts";
import { type Pruning, pruneWindow } from "./prune-window.ts";

/** What signs checkpoints at this instant. */
export interface CheckpointKey {
  readonly kid: number;
  readonly signer: Signer;
  readonly trustListSequence: number;
}

export interface EventRetentionNeeds {
  readonly cloud: Cloud;
  readonly days: RetentionDays;
  /** Undefined: nothing does, and nothing is dropped. */
  readonly key: () => CheckpointKey | undefined;
}

/** A run as it stands: the one that goes on, or the last one. */
export interface RetentionRun {
  readonly step: number;
  /** The campus's day on which it began. */
  readonly day: string | undefined;
  readonly startedAt: UnixSeconds | undefined;
  /** Undefined: it goes on, or there was none yet. */
  readonly finishedAt: UnixSeconds | undefined;
  /** Events that it dropped, of each kind. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Chains that do not hold, and where first: what proves it is kept. */
  readonly broken: ReadonlyMap<string, string>;
}

/** What a step came to: `waits`: nothing signs. `elsewhere`: another instance was quicker. `idle`: no run is due. */
export type RetentionStep = "more" | "finished" | "idle" | "waits" | "elsewhere";

/** So much is done in one transaction, and then controllers have their turn. */
const EVENTS_MAX = 250;
const CHAINS_MAX = 40;
/** Chains that are named where they do not hold. */
const BROKEN_MAX = 50;
const DAY_S = 86_400;

/**
 * Drops events whose time is over, by steps of which each is one short transaction: what went and how far it came is there together, so that a run goes on where
 * it was interrupted, by whichever instance. A step that another instance has made meanwhile changes nothing.
 */
export class EventRetention {
  readonly #needs: EventRetentionNeeds;
  readonly #classes: readonly (RetentionClass & { readonly key: string })[];

  constructor(needs: EventRetentionNeeds) {
    this.#needs = needs;
    this.#classes = retentionClasses(needs.days).map((one) => ({ ...one, key: keyOf(one) }));
  }

  /** One step of the run that goes on, or the first one of a run that is due. */
  async step(): Promise<RetentionStep> {
    const { cloud, key } = this.#needs;
    const row = await rowOf(cloud.database.queries);
    const isRunning = row.started_at !== null && row.finished_at === null;
    const today = localTime(cloud.timeZone, this.#now());
    if (!isRunning && !isRetentionDue(today, row.day ?? undefined)) return "idle";
    const signing = key();
    if (signing === undefined) return "waits";
    try {
      if (!isRunning) return await this.#begin(row, today.date);
      return (await this.#prune(row, signing)) ?? (await this.#finish(row));
    } catch (error) {
      if (error instanceof Overtaken) return "elsewhere";
      throw error;
    }
  }

  #now(): UnixSeconds {
    return unixSeconds(Math.floor(this.#needs.cloud.nowMs() / 1000));
  }

  async #begin({ step }: EventRetentionRunTable, day: string): Promise<RetentionStep> {
    const now = this.#now();
    await this.#needs.cloud.database.transact(async (queries) => {
      await take(queries, step, { day, started_at: now, finished_at: null, chain: 0, dropped: "{}", broken: "{}" });
      // Kinds that have other company since, as the configuration says, are looked for from the beginning.
      await queries.deleteFrom("event_retention_mark").where("kinds", "not in", this.#classes.map((one) => one.key)).execute(); // prettier-ignore
      const { days } = this.#needs;
      await queries
        .insertInto("event_retention_kind")
        .values(KEPT_NAMES.map((name) => ({ name, dropped_before: Math.max(0, now - days[name] * DAY_S) })))
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet((each) => ({ dropped_before: each.ref("excluded.dropped_before") }))
            .whereRef("excluded.dropped_before", ">", "event_retention_kind.dropped_before"),
        )
        .execute();
    });
    return "more";
  }

  /** Undefined: all chains are done. */
  #prune(row: EventRetentionRunTable, signing: CheckpointKey): Promise<RetentionStep | undefined> {
    const { cloud } = this.#needs;
    return cloud.database.transact(async (queries) => {
      const { dropped, broken } = runOf(row);
      const [counts, breaks] = [new Map(dropped), new Map(broken)];
      const chains = await chainsBehind(queries, row.chain, CHAINS_MAX);
      if (chains.length === 0) return undefined;
      await take(queries, row.step, {});
      const pruning: Pruning = { queries, site: cloud.site, read: await checkpointReader(queries, cloud.site), key: signing, now: this.#now(), lookedAt: await lookedAt(queries) }; // prettier-ignore
      let [looked, done] = [0, row.chain];
      for (const chain of chains) {
        const isDone = await this.#pruneChain(pruning, chain, unixSeconds(row.started_at!), (events, kinds, found) => {
          looked += events;
          for (const [name, count] of kinds) counts.set(name, (counts.get(name) ?? 0) + count);
          if (found !== undefined && breaks.size < BROKEN_MAX) breaks.set(eventsAs(chain), `at ${found.seq}: ${found.detail}`);
          return looked < EVENTS_MAX;
        });
        if (!isDone) break;
        done = chain.number;
      }
      await queries
        .updateTable("event_retention_run")
        .set({ chain: done, dropped: textOf(counts), broken: textOf(breaks) })
        .execute();
      return "more";
    });
  }

  /** @param count  false: enough for one transaction. Resolves with whether all of the chain is done */
  async #pruneChain(
    pruning: Pruning,
    chain: EventChain,
    startedAt: UnixSeconds,
    count: (looked: number, dropped: ReadonlyMap<string, number>, broken: { readonly seq: number; readonly detail: string } | undefined) => boolean,
  ): Promise<boolean> {
    const { queries } = pruning;
    for (const { key: kinds, names, days } of this.#classes)
      for (;;) {
        const marked = await queries.selectFrom("event_retention_mark").select("seq").where("chain", "=", chain.number).where("kinds", "=", kinds).executeTakeFirst(); // prettier-ignore
        const window = await pruneWindow(pruning, chain, marked?.seq ?? 0, { names, before: startedAt - days * DAY_S });
        const row = { chain: chain.number, kinds, seq: window.mark };
        if (window.looked > 0) await queries.insertInto("event_retention_mark").values(row).onConflict((conflict) => conflict.columns(["chain", "kinds"]).doUpdateSet(row)).execute(); // prettier-ignore
        const goesOn = count(window.looked, window.dropped, window.broken);
        if (window.isLast) break;
        if (!goesOn) return false;
      }
    return true;
  }

  /** What dropped nothing and found nothing is not worth a line of the audit. */
  async #finish(row: EventRetentionRunTable): Promise<RetentionStep> {
    const { cloud } = this.#needs;
    const { dropped, broken } = runOf(row);
    const end = (queries: Queries): Promise<void> => take(queries, row.step, { finished_at: this.#now() });
    if (dropped.size === 0 && broken.size === 0) {
      await cloud.database.transact(end);
      return "finished";
    }
    const kept = [...broken].map(([chain, detail]) => `kept for it does not hold: ${chain} ${detail}`);
    const note = { actor: "retention", action: "events prune", target: "events", reason: [sentenceOf(dropped), ...kept].join("; ") };
    await mutate(cloud, note, async ({ queries }) => {
      await end(queries);
      return ok(null);
    });
    return "finished";
  }
}

/** Which run there is. */
export const readRetentionRun = async (queries: Queries): Promise<RetentionRun> => runOf(await rowOf(queries));

/** Events of a kind that came before are not kept any more; kinds of which none was ever looked for are left out. */
export async function readDroppedBefore(queries: Queries): Promise<ReadonlyMap<string, UnixSeconds>> {
  const rows = await queries.selectFrom("event_retention_kind").selectAll().execute();
  return new Map(rows.map(({ name, dropped_before }) => [name, unixSeconds(dropped_before)]));
}

/** What signs checkpoints now: the key that signs the feed. */
export function checkpointKeyOf(keys: CloudKeys): CheckpointKey | undefined {
  const [list, key] = [keys.trustList, keys.signing("feed")];
  return list === undefined || key === undefined ? undefined : { kid: key.kid, signer: key.signer, trustListSequence: list.sequence };
}

/** `AccessGranted 1042, AccessTaken 998`; of nothing `nothing`. */
export const sentenceOf = (dropped: ReadonlyMap<string, number>): string =>
  dropped.size === 0 ? "nothing" : [...dropped].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(", "); // prettier-ignore

/** Another instance has made the step meanwhile. */
class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** First in what changes anything: of several instances that believe to be at the same step one goes on. @throws Overtaken */
async function take(queries: Queries, step: number, change: Partial<EventRetentionRunTable>): Promise<void> {
  const { numUpdatedRows } = await queries.updateTable("event_retention_run").set({ ...change, step: step + 1 }).where("step", "=", step).executeTakeFirstOrThrow(); // prettier-ignore
  if (numUpdatedRows !== 1n) throw new Overtaken();
}

const rowOf = (queries: Queries): Promise<EventRetentionRunTable> => queries.selectFrom("event_retention_run").selectAll().executeTakeFirstOrThrow();

const runOf = ({ step, day, started_at, finished_at, dropped, broken }: EventRetentionRunTable): RetentionRun => ({
  step,
  day: day ?? undefined,
  startedAt: started_at === null ? undefined : unixSeconds(started_at),
  finishedAt: finished_at === null ? undefined : unixSeconds(finished_at),
  dropped: new Map(Object.entries(JSON.parse(dropped) as Record<string, number>)),
  broken: new Map(Object.entries(JSON.parse(broken) as Record<string, string>)),
});
const textOf = (map: ReadonlyMap<string, unknown>): string => JSON.stringify(Object.fromEntries(map));
/** Names a class by its kinds: how long they are kept may change, and what is gone is gone. */
const keyOf = ({ names }: RetentionClass): string => bytesToHex(nodeSha256(new TextEncoder().encode(names.join(" ")))).slice(0, 16);

/** Copies and last use are found in events: what these have not looked at yet stays. */
async function lookedAt(queries: Queries): Promise<number> {
  const copies = await queries.selectFrom("copy_mark").select("batch").executeTakeFirstOrThrow();
  const uses = await queries.selectFrom("last_use_mark").select("batch").executeTakeFirstOrThrow();
  return Math.min(copies.batch, uses.batch);
}
