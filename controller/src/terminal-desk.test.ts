import { afterEach, beforeEach, expect, test } from "vitest";
import { type Credential, eventOf, unixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import type { TerminalConfiguration } from "./configuration/terminal-configuration.ts";
import { ChargeUpload } from "./money/charge-upload.ts";
import { MemoryMoney } from "./money/memory-money.ts";
import type { MoneyAnswer, MoneyPort, Posting } from "./money/money-port.ts";
import { CREDENTIAL, START } from "./rig/people.ts";
import { openStore, RigStore } from "./rig/rig-store.ts";
import { Recorder } from "./recorder.ts";
import { chargeId, TerminalDesk } from "./terminal-desk.ts";

const CANTEEN: TerminalConfiguration = { id: "canteen-1", merchant: "North canteen", limitFen: 5_000, ceilingFen: 6_000, waitMs: 60_000 };
const LIMITS = { perTxFen: 2_000, totalFen: 3_000, count: 2, until: unixSeconds(START + 3_600) };
const holder = (number: number, limits: Credential["offlineLimits"] | null = LIMITS): Credential => ({
  id: CREDENTIAL.chen,
  holder: number,
  kind: "card",
  validFrom: unixSeconds(0),
  validUntil: unixSeconds(START + 86_400),
  takes: [],
  flags: [],
  ...(limits && { offlineLimits: limits }),
});

let rig: RigStore;
let woken: number;
beforeEach(() => {
  rig = new RigStore();
  woken = 0;
});
afterEach(() => rig.end());

const desk = (
  change: Partial<TerminalConfiguration> = {},
  at: Pick<RigStore, "store" | "recorder"> = rig,
  money: Partial<ConstructorParameters<typeof TerminalDesk>[0]> = {},
): TerminalDesk =>
  new TerminalDesk({
    terminal: { ...CANTEEN, ...change },
    site: "demo",
    controller: "gate-house",
    machine: "5a".repeat(32),
    timeZone: "Asia/Shanghai",
    zone: "",
    clock: rig.clock,
    recorder: at.recorder,
    charges: at.store.charges,
    isTest: true,
    onCharge: () => void woken++,
    ...money,
  });

const granted = (who: Credential) =>
  eventOf("AccessGranted", { accessPoint: "till", credential: who.id, presentation: "card", holder: who.holder, counter: null, signedAt: null, pass: null, accessProfile: "pay", uncertaintyS: 1, listVersion: 1, replayGroup: "till" }); // prettier-ignore
/** As the access point does with somebody whom nothing else refuses. */
function present(at: TerminalDesk, who = holder(5)): string {
  const refusal = at.portal.refusalOf!(who);
  if (refusal !== undefined) {
    at.judged({ decision: { kind: "denied", reason: refusal.reason, check: "door lets somebody in", detail: refusal.detail }, credential: who.id });
    return refusal.detail;
  }
  return at.portal.recordGrant!(granted(who), who) === undefined ? "not recorded" : "charged";
}
function pay(at: TerminalDesk, fen: number, who = holder(5)): string {
  expect(at.enter(fen).ok).toBe(true);
  return present(at, who);
}

test("rule 2.13: what is left is told of whoever paid, with the receipt of that charge alone, and of whoever shows a card while nothing is to be paid; a new amount makes it void", async () => {
  const asked: [number, number | undefined][] = [];
  const at = desk({}, rig, {
    isTest: false,
    balance: (who, charge) => {
      asked.push([who, charge]);
      return Promise.resolve({ kind: "left", fen: 8_750 });
    },
  });
  expect([present(at), at.state.last]).toEqual(["no amount was entered", undefined]);
  await rig.time.settle();
  expect([asked, at.asked, at.balance]).toEqual([[[5, undefined]], { kind: "left", fen: 8_750 }, undefined]);
  pay(at, 500);
  expect([at.balance, at.asked]).toEqual([undefined, undefined]);
  await rig.time.settle();
  const charge = at.state.last?.kind === "charged" ? at.state.last.charge : 0;
  expect(asked.at(-1)).toEqual([5, charge]);
  const kept = rig.store.charges.find(charge)!;
  expect([at.balance, at.printed(kept).receipt.at(-1)]).toEqual([{ kind: "left", fen: 8_750 }, "BALANCE ¥87.50"]);
  present(at, holder(6));
  await rig.time.settle();
  expect([asked.at(-1), at.balance, at.printed(kept).receipt.at(-1)], "another's money stands on nobody's receipt").toEqual([
    [6, undefined],
    undefined,
    expect.stringMatching(/^no\. /),
  ]);
  at.enter(300);
  expect([at.balance, at.printed(kept).receipt.some((line) => line.startsWith("BALANCE"))]).toEqual([undefined, false]);
});

test("an amount that is negative, fractional, a text or over the limit is refused by name, and nothing waits", () => {
  const at = desk();
  const refused = [-5, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "12", null, 5_001].map((amount) => {
    const read = at.enter(amount);
    return read.ok ? "taken" : read.error;
  });
  expect(refused).toEqual(["AmountNotPositive", "AmountNotPositive", "AmountNotWhole", "AmountNotANumber", "AmountNotANumber", "AmountNotANumber", "AmountNotANumber", "AmountOverLimit"]); // prettier-ignore
  expect(at.state.waiting).toBeUndefined();
  expect(present(at)).toBe("no amount was entered");
});

test("whoever shows a card pays what waits: grant and charge stand in the log together before the answer, the receipt says TEST, and the next card pays nothing", () => {
  const at = desk();
  expect(pay(at, 1_205)).toBe("charged");
  expect(rig.events().map(({ name }) => name)).toEqual(["AccessGranted", "AccessTaken", "ChargeMade"]);
  expect(rig.named("ChargeMade")[0]!.fields).toEqual({
    terminal: "canteen-1",
    credential: CREDENTIAL.chen,
    zone: "",
    holder: 5,
    amountFen: 1_205,
    grantedSeq: 1,
  });
  const [kept] = rig.store.charges.ofDay("canteen-1", "2027-01-11");
  expect(at.printed(kept!).receipt).toEqual(["*** TEST ***", "North canteen", "PAYMENT ¥12.05", "2027-01-11 08:00", "terminal canteen-1", `no. ${kept!.id.slice(0, 12)}`, "*** TEST ***"]); // prettier-ignore
  expect([at.state.last?.kind, woken, present(at)]).toEqual(["charged", 1, "no amount was entered"]);
});

test("off-line limits are those of the signed list, for each holder and terminal: per payment, in all, in number, until an instant, and a ceiling of the terminal", () => {
  const at = desk();
  const other = desk({ id: "canteen-2" });
  expect(pay(at, 2_001)).toBe("2001 fen, at most 2000 at once");
  expect(pay(at, 1_000, holder(5, null))).toBe("the list names no limits of this holder");
  expect(pay(at, 2_000)).toBe("charged");
  expect(pay(at, 1_001)).toBe("2000 fen not acknowledged yet, with 1001 more than 3000");
  expect(pay(at, 500)).toBe("charged");
  expect(pay(at, 1)).toBe("2 payments not acknowledged yet, at most 2");
  expect(pay(other, 2_000)).toBe("charged");
  expect(pay(at, 2_000, holder(6))).toBe("charged");
  expect(pay(at, 2_000, holder(7))).toBe("4500 fen of this terminal not acknowledged yet, with 2000 more than 6000");
  const rows = rig.store.charges;
  rows.settle(rows.oldestWaiting()!.seq, "posted");
  expect(pay(at, 1_001)).toBe("charged");
  expect(pay(at, 1, holder(8, { ...LIMITS, until: unixSeconds(rig.now()) }))).toBe("the limits of this holder have ended");
  expect(rig.named("ChargeRefused").map(({ fields }) => fields.reason)).toEqual([
    "OverPerPayment",
    "NoLimits",
    "OverTotal",
    "OverCount",
    "OverCeiling",
    "LimitsEnded",
  ]);
});

test("while nobody knows the time nothing is charged, whatever the limits", () => {
  rig.end();
  rig = new RigStore({ trusted: "time-frames" });
  expect(pay(desk(), 100)).toBe("nobody knows whether the limits have ended");
});

test("an amount that nobody pays goes after its time, a refused one waits for the next card", async () => {
  const at = desk();
  at.enter(2_500);
  present(at);
  expect([at.state.last?.kind, at.state.waiting?.amountFen]).toEqual(["refused", 2_500]);
  expect(present(at, holder(6, { ...LIMITS, perTxFen: 3_000 }))).toBe("charged");
  at.enter(100);
  await rig.time.pass(60_000);
  expect([at.state.last?.kind, present(at)]).toEqual(["timeout", "no amount was entered"]);
});

test("on a disk that refuses nothing is charged", () => {
  const at = desk();
  at.enter(100);
  rig.fillDisk();
  expect(at.portal.recordGrant!(granted(holder(5)), holder(5))).toBeUndefined();
  rig.freeDisk();
  expect([at.state.last, rig.store.charges.oldestWaiting(), rig.named("ChargeMade", "AccessGranted")]).toEqual([undefined, undefined, []]);
});

test("a charge is taken back once, at most what was charged, by somebody who says why; totals of the campus day count both", () => {
  const at = desk();
  const act = { by: "wang", reason: "cold soup" };
  pay(at, 1_500);
  const charge = at.state.last!.kind === "charged" ? (at.state.last as { charge: number }).charge : 0;
  const of = (amount: unknown, seq = charge): string => {
    const refunded = at.refund(seq, amount, act);
    return refunded.ok ? refunded.value.receipt[2]! : refunded.error;
  };
  expect([of(1_501), of(-1), of(0.5), of("all"), of(1, 1)]).toEqual([
    "RefundOverCharge",
    "AmountNotPositive",
    "AmountNotWhole",
    "AmountNotANumber",
    "ChargeNotFound",
  ]);
  expect([of(400), of(400)]).toEqual(["REFUND ¥4.00", "AlreadyRefunded"]);
  expect(of(100, rig.store.charges.refundOf(charge)!.seq)).toBe("ChargeNotFound");
  expect(rig.named("ChargeRefunded").map(({ fields }) => fields)).toEqual([{ terminal: "canteen-1", chargeSeq: charge, amountFen: 400, ...act }]);
  expect(rig.store.charges.totals("canteen-1", "2027-01-11")).toEqual({ charges: 1, chargedFen: 1_500, refunds: 1, refundedFen: 400, waiting: 2, review: 0 });
  expect(rig.store.charges.totals("canteen-1", "2027-01-12").charges).toBe(0);
});

/** Dies, answers, or loses its answer, as a script says; what it took stays. */
class ScriptedMoney implements Pick<MoneyPort, "book"> {
  readonly kept = new MemoryMoney();
  readonly asked: Posting[] = [];
  script: ("ok" | "unreachable" | "answer lost")[] = [];
  async book(posting: Posting): Promise<MoneyAnswer> {
    const now = this.script.shift() ?? "ok";
    this.asked.push(posting);
    if (now === "unreachable") return { kind: "unreachable", detail: "no route" };
    const answer = await this.kept.book(posting);
    return now === "answer lost" ? { kind: "unreachable", detail: "time-out" } : answer;
  }
}

const uploadOf = (money: Pick<MoneyPort, "book">, at: Pick<RigStore, "store" | "recorder">, isEvidenced: (seq: number) => boolean = () => true): ChargeUpload =>
  new ChargeUpload({ charges: at.store.charges, money, clock: rig.time, recorder: at.recorder, merchantOf: () => "North canteen", isEvidenced });

test("no charge twice and none lost: whatever dies when, what is posted in the end is what was recorded, once each and in order", async () => {
  const step = fc.constantFrom("charge", "refund", "crash", "crash while posting", "wait");
  const port = fc.constantFrom<ScriptedMoney["script"][number]>("ok", "unreachable", "answer lost");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), fc.array(port, { maxLength: 8 }), async (steps, script) => {
      rig.end();
      rig = new RigStore();
      const money = new ScriptedMoney();
      money.script = [...script];
      let at: Pick<RigStore, "store" | "recorder"> = rig;
      const wide = { perTxFen: 5_000, totalFen: 1_000_000, count: 1_000, until: LIMITS.until };
      let upload = uploadOf(money, at);
      const opened: RigStore["store"][] = [];
      for (const what of steps) {
        const terminal = desk({ ceilingFen: 1_000_000 }, at);
        if (what === "charge") pay(terminal, 100, holder(5, wide));
        else if (what === "refund") {
          const paid = at.store.charges
            .ofDay("canteen-1", "2027-01-11")
            .find(({ seq, refundOf }) => refundOf === null && at.store.charges.refundOf(seq) === undefined);
          if (paid !== undefined) expect(terminal.refund(paid.seq, null, { by: "wang", reason: "x" }).ok).toBe(true);
        }
        if (what.startsWith("crash")) {
          if (what === "crash while posting") upload.wake();
          upload.close();
          at.store.close();
          const store = openStore(rig.folder, rig.time);
          opened.push(store);
          at = { store, recorder: new Recorder(store, rig.time, rig.clock.eventTime) };
          upload = uploadOf(money, at);
        }
        upload.wake();
        if (what === "wait") await rig.time.pass(5_000);
        terminal.close();
      }
      await rig.time.pass(60_000);
      const recorded = at.store.charges.ofDay("canteen-1", "2027-01-11");
      expect(money.kept.postings.map(({ id }) => id)).toEqual(recorded.map(({ id }) => id));
      expect(recorded.every(({ state }) => state === "posted")).toBe(true);
      expect(money.kept.postings.filter(({ kind }) => kind === "refund").every(({ of }) => money.kept.postings.some(({ id }) => id === of))).toBe(true);
      for (const store of opened) store.close();
    }),
    { numRuns: 12 },
  );
});

test("an id that stands for something else is told as an alarm and holds up nothing behind it", async () => {
  const money = new ScriptedMoney();
  const at = desk();
  pay(at, 100);
  pay(at, 200);
  const first = rig.store.charges.oldestWaiting()!;
  await money.kept.book({
    id: first.id,
    seq: first.seq,
    kind: "charge",
    of: null,
    terminal: "x",
    merchant: "x",
    zone: "",
    holder: 1,
    credential: CREDENTIAL.zhang,
    amountFen: 1,
    at: first.at,
  });
  uploadOf(money, rig).wake();
  await rig.time.pass(10);
  expect(rig.store.charges.ofDay("canteen-1", "2027-01-11").map(({ state }) => state)).toEqual(["review", "posted"]);
  expect(rig.named("ChargeDisputed").map(({ fields }) => [fields.chargeSeq, fields.amountFen])).toEqual([[first.seq, 100]]);
});

test("a charge goes up behind its event: until that is with the cloud nobody is asked, and the till is not told of any trouble", async () => {
  const money = new ScriptedMoney();
  pay(desk(), 100);
  let uploaded = 0;
  const upload = uploadOf(money, rig, (seq) => uploaded >= seq);
  upload.wake();
  await rig.time.pass(60_000);
  expect([money.asked, upload.trouble]).toEqual([[], undefined]);
  uploaded = rig.store.charges.oldestWaiting()!.seq;
  await rig.time.pass(500);
  expect(money.kept.postings.map(({ amountFen, seq }) => [amountFen, seq])).toEqual([[100, uploaded]]);
});

test("two machines under one name, each at its event 7, charge under two ids", () => {
  expect(chargeId("demo", "gate-house", "aa", 7)).not.toBe(chargeId("demo", "gate-house", "ab", 7));
  expect(chargeId("demo", "gate-house", "aa", 7)).toBe(chargeId("demo", "gate-house", "aa", 7));
});
