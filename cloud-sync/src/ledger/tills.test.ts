import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudRig, cloudRig, NOTE } from "../rig/cloud-rig.ts";
import { openTills, TILLS } from "../rig/ledger-rig.ts";
import { holdLedger } from "./ledger-rows.ts";
import { endTill, putTill } from "./tills.ts";

const [MERCHANT] = TILLS;

let rig: CloudRig;
beforeEach(async () => {
  rig = await cloudRig();
  await openTills(rig.database.queries);
});
afterEach(() => rig.close());

test.each([
  ["ends", () => endTill(rig, NOTE, MERCHANT), 1],
  ["opens again", () => putTill(rig, NOTE, { id: MERCHANT, names: { zh: "食堂", en: "Canteen" }, terminals: [] }), 0],
] as const)(
  "a till that somebody %s while others book there stays so: it waits until their batch, which has read the account, is written",
  async (_, act, closed) => {
    const { database } = rig;
    const order: string[] = [];
    let changed: Promise<unknown> | undefined;
    await database.transact(async (queries) => {
      await holdLedger(queries);
      const read = await queries.selectFrom("ledger_account").select("closed").where("id", "=", MERCHANT).executeTakeFirstOrThrow();
      changed = act().then(() => order.push("changed"));
      // On a store that others share: until it is through, or waits for a row of this transaction.
      const isWaiting = async (): Promise<boolean> =>
        (await sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(database.queries)).rows.length > 0;
      while (database.isShared && order.length === 0 && !(await isWaiting()));
      order.push("written");
      await queries.updateTable("ledger_account").set(read).where("id", "=", MERCHANT).execute();
    }, "read committed");
    await changed;
    expect(order).toEqual(["written", "changed"]);
    const after = await database.queries.selectFrom("ledger_account").select("closed").where("id", "=", MERCHANT).executeTakeFirstOrThrow();
    expect(after).toEqual({ closed });
  },
);
