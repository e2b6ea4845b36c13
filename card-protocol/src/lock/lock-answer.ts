import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { elementsOf, isBytes } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { auditRowOf, auditRowValue, type LockAuditRow } from "./lock-audit.ts";
import { AUDIT_ROWS_MAX, type LockRequestKind } from "./lock-request.ts";
import { BOLT_STATES, type BoltState, LOCK_FINGERS_MAX, LOCK_PINS_MAX, LOCK_REFUSALS, type LockRefusal } from "./lock-words.ts";
import { isSegmentBytes, LOCK_FRAME_BYTES_MAX } from "./segments.ts";
import { CHALLENGE_BYTES } from "./unlock-grant.ts";
import type { CborValue } from "../cbor-value.ts";

/** How a lock says it is; the fields are told in docs/lock-profile.md, Messages. */
export interface LockReport {
  readonly bolt: BoltState;
  /** 0 to 100; undefined: it has no battery. */
  readonly batteryPercent: number | undefined;
  /** Undefined: it knows no time. */
  readonly clock: UnixSeconds | undefined;
  readonly listVersion: number;
  readonly denyVersion: number;
  readonly cardKeyGeneration: number;
  readonly auditSeq: number;
  /** Ascending by holder, and by slot. */
  readonly pins: readonly { readonly holder: number; readonly version: number }[];
  readonly fingers: readonly { readonly slot: number; readonly holder: number }[];
  readonly lockedOutS: number;
}

/** What a lock answers. `touch` comes before the answer to `enrolFinger`, once for each time that the finger was read. */
export type LockAnswer =
  | { readonly kind: "refused"; readonly refusal: LockRefusal; readonly number: number }
  | { readonly kind: "touch"; readonly nth: number; readonly of: number }
  | { readonly kind: "done" }
  | { readonly kind: "state"; readonly report: LockReport }
  | { readonly kind: "challenge"; readonly challenge: Uint8Array }
  | { readonly kind: "taken"; readonly bytes: number }
  | { readonly kind: "audit"; readonly first: number; readonly last: number; readonly rows: readonly LockAuditRow[] };

const TOUCH = 128;
/** Of the challenge that a lock gives outside of a session: that of a pass HC. */
export const OPEN_CHALLENGE_BYTES = 8;

export const encodeLockAnswer = (answer: LockAnswer): Uint8Array => encodeCbor(answerValue(answer));

function answerValue(answer: LockAnswer): CborValue {
  switch (answer.kind) {
    case "refused":
      return [LOCK_REFUSALS.indexOf(answer.refusal) + 1, answer.number];
    case "touch":
      return [TOUCH, answer.nth, answer.of];
    case "done":
      return [0];
    case "state":
      return [0, ...reportValue(answer.report)];
    case "challenge":
      return [0, answer.challenge];
    case "taken":
      return [0, answer.bytes];
    case "audit":
      return [0, answer.first, answer.last, answer.rows.map(auditRowValue)];
  }
}

const reportValue = (report: LockReport): readonly CborValue[] => [
  BOLT_STATES.indexOf(report.bolt),
  report.batteryPercent ?? null,
  report.clock ?? 0,
  report.listVersion,
  report.denyVersion,
  report.cardKeyGeneration,
  report.auditSeq,
  report.pins.map(({ holder, version }) => [holder, version]),
  report.fingers.map(({ slot, holder }) => [slot, holder]),
  report.lockedOutS,
];

/** The answer to a request within a session. Undefined: it is none. Total over any bytes. */
export function decodeLockAnswer(asked: LockRequestKind, message: Uint8Array): LockAnswer | undefined {
  const all = arrayOf(message);
  const refused = all === undefined ? undefined : refusedOf(all);
  if (all === undefined || refused !== undefined) return refused;
  const [first, ...fields] = all;
  if (first === TOUCH && asked === "enrolFinger") {
    const [nth, of] = fields;
    return fields.length === 2 && isU32(nth) && isU32(of) && nth > 0 && nth <= of ? { kind: "touch", nth, of } : undefined;
  }
  if (first !== 0) return undefined;
  switch (asked) {
    case "state": {
      const report = reportOf(fields);
      return report === undefined ? undefined : { kind: "state", report };
    }
    case "challenge":
    case "unlock":
      return fields.length === 1 && isBytes(fields[0], CHALLENGE_BYTES) ? { kind: "challenge", challenge: fields[0] } : undefined;
    case "piece":
      return fields.length === 1 && isU32(fields[0]) ? { kind: "taken", bytes: fields[0] } : undefined;
    case "audit":
      return auditOf(fields);
    case "secure":
    case "clock":
    case "setPin":
    case "erasePin":
    case "enrolFinger":
    case "eraseFinger":
    case "cardKey":
      return fields.length === 0 ? { kind: "done" } : undefined;
  }
}

/** The answer to a request outside of a session. */
export function decodeOpenAnswer(asked: "challenge" | "present" | "piece", message: Uint8Array): LockAnswer | undefined {
  const all = arrayOf(message);
  if (all === undefined) return undefined;
  const [first, field] = all;
  if (first !== 0) return refusedOf(all);
  if (asked === "challenge") return all.length === 2 && isBytes(field, OPEN_CHALLENGE_BYTES) ? { kind: "challenge", challenge: field } : undefined;
  if (asked === "piece") return all.length === 2 && isU32(field) ? { kind: "taken", bytes: field } : undefined;
  return all.length === 1 ? { kind: "done" } : undefined;
}

function refusedOf(all: readonly CborValue[]): LockAnswer | undefined {
  const [first, number] = all;
  const refusal = isU32(first) ? LOCK_REFUSALS[first - 1] : undefined;
  return refusal !== undefined && all.length === 2 && isU32(number) ? { kind: "refused", refusal, number } : undefined;
}

function reportOf(fields: readonly CborValue[]): LockReport | undefined {
  const [bolt, battery, clock, listVersion, denyVersion, cardKeyGeneration, auditSeq, pinValues, fingerValues, lockedOutS] = fields;
  const state = isU32(bolt) ? BOLT_STATES[bolt] : undefined;
  if (fields.length !== 10 || state === undefined || !isU32(clock) || !isU32(listVersion) || !isU32(denyVersion)) return undefined;
  if (!isU32(cardKeyGeneration) || !isU32(auditSeq) || !isU32(lockedOutS)) return undefined;
  if (battery !== null && (!isU32(battery) || battery > 100)) return undefined;
  const pins = pairsOf(pinValues, LOCK_PINS_MAX);
  const fingers = pairsOf(fingerValues, LOCK_FINGERS_MAX);
  if (pins === undefined || fingers === undefined) return undefined;
  return {
    bolt: state,
    batteryPercent: battery ?? undefined,
    clock: clock === 0 ? undefined : unixSeconds(clock),
    listVersion,
    denyVersion,
    cardKeyGeneration,
    auditSeq,
    pins: pins.map(([holder, version]) => ({ holder, version })),
    fingers: fingers.map(([slot, holder]) => ({ slot, holder })),
    lockedOutS,
  };
}

function auditOf(fields: readonly CborValue[]): LockAnswer | undefined {
  const [first, last, values] = fields;
  if (fields.length !== 3 || !isU32(first) || !isU32(last) || first > last || values === undefined || !isArray(values)) return undefined;
  const rows = values.map(auditRowOf).filter((row) => row !== undefined);
  const follow = rows.every((row, nth) => nth === 0 || rows[nth - 1]!.seq + 1 === row.seq);
  return rows.length === values.length && rows.length <= AUDIT_ROWS_MAX && follow ? { kind: "audit", first, last, rows } : undefined;
}

/** Pairs of numbers, ascending by the first. */
function pairsOf(value: CborValue | undefined, most: number): readonly (readonly [number, number])[] | undefined {
  if (value === undefined || !isArray(value) || value.length > most) return undefined;
  const pairs: (readonly [number, number])[] = [];
  for (const each of value) {
    const [a, b] = elementsOf(each, 2) ?? [];
    const before = pairs.at(-1);
    if (!isU32(a) || !isU32(b) || (before !== undefined && before[0] >= a)) return undefined;
    pairs.push([a, b]);
  }
  return pairs;
}

function arrayOf(message: Uint8Array): readonly CborValue[] | undefined {
  const read = decodeCbor(message, LOCK_FRAME_BYTES_MAX);
  return read.ok && isArray(read.value) ? read.value : undefined;
}

/** What a lock says of its making: the characteristic Info. */
export interface LockMake {
  /** 1..32 characters. */
  readonly firmware: string;
  /** What it takes in one write of this connection. */
  readonly segmentBytes: number;
  readonly can: readonly LockAbility[];
}

/** In the order of their bits: 1, 2, 4 … */
export const LOCK_ABILITIES = ["pins", "fingers", "list", "denySet", "cards"] as const;
export type LockAbility = (typeof LOCK_ABILITIES)[number];
const MAKE_BYTES_MAX = 64;

export const encodeLockMake = ({ firmware, segmentBytes, can }: LockMake): Uint8Array =>
  encodeCbor([1, firmware, segmentBytes, LOCK_ABILITIES.reduce((bits, ability, nth) => bits | (can.includes(ability) ? 1 << nth : 0), 0)]);

/** Undefined: it is no lock of this profile, or of another version of it. Bits that mean nothing here are passed over. */
export function decodeLockMake(bytes: Uint8Array): LockMake | undefined {
  const read = decodeCbor(bytes, MAKE_BYTES_MAX);
  const [form, firmware, segmentBytes, bits] = (read.ok ? elementsOf(read.value, 4) : undefined) ?? [];
  if (form !== 1 || typeof firmware !== "string" || firmware.length === 0 || firmware.length > 32 || !isU32(bits)) return undefined;
  if (!isSegmentBytes(segmentBytes)) return undefined;
  return { firmware, segmentBytes, can: LOCK_ABILITIES.filter((_, nth) => (bits & (1 << nth)) !== 0) };
}
