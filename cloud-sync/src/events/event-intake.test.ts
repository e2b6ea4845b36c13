import { bytesToHex, type ChainEnd, CHAIN_START, eventOf, readEventBatch, ok } from "@portico/card-protocol";
import { nodeSha256, nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CloudRig, cloudRig } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { chainsOf, eventsAs } from "./event-chains.ts";
import { EventIntake, type EventFork, type IntakeAnswer } from "./event-intake.ts";
import { verifyKept } from "./verify-kept.ts";

let rig: CloudRig;
let forks: EventFork[];
let intake: EventIntake;
let log: MachineLog;
beforeEach(async () => {
  rig = await cloudRig();
  forks = [];
  intake = new EventIntake(rig, (fork) => forks.push(fork));
  log = new MachineLog("gate-house", 8).fill(10);
});
afterEach(() => rig.close());

const take = (batch: Uint8Array, from = log): Promise<IntakeAnswer> => intake.take(from.machine, batch);
const upTo = (end: ChainEnd) => ({ ok: true, value: end });
async function kept(): Promise<string[]> {
  const rows = await rig.database.queries.selectFrom("controller_event").selectAll().orderBy("chain").orderBy("seq").execute();
  return rows.map(({ chain, seq, name, hash }) => `${chain} ${seq} ${name} ${bytesToHex(new Uint8Array(hash)).slice(0, 8)}`);
}
async function verdicts(controller = "gate-house"): Promise<string[]> {
  const chains = await chainsOf(rig.database.queries, controller);
  return Promise.all(chains.map(async (chain) => `${eventsAs(chain)} ${(await verifyKept(rig, chain)).kind} ${chain.end.seq}`));
}

describe("what follows", () => {
  test("is kept with what it says beside it, and acknowledged with its end", async () => {
    log.record(eventOf("DenialRepeated", { accessPoint: "gate-1-in", reason: "PassReplayed", credential: "00112233445566ff", deniedSeq: 3, count: 9 }));
    expect(await take(log.batch(1, 4))).toEqual(upTo(log.end(4)));
    expect(await take(log.batch(5))).toEqual(upTo(log.end(11)));
    const rows = await rig.database.queries.selectFrom("controller_event").selectAll().where("seq", ">=", 10).orderBy("seq").execute();
    expect(rows.map(({ seq, name, source, credential, at }) => [seq, name, source, credential, at])).toEqual([
      [10, "RequestToExit", "library", null, 1_788_220_809],
      [11, "DenialRepeated", "gate-1-in", "00112233445566ff", 1_788_220_810],
    ]);
    expect(await verdicts()).toEqual(["gate-house whole 11"]);
  });

  test("comes in the order of arrival of any number of machines at once, each in its own chain", async () => {
    const others = Array.from({ length: 6 }, (_, nth) => new MachineLog(`door-${nth}`, 20 + nth).fill(300));
    const answers = await Promise.all(others.flatMap((each) => [take(each.batch(1, 200), each), take(each.batch(201), each)]));
    expect(answers).toEqual(others.flatMap((each) => [upTo(each.end(200)), upTo(each.end(300))]));
    for (const { controller } of others) expect(await verdicts(controller)).toEqual([`${controller} whole 300`]);
  });

  test("is kept with its signature: the signed batch can be put together again", async () => {
    const bytes = log.batch(1, 6);
    await take(bytes);
    const { signature } = await rig.database.queries.selectFrom("event_batch").select("signature").executeTakeFirstOrThrow();
    const again = log.signed(CHAIN_START, log.records(1, 6));
    again.set(new Uint8Array(signature), again.length - 64);
    expect(readEventBatch(again, rig.site, () => ok(log.signer.publicKey), nodeVerifier, nodeSha256).ok).toBe(true);
    expect(bytesToHex(again)).toBe(bytesToHex(bytes));
  });

  test("of a machine that took another's place begins a chain of its own under the same name", async () => {
    await take(log.batch());
    const next = new MachineLog("gate-house", 9, rig.site, 2).fill(3);
    expect(await take(next.batch(), next)).toEqual(upTo(next.end(3)));
    expect(await take(log.batch(4, 10))).toEqual(upTo(log.end(10)));
    expect(await verdicts()).toEqual(["gate-house whole 10", "gate-house~2 whole 3"]);
  });
});

describe("batches that arrive while others are written", () => {
  /** An intake that goes on when the test lets it, and how many transactions it took. */
  function paced() {
    const turns: (() => void)[] = [];
    const counted = { transactions: 0 };
    const database: typeof rig.database = {
      ...rig.database,
      transact: (act, isolation) => {
        counted.transactions++;
        return rig.database.transact(act, isolation);
      },
    };
    const turn = () => new Promise<void>((resolve) => turns.push(resolve));
    return { turns, counted, taking: new EventIntake({ ...rig, database }, () => {}, { turn }) };
  }

  test("share one transaction, and one that is forged among them is refused alone", async () => {
    const { turns, counted, taking } = paced();
    const others = Array.from({ length: 3 }, (_, nth) => new MachineLog(`door-${nth}`, 20 + nth).fill(3));
    const answers = Promise.all([
      ...others.map((each) => taking.take(each.machine, each.batch())),
      taking.take(log.machine, log.batch(1, 10, { by: nodeSigner(new Uint8Array(32).fill(0x77)) })),
      taking.take(log.machine, log.batch()),
    ]);
    expect(turns, "whoever comes first waits for those who come with it").toHaveLength(1);
    turns[0]!();
    expect((await answers).map((each) => (each.ok ? each.value.seq : each.error))).toEqual([3, 3, 3, "EventForged", 10]);
    expect([counted.transactions, turns.length]).toEqual([1, 1]);
  });

  test("are written by so many bytes at a time, in the order in which they came, and others are heard between", async () => {
    const { turns, counted, taking } = paced();
    const long = new MachineLog("library", 9);
    const started = eventOf("ControllerStarted", { version: "1", cause: "clean", configurationHash: "ab".repeat(14_000) });
    for (let nth = 0; nth < 90; nth++) long.record(started);
    const order: number[] = [];
    const taken = [30, 60, 90].map((last) => taking.take(long.machine, long.batch(last - 29, last)).then(() => order.push(last)));
    for (let nth = 0; nth < 3; nth++) {
      turns[nth]!();
      await taken[nth];
    }
    expect([order, counted.transactions, turns.length]).toEqual([[30, 60, 90], 3, 3]);
  });

  test("by a machine that was replaced are found by its key, which is asked for only then", async () => {
    let asked = 0;
    const next = new MachineLog("gate-house", 9, rig.site, 2).fill(3);
    const former = () => {
      asked++;
      return Promise.resolve([log.machine]);
    };
    expect(await intake.take(next.machine, next.batch(), former)).toEqual(upTo(next.end(3)));
    expect(asked).toBe(0);
    expect(await intake.take(next.machine, log.batch(), former)).toEqual(upTo(log.end(10)));
    expect(asked).toBe(1);
  });
});

describe("attacks", () => {
  const stranger = nodeSigner(new Uint8Array(32).fill(0x77));

  test.each<[string, () => Uint8Array, string]>([
    ["EventForged: a batch by a stranger's key", () => log.batch(1, 10, { by: stranger }), "KeyUntrusted: not signed by this controller's key"],
    [
      "EventForged: a batch of another site",
      () => new MachineLog("gate-house", 8, "campus-west").fill(2).batch(),
      "SignatureInvalid: does not hold as events for demo-campus",
    ],
    [
      "EventForged: a batch with one bit turned",
      () => log.batch().map((byte, at) => (at === 200 ? byte ^ 1 : byte)),
      "SignatureInvalid: does not hold as events for demo-campus",
    ],
    ["EventForged: another controller's name over this one's key", () => new MachineLog("library", 8).fill(2).batch(), "it speaks for library"],
  ])("%s is refused, and nothing is kept", async (_, batch, detail) => {
    expect(await take(batch())).toEqual({ ok: false, error: "EventForged", detail });
    expect([await kept(), await chainsOf(rig.database.queries, "gate-house")]).toEqual([[], []]);
  });

  test.each<[string, () => Uint8Array, RegExp]>([
    ["a record that is missing", () => log.signed(CHAIN_START, [...log.records(1, 3), ...log.records(5, 6)]), /ChainBroken: SequenceBroken at 4/],
    [
      "a record that was altered",
      () =>
        log.signed(CHAIN_START, [
          ...log.records(1, 3),
          log
            .fork(3)
            .record(eventOf("DoorNormal", { door: "x" }))
            .records(4, 4)[0]!,
          ...log.records(5, 6),
        ]),
      /ChainBroken: HashBroken at 5/,
    ],
    ["bytes that are no record", () => log.signed(CHAIN_START, [Uint8Array.of(1, 2, 3)]), /ChainBroken: EventMalformed at 1/],
    ["a GapRecord that hides more than it says", () => log.signed(CHAIN_START, [log.gap(1, 4), ...log.records(6, 7)]), /ChainBroken: SequenceBroken at 5/],
    ["no record at all", () => log.signed(CHAIN_START, []), /RecordMalformed/],
    ["more than a mebibyte", () => new Uint8Array(1_048_577), /RecordTooLarge/],
  ])("EventMalformed: a signed batch with %s is refused, and nothing is kept", async (_, batch, detail) => {
    expect(await take(batch())).toEqual({ ok: false, error: "EventMalformed", detail: expect.stringMatching(detail) });
    expect(await kept()).toEqual([]);
  });

  test("EventGap: what does not reach down to what is kept is refused, and told where that ends", async () => {
    expect(await take(log.batch(2))).toEqual({ ok: false, error: "EventGap", detail: "the events from 1 to 1 are missing", end: CHAIN_START });
    await take(log.batch(1, 4));
    expect(await take(log.batch(6))).toEqual({ ok: false, error: "EventGap", detail: "the events from 5 to 5 are missing", end: log.end(4) });
    expect(await kept()).toHaveLength(4);
  });

  test("a batch that is sent again is acknowledged again, and nothing stands twice", async () => {
    await take(log.batch(1, 6));
    const before = await kept();
    expect(await take(log.batch(1, 6))).toEqual(upTo(log.end(6)));
    expect(await take(log.batch(2, 3))).toEqual(upTo(log.end(6)));
    expect([await kept(), (await rig.database.queries.selectFrom("event_batch").selectAll().execute()).length]).toEqual([before, 1]);
    expect(await take(log.batch(3, 9))).toEqual(upTo(log.end(9)));
    expect([await kept(), await verdicts()]).toEqual([[...before, ...(await kept()).slice(6)], ["gate-house whole 9"]]);
  });

  test("EventFork: a log that says something else under a number that is kept leaves proof, and alters nothing", async () => {
    await take(log.batch());
    const before = await kept();
    const other = log
      .fork(7)
      .record(eventOf("DoorForcedOpen", { door: "library" }))
      .fill(4);
    const refused = { ok: false, error: "EventFork", detail: "event 8 of gate-house is kept with another hash", end: log.end(10) };
    expect(await take(other.batch(5, 9))).toEqual(refused);
    expect([await kept(), forks, await verdicts()]).toEqual([before, [{ chain: "gate-house", seq: 8 }], ["gate-house whole 10"]]);
    const proofs = await rig.database.queries.selectFrom("event_fork").selectAll().execute();
    expect(proofs.map(({ seq, hash }) => [seq, bytesToHex(new Uint8Array(hash))])).toEqual([[8, bytesToHex(other.end(8).hash)]]);
    const proof = readEventBatch(new Uint8Array(proofs[0]!.batch), rig.site, () => ok(log.signer.publicKey), nodeVerifier, nodeSha256);
    expect(proof).toMatchObject({ ok: true, value: { batch: { controller: "gate-house", from: { seq: 4 } } } });
    expect(await take(other.batch(5, 9)), "the same proof again").toEqual(refused);
    expect([forks.length, (await rig.database.queries.selectFrom("event_fork").selectAll().execute()).length]).toEqual([1, 1]);
  });

  test("EventFork: a log that claims another past before its first event of the batch is found by it", async () => {
    await take(log.batch());
    const other = log
      .fork(9)
      .record(eventOf("DoorForcedOpen", { door: "library" }))
      .fill(1);
    expect(await take(other.batch(11))).toMatchObject({ error: "EventFork", detail: "event 10 of gate-house is kept with another hash" });
    expect(await take(log.signed({ seq: 0, hash: new Uint8Array(32).fill(1) }, [])), "no record").toMatchObject({ error: "EventMalformed" });
  });

  test("proofs of one chain are bounded", async () => {
    await take(log.batch());
    for (let nth = 0; nth < 105; nth++)
      await take(
        log
          .fork(9)
          .record(eventOf("AccessTaken", { accessPoint: "gate", grantedSeq: nth }))
          .batch(10),
      );
    expect([forks.length, (await rig.database.queries.selectFrom("event_fork").selectAll().execute()).length]).toEqual([100, 100]);
  });
});

describe("gaps", () => {
  test("a GapRecord stands for what the controller dropped, and says how much", async () => {
    expect(await take(log.batch(1, 10, { dropped: [3, 7] }))).toEqual(upTo(log.end(10)));
    expect((await kept()).map((row) => row.split(" ").slice(1, 3).join(" "))).toEqual([
      "1 RequestToExit",
      "2 RequestToExit",
      "7 GapRecord",
      "8 RequestToExit",
      "9 RequestToExit",
      "10 RequestToExit",
    ]);
    expect([await verdicts(), await chainsOf(rig.database.queries, "gate-house")]).toMatchObject([["gate-house whole 10"], [{ gaps: 1, missing: 5 }]]);
  });

  test("a controller that has dropped what is kept already says nothing new", async () => {
    await take(log.batch(1, 8));
    expect(await take(log.batch(1, 8, { dropped: [2, 7] }))).toEqual(upTo(log.end(8)));
    expect(await take(log.batch(1, 10, { dropped: [2, 7] }))).toEqual(upTo(log.end(10)));
    expect([(await kept()).length, await verdicts()]).toEqual([10, ["gate-house whole 10"]]);
  });

  test("a store that was restored from a backup takes a GapRecord over its end, and the chain holds", async () => {
    await take(log.batch(1, 4));
    expect(await take(log.batch(1, 10, { dropped: [2, 7] }))).toEqual(upTo(log.end(10)));
    expect([(await kept()).map((row) => Number(row.split(" ")[1])), await verdicts()]).toEqual([[1, 2, 3, 4, 7, 8, 9, 10], ["gate-house whole 10"]]);
  });
});

test("what is kept is followed to its first break", async () => {
  await take(log.batch());
  const [chain] = await chainsOf(rig.database.queries, "gate-house");
  const update = rig.database.queries.updateTable("controller_event");
  await update
    .set({ hash: Buffer.alloc(32) })
    .where("seq", "=", 4)
    .execute();
  expect(await verifyKept(rig, chain!)).toMatchObject({ kind: "broken", seq: 4, cause: "HashBroken" });
  await rig.database.queries.deleteFrom("controller_event").where("seq", ">=", 4).execute();
  expect(await verifyKept(rig, chain!)).toMatchObject({ kind: "broken", seq: 4, detail: "the chain was acknowledged up to 10" });
});

test("any split of a log into batches, with any of them lost, doubled or late, ends in the same table", async () => {
  const long = new MachineLog("gate-house", 8).fill(40);
  const step = fc.record({ first: fc.integer({ min: 1, max: 40 }), length: fc.integer({ min: 1, max: 40 }), isLost: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const other = await cloudRig();
      const taking = new EventIntake(other, () => {});
      let acknowledged = 0;
      for (const { first, length, isLost } of steps) {
        const answer = await taking.take(long.machine, long.batch(first, Math.min(40, first + length - 1)));
        if (!isLost && answer.ok) acknowledged = Math.max(acknowledged, answer.value.seq);
      }
      // The controller goes on behind what it knows to be acknowledged, whatever the cloud has meanwhile.
      while (acknowledged < 40) {
        const answer = await taking.take(long.machine, long.batch(acknowledged + 1, Math.min(40, acknowledged + 7)));
        if (!answer.ok) throw new Error(answer.detail);
        acknowledged = answer.value.seq;
      }
      const rows = await other.database.queries.selectFrom("controller_event").select(["seq", "record"]).orderBy("seq").execute();
      await other.close();
      expect(rows.map(({ record }) => bytesToHex(new Uint8Array(record)))).toEqual(long.records(1, 40).map(bytesToHex));
    }),
    { numRuns: 25 },
  );
});
