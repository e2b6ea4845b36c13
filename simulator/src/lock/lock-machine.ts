import {
  concatBytes,
  isRoomPin,
  type LockAnswer,
  LOCK_FINGERS_MAX,
  LOCK_PINS_MAX,
  type LockRefusal,
  type LockRequest,
  type MonotonicMs,
  readDenySet,
  readLockList,
  readUnlockGrant,
  type RecordPiece,
  sameBytes,
} from "@portico/card-protocol";
import { boltByTime, done, drawBolt, refusing, throwBolt, type Turned } from "./lock-bolt.ts";
import { type LockMemory, type LockTrust, NO_TRIES, reportOf, secondsLeft, withRow, withWrongTry } from "./lock-memory.ts";

/** A finger is read so often. */
export const FINGER_TOUCHES = 3;
const NEW_PINS_CLOSED_MS = 900_000;

/** What a lock makes of a request: itself afterwards, and what it answers; nothing yet to an enrolment that has begun. */
export interface LockStep {
  readonly memory: LockMemory;
  readonly answer: LockAnswer | undefined;
}

/**
 * One request within a session. Pure: the same lock, request and instant, the same step.
 *
 * @param challenge  the open one of the session; undefined: none is, or it is too old
 * @param next       16 bytes: the challenge to give away next
 */
export function stepLock(
  before: LockMemory,
  request: LockRequest,
  now: MonotonicMs,
  trust: LockTrust,
  challenge: Uint8Array | undefined,
  next: Uint8Array,
): LockStep {
  const memory = boltByTime(before, now);
  const says = ({ memory: turned, refusal }: Turned, answer: LockAnswer = { kind: "done" }): LockStep => ({
    memory: turned,
    answer: refusal === undefined ? answer : { kind: "refused", refusal, number: refusalNumber(turned, request, refusal, now) },
  });
  if (memory.enrolment !== undefined) return says(refusing(memory, "Busy"));
  switch (request.kind) {
    case "state":
      return { memory, answer: { kind: "state", report: reportOf(memory, now) } };
    case "challenge":
      return { memory, answer: { kind: "challenge", challenge: next } };
    case "unlock":
      return says(unlock(memory, request.grant, now, trust, challenge), { kind: "challenge", challenge: next });
    case "secure":
      return says(throwBolt(memory, now));
    case "clock":
      return says(done(withRow({ ...memory, clockAtZeroS: request.at - now / 1000 }, now, { event: "ClockSet" })));
    case "setPin":
      return says(setPin(memory, request, now, trust));
    case "erasePin":
      return says(erasePin(memory, request, now));
    case "enrolFinger": {
      const refusal = enrolmentRefusal(memory, request);
      const { slot, holder } = request;
      if (refusal !== undefined) return says(refusing(memory, refusal));
      return { memory: { ...memory, enrolment: { slot, holder, template: undefined, touches: 0 } }, answer: undefined };
    }
    case "eraseFinger":
      return says(done(withoutFinger(memory, request.slot, now)));
    case "piece": {
      const { turned, taken } = takePiece(memory, request, now, trust);
      return says(turned, { kind: "taken", bytes: taken });
    }
    case "audit": {
      const rows = memory.audit.filter(({ seq }) => seq > request.after).slice(0, request.rows);
      return { memory, answer: { kind: "audit", first: memory.audit[0]?.seq ?? 0, last: memory.auditSeq, rows } };
    }
    case "cardKey":
      return says(done({ ...memory, cardKey: { generation: request.generation, key: request.key } }));
  }
}

/** The number that goes with a refusal: docs/lock-profile.md. */
export function refusalNumber(memory: LockMemory, request: LockRequest, refusal: LockRefusal, now: MonotonicMs): number {
  if (refusal === "LockedOut") return secondsLeft(memory.newPins, now);
  if (refusal !== "VersionNotNewer") return 0;
  if (request.kind === "piece") return (request.record === 16 ? memory.list?.value.version : memory.denySet?.value.version) ?? 0;
  return request.kind === "setPin" || request.kind === "erasePin" ? (memory.pinVersions.get(request.holder) ?? 0) : 0;
}

function unlock(memory: LockMemory, bytes: Uint8Array, now: MonotonicMs, trust: LockTrust, challenge: Uint8Array | undefined): Turned {
  const refused = (refusal: LockRefusal): Turned => refusing(withRow(memory, now, { event: "Refused", way: "grant", refusal }), refusal);
  const grant = readUnlockGrant(bytes, trust.site, trust.lock, trust.signingKey, trust.verifier);
  if (!grant.ok || grant.value.controller !== trust.controller) return refused("GrantRefused");
  if (challenge === undefined || !sameBytes(grant.value.challenge, challenge)) return refused("ChallengeStale");
  const { holder, seq, holdMs } = grant.value;
  return drawBolt(memory, now, { way: "grant", holder, number: seq }, holdMs);
}

function setPin(memory: LockMemory, { holder, version, sealed }: Extract<LockRequest, { kind: "setPin" }>, now: MonotonicMs, trust: LockTrust): Turned {
  const taken = memory.pinVersions.get(holder) ?? 0;
  if (version === taken) return memory.pins.has(holder) ? done(memory) : refusing(memory, "VersionNotNewer");
  if (version < taken) return refusing(memory, "VersionNotNewer");
  if (secondsLeft(memory.newPins, now) > 0) return refusing(memory, "LockedOut");
  const pin = trust.openPin({ site: trust.site, lock: trust.lock, holder, version }, sealed);
  if (pin === undefined) return refusing(memory, "PinUnopened");
  if (!isHolderListed(memory, holder)) return refusing(memory, "HolderNotListed");
  const isInUse = [...memory.pins].some(([other, used]) => other !== holder && used === pin);
  if (!isRoomPin(pin) || isInUse || isSimple(pin)) {
    const newPins = withWrongTry(memory.newPins, now, NEW_PINS_CLOSED_MS, NEW_PINS_CLOSED_MS);
    return refusing({ ...memory, newPins }, isRoomPin(pin) ? "PinNotAllowed" : "PinFormat");
  }
  if (!memory.pins.has(holder) && memory.pins.size >= LOCK_PINS_MAX) return refusing(memory, "SlotsFull");
  const pins = new Map(memory.pins).set(holder, pin);
  const pinVersions = new Map(memory.pinVersions).set(holder, version);
  return done(withRow({ ...memory, pins, pinVersions, newPins: NO_TRIES }, now, { event: "PinSet", holder, number: version }));
}

/** One digit repeated, or digits that count up or down by one. */
function isSimple(pin: string): boolean {
  const steps = Array.from(pin)
    .slice(1)
    .map((digit, nth) => Number(digit) - Number(pin[nth]));
  return [0, 1, -1].some((step) => steps.every((each) => each === step));
}

function erasePin(memory: LockMemory, { holder, version }: { readonly holder: number; readonly version: number }, now: MonotonicMs): Turned {
  const taken = memory.pinVersions.get(holder) ?? 0;
  if (version < taken) return refusing(memory, "VersionNotNewer");
  return done(withoutPin({ ...memory, pinVersions: new Map(memory.pinVersions).set(holder, version) }, holder, now));
}

function withoutPin(memory: LockMemory, holder: number, now: MonotonicMs): LockMemory {
  if (!memory.pins.has(holder)) return memory;
  const pins = new Map(memory.pins);
  pins.delete(holder);
  return withRow({ ...memory, pins }, now, { event: "PinErased", holder, number: memory.pinVersions.get(holder) ?? 0 });
}

function withoutFinger(memory: LockMemory, slot: number, now: MonotonicMs): LockMemory {
  const finger = memory.fingers.get(slot);
  if (finger === undefined) return memory;
  const fingers = new Map(memory.fingers);
  fingers.delete(slot);
  return withRow({ ...memory, fingers }, now, { event: "FingerErased", holder: finger.holder, number: slot });
}

const isHolderListed = ({ list }: LockMemory, holder: number): boolean => list?.value.rows.some((row) => row.holder === holder) === true;

function enrolmentRefusal(memory: LockMemory, { slot, holder }: { readonly slot: number; readonly holder: number }): LockRefusal | undefined {
  const there = memory.fingers.get(slot);
  if (there !== undefined && there.holder !== holder) return "SlotTaken";
  if (there === undefined && memory.fingers.size >= LOCK_FINGERS_MAX) return "SlotsFull";
  return isHolderListed(memory, holder) ? undefined : "HolderNotListed";
}

/** A finger is laid on during an enrolment: a touch, or the end of it. */
export function enrolTouch(memory: LockMemory, template: string, now: MonotonicMs): LockStep {
  const { enrolment } = memory;
  if (enrolment === undefined) return { memory, answer: undefined };
  const { slot, holder } = enrolment;
  const touches = enrolment.touches + 1;
  if (enrolment.template !== undefined && enrolment.template !== template) return endEnrolment(memory, "FingerUnreadable");
  if ([...memory.fingers].some(([other, finger]) => other !== slot && finger.template === template)) return endEnrolment(memory, "FingerKnown");
  if (touches < FINGER_TOUCHES) return { memory: { ...memory, enrolment: { ...enrolment, template, touches } }, answer: { kind: "touch", nth: touches, of: FINGER_TOUCHES } }; // prettier-ignore
  const fingers = new Map(memory.fingers).set(slot, { holder, template });
  return { memory: withRow({ ...memory, fingers, enrolment: undefined }, now, { event: "FingerEnrolled", holder, number: slot }), answer: { kind: "done" } };
}

/** It is broken off, or nobody comes. */
export const endEnrolment = (memory: LockMemory, refusal: LockRefusal): LockStep => ({
  memory: { ...memory, enrolment: undefined },
  answer: { kind: "refused", refusal, number: 0 },
});

/** A piece of a list or a deny set, whoever brings it: in order, and judged with the last one. What is there already is there: its answer was lost. */
export function takePiece(
  memory: LockMemory,
  { record, totalBytes, offset, bytes }: RecordPiece,
  now: MonotonicMs,
  trust: LockTrust,
): { readonly turned: Turned; readonly taken: number } {
  const held = memory.pieces?.record === record && memory.pieces.totalBytes === totalBytes ? memory.pieces.bytes : new Uint8Array(0);
  const isThere = offset > 0 && offset + bytes.length <= held.length && sameBytes(held.subarray(offset, offset + bytes.length), bytes);
  if (isThere) return { turned: done(memory), taken: held.length };
  const before = offset === 0 ? new Uint8Array(0) : held;
  const follows = before.length === offset;
  if (!follows) return { turned: refusing({ ...memory, pieces: undefined }, "Malformed"), taken: 0 };
  const whole = concatBytes([before, bytes]);
  if (whole.length < totalBytes) return { turned: done({ ...memory, pieces: { record, totalBytes, bytes: whole } }), taken: whole.length };
  const without = { ...memory, pieces: undefined };
  return { turned: record === 16 ? takeList(without, whole, now, trust) : takeDenySet(without, whole, now, trust), taken: whole.length };
}

function takeList(memory: LockMemory, bytes: Uint8Array, now: MonotonicMs, trust: LockTrust): Turned {
  const list = readLockList(bytes, trust.site, trust.lock, trust.signingKey, trust.verifier);
  if (!list.ok) return refusing(memory, "RecordRefused");
  const held = memory.list;
  if (held !== undefined && list.value.version <= held.value.version) return sameBytes(bytes, held.bytes) ? done(memory) : refusing(memory, "VersionNotNewer");
  let turned = withRow({ ...memory, list: { value: list.value, bytes } }, now, { event: "ListTaken", number: list.value.version });
  for (const holder of memory.pins.keys()) if (!isHolderListed(turned, holder)) turned = withoutPin(turned, holder, now);
  for (const [slot, { holder }] of memory.fingers) if (!isHolderListed(turned, holder)) turned = withoutFinger(turned, slot, now);
  return done(turned);
}

function takeDenySet(memory: LockMemory, bytes: Uint8Array, now: MonotonicMs, trust: LockTrust): Turned {
  const set = readDenySet(bytes, trust.site, trust.controller, trust.signingKey, trust.verifier);
  if (!set.ok) return refusing(memory, "RecordRefused");
  const held = memory.denySet;
  if (held !== undefined && set.value.version <= held.value.version) return sameBytes(bytes, held.bytes) ? done(memory) : refusing(memory, "VersionNotNewer");
  return done(withRow({ ...memory, denySet: { value: set.value, bytes } }, now, { event: "DenySetTaken", number: set.value.version }));
}
