import { type ControllerEvent, eventOf, type EventCheckpoint, kidBytes, makeEventCheckpoint, readEventCheckpoint, type Signer } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keptTrustLists } from "../keys/trust-lists.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CLOUD_KEY, DAY_S, type RetentionImage, retentionImage, type RetentionRig, retentionRig } from "../rig/retention-rig.ts";

const FORCED = eventOf("DoorForcedOpen", { door: "library" });
const NORMAL = eventOf("DoorNormal", { door: "a" });
const stranger = nodeSigner(new Uint8Array(32).fill(0x77));

let rig: RetentionRig;
let log: MachineLog;
let image: RetentionImage;
const logOf = (): MachineLog => new MachineLog("gate-house", 8).fill(4).record(FORCED).fill(4).record(FORCED);
/** Of gate-house 1 to 4 and 6 to 9 are gone, 5 and 10 are kept. */
beforeAll(async () => {
  rig = await retentionRig();
  await rig.take(logOf());
  rig.cloud.pass(185 * DAY_S);
  await rig.run();
  image = await retentionImage(rig);
  await rig.cloud.close();
});
beforeEach(async () => {
  rig = await retentionRig(image);
  log = logOf();
  expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-4]", "5 DoorForcedOpen", "[6-9]", "10 DoorForcedOpen"], "gate-house whole 2+8"]);
});
afterEach(() => rig.cloud.close());

const tables = () => rig.cloud.database.queries;
const recordAt = async (first: number): Promise<Uint8Array> =>
  new Uint8Array((await tables().selectFrom("event_checkpoint").select("record").where("first_seq", "=", first).executeTakeFirstOrThrow()).record);
async function checkpointAt(first: number): Promise<EventCheckpoint> {
  const lists = (await keptTrustLists(rig.cloud)).map(({ list }) => list);
  const read = readEventCheckpoint(await recordAt(first), rig.cloud.site, lists, nodeVerifier);
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
const put = (first: number, record: Uint8Array) => tables().updateTable("event_checkpoint").set({ record: Buffer.from(record) }).where("first_seq", "=", first).execute(); // prettier-ignore
const made = async (change: Partial<EventCheckpoint>, signer: Signer = CLOUD_KEY.signer, site = rig.cloud.site): Promise<Uint8Array> =>
  makeEventCheckpoint(site, { ...(await checkpointAt(6)), ...change }, kidBytes(1), signer);
const end = (seq: number, fill = 0) => ({ seq, hash: new Uint8Array(32).fill(fill) });

describe("whoever can write into the store makes no hole", () => {
  test("events taken out without a checkpoint", async () => {
    await tables().deleteFrom("event_checkpoint").where("first_seq", "=", 6).execute();
    expect(await rig.verdict()).toBe("gate-house SequenceBroken at 6: found 10, and no checkpoint stands for what is missing");
    await tables().deleteFrom("controller_event").where("seq", "=", 10).execute();
    expect(await rig.verdict(), "at the end").toBe("gate-house SequenceBroken at 6: the chain was acknowledged up to 10");
  });

  test.each<[string, () => Promise<Uint8Array>, string]>([
    ["signed by a key of their own under the cloud's kid", () => made({}, stranger), "SignatureInvalid: does not hold as checkpoint for demo-campus"],
    ["signed for another site", () => made({}, CLOUD_KEY.signer, "campus-west"), "SignatureInvalid: does not hold as checkpoint for demo-campus"],
    ["by a trust list that there is not", () => made({ trustListSequence: 9 }), "KeyUntrusted: there is no trust list 9"],
    ["with one bit turned", async () => (await recordAt(6)).map((byte, at) => (at === 70 ? byte ^ 1 : byte)), "SignatureInvalid: does not hold as checkpoint for demo-campus"], // prettier-ignore
    ["of no bytes", async () => new Uint8Array(), "RecordMalformed: not a COSE_Sign1 of a checkpoint record"],
  ])("CheckpointForged: a checkpoint %s", async (_, record, detail) => {
    await put(6, await record());
    expect(await rig.verdict()).toBe(`gate-house CheckpointForged at 6: ${detail}`);
  });

  test.each<[string, () => Promise<Uint8Array>, string]>([
    ["of another controller", () => made({ controller: "library" }), "it is of machine 1 of library"],
    ["of another machine", () => made({ machine: 2 }), "it is of machine 2 of gate-house"],
    ["of another hole of the chain", () => recordAt(1), "it stands for 1 to 4"],
    ["for a hole of as many events", () => made({ before: end(6), after: end(10) }), "it stands for 7 to 10"],
    ["that goes on behind another event", () => made({ before: end(5) }), "event 5 in front of it is another"],
  ])("CheckpointMisfits: one that the cloud has signed, %s", async (_, record, detail) => {
    await put(6, await record());
    expect(await rig.verdict()).toBe(`gate-house CheckpointMisfits at 6: ${detail}`);
  });

  test("CheckpointMisfits: one behind which another event follows", async () => {
    await put(6, await made({ after: end(9) }));
    expect(await rig.verdict()).toBe("gate-house CheckpointMisfits at 10: the event behind 9 is another");
  });

  test("a kept event is not made to disappear by an older checkpoint beside a wider hole, nor altered beside one", async () => {
    const [older, holes] = [await recordAt(6), tables().selectFrom("event_checkpoint").selectAll()];
    await tables().deleteFrom("controller_event").where("seq", "=", 5).execute();
    expect(await rig.verdict()).toBe("gate-house SequenceBroken at 5: found 10, and no checkpoint stands for what is missing");
    await tables().updateTable("event_checkpoint").set({ first_seq: 5, record: Buffer.from(older) }).where("first_seq", "=", 6).execute(); // prettier-ignore
    expect(await rig.verdict()).toBe("gate-house CheckpointMisfits at 5: it stands for 6 to 9");
    expect(await holes.execute()).toHaveLength(2);
  });

  test("an event that is there again in a hole is named", async () => {
    const row = { chain: 1, seq: 7, at: null, ms: 0, name: "RequestToExit", source: null, credential: null, record: Buffer.from(log.records(7, 7)[0]!), hash: Buffer.from(log.end(7).hash) }; // prettier-ignore
    await tables().insertInto("controller_event").values(row).execute();
    expect(await rig.verdict()).toMatch(/^gate-house SequenceBroken at 10: found 7/);
  });

  test("a run joins no checkpoint that it cannot believe to what goes, and tells of it", async () => {
    await rig.take(log.fill(2), log.batch(11));
    await put(6, await made({}, stranger));
    rig.cloud.pass(912 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([
      ["[1-4]", "5 DoorForcedOpen", "[6-9]", "10 DoorForcedOpen", "[11-12]"],
      "gate-house CheckpointForged at 6: SignatureInvalid: does not hold as checkpoint for demo-campus",
    ]);
  });
});

describe("what a controller sends again of what is gone", () => {
  const upTo = (seq = 10) => ({ ok: true, value: log.end(seq) });
  const forked = (seq: number, ...events: ControllerEvent[]): MachineLog => {
    const other = log.fork(seq);
    for (const event of events) other.record(event);
    return other;
  };
  let before: string[];
  beforeEach(async () => void (before = await rig.kept()));
  const nothingNew = async () => expect([await rig.kept(), await rig.verdict()]).toEqual([before, "gate-house whole 2+8"]);

  test("is acknowledged as it was, stored never again, and goes on with what is new", async () => {
    expect([await rig.take(log), await rig.take(log, log.batch(2, 3)), await rig.take(log, log.batch(7, 9))]).toEqual([upTo(), upTo(), upTo()]);
    await nothingNew();
    expect(await rig.take(log.fill(2), log.batch(3))).toEqual(upTo(12));
    expect([await rig.kept(), await rig.verdict(), rig.forks]).toEqual([[...before, "11 RequestToExit", "12 RequestToExit"], "gate-house whole 4+8", []]);
  });

  test("another story that ends within a hole changes nothing: none of it is kept, and the end that is acknowledged is not its own", async () => {
    expect(await rig.take(log, forked(5, NORMAL, NORMAL).batch(6, 7))).toEqual(upTo());
    await nothingNew();
  });

  test("EventFork: another story that reaches the end of a hole is found by the checkpoint, and proven", async () => {
    const other = forked(6, NORMAL, NORMAL, NORMAL, FORCED, NORMAL);
    expect(await rig.take(log, other.batch(7))).toMatchObject({ ok: false, error: "EventFork", detail: "event 9 of gate-house is kept with another hash", end: log.end(10) }); // prettier-ignore
    expect(await rig.take(log, other.batch(10)), "its past alone").toMatchObject({ ok: false, error: "EventFork" });
    expect(rig.forks.map(({ seq }) => seq)).toEqual([9]);
    await nothingNew();
  });

  test("EventFork: a GapRecord over a hole that ends otherwise is one, too; one that fits is acknowledged", async () => {
    expect(await rig.take(log, log.batch(1, 10, { dropped: [2, 9] }))).toEqual(upTo());
    const other = forked(2, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL);
    expect(await rig.take(log, log.signed(log.end(0), [...log.records(1, 2), other.gap(3, 9, "DoorNormal"), ...other.records(10, 10)]))).toMatchObject({ ok: false, error: "EventFork" }); // prettier-ignore
    await nothingNew();
  });

  test("what a forged checkpoint says proves nothing against a controller", async () => {
    const good = await recordAt(6);
    await put(6, await made({ after: end(9, 1) }, stranger));
    expect([await rig.take(log), rig.forks]).toEqual([upTo(), []]);
    await put(6, good);
    await nothingNew();
  });

  test("the checkpoint that a fork's proof contradicts stays as it is, when what is beside it goes", async () => {
    const other = new MachineLog("library", 9).fill(4);
    await rig.take(other);
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    await rig.take(other, other.fork(2).record(NORMAL).record(NORMAL).batch(3));
    expect(rig.forks).toEqual([{ chain: "library", seq: 4 }]);
    await rig.take(other.fill(4), other.batch(5));
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect([await rig.kept("library"), await rig.verdict("library")]).toEqual([["[1-4]", "[5-8]"], "library whole 0+8"]);
  });
});
