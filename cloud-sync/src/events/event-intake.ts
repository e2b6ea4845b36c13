import { bytesToHex, type ChainEnd, type EventBatchError, type EventRecord, ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { RefusalName } from "../core/refusal.ts";
import { type EventFacts, notificationOfEvent } from "../notifications/event-notification.ts";
import { keepNotifications, type NewNotification } from "../notifications/notification.ts";
import { keepLockAnswers } from "../locks/lock-answers.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import { type EventChain, chainOfMachine, eventsAs } from "./event-chains.ts";
import { checkpointsEnding } from "./event-checkpoints.ts";
import { readEventFacts } from "./event-facts.ts";
import { EventRows } from "./event-rows.ts";
import { judgeBatch } from "./judge-batch.ts";
import { readSignedBatch, type SignedBatch } from "./signed-batch.ts";
import type { EventMachine } from "./event-machine.ts";

/** A machine told two stories. */
export interface EventFork {
  /** As `eventsAs` calls its chain. */
  readonly chain: string;
  readonly seq: number;
}

/** Why none of a batch is taken. `end`: where the copy that is kept ends. */
export interface IntakeRefusal {
  readonly ok: false;
  readonly error: Extract<RefusalName, "EventForged" | "EventMalformed" | "EventGap" | "EventFork">;
  readonly detail: string;
  readonly end?: ChainEnd;
}
/** The end of what is durable, or why nothing is. */
export type IntakeAnswer = { readonly ok: true; readonly value: ChainEnd } | IntakeRefusal;

/** What an intake does not need to keep events, and a cloud has. */
export interface EventIntakeNeeds {
  /** Called when something was taken; `isTold`: callers have to be told of it. */
  readonly onTaken?: (isTold: boolean) => void;
  /** Names whom to ask where somebody was refused. */
  readonly services?: ServiceDocument;
  /** Resolves when what has arrived by now was heard. A store within the program keeps it from hearing while it writes: who came meanwhile would be written alone. */
  readonly turn?: () => Promise<void>;
}

/** Batches that came while others were being written are written together: so many bytes at most, some 2,000 events and 30 ms of work. */
const TOGETHER_BYTES = 768 * 1024;
/** Proofs that are kept of one chain; one is enough. */
const FORKS_MAX = 100;

interface Waiting {
  readonly standing: EventMachine;
  readonly bytes: Uint8Array;
  readonly former: () => Promise<readonly EventMachine[]>;
  readonly settle: (answer: IntakeAnswer) => void;
  readonly fail: (error: unknown) => void;
}

interface Holding extends Waiting {
  readonly batch: SignedBatch;
}

/** What one transaction has come to beside its answers. */
interface Intaken {
  readonly chains: Map<string, EventChain>;
  readonly forks: EventFork[];
  readonly told: NewNotification[];
}

/**
 * Takes the events that controllers send up: checks who signed them and that they follow on what is kept, and answers when they are durable. What callers are
 * told of them is kept in the same transaction: once, however often a batch comes.
 */
export class EventIntake {
  readonly #cloud: Cloud;
  readonly #onFork: (fork: EventFork) => void;
  readonly #needs: EventIntakeNeeds;
  #waiting: Waiting[] = [];
  #isWriting = false;
  readonly #rows = new EventRows();

  /** @param onFork  called once for each proof, when it is kept */
  constructor(cloud: Cloud, onFork: (fork: EventFork) => void, needs: EventIntakeNeeds = {}) {
    this.#cloud = cloud;
    this.#onFork = onFork;
    this.#needs = needs;
  }

  /**
   * @param standing  the machine that stands there now
   * @param bytes     a signed batch, at most 1 MiB
   * @param former    those before it, whose unsent events it hands over; asked for only where it has not signed the batch itself
   */
  take(standing: EventMachine, bytes: Uint8Array, former: () => Promise<readonly EventMachine[]> = () => Promise.resolve([])): Promise<IntakeAnswer> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ standing, bytes, former, settle, fail });
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await this.#needs.turn?.();
      const together = await this.#nextTogether();
      if (together.length === 0) continue;
      try {
        await this.#keep(together);
      } catch (error) {
        // One of them may be to blame for all: each alone shows which.
        if (together.length === 1) together[0]!.fail(error);
        else for (const each of together) await this.#keep([each]).catch(each.fail);
      }
    }
    this.#isWriting = false;
  }

  /** Batches are read when their turn has come: what waits is bytes, and not the many small things that a batch says. */
  async #nextTogether(): Promise<Holding[]> {
    const together: Holding[] = [];
    let size = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      size += next.bytes.length;
      if (together.length > 0 && size > TOGETHER_BYTES) break;
      this.#waiting.shift();
      try {
        const holding = await this.#read(next);
        if (holding !== undefined) together.push(holding);
      } catch (error) {
        next.fail(error);
      }
    }
    return together;
  }

  /** Undefined: it was refused, and told so. */
  async #read(waiting: Waiting): Promise<Holding | undefined> {
    const { standing, bytes, former, settle } = waiting;
    const { site } = this.#cloud;
    const own = readSignedBatch([standing], bytes, site);
    const read = !own.ok && own.error === "KeyUntrusted" ? readSignedBatch(await former(), bytes, site) : own;
    if (!read.ok) {
      settle({ ok: false, error: isForged(read.error) ? "EventForged" : "EventMalformed", detail: `${read.error}: ${read.detail}` });
      return undefined;
    }
    const { controller, machine } = read.value;
    if (controller === machine.controller) return { ...waiting, batch: read.value };
    settle({ ok: false, error: "EventForged", detail: `it speaks for ${controller}` });
    return undefined;
  }

  /** One transaction; whoever waits is answered when it is durable. */
  async #keep(together: readonly Holding[]): Promise<void> {
    const { database } = this.#cloud;
    // Whose a credential is never changes, so it is read before: the transaction has less to lose against others.
    const facts = await readEventFacts(database.queries, together.flatMap(({ batch }) => batch.telling), this.#needs.services); // prettier-ignore
    let done: Intaken | undefined;
    const answers = await database.transact(async (queries) => {
      done = { chains: new Map(), forks: [], told: [] };
      const made: IntakeAnswer[] = [];
      for (const each of together) made.push(await this.#judge(queries, each, done, facts));
      await keepNotifications(queries, this.#cloud, done.told);
      return made;
    });
    together.forEach(({ settle }, nth) => settle(answers[nth]!));
    for (const fork of done?.forks ?? []) this.#onFork(fork);
    this.#needs.onTaken?.(done !== undefined && done.told.length > 0);
  }

  async #judge(queries: Queries, { batch, bytes }: Holding, { chains, forks, told }: Intaken, facts: EventFacts): Promise<IntakeAnswer> {
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const key = bytesToHex(batch.machine.publicKey);
    const chain = chains.get(key) ?? (await chainOfMachine(queries, batch.machine, now));
    chains.set(key, chain);
    const { end } = chain;
    const hashes = await keptHashes(queries, this.#cloud.site, chain, batch);
    const verdict = judgeBatch(batch.from, batch.events, end, (seq) => hashes.get(seq));
    switch (verdict.kind) {
      case "known":
        return ok(end);
      case "gap":
        return { ok: false, error: "EventGap", detail: `the events from ${end.seq + 1} to ${batch.from.seq} are missing`, end };
      case "fork": {
        const { seq, hash } = verdict;
        if (await keepFork(queries, { chain: chain.number, seq, hash: Buffer.from(hash), batch: Buffer.from(bytes), received_at: now })) {
          forks.push({ chain: eventsAs(chain), seq });
          told.push({ kind: "events.forked", person: null, body: { controller: chain.controller, chain: eventsAs(chain), event: seq } });
        }
        return { ok: false, error: "EventFork", detail: `event ${seq} of ${eventsAs(chain)} is kept with another hash`, end };
      }
      case "follows": {
        const telling = batch.telling.filter(({ seq }) => seq > end.seq);
        const next = await this.#append(queries, chain, batch, verdict.nth, telling, bytes, now);
        chains.set(key, next);
        const origin = { controller: chain.controller, chain: eventsAs(chain) };
        await keepLockAnswers(queries, chain.controller, telling, now);
        told.push(...telling.flatMap((record) => notificationOfEvent(record, origin, facts) ?? []));
        return ok(next.end);
      }
    }
  }

  async #append(
    queries: Queries,
    chain: EventChain,
    { from, events, end }: SignedBatch,
    nth: number,
    telling: readonly EventRecord[],
    bytes: Uint8Array,
    now: number,
  ): Promise<EventChain> {
    const gaps = telling.flatMap(({ event }) => (event.name === "GapRecord" ? [event.fields] : []));
    const next = { ...chain, end, receivedAt: now, gaps: chain.gaps + gaps.length, missing: chain.missing + gaps.reduce((sum, { count }) => sum + count, 0) };
    const moved = await MOVE_ON.row(queries, end.seq, end.hash, now, next.gaps, next.missing, chain.number, chain.end.seq);
    if (moved === undefined) throw new Error("another process moved this chain on");
    await this.#rows.put(queries, chain.number, events.slice(nth));
    const signature = bytes.subarray(bytes.length - SIGNATURE_BYTES);
    await KEEP_BATCH.rows(queries, chain.number, from.seq + 1, end.seq, chain.end.seq + 1, signature, now);
    return next;
  }
}

const isForged = (error: EventBatchError): boolean => error === "KeyUntrusted" || error === "SignatureInvalid";

const SIGNATURE_BYTES = 64;
/** A chain's new end, where it still ends where it was read to. */
const MOVE_ON = new Statement<{ readonly number: number }>(
  "UPDATE event_chain SET seq = ?, hash = ?, received_at = ?, gaps = ?, missing = ? WHERE number = ? AND seq = ? RETURNING number",
);
const KEEP_BATCH = new Statement<never>("INSERT INTO event_batch (chain, first_seq, last_seq, new_from, signature, received_at) VALUES (?, ?, ?, ?, ?, ?)");

/** The hashes that are known of the events that a batch brings again: of those that are kept, and of the last of those that a checkpoint stands for. */
async function keptHashes(
  queries: Queries,
  site: string,
  chain: EventChain,
  { from: { seq: from }, end: last }: SignedBatch,
): Promise<ReadonlyMap<number, Uint8Array>> {
  if (from >= chain.end.seq) return new Map();
  const to = Math.min(chain.end.seq, last.seq);
  const rows = await queries
    .selectFrom("controller_event")
    .select(["seq", "hash"])
    .where("chain", "=", chain.number)
    .where("seq", ">=", from)
    .where("seq", "<=", to)
    .execute();
  const hashes = new Map<number, Uint8Array>(rows.map(({ seq, hash }) => [seq, new Uint8Array(hash)]));
  for (const { after } of await checkpointsEnding(queries, site, chain, from, to)) hashes.set(after.seq, after.hash);
  return hashes;
}

/** True where it is a new proof. */
async function keepFork(queries: Queries, fork: { chain: number; seq: number; hash: Uint8Array; batch: Uint8Array; received_at: number }): Promise<boolean> {
  const { count } = await queries
    .selectFrom("event_fork")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("chain", "=", fork.chain)
    .executeTakeFirstOrThrow();
  if (count >= FORKS_MAX) return false;
  const kept = await queries
    .insertInto("event_fork")
    .values(fork)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return kept.numInsertedOrUpdatedRows === 1n;
}
