import { type ControllerEvent, eventOf, type EventFields, unixSeconds } from "@portico/card-protocol";
import { makeHeldPass } from "@portico/card-protocol/phone";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Controller } from "../controllers.ts";
import { issueCredential, removeCredential, setCredentialState } from "../credentials.ts";
import { EventIntake } from "../events/event-intake.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { campusOfOne, type CampusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { ALWAYS, type CloudRig, cloudRig, done, NOTE, START } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { checkLedger } from "./check-ledger.ts";
import type { ToldPosting } from "./charge-evidence.ts";
import { MoneyDesk } from "./money-desk.ts";
import { TerminalMoney } from "./terminal-money.ts";
import { putTill } from "./tills.ts";
import { readStatement } from "./statement-lines.ts";
import { readWallet } from "./wallets.ts";

const TERMS = { ...loadServiceDocument(CAMPUS_SERVICES_FILE).money, debtFenMax: 500 };
const CANTEEN = "merchant/north-canteen";
const phone = nodeSigner(new Uint8Array(32).fill(0x61));

let rig: CloudRig;
let campus: CampusOfOne;
let money: MoneyDesk;
let terminal: TerminalMoney;
let log: MachineLog;
let machine: Controller;
let held: string;
let holder: number;
beforeEach(async () => {
  rig = await cloudRig();
  campus = await campusOfOne(rig);
  ({ id: held } = await done(
    issueCredential(rig, NOTE, campus.person, { kind: "qr", validity: ALWAYS, publicKey: phone.publicKey, takesIssuedUntil: null, number: null }),
  ));
  await rig.expander.expandAll();
  ({ holder } = await rig.database.queries.selectFrom("zone_holder").select("holder").where("person", "=", campus.person).executeTakeFirstOrThrow());
  money = new MoneyDesk(rig, TERMS);
  terminal = new TerminalMoney({ cloud: rig, money, site: rig.site, issuerKey: () => undefined });
  log = new MachineLog("canteen", 0x41);
  machine = { id: "canteen", machine: 1, publicKey: log.signer.publicKey } as Controller;
  await done(putTill(rig, NOTE, { id: CANTEEN, names: { zh: "北食堂", en: "North canteen" }, terminals: ["till-1"] }));
  await done(putTill(rig, NOTE, { id: "cashDesk/office", names: { zh: "办", en: "Office" }, terminals: [] }));
  await money.topUp(NOTE, campus.person, "cashDesk/office", { id: "top-up-0001", amountFen: 1_000, text: "" });
});
afterEach(async () => {
  expect((await checkLedger(rig.database)).broken).toEqual([]);
  await rig.close();
});

type Granted = EventFields<"AccessGranted">;
/** Somebody pays at the till; what the machine says of it may be spoilt. */
function paid(
  amountFen: number,
  { credential = campus.card, grant = {}, event = {} }: { credential?: string; grant?: Partial<Granted>; event?: object } = {},
): ToldPosting {
  const seq = log.end().seq + 1;
  const granted: Granted = { accessPoint: "till-1-reader", credential, presentation: "card", holder, counter: null, signedAt: null, pass: null, accessProfile: "pay", uncertaintyS: 1, listVersion: 1, replayGroup: "tills", ...grant }; // prettier-ignore
  log.record(eventOf("AccessGranted", granted)).record(eventOf("AccessTaken", { accessPoint: "till-1-reader", grantedSeq: seq }));
  log.record({ name: "ChargeMade", fields: { terminal: "till-1", credential, zone: ZONE, holder, amountFen, grantedSeq: seq, ...event } } as ControllerEvent);
  return { id: idOf(seq), seq: seq + 2, kind: "charge", of: null, terminal: "till-1", zone: ZONE, holder, credential, amountFen, at: START + seq };
}
const idOf = (seq: number): string => seq.toString(16).padStart(64, "0");
const passOf = (signer = phone): Partial<Granted> => ({
  presentation: "H",
  counter: 7,
  signedAt: unixSeconds(START),
  pass: makeHeldPass({ site: rig.site, credentialId: held, counter: 7, signedAt: unixSeconds(START) }, signer).bytes,
});
let sent = 0;
async function sendLog(): Promise<void> {
  const taken = await new EventIntake(rig, () => {}).take(log.machine, log.batch(sent + 1));
  if (!taken.ok) throw new Error(taken.detail);
  sent = log.end().seq;
}
beforeEach(() => void (sent = 0));
const balance = async () => {
  const { balanceFen, debtFen, state } = (await readWallet(rig.database.queries, campus.person, rig.now()))!;
  return { balanceFen, debtFen, state };
};
const why = async (id: string) => (await rig.database.queries.selectFrom("ledger_review").select("why").where("movement", "=", id).executeTakeFirst())?.why;

test("rule 2.13: card and QR spend one account; a charge is booked once its event is in the log, once however often it is told, at the till of its terminal", async () => {
  const byCard = paid(300);
  expect(await terminal.book(machine, byCard)).toMatchObject({ outcome: "later", reason: "EvidenceAwaited" });
  expect(await balance()).toMatchObject({ balanceFen: 1_000 });
  const byPass = paid(200, { credential: held, grant: passOf() });
  await sendLog();
  for (let times = 0; times < 2; times++)
    for (const told of [byCard, byPass]) expect(await terminal.book(machine, told)).toEqual({ outcome: "done", availableFen: null });
  expect(await balance()).toEqual({ balanceFen: 500, debtFen: 0, state: "open" });
  expect(await readStatement(rig.database.queries, { till: CANTEEN }, { before: undefined, limit: 9 })).toMatchObject([
    { amount_fen: 200, origin: "canteen/till-1", credential: held },
    { amount_fen: 300 },
  ]);
  expect(await terminal.balance({ zone: ZONE, holder }, rig.now())).toEqual({ outcome: "done", availableFen: 500 });
  expect(await terminal.balance({ zone: ZONE, holder: 999 }, rig.now())).toMatchObject({ outcome: "refused", reason: "HolderUnknown" });
});

test("a charge that its machine's log does not prove is paid to the merchant and waits for a person; the holder loses nothing by it", async () => {
  const forged = paid(100, { credential: held, grant: passOf(nodeSigner(new Uint8Array(32).fill(0x62))) });
  const unsigned = paid(100, { credential: held, grant: { ...passOf(), pass: null } });
  const other = paid(100, { event: { amountFen: 99 } });
  const stranger = { ...paid(100, { event: { holder: 4_242 } }), holder: 4_242 };
  const exit = paid(100);
  await sendLog();
  for (const [told, reason] of [
    [forged, "EvidenceMissing"],
    [unsigned, "EvidenceMissing"],
    [other, "EvidenceDiffers"],
    [stranger, "HolderUnknown"],
    [{ ...exit, seq: exit.seq - 1 }, "EvidenceDiffers"],
  ] as const) {
    expect(await terminal.book(machine, told)).toMatchObject({ outcome: "done" });
    expect(await why(told.id)).toBe(reason);
  }
  expect(await balance()).toMatchObject({ balanceFen: 1_000 });
  const never = { ...paid(100), seq: 9_999 };
  rig.pass(TERMS.evidenceWithinS + 100);
  expect(await terminal.book(machine, never)).toMatchObject({ outcome: "done" });
  expect(await why(never.id)).toBe("EvidenceMissing");
});

test("an id that stands for something else, as of a machine that was begun anew, is booked under another id, once, and a person looks", async () => {
  const told = paid(100);
  const again = { ...paid(250), id: told.id };
  await sendLog();
  for (let times = 0; times < 2; times++) for (const each of [told, again]) expect(await terminal.book(machine, each)).toMatchObject({ outcome: "done" });
  expect(await rig.database.queries.selectFrom("ledger_review").select(["why", "open_fen"]).execute()).toEqual([{ why: "IdCollision", open_fen: 250 }]);
  expect(await balance()).toMatchObject({ balanceFen: 900 });
});

test("rule 4.1: what a lost card paid off line before the report is the holder's, after it the campus's, and after its return the holder's again", async () => {
  const told = [paid(100), paid(200), paid(400)];
  await sendLog();
  rig.pass(1_000);
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  rig.pass(1_000);
  await done(setCredentialState(rig, NOTE, campus.card, "active", null));
  for (const [nth, at] of [START + 999, START + 1_000, START + 2_000].entries())
    expect(await terminal.book(machine, { ...told[nth]!, at })).toMatchObject({ outcome: "done" });
  expect(await balance()).toMatchObject({ balanceFen: 500 });
  const { debits_posted } = await rig.database.queries
    .selectFrom("ledger_account")
    .select("debits_posted")
    .where("id", "=", "campusLoss")
    .executeTakeFirstOrThrow();
  expect(debits_posted).toBe(200);
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  await done(removeCredential(rig, NOTE, campus.card));
  const later = { ...paid(50), at: rig.now() };
  await sendLog();
  expect(await terminal.book(machine, later)).toMatchObject({ outcome: "done" });
  expect(await balance(), "a card that was replaced was lost all the same").toMatchObject({ balanceFen: 500 });
});

test("a balance that is short makes a debt up to the limit, then waits for a person; the list then lets its owner pay nothing off line, until a top-up", async () => {
  const told = paid(1_800);
  await sendLog();
  expect(await terminal.book(machine, told)).toMatchObject({ outcome: "done" });
  expect(await balance()).toEqual({ balanceFen: 0, debtFen: 500, state: "blocked" });
  expect(await rig.database.queries.selectFrom("ledger_review").select(["why", "open_fen"]).execute()).toEqual([{ why: "ShortBalance", open_fen: 300 }]);
  await money.topUp(NOTE, campus.person, "cashDesk/office", { id: "top-up-0002", amountFen: 600, text: "" });
  expect(await balance()).toEqual({ balanceFen: 100, debtFen: 0, state: "open" });
  const { person: _, ...refund } = { person: "", ...told, id: idOf(77), kind: "refund" as const, of: told.id, amountFen: 400 };
  const at = log.end().seq + 1;
  log.record(eventOf("ChargeRefunded", { terminal: "till-1", chargeSeq: told.seq, amountFen: 400, by: "wang", reason: "cold" }));
  expect(await terminal.book(machine, { ...refund, seq: at })).toMatchObject({ outcome: "later" });
  await sendLog();
  expect(await terminal.book(machine, { ...refund, seq: at })).toMatchObject({ outcome: "done" });
  expect(await balance(), "what nobody has paid goes back first").toMatchObject({ balanceFen: 200 });
  expect(await terminal.book(machine, { ...refund, id: idOf(78), seq: at, amountFen: 4_000 })).toMatchObject({ outcome: "refused" });
});

test("rule 2.9: a printer holds, takes what was printed and gives back the rest; each is done once, also where the answer was lost or the hold is over by then", async () => {
  const hold = (id: number, amountFen: number) => ({ id: id.toString(16).padStart(32, "0"), zone: ZONE, holder, credential: campus.card, amountFen });
  expect(await terminal.hold(machine, hold(1, 1_001), rig.now())).toMatchObject({ outcome: "refused", reason: "InsufficientFunds" });
  for (let times = 0; times < 2; times++) expect(await terminal.hold(machine, hold(1, 600), rig.now())).toMatchObject({ outcome: "done" });
  expect(await terminal.hold(machine, hold(2, 401), rig.now())).toMatchObject({ outcome: "refused" });
  for (let times = 0; times < 2; times++) expect(await terminal.post(machine, hold(1, 600), 450)).toMatchObject({ outcome: "done" });
  expect(await balance()).toMatchObject({ balanceFen: 550 });
  await terminal.hold(machine, hold(3, 100), rig.now());
  for (let times = 0; times < 2; times++) expect(await terminal.void(machine, hold(3, 100))).toMatchObject({ outcome: "done" });
  expect(await terminal.void(machine, hold(4, 100)), "there was none").toMatchObject({ outcome: "done" });
  await terminal.hold(machine, hold(5, 100), rig.now());
  rig.pass(TERMS.printHoldS + 1);
  for (let times = 0; times < 2; times++) expect(await terminal.post(machine, hold(5, 100), 90)).toMatchObject({ outcome: "done" });
  expect(await balance()).toMatchObject({ balanceFen: 460 });
  for (let times = 0; times < 2; times++) expect(await terminal.post(machine, hold(6, 100), 70), "nobody has held it").toMatchObject({ outcome: "done" });
  expect(await balance()).toMatchObject({ balanceFen: 460 });
  expect(await why(`${hold(6, 100).id}.post`)).toBe("EvidenceMissing");
  expect(await terminal.hold(machine, { ...hold(7, 1), credential: "0123456789abcdef" }, rig.now())).toMatchObject({
    outcome: "refused",
    reason: "HolderUnknown",
  });
});
