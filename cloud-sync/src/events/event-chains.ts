import { CHAIN_START, type ChainEnd, sameBytes } from "@portico/card-protocol";
import type { Selectable } from "kysely";
import { type Controller, readController } from "../controllers.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { EventChainTable } from "../store/event-tables.ts";
import { Statement } from "../store/statement.ts";
import type { EventMachine } from "./event-machine.ts";

/** The events of one machine, as far as they are kept. */
export interface EventChain {
  readonly number: number;
  readonly controller: string;
  readonly machine: number;
  readonly publicKey: Uint8Array;
  readonly end: ChainEnd;
  /** Seconds. */
  readonly receivedAt: number;
  readonly gaps: number;
  readonly missing: number;
}

/** What a machine's events are called: `gate-house`, and `gate-house~2` for the machine that took its place. */
export const eventsAs = ({ controller, machine }: Pick<EventChain, "controller" | "machine">): string =>
  machine === 1 ? controller : `${controller}~${machine}`;

/** The chains of a controller, those of its former machines first. */
export async function chainsOf(queries: Queries, controller: string): Promise<EventChain[]> {
  return (await CHAINS.rows(queries, controller)).map(chainOf);
}
/** Asked with every batch that comes. */
const CHAINS = new Statement<Selectable<EventChainTable>>("SELECT * FROM event_chain WHERE controller = ? ORDER BY machine");

/** The same, of a controller that there is or was; undefined: there never was one. */
export async function knownChains(queries: Queries, controller: string): Promise<EventChain[] | undefined> {
  const chains = await chainsOf(queries, controller);
  return chains.length > 0 || (await readController(queries, controller)) !== undefined ? chains : undefined;
}

/** The chains behind this number, of whichever controllers. */
export async function chainsBehind(queries: Queries, number: number, limit: number): Promise<EventChain[]> {
  const rows = await queries.selectFrom("event_chain").selectAll().where("number", ">", number).orderBy("number").limit(limit).execute();
  return rows.map(chainOf);
}

const chainOf = (row: Selectable<EventChainTable>): EventChain => ({
  number: row.number,
  controller: row.controller,
  machine: row.machine,
  publicKey: new Uint8Array(row.public_key),
  end: { seq: row.seq, hash: new Uint8Array(row.hash) },
  receivedAt: row.received_at,
  gaps: row.gaps,
  missing: row.missing,
});

/** The chain of a machine, which begins here where there is none yet. */
export async function chainOfMachine(queries: Queries, { controller, machine, publicKey }: EventMachine, now: number): Promise<EventChain> {
  const known = (await chainsOf(queries, controller)).find((chain) => sameBytes(chain.publicKey, publicKey));
  if (known !== undefined) return known;
  const { seq, hash } = CHAIN_START;
  const { number } = await queries
    .insertInto("event_chain")
    .values({ controller, machine, public_key: Buffer.from(publicKey), seq, hash: Buffer.from(hash), received_at: now, gaps: 0, missing: 0 })
    .returning("number")
    .executeTakeFirstOrThrow();
  return { number, controller, machine, publicKey, end: CHAIN_START, receivedAt: now, gaps: 0, missing: 0 };
}

/** The machine that stands there now. */
export const machineOf = ({ id: controller, machine, publicKey }: Controller): EventMachine => ({ controller, machine, publicKey });

/** Those that it has taken the place of. */
export async function formerMachinesOf(queries: Queries, { id: controller }: Controller): Promise<EventMachine[]> {
  const former = await queries.selectFrom("former_controller_key").select(["machine", "public_key"]).where("controller", "=", controller).execute();
  return former.map((row) => ({ controller, machine: row.machine, publicKey: new Uint8Array(row.public_key) }));
}
