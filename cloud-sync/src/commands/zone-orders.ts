import { type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Queries } from "../store/cloud-database.ts";
import type { ZoneOrderTable } from "../store/trust-tables.ts";

/** What stands until the next of them is given, also for a controller that was not there to hear it. */
export const STANDING_VERBS = ["lockdown", "lockdown-release"] as const;

/** The last lockdown of a zone, or its end. */
export interface ZoneOrder {
  /** 32 hex digits: tells it from the one before. */
  readonly id: string;
  readonly zone: string;
  readonly verb: (typeof STANDING_VERBS)[number];
  /** Who gave it, and why. */
  readonly actor: string;
  readonly reason: string;
  readonly at: UnixSeconds;
}

/** A lockdown that lasts, or an end of one that not everybody has heard. */
export interface StandingOrder extends ZoneOrder {
  /** Controllers of the zone that have not said yet that they did it, ascending. */
  readonly waiting: readonly string[];
}

/** From now on it stands for the zone: in the transaction in which it is given. Those who are asked at once are remembered as asked. */
export async function keepOrder(queries: Queries, order: ZoneOrder, asked: readonly string[]): Promise<void> {
  const { zone, ...rest } = order;
  await queries
    .insertInto("zone_order")
    .values({ zone, ...rest })
    .onConflict((conflict) => conflict.column("zone").doUpdateSet(rest))
    .execute();
  for (const controller of asked) await tell(queries, controller, order, 0);
}

/** A controller has done it, or has said for good that there is nothing to do. An order that is no longer the zone's settles nothing. */
export async function settleOrder(queries: Queries, controller: string, { zone, id }: Pick<ZoneOrder, "zone" | "id">): Promise<void> {
  await queries.updateTable("zone_order_told").set({ settled: 1 }).where("controller", "=", controller).where("zone", "=", zone).where("id", "=", id).execute();
}

/** Orders that somebody who is back has to be told of. Whoever was never asked for a lockdown is not asked for its end. */
export async function owedOrders(queries: Queries, controller: string): Promise<ZoneOrder[]> {
  const row = await queries.selectFrom("controller").select("zones").where("id", "=", controller).where("revoked_at", "is", null).executeTakeFirst();
  if (row === undefined) return [];
  const zones = JSON.parse(row.zones) as string[];
  const orders = (await queries.selectFrom("zone_order").selectAll().orderBy("zone").execute()).filter(({ zone }) => zones.includes(zone));
  const told = await queries.selectFrom("zone_order_told").selectAll().where("controller", "=", controller).execute();
  return orders
    .filter((order) =>
      isOwed(
        order,
        told.find(({ zone }) => zone === order.zone),
      ),
    )
    .map(orderOf);
}

/** Before it is told to somebody who is back. */
export const askedAgain = (queries: Queries, controller: string, order: ZoneOrder): Promise<void> => tell(queries, controller, order, 0);

/** What lasts or is not heard by everybody, by zone. */
export async function standingOrders(queries: Queries): Promise<StandingOrder[]> {
  const orders = await queries.selectFrom("zone_order").selectAll().orderBy("zone").execute();
  if (orders.length === 0) return [];
  const controllers = await queries.selectFrom("controller").select(["id", "zones"]).where("revoked_at", "is", null).orderBy("id").execute();
  const told = await queries.selectFrom("zone_order_told").selectAll().execute();
  return orders
    .map((order): StandingOrder => {
      const of = controllers.filter(({ zones }) => (JSON.parse(zones) as string[]).includes(order.zone)).map(({ id }) => id);
      const waiting = of.filter((id) => isOwed(order, told.find((each) => each.controller === id && each.zone === order.zone))); // prettier-ignore
      return { ...orderOf(order), waiting };
    })
    .filter(({ verb, waiting }) => verb === "lockdown" || waiting.length > 0);
}

function isOwed({ id, verb }: ZoneOrderTable, told: { readonly id: string; readonly settled: number } | undefined): boolean {
  if (told === undefined) return verb === "lockdown";
  return told.id !== id || told.settled === 0;
}

const orderOf = ({ at, ...row }: ZoneOrderTable): ZoneOrder => ({ ...row, at: unixSeconds(at) });

async function tell(queries: Queries, controller: string, { zone, id }: ZoneOrder, settled: number): Promise<void> {
  await queries
    .insertInto("zone_order_told")
    .values({ controller, zone, id, settled })
    .onConflict((conflict) => conflict.columns(["controller", "zone"]).doUpdateSet({ id, settled }))
    .execute();
}
