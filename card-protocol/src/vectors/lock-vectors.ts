import { decodeLockAnswer, encodeLockAnswer, encodeLockMake, type LockAnswer } from "../lock/lock-answer.ts";
import { encodeLockFile, type LockFile } from "../lock/lock-file.ts";
import { encodeLockRequest, encodeOpenRequest, type LockRequest, type OpenRequest } from "../lock/lock-request.ts";
import { answerSession, beginSession, type SessionCrypto, type SessionParties } from "../lock/lock-session.ts";
import { type PinPlace, sealPin } from "../lock/sealed-pin.ts";
import { segmentsOf } from "../lock/segments.ts";
import { bytesToHex } from "../hex.ts";
import { unixSeconds } from "../units.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
/** What is unpredictable elsewhere: 32 bytes for a fresh key, then 16 for a nonce. */
const drawn = (byte: number) => (length: number) => fill(byte + (length === 32 ? 0 : 1), length);
const SECRETS = { controller: fill(0x11), lock: fill(0x12) };
const CHALLENGE = fill(0x16, 16);

export const LOCK_REQUEST_CASES: readonly LockRequest[] = [
  { kind: "state" },
  { kind: "challenge" },
  { kind: "unlock", grant: fill(0x31, 172) },
  { kind: "secure" },
  { kind: "clock", at: unixSeconds(1_800_000_000) },
  { kind: "setPin", holder: 7, version: 3, sealed: fill(0x32, 57) },
  { kind: "erasePin", holder: 7, version: 4 },
  { kind: "enrolFinger", slot: 49, holder: 7 },
  { kind: "eraseFinger", slot: 0 },
  { kind: "piece", record: 16, totalBytes: 16_384, offset: 1_024, bytes: fill(0x33, 1_024) },
  { kind: "audit", after: 0, rows: 16 },
  { kind: "cardKey", generation: 2, key: fill(0x34) },
];

export const OPEN_REQUEST_CASES: readonly OpenRequest[] = [
  { kind: "challenge" },
  { kind: "present", pass: fill(0x35, 106) },
  { kind: "piece", record: 17, totalBytes: 300, offset: 0, bytes: fill(0x36, 300) },
];

export const LOCK_ANSWER_CASES: readonly (readonly [asked: Parameters<typeof decodeLockAnswer>[0], answer: LockAnswer])[] = [
  ["state", { kind: "state", report: { bolt: "unlocked", batteryPercent: 87, clock: unixSeconds(1_800_000_000), listVersion: 3, denyVersion: 2, cardKeyGeneration: 1, auditSeq: 41, pins: [{ holder: 7, version: 3 }], fingers: [{ slot: 0, holder: 7 }], lockedOutS: 60 } }],
  ["state", { kind: "state", report: { bolt: "jammed", batteryPercent: undefined, clock: undefined, listVersion: 0, denyVersion: 0, cardKeyGeneration: 0, auditSeq: 0, pins: [], fingers: [], lockedOutS: 0 } }],
  ["unlock", { kind: "challenge", challenge: fill(0x37, 16) }],
  ["unlock", { kind: "refused", refusal: "ChallengeStale", number: 0 }],
  ["setPin", { kind: "done" }],
  ["setPin", { kind: "refused", refusal: "VersionNotNewer", number: 5 }],
  ["enrolFinger", { kind: "touch", nth: 1, of: 3 }],
  ["piece", { kind: "taken", bytes: 2_048 }],
  ["audit", { kind: "audit", first: 40, last: 41, rows: [
    { seq: 40, at: undefined, event: "Restarted", way: undefined, holder: 0, number: 0, refusal: undefined },
    { seq: 41, at: unixSeconds(1_800_000_000), event: "Refused", way: "pin", holder: 7, number: 0, refusal: "HolderNotListed" },
  ] }],
]; // prettier-ignore

/** What lies in the file is made up: what a lock believes stands as kinds 16 and 17 in `signed.json`. */
export const LOCK_FILE_CASE: LockFile = {
  site: "campus-east",
  controller: "gate-house",
  lists: [
    { lock: "room-214", version: 3, validUntil: unixSeconds(1_802_592_000), record: fill(0x41, 40) },
    { lock: "room-215", version: 1, validUntil: unixSeconds(1_802_592_000), record: fill(0x42, 30) },
  ],
  denySet: { version: 2, issued: unixSeconds(1_800_000_000), record: fill(0x43, 20) },
};

/** Everything that crosses between a lock and its controller, made from fixed bytes: `vectors/lock.json`. */
export function lockVectors(crypto: SessionCrypto): string {
  const [controllerKey, lockKey] = [crypto.agreementKey(SECRETS.controller), crypto.agreementKey(SECRETS.lock)];
  const parties: SessionParties = { site: "campus-east", lock: "room-214", controller: "gate-house", controllerKey: controllerKey.publicKey, lockKey: lockKey.publicKey }; // prettier-ignore
  const beginning = beginSession(parties, controllerKey, crypto, drawn(0x13));
  const answered = answerSession(parties, lockKey, beginning.hello, CHALLENGE, crypto, drawn(0x18))!;
  const begun = beginning.welcomed(answered.welcome)!;
  const place: PinPlace = { site: parties.site, lock: parties.lock, holder: 7, version: 3 };
  const asked = encodeLockRequest({ kind: "state" });
  const told = encodeLockAnswer(LOCK_ANSWER_CASES[0]![1]);
  const file = {
    comment:
      "docs/lock-profile.md: one session with its first frames, segments, messages before they are sealed, a file with what is carried, and a sealed PIN. Hex.",
    session: {
      site: parties.site,
      lock: parties.lock,
      controller: parties.controller,
      controllerSecret: bytesToHex(SECRETS.controller),
      lockSecret: bytesToHex(SECRETS.lock),
      controllerKey: bytesToHex(parties.controllerKey),
      lockKey: bytesToHex(parties.lockKey),
      controllerFreshSecret: bytesToHex(fill(0x13)),
      lockFreshSecret: bytesToHex(fill(0x18)),
      hello: bytesToHex(beginning.hello),
      welcome: bytesToHex(answered.welcome),
      challenge: bytesToHex(CHALLENGE),
      frames: [
        { from: "controller", message: bytesToHex(asked), frame: bytesToHex(begun.session.seal(asked)) },
        { from: "controller", message: bytesToHex(asked), frame: bytesToHex(begun.session.seal(asked)) },
        { from: "lock", message: bytesToHex(told), frame: bytesToHex(answered.session.seal(told)) },
      ],
    },
    segments: { segmentBytes: 20, frame: bytesToHex(beginning.hello), segments: segmentsOf(beginning.hello, 20).map(bytesToHex) },
    requests: LOCK_REQUEST_CASES.map((request) => ({ kind: request.kind, bytes: bytesToHex(encodeLockRequest(request)) })),
    openRequests: OPEN_REQUEST_CASES.map((request) => ({ kind: request.kind, bytes: bytesToHex(encodeOpenRequest(request)) })),
    answers: LOCK_ANSWER_CASES.map(([to, answer]) => ({ to, kind: answer.kind, bytes: bytesToHex(encodeLockAnswer(answer)) })),
    make: bytesToHex(encodeLockMake({ firmware: "1.2.0", segmentBytes: 244, can: ["pins", "list", "cards"] })),
    file: bytesToHex(encodeLockFile(LOCK_FILE_CASE)),
    pin: { ...place, pin: "274951", ephemeralSeed: bytesToHex(fill(0x15)), sealed: bytesToHex(sealPin(parties.lockKey, place, "274951", fill(0x15))) },
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
