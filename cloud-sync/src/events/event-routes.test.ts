import { bytesToHex, eventCredential, eventOf, makePossession, hexToBytes } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerEntrance } from "../controller-entrance.ts";
import { replaceMachine, revokeController } from "../controllers.ts";
import { mutate } from "../mutation.ts";
import { type ApiRig, answered, apiRig } from "../rig/api-rig.ts";
import { done, NOTE } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { EventIntake } from "./event-intake.ts";
import { eventRoutes } from "./event-routes.ts";
import { pseudonyms } from "./pseudonyms.ts";

let rig: ApiRig;
let app: ReturnType<typeof eventRoutes>;
let entrance: ControllerEntrance;
let log: MachineLog;
let token: string;
beforeEach(async () => {
  rig = await apiRig();
  const { client } = rig.backend;
  await answered(client.ask("PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "east" } } }));
  entrance = new ControllerEntrance(rig.cloud);
  app = eventRoutes({ cloud: rig.cloud, intake: new EventIntake(rig.cloud, () => {}), entrance });
  log = new MachineLog("gate-house", 8)
    .fill(6)
    .record(eventOf("DoorForcedOpen", { door: "library" }))
    .fill(1);
  token = await tokenFor(log);
});
afterEach(() => rig.close());

/** Lets a machine in, and shows its key. */
async function tokenFor({ controller, signer }: MachineLog): Promise<string> {
  const body = { publicKey: bytesToHex(signer.publicKey), zones: ["east"] };
  await answered(rig.backend.client.ask("PUT /v1/controllers/{id}", { params: { id: controller }, body }));
  const nonce = await entrance.challenge(controller);
  const admitted = await entrance.admit(controller, nonce, makePossession(rig.cloud.site, { nonce, person: controller }, signer));
  if (!admitted.ok) throw new Error(admitted.detail);
  return admitted.value.token;
}
const post = async (body: Uint8Array, bearer: string | undefined = token, length = String(body.length)) =>
  app.request("/v1/events", {
    method: "POST",
    headers: { ...(length === "" ? {} : { "content-length": length }), ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }) },
    body: body.slice(),
  });
async function answerOf(response: Response): Promise<[number, unknown]> {
  const { status } = response;
  const { reason, end, seq } = (await response.json()) as { reason?: string; end?: { seq: number }; seq?: number };
  return [status, reason === undefined ? seq : end === undefined ? reason : `${reason}, kept up to ${end.seq}`];
}

test("a batch is answered with the number and the hash of the last event that is durable", async () => {
  const response = await post(log.batch(1, 5));
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect(await response.json()).toEqual({ seq: 5, hash: bytesToHex(log.end(5).hash) });
  expect(await answerOf(await post(log.batch(5)))).toEqual([200, 8]);
});

test("each refusal has its name, and says where the copy ends that is kept", async () => {
  await post(log.batch(1, 5));
  expect(await answerOf(await post(log.batch(7)))).toEqual([409, "EventGap, kept up to 5"]);
  expect(
    await answerOf(
      await post(
        log
          .fork(3)
          .fill(1)
          .record(eventOf("DoorNormal", { door: "a" }))
          .batch(4),
      ),
    ),
  ).toEqual([409, "EventFork, kept up to 5"]);
  expect(await answerOf(await post(new MachineLog("gate-house", 9).fill(1).batch()))).toEqual([403, "EventForged"]);
  expect(await answerOf(await post(Uint8Array.of(1)))).toEqual([422, "EventMalformed"]);
  expect(await answerOf(await post(new Uint8Array(1_048_577)))).toEqual([413, "BodyTooLarge"]);
  expect(await answerOf(await post(new Uint8Array(1_048_577), token, ""))).toEqual([413, "BodyTooLarge"]);
  expect(await answerOf(await post(log.batch(6), token, ""))).toEqual([200, 8]);
});

test("wrong controller: a batch of one is not taken with the token of another", async () => {
  const other = await tokenFor(new MachineLog("library", 9));
  expect(await answerOf(await post(log.batch(), other))).toEqual([403, "EventForged"]);
  expect(await answerOf(await post(log.batch(), ""))).toEqual([401, "TokenRefused"]);
  expect(await rig.cloud.database.queries.selectFrom("controller_event").selectAll().execute()).toEqual([]);
});

test("a machine that took another's place hands over what the one before had not sent, into that one's chain", async () => {
  await post(log.batch(1, 5));
  const next = new MachineLog("gate-house", 9).fill(2);
  const { queries } = rig.cloud.database;
  await done(mutate(rig.cloud, NOTE, (mutation) => replaceMachine(rig.cloud, mutation, { id: "gate-house", publicKey: next.signer.publicKey })));
  const nonce = await entrance.challenge("gate-house");
  const admitted = await entrance.admit("gate-house", nonce, makePossession(rig.cloud.site, { nonce, person: "gate-house" }, next.signer));
  if (!admitted.ok) throw new Error(admitted.detail);
  const own = admitted.value.token;
  expect(await answerOf(await post(next.batch(), own))).toEqual([200, 2]);
  expect(await answerOf(await post(log.batch(6), own))).toEqual([200, 8]);
  const chains = await queries.selectFrom("event_chain").select(["machine", "seq"]).orderBy("machine").execute();
  expect(chains).toEqual([{ machine: 1, seq: 8 }, { machine: 2, seq: 2 }]); // prettier-ignore
});

test("revoked key: from the moment of the revocation none of its events is taken", async () => {
  await post(log.batch(1, 5));
  await done(revokeController(rig.cloud, NOTE, "gate-house"));
  expect(await answerOf(await post(log.batch(6)))).toEqual([401, "TokenRefused"]);
  const status = await answered(rig.backend.client.ask("GET /v1/controllers/{id}/events/status", { params: { id: "gate-house" } }));
  expect(status.items.map(({ seq }) => seq)).toEqual([5]);
});

test("the API tells what came, in the order of arrival, filtered and from any place on", async () => {
  await post(log.batch(1, 3));
  const next = new MachineLog("library", 9).record(eventOf("DenialRepeated", { accessPoint: "library-in", reason: "PassReplayed", credential: "00112233445566ff", deniedSeq: 3, count: 9 })); // prettier-ignore
  await post(next.batch(), await tokenFor(next));
  await post(log.batch(4));
  const { client } = rig.backend;
  const read = async (query: { controller?: string; names?: string; from?: string; after?: string; limit?: number } = {}) => {
    const { items, next: more } = await answered(client.ask("GET /v1/events", { query }));
    return [items.map(({ chain, seq, name }) => `${chain} ${seq} ${name}`), more, items.at(-1)?.cursor] as const;
  };
  const all = ["gate-house 1 RequestToExit", "gate-house 2 RequestToExit", "gate-house 3 RequestToExit", "library 1 DenialRepeated", "gate-house 4 RequestToExit", "gate-house 5 RequestToExit", "gate-house 6 RequestToExit", "gate-house 7 DoorForcedOpen", "gate-house 8 RequestToExit"]; // prettier-ignore
  expect(await read()).toEqual([all, null, "3.8"]);
  expect(await read({ limit: 2 })).toEqual([all.slice(0, 2), "1.2", "1.2"]);
  expect((await read({ limit: 3, after: "1.2" }))[0]).toEqual(all.slice(2, 5));
  expect(await read({ after: "3.8" })).toEqual([[], null, undefined]);
  expect((await read({ controller: "library" }))[0]).toEqual([all[3]]);
  expect((await read({ names: "DoorForcedOpen,DenialRepeated" }))[0]).toEqual([all[3], all[7]]);
  expect((await read({ from: "2026-09-01T00:00:06Z" }))[0]).toEqual(all.slice(7));
  const { items } = await answered(client.ask("GET /v1/events", { query: { names: "DenialRepeated" } }));
  expect(items).toMatchObject([
    {
      at: "2026-09-01T00:00:00Z",
      severity: "notice",
      source: "library-in",
      text: "library-in refused more scans like that of event 3: 9, PassReplayed.",
      fields: { credential: expect.stringMatching(/^[0-9a-f]{16}$/), count: 9 },
      hash: bytesToHex(next.end(1).hash),
    },
  ]);
});

test("events lead to nobody: a credential has another name each day, and neither holder nor pass is told", async () => {
  const credential = "00112233445566ff";
  const fields = { accessPoint: "gate", credential, presentation: "T", holder: 7, counter: 5, signedAt: null, pass: Buffer.from(credential, "hex"), accessProfile: "gates", uncertaintyS: 1, listVersion: 1, replayGroup: "gate" } as const; // prettier-ignore
  const day = new MachineLog("library", 9);
  for (let nth = 0; nth < 2; nth++) day.record(eventOf("AccessGranted", fields));
  await post(day.batch(), await tokenFor(day));
  const read = async () => (await answered(rig.backend.client.ask("GET /v1/events", { query: { names: "AccessGranted" } }))).items;
  const told = await read();
  const names = told.map((event) => event.fields["credential"]);
  expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(names[1]).toBe(names[0]);
  expect(JSON.stringify(told)).not.toContain(credential);
  expect(told[0]).toMatchObject({ text: expect.stringContaining(String(names[0])), fields: { holder: null, pass: null, counter: null, accessPoint: "gate" } });
  const hide = await pseudonyms(rig.cloud);
  const [today, tomorrow] = [rig.cloud.now(), rig.cloud.now() + 86_400].map((at) => eventCredential(hide(eventOf("AccessGranted", fields), at)));
  expect([today, tomorrow === today]).toEqual([names[0], false]);
});

test("the API tells machine by machine what is kept, what was dropped, and whether it holds", async () => {
  const { client } = rig.backend;
  const params = { id: "gate-house" };
  expect((await answered(client.ask("GET /v1/controllers/{id}/events/status", { params }))).items).toEqual([]);
  await post(log.batch(1, 8, { dropped: [2, 4] }));
  await post(
    log
      .fork(7)
      .record(eventOf("DoorNormal", { door: "a" }))
      .batch(8),
  );
  expect((await answered(client.ask("GET /v1/controllers/{id}/events/status", { params }))).items).toEqual([
    {
      chain: "gate-house",
      publicKey: bytesToHex(log.signer.publicKey),
      seq: 8,
      hash: bytesToHex(log.end(8).hash),
      receivedAt: "2026-09-01T00:00:00Z",
      gaps: 1,
      missing: 3,
      pruned: 0,
      checkpoints: 0,
      forks: 1,
    },
  ]);
  const verify = async () => (await answered(client.ask("GET /v1/controllers/{id}/events/verify", { params }))).items;
  expect(await verify()).toEqual([{ chain: "gate-house", holds: true, records: 6, gone: 0, detail: "" }]);
  await rig.cloud.database.queries.deleteFrom("controller_event").where("seq", "=", 6).execute();
  expect(await verify()).toEqual([
    { chain: "gate-house", holds: false, records: 3, gone: 0, detail: "SequenceBroken at 6: found 7, and no checkpoint stands for what is missing" },
  ]);
  expect(hexToBytes(bytesToHex(log.end(8).hash))).toEqual(log.end(8).hash);
});
