import { CHAIN_START, type ChainEnd, kidBytes, makeEventCheckpoint, type Signer, type UnixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { type ChainPiece, type EventHole, findHoles } from "../core/event-holes.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { EventBatchTable } from "../store/event-tables.ts";
import { forgetNames } from "./credential-events.ts";
import type { EventChain } from "./event-chains.ts";
import type { ReadCheckpoint } from "./event-checkpoints.ts";

/** What a run prunes with, in one transaction. */
export interface Pruning {
  readonly queries: Queries;
  readonly site: string;
  readonly read: ReadCheckpoint;
  /** Of the trust list in force, with usage `feed`. */
  readonly key: { readonly kid: number; readonly signer: Signer; readonly trustListSequence: number };
  readonly now: UnixSeconds;
  /** Batches up to here were looked at by everybody who looks at events. */
  readonly lookedAt: number;
}

/** What is over: events of these names that came before. */
export interface OverTime {
  readonly names: readonly string[];
  readonly before: number;
}

/** What became of a part of a chain. */
export interface PrunedWindow {
  /** Everything up to here is done. */
  readonly mark: number;
  /** Nothing further of this chain is over. */
  readonly isLast: boolean;
  /** Events that are gone, of each kind. */
  readonly dropped: ReadonlyMap<string, number>;
  /** About so many events were looked at. */
  readonly looked: number;
  readonly broken: { readonly seq: number; readonly detail: string } | undefined;
}

/** So many batches, and about so many events, are looked at together: some 10 ms of work, for which controllers wait. */
const BATCHES = 64;
const EVENTS = 250;

/** Prunes the next part of a chain behind a mark: what is over goes, and signed checkpoints stand for it. What does not hold stays, and is told. */
export async function pruneWindow(pruning: Pruning, chain: EventChain, mark: number, over: OverTime): Promise<PrunedWindow> {
  const { queries, lookedAt } = pruning;
  const next = await queries
    .selectFrom("event_batch")
    .select(["id", "first_seq", "new_from", "last_seq", "received_at"])
    .where("chain", "=", chain.number)
    .where("new_from", ">", mark)
    .orderBy("new_from")
    .limit(BATCHES)
    .execute();
  const { due, isLast } = dueOf(next, over.before, lookedAt);
  const upTo = due.at(-1)?.last_seq;
  if (upTo === undefined) return { mark, isLast: true, dropped: new Map(), looked: 0, broken: undefined };
  const { pieces, from, broken } = await piecesOf(pruning, chain, mark, upTo);
  const heldAt = await holdsOf(queries, chain.number);
  const names = new Set(over.names);
  const goes = (piece: ChainPiece): boolean => {
    if (piece.kind === "checkpoint") return !heldAt(piece.checkpoint.after.seq);
    return piece.seq > mark && piece.seq <= upTo && (piece.name === "GapRecord" || names.has(piece.name)) && !heldAt(piece.seq);
  };
  const found = broken === undefined ? findHoles(pieces, from, chain.end, goes, nodeSha256) : { holes: [], broken };
  const dropped = new Map<string, number>();
  for (const hole of found.holes) {
    await drop(pruning, chain, hole);
    for (const [name, count] of hole.dropped) dropped.set(name, (dropped.get(name) ?? 0) + count);
  }
  if (found.holes.length > 0) await dropEmptyBatches(queries, due);
  return { mark: upTo, isLast, dropped, looked: pieces.length, broken: found.broken };
}

type DueBatch = Pick<EventBatchTable, "first_seq" | "new_from" | "last_seq" | "received_at"> & { readonly id: number };

/** The batches whose time is over, as far as they are looked at together. A batch that came later than one behind it waits for that one. */
function dueOf(next: readonly DueBatch[], before: number, lookedAt: number): { readonly due: readonly DueBatch[]; readonly isLast: boolean } {
  const over = next.findIndex(({ id, received_at }) => received_at >= before || id > lookedAt);
  const all = over === -1 ? next : next.slice(0, over);
  const isLast = over !== -1 || next.length < BATCHES;
  let events = 0;
  const enough = all.findIndex(({ new_from, last_seq }) => (events += last_seq - new_from + 1) >= EVENTS);
  return enough === -1 || enough === all.length - 1 ? { due: all, isLast } : { due: all.slice(0, enough + 1), isLast: false };
}

interface Pieces {
  readonly pieces: readonly ChainPiece[];
  /** Where the chain stands in front of them. */
  readonly from: ChainEnd;
  readonly broken: PrunedWindow["broken"];
}

/** A part of a chain as it is kept: from the checkpoint that borders on it in front to the piece that follows it. */
async function piecesOf({ queries, read }: Pruning, chain: EventChain, mark: number, upTo: number): Promise<Pieces> {
  const holes = await queries
    .selectFrom("event_checkpoint")
    .selectAll()
    .where("chain", "=", chain.number)
    .where("last_seq", ">=", mark)
    .where("first_seq", "<=", upTo + 1)
    .orderBy("first_seq")
    .execute();
  const pieces: ChainPiece[] = [];
  for (const row of holes) {
    const checkpoint = read(row, chain);
    if (!checkpoint.ok) return { pieces, from: CHAIN_START, broken: { seq: row.first_seq, detail: `${checkpoint.error}: ${checkpoint.detail}` } };
    pieces.push({ kind: "checkpoint", checkpoint: checkpoint.value });
  }
  const events = queries.selectFrom("controller_event").select(["seq", "name", "record", "hash"]).where("chain", "=", chain.number).orderBy("seq");
  const rows = await events.where("seq", ">", mark).where("seq", "<=", upTo).execute();
  const behind = Math.max(upTo, holes.at(-1)?.last_seq ?? 0);
  for (const { seq, name, record, hash } of [...rows, ...(await events.where("seq", ">", behind).limit(1).execute())])
    pieces.push({ kind: "event", seq, name, record: new Uint8Array(record), hash: new Uint8Array(hash) });
  pieces.sort((a, b) => placeOf(a) - placeOf(b));
  const [first] = pieces;
  const before = first?.kind === "checkpoint" && first.checkpoint.before.seq < mark ? first.checkpoint.before.seq : mark;
  const from = await endAt({ queries, read }, chain, before);
  return { pieces, from: from ?? CHAIN_START, broken: from === undefined ? { seq: before, detail: "the event is missing" } : undefined };
}

const placeOf = (piece: ChainPiece): number => (piece.kind === "event" ? piece.seq : piece.checkpoint.after.seq);

/** The chain behind an event that is kept, or behind a checkpoint. */
async function endAt({ queries, read }: Pick<Pruning, "queries" | "read">, chain: EventChain, seq: number): Promise<ChainEnd | undefined> {
  if (seq === 0) return CHAIN_START;
  const { number } = chain;
  const row = await queries.selectFrom("controller_event").select("hash").where("chain", "=", number).where("seq", "=", seq).executeTakeFirst();
  if (row !== undefined) return { seq, hash: new Uint8Array(row.hash) };
  const ending = await queries.selectFrom("event_checkpoint").selectAll().where("chain", "=", number).where("last_seq", "=", seq).executeTakeFirst();
  const checkpoint = ending && read(ending, chain);
  return checkpoint?.ok === true ? checkpoint.value.after : undefined;
}

/** What proofs of forks contradict: it stays, with the whole batch that its signature is for. */
async function holdsOf(queries: Queries, chain: number): Promise<(seq: number) => boolean> {
  const forks = await queries.selectFrom("event_fork").select("seq").distinct().where("chain", "=", chain).execute();
  const held = new Set(forks.map(({ seq }) => seq));
  const ranges: { readonly first_seq: number; readonly last_seq: number }[] = [];
  for (const seq of held)
    ranges.push(...(await queries.selectFrom("event_batch").select(["first_seq", "last_seq"]).where("chain", "=", chain).where("new_from", "<=", seq).where("last_seq", ">=", seq).execute())); // prettier-ignore
  return (seq) => held.has(seq) || ranges.some(({ first_seq, last_seq }) => first_seq <= seq && seq <= last_seq);
}

async function drop({ queries, site, key, now }: Pruning, { number, controller, machine }: EventChain, hole: EventHole): Promise<void> {
  const { before, after, kinds, missing } = hole;
  const stands = { controller, machine, before, after, kinds, missing, at: now, trustListSequence: key.trustListSequence };
  const record = makeEventCheckpoint(site, stands, kidBytes(key.kid), key.signer);
  const [first, last] = [before.seq + 1, after.seq];
  await forgetNames(queries, number, first, last);
  await queries.deleteFrom("controller_event").where("chain", "=", number).where("seq", ">=", first).where("seq", "<=", last).execute();
  await queries.deleteFrom("event_checkpoint").where("chain", "=", number).where("first_seq", ">=", first).where("last_seq", "<=", last).execute();
  await queries.insertInto("event_checkpoint").values({ chain: number, first_seq: first, last_seq: last, record: Buffer.from(record) }).execute(); // prettier-ignore
}

/** A batch of which nothing is kept has nothing left to sign. */
async function dropEmptyBatches(queries: Queries, due: readonly DueBatch[]): Promise<void> {
  await queries
    .deleteFrom("event_batch")
    .where(
      "id",
      "in",
      due.map(({ id }) => id),
    ) // prettier-ignore
    .where((batch) =>
      batch.not(
        batch.exists(
          batch
            .selectFrom("controller_event")
            .select("controller_event.seq")
            .whereRef("controller_event.chain", "=", "event_batch.chain")
            .whereRef("controller_event.seq", ">=", "event_batch.new_from")
            .whereRef("controller_event.seq", "<=", "event_batch.last_seq"),
        ),
      ),
    )
    .execute();
}
