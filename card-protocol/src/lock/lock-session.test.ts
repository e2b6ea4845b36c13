import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import { hexToBytes } from "../hex.ts";
import { nodeAgreementKey, nodeSessionCrypto } from "../node/node-session.ts";
import { LOCK_ANSWER_CASES, LOCK_REQUEST_CASES, lockVectors, OPEN_REQUEST_CASES } from "../vectors/lock-vectors.ts";
import { portableAgreementKey } from "./agreement-key.ts";
import { decodeLockAnswer, decodeLockMake, encodeLockAnswer, encodeLockMake, LOCK_ABILITIES } from "./lock-answer.ts";
import { decodeLockRequest, decodeOpenRequest, encodeLockRequest, encodeOpenRequest, LOCK_REQUESTS } from "./lock-request.ts";
import { answerSession, beginSession, type SessionParties } from "./lock-session.ts";
import { LOCK_FRAME_BYTES_MAX, SegmentReader, segmentsOf } from "./segments.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const text = lockVectors(nodeSessionCrypto);
const { session } = JSON.parse(text) as { readonly session: Record<string, string> & { readonly frames: readonly { readonly from: string; readonly message: string; readonly frame: string }[] } }; // prettier-ignore
const hex = (name: string): Uint8Array => hexToBytes(session[name]!)!;

test("another library opens the session of the vectors by what the document says", () => {
  const [ephemeralC, ephemeralL] = [hex("hello").slice(1, 33), hex("welcome").slice(1, 33)];
  expect(x25519.getPublicKey(hex("controllerFreshSecret"))).toEqual(ephemeralC);
  const secret = Buffer.concat([
    x25519.getSharedSecret(hex("controllerFreshSecret"), ephemeralL),
    x25519.getSharedSecret(hex("controllerSecret"), ephemeralL),
    x25519.getSharedSecret(hex("controllerFreshSecret"), hex("lockKey")),
  ]);
  const transcript = createHash("sha256")
    .update(
      encodeCbor([
        "portico lock 1",
        session["site"]!,
        session["lock"]!,
        session["controller"]!,
        hex("controllerKey"),
        hex("lockKey"),
        hex("hello"),
        ephemeralL,
        hex("welcome").slice(33, 49),
      ]),
    ) // prettier-ignore
    .digest();
  // RFC 5869 by hand: two blocks.
  const prk = createHmac("sha256", transcript).update(secret).digest();
  const block = (before: Uint8Array, n: number): Buffer => createHmac("sha256", prk).update(before).update("portico lock keys 1").update(Uint8Array.of(n)).digest(); // prettier-ignore
  const first = block(new Uint8Array(0), 1);
  const keys = { controller: first, lock: block(first, 2) };
  const nonce = (count: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, count, 0, 0, 0, 0, 0, 0, 0);
  const open = (key: Uint8Array, count: number, box: Uint8Array): Uint8Array =>
    chacha20poly1305(new Uint8Array(key), nonce(count), new Uint8Array(transcript)).decrypt(box);
  expect(open(keys.lock, 0, hex("welcome").slice(49))).toEqual(hex("challenge"));
  const counts: Record<string, number> = { controller: 0, lock: 1 };
  for (const { from, message, frame } of session.frames)
    expect(open(keys[from as "lock"], counts[from]!++, hexToBytes(frame)!.slice(1))).toEqual(hexToBytes(message));
});

const controller = nodeAgreementKey(fill(1));
const lock = nodeAgreementKey(fill(2));
const parties: SessionParties = {
  site: "campus-east",
  lock: "room-214",
  controller: "gate-house",
  controllerKey: controller.publicKey,
  lockKey: lock.publicKey,
};
let drawn = 0;
const randomBytes = (length: number): Uint8Array => fill(++drawn % 251, length);
function meet(lockParties: SessionParties = parties, own = controller, lockOwn = lock) {
  const beginning = beginSession(parties, own, nodeSessionCrypto, randomBytes);
  const answered = answerSession(lockParties, lockOwn, beginning.hello, fill(7, 16), nodeSessionCrypto, randomBytes)!;
  return { beginning, answered, begun: beginning.welcomed(answered.welcome) };
}

test("both sides say and hear in order; a frame twice, out of order or altered ends it", () => {
  const { answered, begun } = meet();
  const [ours, theirs] = [begun!.session, answered.session];
  const said = [fill(1, 5), fill(2, 50), fill(3, 0)].map((message) => [message, ours.seal(message)] as const);
  expect(theirs.open(said[0]![1])).toEqual(said[0]![0]);
  expect(theirs.open(said[1]![1])).toEqual(said[1]![0]);
  expect(ours.open(theirs.seal(fill(9, 3)))).toEqual(fill(9, 3));
  expect(theirs.open(said[1]![1])).toBeUndefined();
  expect(theirs.open(said[2]![1])).toBeUndefined(); // over is over
  const other = meet();
  expect(other.answered.session.open(ours.seal(fill(1, 5)))).toBeUndefined();
  const third = meet();
  expect(third.answered.session.open(third.begun!.session.seal(fill(1, 5)).map((byte, at) => (at === 3 ? byte ^ 1 : byte)))).toBeUndefined();
});

test.each([
  ["another lock's key", meet(parties, controller, nodeAgreementKey(fill(3)))],
  ["another site", meet({ ...parties, site: "campus-west" })],
  ["another lock", meet({ ...parties, lock: "room-215" })],
  ["another controller's name", meet({ ...parties, controller: "library" })],
  ["a controller whose key the lock was not given", meet(parties, nodeAgreementKey(fill(4)))],
])("there is no session with %s", (_, { begun }) => {
  expect(begun).toBeUndefined();
});

test("keys of small order, and frames of another length, begin nothing", () => {
  const { beginning, answered } = meet();
  const small = beginning.hello.slice();
  small.fill(0, 1, 33);
  expect(answerSession(parties, lock, small, fill(7, 16), nodeSessionCrypto, randomBytes)).toBeUndefined();
  expect(answerSession(parties, lock, beginning.hello.slice(1), fill(7, 16), nodeSessionCrypto, randomBytes)).toBeUndefined();
  const welcome = answered.welcome.slice();
  welcome.fill(0, 1, 33);
  for (const bad of [welcome, answered.welcome.slice(1), Uint8Array.of(...answered.welcome, 0)]) expect(beginning.welcomed(bad)).toBeUndefined();
  for (const make of [nodeAgreementKey, portableAgreementKey]) {
    expect([make(fill(1)).agree(fill(0)), make(fill(1)).agree(fill(1, 31))]).toEqual([undefined, undefined]);
    expect(make(fill(1)).agree(make(fill(2)).publicKey)).toEqual(new Uint8Array(x25519.getSharedSecret(fill(1), x25519.getPublicKey(fill(2)))));
    expect(() => make(fill(1, 31))).toThrow(RangeError);
  }
});

test("each request and answer reads as it was written, and no other number is one", () => {
  expect(LOCK_REQUEST_CASES.map(({ kind }) => kind)).toEqual([...LOCK_REQUESTS]);
  for (const request of LOCK_REQUEST_CASES) expect(decodeLockRequest(encodeLockRequest(request))).toEqual(request);
  for (const request of OPEN_REQUEST_CASES) expect(decodeOpenRequest(encodeOpenRequest(request))).toEqual(request);
  for (const [asked, answer] of LOCK_ANSWER_CASES) expect(decodeLockAnswer(asked, encodeLockAnswer(answer))).toEqual(answer);
  for (const bad of [[0], [13], [1, 1], [8, 50, 7], [8, 0, 0], [5, 0], [10, 15, 5, 0, fill(1, 5)], [10, 16, 5, 1, fill(1, 5)], [10, 16, 5, 0, fill(1, 0)], [11, 0, 17], []])
    expect(decodeLockRequest(encodeCbor(bad)), JSON.stringify(bad)).toBeUndefined(); // prettier-ignore
  for (const bad of [[0, 3, 5, 0, 0, 0, 0, 0, [], [], 0], [0, 0, 101, 0, 0, 0, 0, 0, [], [], 0], [0, 0, null, 0, 0, 0, 0, 0, [[2, 1], [1, 1]], [], 0], [21, 0], [1]])
    expect(decodeLockAnswer("state", encodeCbor(bad)), JSON.stringify(bad)).toBeUndefined(); // prettier-ignore
  expect(decodeLockAnswer("setPin", encodeCbor([128, 1, 3]))).toBeUndefined();
  expect(decodeLockMake(encodeLockMake({ firmware: "1", segmentBytes: 20, can: LOCK_ABILITIES }))).toEqual({ firmware: "1", segmentBytes: 20, can: [...LOCK_ABILITIES] }); // prettier-ignore
  for (const bad of [
    [2, "1", 20, 0],
    [1, "", 20, 0],
    [1, "1", 19, 0],
    [1, "1", 245, 0],
    [1, "1", 20],
  ])
    expect(decodeLockMake(encodeCbor(bad))).toBeUndefined();
});

test("a frame comes through segments of any size whole, and a lost, repeated or foreign segment voids it", () => {
  for (const size of [20, 23, 244])
    for (const length of [1, 19, 20, 400, LOCK_FRAME_BYTES_MAX]) {
      const frame = Uint8Array.from({ length }, (_, at) => at);
      const reader = new SegmentReader();
      const cut = segmentsOf(frame, size);
      expect(cut.every((segment) => segment.length <= size)).toBe(true);
      expect(cut.map((segment) => reader.push(segment)).at(-1)).toEqual(frame);
    }
  const cut = segmentsOf(fill(5, 100), 20);
  const spoilt: [string, readonly Uint8Array[]][] = [
    ["lost", cut.filter((_, nth) => nth !== 2)],
    ["twice", cut.flatMap((segment, nth) => (nth === 2 ? [segment, segment] : [segment]))],
    ["without a first", cut.slice(1)],
    ["empty between", [...cut.slice(0, 3), new Uint8Array(0), ...cut.slice(3)]],
  ];
  for (const [what, segments] of spoilt) {
    const reader = new SegmentReader();
    expect([what, segments.map((segment) => reader.push(segment)).filter((frame) => frame !== undefined)]).toEqual([what, []]);
    expect(cut.map((segment) => reader.push(segment)).at(-1)).toEqual(fill(5, 100));
  }
  for (const bad of [[new Uint8Array(0), 20], [fill(1, LOCK_FRAME_BYTES_MAX + 1), 20], [fill(1), 19], [fill(1), 245]] as const) expect(() => segmentsOf(bad[0], bad[1])).toThrow(RangeError); // prettier-ignore
});
