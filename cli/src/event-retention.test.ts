import { bytesToHex, CHAIN_START, type ChainEnd, type ControllerEvent, encodeEvent, eventOf, hexToBytes, makeEventBatch, makePossession, unixSeconds } from "@portico/card-protocol"; // prettier-ignore
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CAMPUS_SITE, CAMPUS_START, type CampusCloud, campusCloud } from "./campus-cloud.ts";

const DAY_S = 86_400;
const LOOKS_MS = [60_000, 600_000];
const own = nodeSigner(new Uint8Array(32).fill(8));

let cloud: CampusCloud;
let waiting: { readonly ms: number; readonly act: () => void }[];
beforeEach(async () => {
  waiting = [];
  cloud = await campusCloud({
    clock: {
      after(ms, act) {
        if (ms < 100) queueMicrotask(act);
        else if (LOOKS_MS.includes(ms)) waiting.push({ ms, act });
        return () => {};
      },
    },
  });
  await cloud.trust();
  await cloud.client.ask("PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "East" } } });
});
afterEach(() => cloud.end());

/** Everything that waits for its look has it, and turns of the loop pass until it holds. */
async function looked(holds: () => Promise<boolean>): Promise<void> {
  for (const { act } of waiting.splice(0).toSorted((a, b) => a.ms - b.ms)) act();
  for (let turn = 0; turn < 1_000; turn++) if (await holds()) return;
  throw new Error("it never came");
}

async function post(path: string, authorization: string, body: Uint8Array): Promise<unknown> {
  const request = new Request(`http://127.0.0.1:1${path}`, { method: "POST", headers: { authorization }, body: body.slice() });
  const response = await cloud.front.fetch(request);
  expect([path, response.status]).toEqual([path, 200]);
  return response.json();
}

/** Sends these events up as a controller does, behind those that went before. */
async function sent(from: ChainEnd, ...events: ControllerEvent[]): Promise<ChainEnd> {
  const { nonce } = (await post("/v1/controllers/gate-house/challenge", "", new Uint8Array())) as { nonce: string };
  const proof = makePossession(CAMPUS_SITE, { nonce: hexToBytes(nonce)!, person: "gate-house" }, own);
  const { token } = (await post("/v1/controllers/gate-house/token", `Challenge ${nonce}`, proof)) as { token: string };
  let end = from;
  const records = events.map((event) => {
    const record = encodeEvent({ seq: end.seq + 1, prevHash: end.hash, at: unixSeconds(CAMPUS_START + end.seq), ms: 0, event });
    end = { seq: end.seq + 1, hash: nodeSha256(record) };
    return record;
  });
  const answer = await post("/v1/events", `Bearer ${token}`, makeEventBatch(CAMPUS_SITE, { controller: "gate-house", from, records }, own));
  expect(answer).toEqual({ seq: end.seq, hash: bytesToHex(end.hash) });
  return end;
}

test("a cloud that runs drops passages after half a year and keeps alarms; the chain verifies, status and audit say what went, and what comes again is acknowledged", async () => {
  await cloud.client.ask("PUT /v1/controllers/{id}", { params: { id: "gate-house" }, body: { publicKey: bytesToHex(own.publicKey), zones: ["east"] } });
  const exit = eventOf("RequestToExit", { door: "library" });
  const events = [exit, exit, eventOf("DoorForcedOpen", { door: "library" }), exit];
  const end = await sent(CHAIN_START, ...events);
  expect(await cloud.json("cloud", "status").catch((error: Error) => error.message)).toContain("calendar");
  cloud.pass(185 * DAY_S);
  const health = async () => {
    const answer = await cloud.client.ask("GET /v1/health", {});
    if (!answer.ok) throw new Error(answer.problem.detail);
    return answer.value;
  };
  await looked(async () => (await health()).retention.finishedAt !== null);
  expect((await health()).retention).toEqual({ startedAt: "2027-03-05T00:00:00Z", finishedAt: "2027-03-05T00:00:00Z", dropped: { RequestToExit: 3 }, broken: [], isSigned: true }); // prettier-ignore
  expect(await cloud.json("event", "list")).toMatchObject([{ seq: 3, name: "DoorForcedOpen" }]);
  expect(await cloud.json("event", "chain", "gate-house")).toMatchObject([{ seq: 4, holds: true, records: 1, gone: 3, pruned: 3, checkpoints: 2 }]);
  const { out } = await cloud.run(["cloud", "status"], { isTty: true });
  expect(out).toMatch(/retention +ran at .*\ndropped +RequestToExit 3\n/);
  expect((await cloud.json("event", "retention")).find(({ name }) => name === "RequestToExit")).toEqual({ name: "RequestToExit", days: 184, droppedBefore: "2026-09-02T00:00:00Z" }); // prettier-ignore
  const changes = await cloud.client.ask("GET /v1/changes", { query: { limit: 1000 } });
  expect(changes).toMatchObject({ value: { items: expect.arrayContaining([expect.objectContaining({ actor: "retention", action: "events prune", reason: "RequestToExit 3" })]) } }); // prettier-ignore
  const checkpoints = await cloud.client.ask("GET /v1/controllers/{id}/events/checkpoints", { params: { id: "gate-house" }, query: { limit: 1 } });
  expect(checkpoints).toMatchObject({ value: { items: [{ firstSeq: 1, lastSeq: 2, kinds: "RequestToExit 2", missing: 0, error: "" }], next: "1.1" } });
  expect(await sent(CHAIN_START, ...events), "the same again").toEqual(end);
  await sent(end, exit);
  expect(await cloud.json("event", "chain", "gate-house")).toMatchObject([{ seq: 5, holds: true, records: 2, pruned: 3 }]);

  await cloud.cloud.database.queries.deleteFrom("event_checkpoint").where("first_seq", "=", 4).execute();
  expect(await cloud.run(["event", "chain", "gate-house"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("the chain breaks: SequenceBroken at 4: found 5, and no checkpoint stands for what is missing") }); // prettier-ignore
});
