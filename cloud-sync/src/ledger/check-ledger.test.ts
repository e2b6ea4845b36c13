import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudRig, cloudRig } from "../rig/cloud-rig.ts";
import { LEDGER_POLICY, openTills, orderedOf, TILLS, WALLETS } from "../rig/ledger-rig.ts";
import { checkLedger } from "./check-ledger.ts";
import { Ledger } from "./ledger.ts";

const [WALLET] = WALLETS;
const [MERCHANT, , DESK] = TILLS;

let rig: CloudRig;
beforeEach(async () => {
  rig = await cloudRig();
  await openTills(rig.database.queries);
  const ledger = new Ledger(rig, LEDGER_POLICY);
  await ledger.post(orderedOf("top-up-1", { kind: "topUp", wallet: WALLET, till: DESK, amountFen: 1_000 }));
  await ledger.post(orderedOf("charge-1", { kind: "charge", wallet: WALLET, till: MERCHANT, amountFen: 300 }));
  await ledger.post(orderedOf("hold-0001", { kind: "hold", wallet: WALLET, till: MERCHANT, amountFen: 200, expiresAt: null }));
});
afterEach(() => rig.close());

const broken = async (): Promise<readonly string[]> => (await checkLedger(rig.database)).broken;
const run = (statement: string): Promise<unknown> => sql.raw(statement).execute(rig.database.queries);

test("a ledger that nobody has written past adds up", async () => {
  expect(await checkLedger(rig.database)).toMatchObject({ movements: 3, broken: [] });
});

test.each([
  [
    "money that no transfer moved",
    `UPDATE ledger_account SET credits_posted = credits_posted + 1 WHERE id = '${MERCHANT}'`,
    [`${MERCHANT} is not the sum of its transfers`, "posted debits are not posted credits"],
  ],
  [
    "a transfer that no account knows of",
    `INSERT INTO ledger_transfer SELECT movement, 2, debit, credit, 5, flag, NULL, NULL, day FROM ledger_transfer WHERE movement = (SELECT seq FROM ledger_movement WHERE id = 'charge-1')`,
    [`${MERCHANT} is not the sum of its transfers`, `wallet/${WALLET} is not the sum of its transfers`],
  ],
  ["a hold that nothing holds", "DELETE FROM ledger_hold", ["what is listed as held is not what pending transfers hold"]],
  [
    "a review that nobody owes",
    `INSERT INTO ledger_review (movement, why, till, opened_at, asked_fen, open_fen) VALUES ('charge-1', 'EvidenceMissing', '${MERCHANT}', 0, 300, 300)`,
    ["open reviews are not what nobody has paid"],
  ],
  [
    "a statement that tells another balance",
    `INSERT INTO ledger_movement (seq, id, kind, body, wallet, till, amount_fen, at, happened_at, day, late, said, acted_by, reason, net_fen, balance_fen, debt_fen) VALUES (99, 'forged-1', 'topUp', '', '${WALLET}', '${DESK}', 50, 0, 0, '2026-09-01', 0, '', 'x', '', 50, 751, 0)`,
    [
      "the balance behind forged-1 is not the sum of the statement",
      `wallet/${WALLET} does not name the newest movement on its statement`,
      `${DESK} does not name the newest movement on its statement`,
      "forged-1 does not name the movement before it on the statement of its wallet",
      "forged-1 does not name the movement before it on the statement of its till",
    ],
  ],
  [
    "a statement that leaves its newest line out",
    `UPDATE ledger_account SET newest = (SELECT till_before FROM ledger_movement WHERE id = 'hold-0001') WHERE id = '${MERCHANT}'`,
    [`${MERCHANT} does not name the newest movement on its statement`],
  ],
] as const)("%s is found", async (_, statement, found) => {
  // prettier-ignore
  await run(statement);
  expect((await broken()).toSorted()).toEqual([...found].toSorted());
});
