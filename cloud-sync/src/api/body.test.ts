import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { ControllerEntrance } from "../controller-entrance.ts";
import { addController } from "../controllers.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyMemory } from "../keys/signing-key-files.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import { admitted } from "../rig/admitted.ts";
import { campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { CLOUD_SIGNER, rigTrustList } from "../rig/rig-trust.ts";
import { bodyOf, jsonBodyOf } from "./body.ts";
import { type CloudFront, cloudFront } from "./front.ts";

const gate = nodeSigner(new Uint8Array(32).fill(8));
const CHUNK = new Uint8Array(65_536).fill(0x20);
/** Beyond the longest body that anybody may send, and what waits in the streams between. */
const PULLED_MAX = 3_000_000;
/** An end for what must never come so far: a test that fails shall end too. */
const ENDLESS_BYTES = 20_000_000;

let rig: CloudRig;
let front: CloudFront;
let pulled: number;
beforeEach(async () => {
  rig = await cloudRig();
  await campusOfOne(rig);
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: gate.publicKey, zones: [ZONE] }));
  await done(installTrustList(rig, NOTE, rigTrustList(1)));
  const needs = { clock: { after: () => () => {} }, random: () => 0.5, notificationSigner: gate, fetch: () => Promise.reject(new TypeError("fetch failed")) };
  const keys = await CloudKeys.open(rig, keyMemory(CLOUD_SIGNER, rig.randomBytes));
  front = await cloudFront({ attachmentFolder: "none", ...needs, cloud: rig, keys, onReport: (report) => expect(report).toBe("nothing to tell") });
  pulled = 0;
});
afterEach(async () => {
  await front.hangUp();
  await front.publisher.settled();
  await rig.close();
});

/** A request whose body says nothing of its length, and does not end by itself. */
function endless(path: string, headers: Readonly<Record<string, string>> = {}): Request {
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      pulled += CHUNK.length;
      if (pulled < ENDLESS_BYTES) stream.enqueue(CHUNK);
      else stream.close();
    },
  });
  return new Request(`http://127.0.0.1${path}`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
}

test.each([
  "/v1/controllers/gate-house/token",
  "/v1/time",
  "/v1/events",
  "/v1/applied",
  "/v1/commands/outcome",
  "/v1/revocations",
  "/v1/controllers/library/enrolment",
  `/v1/controllers/library/enrolment/${"0".repeat(32)}/proof`,
  "/v1/operator-log-in",
  "/v1/operator-log-in/finish",
  "/v1/persons",
])("%s does not read a body to its end that is longer than any may be", async (path) => {
  const token = await admitted(rig, new ControllerEntrance(rig), "gate-house", gate);
  const authorization = path.endsWith("/token") ? `Challenge ${"0".repeat(64)}` : `Bearer ${token}`;
  const response = await front.fetch(endless(path, { authorization }));
  expect([400, 401, 413]).toContain(response.status);
  expect(pulled).toBeLessThan(PULLED_MAX);
});

test("a body up to its bound is had whole, told by its length or not; one byte more is none", async () => {
  const request = (length: number, told: boolean): Request => {
    const bytes = new Uint8Array(length).fill(0x31);
    const body = told ? bytes : new Blob([bytes]).stream();
    return new Request("http://127.0.0.1/", {
      method: "POST",
      body,
      ...(told ? { headers: { "content-length": String(length) } } : { duplex: "half" }),
    } as RequestInit);
  };
  for (const told of [true, false]) {
    expect((await bodyOf(request(16, told), 16))?.length).toBe(16);
    expect(await bodyOf(request(17, told), 16)).toBeUndefined();
    expect(await jsonBodyOf(request(4, told), z.number(), 4)).toBe(1_111);
    expect(await jsonBodyOf(request(5, told), z.number(), 4)).toBeUndefined();
    expect(await jsonBodyOf(request(4, told), z.string(), 4)).toBeUndefined();
  }
  expect(await bodyOf(new Request("http://127.0.0.1/", { method: "POST" }), 16)).toEqual(new Uint8Array(0));
});
