import { err, type EventCheckpoint, ok, readEventCheckpoint, type Result, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { trustListsIn } from "../keys/trust-lists.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { EventCheckpointTable } from "../store/event-tables.ts";
import type { EventChain } from "./event-chains.ts";

/** `CheckpointForged`: no key of the cloud's has signed it. `CheckpointMisfits`: one has, for another place than where it stands. */
export type CheckpointError = "CheckpointForged" | "CheckpointMisfits";
export type ReadCheckpoint = (row: EventCheckpointTable, chain: Pick<EventChain, "controller" | "machine">) => Result<EventCheckpoint, CheckpointError>;

/** Reads checkpoints by the trust lists that are there now. Whether one goes on where its chain ends is not judged. */
export async function checkpointReader(queries: Queries, site: string): Promise<ReadCheckpoint> {
  const lists: TrustList[] = (await trustListsIn(queries, site)).map(({ list }) => list);
  return ({ record, first_seq, last_seq }, { controller, machine }) => {
    const read = readEventCheckpoint(new Uint8Array(record), site, lists, nodeVerifier);
    if (!read.ok) return err("CheckpointForged", `${read.error}: ${read.detail}`);
    const { before, after, ...of } = read.value;
    if (of.controller !== controller || of.machine !== machine) return err("CheckpointMisfits", `it is of machine ${of.machine} of ${of.controller}`);
    if (before.seq + 1 !== first_seq || after.seq !== last_seq) return err("CheckpointMisfits", `it stands for ${before.seq + 1} to ${after.seq}`);
    return ok(read.value);
  };
}

/** The checkpoints of a chain that end at one of these numbers, as far as they can be believed. */
export async function checkpointsEnding(queries: Queries, site: string, chain: EventChain, from: number, to: number): Promise<EventCheckpoint[]> {
  const rows = await queries
    .selectFrom("event_checkpoint")
    .selectAll()
    .where("chain", "=", chain.number)
    .where("last_seq", ">=", from)
    .where("last_seq", "<=", to)
    .execute();
  if (rows.length === 0) return [];
  const read = await checkpointReader(queries, site);
  return rows.flatMap((row) => {
    const checkpoint = read(row, chain);
    return checkpoint.ok ? [checkpoint.value] : [];
  });
}

/** How many checkpoints these chains have, and the events that these stand for; without those that have none. */
export async function countCheckpoints(
  queries: Queries,
  chains: readonly number[],
): Promise<ReadonlyMap<number, { readonly checkpoints: number; readonly events: number }>> {
  const rows = await queries
    .selectFrom("event_checkpoint")
    .select(["chain", ({ fn }) => fn.countAll<number | bigint | string>().as("checkpoints")])
    .select(({ fn }) => [fn.sum("first_seq").as("firsts"), fn.sum("last_seq").as("lasts")])
    .where("chain", "in", chains)
    .groupBy("chain")
    .execute();
  return new Map(
    rows.map(({ chain, checkpoints, firsts, lasts }) => [
      chain,
      { checkpoints: Number(checkpoints), events: Number(lasts) - Number(firsts) + Number(checkpoints) },
    ]),
  );
}

/** The checkpoints of a chain behind a number, the first in front. */
export const checkpointsOf = (queries: Queries, chain: number, after: number, limit: number): Promise<EventCheckpointTable[]> =>
  queries.selectFrom("event_checkpoint").selectAll().where("chain", "=", chain).where("first_seq", ">", after).orderBy("first_seq").limit(limit).execute();
