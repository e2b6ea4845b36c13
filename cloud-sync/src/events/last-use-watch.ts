import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Queries } from "../store/cloud-database.ts";

export interface LastUseWatchNeeds {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked: last use is told by month, so nobody waits for it. */
export const LAST_USE_LOOK_MS = 60_000;
/** Batches between two turns of the loop: some thousand events. */
const BATCHES = 16;
/** What was not used for longer counts as never used. */
export const LAST_USE_LIFE_S = 400 * 86_400;

/** Keeps when each credential was let in last at each access point, behind what controllers send up and out of its way: where it stopped it goes on. */
export class LastUseWatch {
  readonly #needs: LastUseWatchNeeds;
  #cancel = (): void => {};
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #endTurn = (): void => {};

  constructor(needs: LastUseWatchNeeds) {
    this.#needs = needs;
    this.#next();
  }

  /** Looks through everything that is new. */
  async look(): Promise<void> {
    const { cloud } = this.#needs;
    while (!this.#isClosed && (await this.#lookOn())) await this.#turn();
    const oldest = Math.floor(cloud.nowMs() / 1000) - LAST_USE_LIFE_S;
    await cloud.database.queries.deleteFrom("last_use").where("at", "<", oldest).execute();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#endTurn();
    await this.#looking;
  }

  /** False: there was nothing further. */
  #lookOn(): Promise<boolean> {
    return this.#needs.cloud.database.transact(async (queries) => {
      const { batch: mark } = await queries.selectFrom("last_use_mark").select("batch").executeTakeFirstOrThrow();
      const batches = await queries.selectFrom("event_batch").select(["id", "chain", "new_from", "last_seq"]).where("id", ">", mark).orderBy("id").limit(BATCHES).execute(); // prettier-ignore
      const last = batches.at(-1);
      if (last === undefined) return false;
      for (const { chain, new_from, last_seq } of batches) await keepUses(queries, chain, new_from, last_seq);
      await queries.updateTable("last_use_mark").set({ batch: last.id }).execute();
      return batches.length === BATCHES;
    });
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#endTurn = resolve;
      this.#needs.clock.after(0, resolve);
    });
  }

  #next(): void {
    this.#cancel = this.#needs.clock.after(LAST_USE_LOOK_MS, () => {
      this.#looking = this.look()
        .catch((error: unknown) => this.#needs.onFailure(error))
        .finally(() => this.#isClosed || this.#next());
    });
  }
}

/** One statement a batch: no event leaves the store. */
async function keepUses(queries: Queries, chain: number, from: number, to: number): Promise<void> {
  await queries
    .insertInto("last_use")
    .columns(["credential", "access_point", "at"])
    .expression((all) =>
      all
        .selectFrom("controller_event")
        .select((each) => [
          each.ref("credential").$notNull().as("credential"),
          each.ref("source").$notNull().as("access_point"),
          each.fn.max<number>("at").as("at"),
        ]) // prettier-ignore
        .where("chain", "=", chain)
        .where("seq", ">=", from)
        .where("seq", "<=", to)
        .where("name", "=", "AccessGranted")
        .where("credential", "is not", null)
        .where("source", "is not", null)
        .where("at", "is not", null)
        .groupBy(["credential", "source"]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(["credential", "access_point"])
        .doUpdateSet((each) => ({ at: each.ref("excluded.at") }))
        .whereRef("excluded.at", ">", "last_use.at"),
    )
    .execute();
}
