import { type ChainBreak, CHAIN_START, type ChainEnd, decodeEvent, fitsBehind, nextLink, sameBytes } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { EventCheckpointTable } from "../store/event-tables.ts";
import type { EventChain } from "./event-chains.ts";
import { type CheckpointError, checkpointReader } from "./event-checkpoints.ts";

/** As far as a kept chain was followed. */
interface Followed {
  /** Events that are there. */
  readonly records: number;
  /** Events whose time was over, for which a checkpoint stands. */
  readonly pruned: number;
  readonly end: ChainEnd;
}
/** Where a kept chain first does not hold. */
export type KeptBreak = Followed & Omit<ChainBreak, "cause"> & { readonly cause: ChainBreak["cause"] | CheckpointError };
/** Whether a chain that is kept holds, from its first event to its end. */
export type ChainVerdict = (Followed & { readonly kind: "whole" }) | KeptBreak;
const PAGE = 500;

/**
 * Follows a kept chain record by record, and over a hole only by a checkpoint that fits it on both sides and that the cloud has signed. A GapRecord may begin
 * before what is kept already ends, where a store was restored from a backup meanwhile: then it must name the hash that is kept in front of it.
 */
export async function verifyKept({ database: { queries }, site }: Pick<Cloud, "database" | "site">, chain: EventChain): Promise<ChainVerdict> {
  const read = await checkpointReader(queries, site);
  let [end, records, pruned, last]: [ChainEnd, number, number, number] = [CHAIN_START, 0, 0, 0];
  let isBehindHole = false;
  const broken = (cause: KeptBreak["cause"], detail: string): KeptBreak => ({ kind: "broken", seq: end.seq + 1, cause, detail, records, pruned, end });
  for (;;) {
    const rows = await queries
      .selectFrom("controller_event")
      .select(["seq", "record", "hash"])
      .where("chain", "=", chain.number)
      .where("seq", ">", last)
      .orderBy("seq")
      .limit(PAGE)
      .execute();
    const isLast = rows.length < PAGE;
    last = rows.at(-1)?.seq ?? last;
    const holes = await checkpointsUpTo(queries, chain.number, end.seq, isLast ? undefined : last);
    /** Over every hole that begins here. */
    const stepOver = (): KeptBreak | undefined => {
      for (let row = holes.get(end.seq + 1); row !== undefined; row = holes.get(end.seq + 1)) {
        const checkpoint = read(row, chain);
        if (!checkpoint.ok) return broken(checkpoint.error, checkpoint.detail);
        const { before, after } = checkpoint.value;
        if (!fitsBehind(checkpoint.value, chain, end)) return broken("CheckpointMisfits", `event ${before.seq} in front of it is another`);
        [end, pruned, isBehindHole] = [after, pruned + after.seq - before.seq, true];
      }
      return undefined;
    };
    for (const { record, hash } of rows) {
      const wrong = stepOver();
      if (wrong !== undefined) return wrong;
      const bytes = new Uint8Array(record);
      let link = nextLink(end, bytes, nodeSha256);
      if (link.kind === "broken") {
        const before = await earlierEnd(queries, chain.number, bytes, end);
        if (before !== undefined) link = nextLink(before, bytes, nodeSha256);
      }
      if (link.kind === "broken" && link.cause === "HashBroken" && isBehindHole) return broken("CheckpointMisfits", `the event behind ${end.seq} is another`);
      if (link.kind === "broken" && link.cause === "SequenceBroken") return broken(link.cause, `${link.detail}, and no checkpoint stands for what is missing`);
      if (link.kind === "broken") return broken(link.cause, link.detail);
      if (!sameBytes(new Uint8Array(hash), link.end.hash)) return broken("HashBroken", "the hash beside the record is another");
      [end, isBehindHole] = [link.end, false];
      records++;
    }
    if (!isLast) continue;
    const wrong = stepOver();
    if (wrong !== undefined) return wrong;
    break;
  }
  if (end.seq === chain.end.seq && sameBytes(end.hash, chain.end.hash)) return { kind: "whole", records, pruned, end };
  return broken("SequenceBroken", `the chain was acknowledged up to ${chain.end.seq}`);
}

/** Checkpoints by their first numbers, behind `seq` and up to `last`; undefined: all of them. */
async function checkpointsUpTo(queries: Queries, chain: number, seq: number, last: number | undefined): Promise<ReadonlyMap<number, EventCheckpointTable>> {
  let query = queries.selectFrom("event_checkpoint").selectAll().where("chain", "=", chain).where("first_seq", ">", seq);
  if (last !== undefined) query = query.where("first_seq", "<=", last);
  return new Map((await query.execute()).map((row) => [row.first_seq, row]));
}

/** What a GapRecord that begins before `end` follows on. Where a checkpoint stands for that place, too, nobody knows more than the GapRecord says. */
async function earlierEnd(queries: Queries, chain: number, bytes: Uint8Array, end: ChainEnd): Promise<ChainEnd | undefined> {
  const read = decodeEvent(bytes);
  if (!read.ok || read.value.event.name !== "GapRecord" || read.value.event.fields.firstSeq > end.seq) return undefined;
  const seq = read.value.event.fields.firstSeq - 1;
  if (seq === 0) return CHAIN_START;
  const row = await queries.selectFrom("controller_event").select("hash").where("chain", "=", chain).where("seq", "=", seq).executeTakeFirst();
  if (row !== undefined) return { seq, hash: new Uint8Array(row.hash) };
  const over = await queries.selectFrom("event_checkpoint").select("last_seq").where("chain", "=", chain).where("first_seq", "<=", seq).where("last_seq", ">=", seq).executeTakeFirst(); // prettier-ignore
  return over && { seq, hash: read.value.prevHash };
}
