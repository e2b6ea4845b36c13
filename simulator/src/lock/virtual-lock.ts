import {
  type AgreementKey,
  answerSession,
  BYE_REASON,
  CHALLENGE_BYTES,
  CHALLENGE_LIFE_MS,
  type Clock,
  decodeLockRequest,
  decodeOpenRequest,
  encodeLockAnswer,
  encodeLockMake,
  LOCK_ABILITIES,
  LOCK_FRAME,
  type LockAnswer,
  type LockRefusal,
  type LockSession,
  type MonotonicMs,
  OPEN_CHALLENGE_BYTES,
  type OpenRequest,
  type RandomBytes,
  sameBytes,
  SegmentReader,
  segmentsOf,
  type SessionCrypto,
  type UnixSeconds,
  verifyShownPass,
} from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import type { GattPeripheral } from "@portico/firmware-ts/ble-lock";
import { boltByTime, drawBolt, holdCard, layFinger, openByList, refusing, type Turned, typePin } from "./lock-bolt.ts";
import { endEnrolment, enrolTouch, type LockStep, refusalNumber, stepLock, takePiece } from "./lock-machine.ts";
import { afterPowerLoss, type LockMemory, type LockTrust, NO_TRIES, newLockMemory, secondsLeft, withRow, withWrongTry } from "./lock-memory.ts";

export interface VirtualLockOptions {
  readonly trust: LockTrust;
  /** The lock's static X25519 key. */
  readonly own: AgreementKey;
  /** The controller's, whose sessions it holds: 32 bytes. */
  readonly controllerKey: Uint8Array;
  readonly crypto: SessionCrypto;
  readonly randomBytes: RandomBytes;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** What its connections carry in one write; default 20. */
  readonly segmentBytes?: number;
  /** What it remembers from before; default: it comes out of its box. */
  readonly before?: LockMemory;
  /** Called with whatever it remembers next. */
  readonly onMemory?: (memory: LockMemory) => void;
}

/** A room lock that speaks the profile of docs/lock-profile.md, with the hands of people at it. */
export interface VirtualLock extends GattPeripheral {
  /** What it remembers now. */
  readonly memory: LockMemory;
  /** Called when the bolt is drawn or thrown. */
  onBolt(listener: (bolt: LockMemory["bolt"]) => void): () => void;
  /** Digits and the key that ends them. Undefined: it opens. */
  typePin(digits: string): LockRefusal | undefined;
  layFinger(template: string): LockRefusal | undefined;
  holdCard(number: Uint8Array): LockRefusal | undefined;
  /** From inside: always opens. */
  turnHandle(): void;
  /** Below 20 it writes so, below 5 it draws no bolt. At 0 it is dead: it does not even answer, until a battery is put in. */
  setBattery(percent: number): void;
  /** The batteries are taken out and put in again: the clock is lost, the bolt stays. */
  powerCycle(): void;
  /** Its clock is set, as at commissioning. */
  setClock(at: UnixSeconds): void;
  /** Its clock runs wrong by so much from now on. */
  shiftClock(seconds: number): void;
  setMechanismStuck(stuck: boolean): void;
}

const HELLOS_MAX = 5;
const CLOSED_MS = 60_000;
const SESSION_IDLE_MS = 60_000;
const FINGER_WAIT_MS = 20_000;
const OPEN_CHALLENGE_MS = 30_000;
const BATTERY_LOW_PERCENT = 20;

export function virtualLock(options: VirtualLockOptions): VirtualLock {
  const { trust, own, controllerKey, crypto, randomBytes, clock, segmentBytes = 20, before = newLockMemory(), onMemory } = options;
  const { site, lock, controller } = trust;
  const parties = { site, lock, controller, controllerKey, lockKey: own.publicKey };
  const bolts = listeners<[LockMemory["bolt"]]>();
  let memory = before;
  let session: LockSession | undefined;
  /** Begun, and not yet spoken over. */
  let pending: LockSession | undefined;
  let challenge: { readonly bytes: Uint8Array; readonly since: MonotonicMs } | undefined;
  let pendingChallenge: typeof challenge;
  let shown: { readonly bytes: Uint8Array; readonly since: MonotonicMs } | undefined;
  let hellos = { vain: 0, closedUntil: 0 };
  let say: ((frame: Uint8Array) => void) | undefined;
  let drop: (() => void) | undefined;
  let cancelBolt = (): void => {};
  let cancelFinger = (): void => {};
  let cancelIdle = (): void => {};

  function become(next: LockMemory): void {
    const last = memory;
    memory = next;
    if (memory !== last) onMemory?.(memory);
    cancelBolt();
    if (memory.openUntil !== undefined) cancelBolt = clock.after(memory.openUntil - clock.monotonic(), () => become(boltByTime(memory, clock.monotonic())));
    if (memory.bolt !== last.bolt) bolts.tell(memory.bolt);
  }

  function turn(turned: Turned): LockRefusal | undefined {
    become(turned.memory);
    return turned.refusal;
  }

  const bye = (reason: number): void => {
    endSession();
    say?.(Uint8Array.of(LOCK_FRAME.bye, reason));
  };

  function endSession(): void {
    session = pending = challenge = pendingChallenge = undefined;
    cancelIdle();
    cancelFinger();
    if (memory.enrolment !== undefined) become({ ...memory, enrolment: undefined });
  }

  function heard(frame: Uint8Array): void {
    if (memory.batteryPercent === 0) return;
    if (frame[0] === LOCK_FRAME.hello) return greet(frame);
    if (frame[0] === LOCK_FRAME.sealed) return heardSealed(frame);
    if (frame[0] === LOCK_FRAME.open) return heardOpen(frame.subarray(1));
    bye(BYE_REASON.notUnderstood);
  }

  function greet(hello: Uint8Array): void {
    if (clock.monotonic() < hellos.closedUntil) return bye(BYE_REASON.tooMany);
    const bytes = randomBytes(CHALLENGE_BYTES);
    const begun = answerSession(parties, own, hello, bytes, crypto, randomBytes);
    if (begun === undefined) return bye(BYE_REASON.notUnderstood);
    const vain = hellos.vain + 1;
    hellos = vain < HELLOS_MAX ? { vain, closedUntil: 0 } : { vain: 0, closedUntil: clock.monotonic() + CLOSED_MS };
    pending = begun.session;
    pendingChallenge = { bytes, since: clock.monotonic() };
    say?.(begun.welcome);
  }

  function heardSealed(frame: Uint8Array): void {
    let message = pending?.open(frame);
    if (message !== undefined) {
      takeOver();
      hellos = { vain: 0, closedUntil: 0 };
    } else message = session?.open(frame);
    const request = message === undefined ? undefined : decodeLockRequest(message);
    if (message === undefined) return bye(BYE_REASON.notAuthentic);
    cancelIdle();
    cancelIdle = clock.after(SESSION_IDLE_MS, () => bye(BYE_REASON.notUnderstood));
    if (request === undefined) return answer({ kind: "refused", refusal: "Malformed", number: 0 });
    const now = clock.monotonic();
    const open = challenge !== undefined && now - challenge.since <= CHALLENGE_LIFE_MS ? challenge.bytes : undefined;
    const next = randomBytes(CHALLENGE_BYTES);
    const step = stepLock(memory, request, now, trust, open, next);
    if (request.kind === "unlock") challenge = undefined; // spent, whatever came of it
    if (step.answer?.kind === "challenge") challenge = { bytes: next, since: now };
    carryOut(step);
    if (request.kind === "enrolFinger" && step.answer === undefined) awaitFinger();
  }

  /** The session that was begun takes the place of the one before. */
  function takeOver(): void {
    const [begun, given] = [pending, pendingChallenge];
    endSession();
    session = begun;
    challenge = given;
  }

  function carryOut({ memory: next, answer: said }: LockStep): void {
    become(next);
    if (said !== undefined) answer(said);
  }

  const answer = (said: LockAnswer): void => {
    if (session !== undefined) say?.(session.seal(encodeLockAnswer(said)));
  };

  function awaitFinger(): void {
    cancelFinger();
    cancelFinger = clock.after(FINGER_WAIT_MS, () => carryOut(endEnrolment(memory, "FingerTimedOut")));
  }

  function heardOpen(message: Uint8Array): void {
    const now = clock.monotonic();
    const request = decodeOpenRequest(message);
    const closedS = secondsLeft(memory.strangers, now);
    const said = closedS > 0 ? ({ kind: "refused", refusal: "LockedOut", number: closedS } as const) : openAnswer(request, now);
    if (said.kind === "refused" && closedS === 0) become({ ...memory, strangers: withWrongTry(memory.strangers, now, CLOSED_MS, CLOSED_MS) });
    say?.(Uint8Array.of(LOCK_FRAME.opened, ...encodeLockAnswer(said)));
  }

  function openAnswer(request: OpenRequest | undefined, now: MonotonicMs): LockAnswer {
    switch (request?.kind) {
      case "challenge":
        shown = { bytes: randomBytes(OPEN_CHALLENGE_BYTES), since: now };
        return { kind: "challenge", challenge: shown.bytes };
      case "present":
        return answerOf(turn(present(request.pass, now)), 0, { kind: "done" });
      case "piece": {
        const { turned, taken } = takePiece(memory, request, now, trust);
        const refusal = turn(turned);
        return answerOf(refusal, refusal === undefined ? 0 : refusalNumber(memory, request, refusal, now), { kind: "taken", bytes: taken });
      }
      case undefined:
        return { kind: "refused", refusal: "Malformed", number: 0 };
    }
  }

  function present(pass: Uint8Array, now: MonotonicMs): Turned {
    const given = shown;
    shown = undefined;
    const rows = memory.list?.value.rows ?? [];
    const rowOf = (credential: Uint8Array) =>
      rows.find(({ credentials }) => credentials.some(({ id, proof }) => proof.length === 32 && sameBytes(id, credential)));
    const keyOf = (credential: Uint8Array) => rowOf(credential)?.credentials.find(({ id }) => sameBytes(id, credential))?.proof;
    if (given === undefined || now - given.since > OPEN_CHALLENGE_MS) return refusing(memory, "ChallengeStale");
    const verified = verifyShownPass(pass, site, given.bytes, keyOf, trust.verifier);
    if (verified.ok) {
      const { holder } = rowOf(verified.value)!;
      const turned = openByList(memory, now, trust, { way: "key", holder }, { credential: verified.value });
      return turned.refusal === undefined ? { ...turned, memory: { ...turned.memory, strangers: NO_TRIES } } : turned;
    }
    const refusal = verified.error === "ChallengeStale" ? "ChallengeStale" : verified.error === "PassMalformed" ? "Malformed" : "HolderNotListed";
    return refusing(withRow(memory, now, { event: "Refused", way: "key", refusal }), refusal);
  }

  return {
    get make() {
      return encodeLockMake({ firmware: "virtual 1", segmentBytes, can: LOCK_ABILITIES });
    },
    connected(notify, end) {
      const reader = new SegmentReader();
      say = (frame) => {
        for (const segment of segmentsOf(frame, segmentBytes)) notify(segment);
      };
      drop = end;
      return {
        written(segment) {
          const frame = reader.push(segment);
          if (frame !== undefined) heard(frame);
        },
        gone() {
          say = drop = undefined;
          endSession();
        },
      };
    },
    get memory() {
      return memory;
    },
    onBolt: bolts.add,
    typePin: (digits) => turn(typePin(memory, clock.monotonic(), trust, digits)),
    layFinger(template) {
      if (memory.enrolment === undefined) return turn(layFinger(memory, clock.monotonic(), trust, template));
      const step = enrolTouch(memory, template, clock.monotonic());
      cancelFinger();
      carryOut(step);
      if (step.answer?.kind === "touch") awaitFinger();
      return step.answer?.kind === "refused" ? step.answer.refusal : undefined;
    },
    holdCard: (number) => turn(holdCard(memory, clock.monotonic(), trust, number)),
    turnHandle() {
      // Mechanical: neither battery nor motor are asked.
      const { batteryPercent, isMechanismStuck } = memory;
      const opened = drawBolt({ ...memory, batteryPercent: 100, isMechanismStuck: false }, clock.monotonic(), { way: "inside", holder: 0 });
      become({ ...opened.memory, batteryPercent, isMechanismStuck });
    },
    setBattery(percent) {
      const isNews = percent < BATTERY_LOW_PERCENT && memory.batteryPercent >= BATTERY_LOW_PERCENT;
      const next = { ...memory, batteryPercent: percent };
      become(isNews ? withRow(next, clock.monotonic(), { event: "BatteryLow", number: percent }) : next);
      if (percent === 0) drop?.();
    },
    powerCycle() {
      drop?.();
      become(afterPowerLoss(memory, clock.monotonic()));
    },
    setClock: (at) => become({ ...memory, clockAtZeroS: at - clock.monotonic() / 1000 }),
    shiftClock(seconds) {
      if (memory.clockAtZeroS !== undefined) become({ ...memory, clockAtZeroS: memory.clockAtZeroS + seconds });
    },
    setMechanismStuck: (stuck) => become({ ...memory, isMechanismStuck: stuck }),
  };
}

const answerOf = (refusal: LockRefusal | undefined, number: number, otherwise: LockAnswer): LockAnswer =>
  refusal === undefined ? otherwise : { kind: "refused", refusal, number };
