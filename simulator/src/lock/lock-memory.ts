import {
  type BoltState,
  type DenySet,
  type LockAuditRow,
  type LockEventName,
  type LockList,
  type LockRefusal,
  type LockReport,
  type LockWay,
  type MonotonicMs,
  type PinPlace,
  type Sha256,
  type UnixSeconds,
  unixSeconds,
  type Verifier,
} from "@portico/card-protocol";

/** What a lock was given at commissioning, and what it computes with. */
export interface LockTrust {
  readonly site: string;
  readonly lock: string;
  readonly controller: string;
  /** The controller's signing key, 32 bytes. */
  readonly signingKey: Uint8Array;
  readonly verifier: Verifier;
  readonly sha256: Sha256;
  /** The token of a card's number under the zone's key, 16 bytes. */
  readonly cardToken: (key: Uint8Array, number: Uint8Array) => Uint8Array;
  readonly openPin: (place: PinPlace, sealed: Uint8Array) => string | undefined;
}

/** Everything that a lock remembers. Only `list`, `pins`, `fingers` and the like outlive a loss of power: {@link afterPowerLoss}. */
export interface LockMemory {
  readonly bolt: BoltState;
  /** When the lock throws the bolt again by itself. */
  readonly openUntil: MonotonicMs | undefined;
  readonly batteryPercent: number;
  /** What its clock would have shown at monotonic 0; undefined: it knows no time. */
  readonly clockAtZeroS: number | undefined;
  readonly list: { readonly value: LockList; readonly bytes: Uint8Array } | undefined;
  readonly denySet: { readonly value: DenySet; readonly bytes: Uint8Array } | undefined;
  readonly cardKey: { readonly generation: number; readonly key: Uint8Array } | undefined;
  readonly pins: ReadonlyMap<number, string>;
  /** For each holder the version that was taken last, also of an erased PIN. */
  readonly pinVersions: ReadonlyMap<number, number>;
  readonly fingers: ReadonlyMap<number, { readonly holder: number; readonly template: string }>;
  readonly enrolment: FingerEnrolment | undefined;
  readonly keypad: Tries;
  /** PINs that were refused for what they are. */
  readonly newPins: Tries;
  /** What was refused outside of a session. */
  readonly strangers: Tries;
  /** A record of which not all pieces are there yet. */
  readonly pieces: { readonly record: 16 | 17; readonly totalBytes: number; readonly bytes: Uint8Array } | undefined;
  readonly auditSeq: number;
  /** The newest {@link AUDIT_ROWS_KEPT}, ascending. */
  readonly audit: readonly LockAuditRow[];
  readonly isMechanismStuck: boolean;
}

export interface FingerEnrolment {
  readonly slot: number;
  readonly holder: number;
  readonly template: string | undefined;
  readonly touches: number;
}

/** Wrong tries since the last right one, and until when none is taken. */
export interface Tries {
  readonly wrong: number;
  readonly lockOuts: number;
  readonly closedUntil: MonotonicMs;
}

export const AUDIT_ROWS_KEPT = 200;
const FRESH: Tries = { wrong: 0, lockOuts: 0, closedUntil: 0 as MonotonicMs };

/** A lock as it comes out of its box, commissioned. */
export function newLockMemory(batteryPercent = 100): LockMemory {
  return {
    bolt: "locked",
    openUntil: undefined,
    batteryPercent,
    clockAtZeroS: undefined,
    list: undefined,
    denySet: undefined,
    cardKey: undefined,
    pins: new Map(),
    pinVersions: new Map(),
    fingers: new Map(),
    enrolment: undefined,
    keypad: FRESH,
    newPins: FRESH,
    strangers: FRESH,
    pieces: undefined,
    auditSeq: 0,
    audit: [],
    isMechanismStuck: false,
  };
}

/** What is left when the power was gone: no time, no tries, nothing half done; the bolt stays where it was. */
export function afterPowerLoss(memory: LockMemory, now: MonotonicMs): LockMemory {
  const lost = { clockAtZeroS: undefined, enrolment: undefined, pieces: undefined, openUntil: memory.bolt === "unlocked" ? now : undefined };
  return withRow({ ...memory, ...lost }, now, { event: "Restarted" });
}

export const clockOf = ({ clockAtZeroS }: LockMemory, now: MonotonicMs): UnixSeconds | undefined =>
  clockAtZeroS === undefined ? undefined : unixSeconds(Math.floor(clockAtZeroS + now / 1000));

/** Writes a row into the lock's log. */
export function withRow(
  memory: LockMemory,
  now: MonotonicMs,
  row: { readonly event: LockEventName; readonly way?: LockWay; readonly holder?: number; readonly number?: number; readonly refusal?: LockRefusal },
): LockMemory {
  const { event, way, holder = 0, number = 0, refusal } = row;
  const auditSeq = memory.auditSeq + 1;
  const written: LockAuditRow = { seq: auditSeq, at: clockOf(memory, now), event, way, holder, number, refusal };
  return { ...memory, auditSeq, audit: [...memory.audit, written].slice(-AUDIT_ROWS_KEPT) };
}

export const secondsLeft = ({ closedUntil }: Tries, now: MonotonicMs): number => Math.max(0, Math.ceil((closedUntil - now) / 1000));

/** One wrong try more: the fifth closes, each time for longer where it doubles. */
export function withWrongTry(tries: Tries, now: MonotonicMs, firstMs: number, mostMs: number): Tries {
  const wrong = tries.wrong + 1;
  if (wrong < WRONG_TRIES_MAX) return { ...tries, wrong };
  const closedForMs = Math.min(mostMs, firstMs * 2 ** tries.lockOuts);
  return { wrong: 0, lockOuts: tries.lockOuts + 1, closedUntil: (now + closedForMs) as MonotonicMs };
}
export const NO_TRIES = FRESH;
const WRONG_TRIES_MAX = 5;

/** How it says it is. */
export function reportOf(memory: LockMemory, now: MonotonicMs): LockReport {
  const { bolt, batteryPercent, list, denySet, cardKey, auditSeq, pins, pinVersions, fingers, keypad } = memory;
  return {
    bolt,
    batteryPercent,
    clock: clockOf(memory, now),
    listVersion: list?.value.version ?? 0,
    denyVersion: denySet?.value.version ?? 0,
    cardKeyGeneration: cardKey?.generation ?? 0,
    auditSeq,
    pins: [...pins.keys()].toSorted((a, b) => a - b).map((holder) => ({ holder, version: pinVersions.get(holder)! })),
    fingers: [...fingers].toSorted(([a], [b]) => a - b).map(([slot, { holder }]) => ({ slot, holder })),
    lockedOutS: secondsLeft(keypad, now),
  };
}
