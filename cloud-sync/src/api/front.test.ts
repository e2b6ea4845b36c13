import { eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addApiKey } from "../callers.ts";
import { ControllerEntrance } from "../controller-entrance.ts";
import { addController } from "../controllers.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyMemory } from "../keys/signing-key-files.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import { admitted } from "../rig/admitted.ts";
import { campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CLOUD_SIGNER, rigTrustList } from "../rig/rig-trust.ts";
import { CloudClient } from "./client.ts";
import { type CloudFront, cloudFront } from "./front.ts";

let rig: CloudRig;
let front: CloudFront;
let log: MachineLog;
let turns: number;
let card: string;
/** What came first. */
let order: string[];
beforeEach(async () => {
  rig = await cloudRig();
  ({ card } = await campusOfOne(rig));
  log = new MachineLog("gate-house", 8, rig.site);
  await done(addController(rig, NOTE, { id: log.controller, publicKey: log.signer.publicKey, zones: [ZONE] }));
  await done(installTrustList(rig, NOTE, rigTrustList(1)));
  [turns, order] = [0, []];
  front = await cloudFront({
    cloud: rig,
    keys: await CloudKeys.open(rig, keyMemory(CLOUD_SIGNER, rig.randomBytes)),
    // No timer ever rings: what is seen was not found by looking now and then.
    clock: { after: () => () => {} },
    random: () => 0.5,
    notificationSigner: log.signer,
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    attachmentFolder: "none",
    async turn() {
      turns++;
      order.push("turn");
    },
    onReport: (report) => expect(report).toBe("nothing to tell"),
  });
});
afterEach(async () => {
  await front.hangUp();
  await front.publisher.settled();
  await rig.close();
});

test("events that callers are told of are told at once; a turn goes before they are written, so that whoever comes with them is", async () => {
  const token = await admitted(rig, new ControllerEntrance(rig), log.controller, log.signer);
  const numbered = async () => (await rig.database.queries.selectFrom("notification").select("seq").where("kind", "=", "door.forced-open").execute()).map(({ seq }) => seq !== null); // prettier-ignore
  log.record().record(eventOf("DoorForcedOpen", { door: "library" }));
  const headers = { authorization: `Bearer ${token}` };
  const answer = await front.fetch(new Request("http://127.0.0.1/v1/events", { method: "POST", headers, body: log.batch().slice() }));
  expect([answer.status, turns]).toEqual([200, 1]);
  await front.hangUp(); // what was begun by then is waited for
  expect(await numbered()).toEqual([true]);
});

test("whoever follows the feed is told of a loss, and a turn goes by in which that leaves, before whoever reported it is answered", async () => {
  const content = { name: "backend", actor: "backend", publicKey: log.signer.publicKey, scopes: ["credentials:write"] } as const;
  await done(addApiKey(rig, NOTE, content));
  const write = (): boolean => order.push("heard") > 0;
  await front.feed!.hub.subscribe(new Map([["global", { epoch: 1, version: 0 }]]), 1, { write, end: () => {} });
  order = [];
  const client = new CloudClient({
    url: "http://127.0.0.1",
    signer: log.signer,
    nowMs: rig.nowMs,
    randomBytes: rig.randomBytes,
    fetch: async (request) => front.fetch(request),
  });
  const made = await client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: card } });
  order.push("answered");
  expect([made.ok, order]).toEqual([true, ["heard", "turn", "answered"]]);
});
