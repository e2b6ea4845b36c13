import { afterEach, beforeEach, expect, test } from "vitest";
import { putPerson } from "../people.ts";
import { erasePerson } from "../privacy/erasure.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { LEDGER_POLICY, openTills, orderedOf, TILLS } from "../rig/ledger-rig.ts";
import { checkLedger } from "./check-ledger.ts";
import { Ledger } from "./ledger.ts";
import { WalletKeys } from "./wallets.ts";

const [MERCHANT, , DESK] = TILLS;

let rig: CloudRig;
let ledger: Ledger;
let keys: WalletKeys;
beforeEach(async () => {
  rig = await cloudRig();
  await openTills(rig.database.queries);
  [ledger, keys] = [new Ledger(rig, LEDGER_POLICY), new WalletKeys(rig)];
});
afterEach(() => rig.close());

const person = async (): Promise<string> =>
  (await done(putPerson(rig, NOTE, undefined, { account: null, name: "张", phone: null, mail: null, flags: [], partySize: 1 }))).id;
const keyOf = async (of: string): Promise<string> => {
  const key = await keys.of(of);
  if (!key.ok) throw new Error(key.error);
  return key.value;
};

test("each person has one wallet, however many ask for it at once and whoever else does; a person whom nobody knows has none", async () => {
  const [one, other] = [await person(), await person()];
  const asked = [one, other, one, "nobody", one];
  const found = await Promise.all([...asked, ...asked].map((of) => keys.of(of)));
  const [first, second] = found.map((each) => (each.ok ? each.value : each.error));
  expect(found.map((each) => (each.ok ? each.value : each.error))).toEqual([...Array(2)].flatMap(() => [first, second, first, "PersonUnknown", first]));
  expect(first).not.toBe(second);
  expect(await new WalletKeys(rig).of(one)).toEqual({ ok: true, value: first });
  expect(await rig.database.queries.selectFrom("wallet").select("person").execute()).toHaveLength(2);
});

test.each(["that was used", "that nobody has used"])("a wallet %s takes nothing once its owner is erased, also what was on its way", async (kind) => {
  const owner = await person();
  const wallet = await keyOf(owner);
  if (kind === "that was used") {
    await ledger.post(orderedOf("top-up-1", { kind: "topUp", wallet, till: DESK, amountFen: 500 }));
    expect(await erasePerson(rig, NOTE, owner)).toMatchObject({ ok: false, error: "ObligationsStand" });
    expect(await ledger.post(orderedOf("charge-1", { kind: "charge", wallet, till: MERCHANT, amountFen: 500 }))).toMatchObject({ ok: true });
  }
  await done(erasePerson(rig, NOTE, owner));
  expect(await ledger.post(orderedOf("top-up-2", { kind: "topUp", wallet, till: DESK, amountFen: 500 }))).toMatchObject({ ok: false, error: "WalletClosed" });
  const fact = { kind: "fact", wallet, till: MERCHANT, amountFen: 70, payer: { kind: "holder" } } as const;
  expect(await ledger.post(orderedOf("fact-0001", fact))).toMatchObject({ ok: true });
  expect(await rig.database.queries.selectFrom("ledger_review").select(["why", "open_fen"]).execute()).toEqual([{ why: "WalletClosed", open_fen: 70 }]);
  expect((await checkLedger(rig.database)).broken).toEqual([]);
});
