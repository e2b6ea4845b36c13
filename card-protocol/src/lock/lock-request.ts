import { decodeCbor, encodeCbor } from "../cbor.ts";
import { isArray } from "../cbor.ts";
import { isBytes } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { LOCK_FINGERS_MAX } from "./lock-words.ts";
import { SEALED_PIN_BYTES } from "./sealed-pin.ts";
import { LOCK_FRAME_BYTES_MAX } from "./segments.ts";
import type { CborValue } from "../cbor-value.ts";

/** A piece of a record that is brought to a lock: kind 16, its list, or kind 17, a deny set. */
export interface RecordPiece {
  readonly record: 16 | 17;
  /** Of the whole record. */
  readonly totalBytes: number;
  /** Where these bytes begin. */
  readonly offset: number;
  /** 1..{@link PIECE_BYTES_MAX}. */
  readonly bytes: Uint8Array;
}

/** What a controller asks of a lock within a session. docs/lock-profile.md, Messages. */
export type LockRequest =
  | { readonly kind: "state" | "challenge" | "secure" }
  | { readonly kind: "unlock"; readonly grant: Uint8Array }
  | { readonly kind: "clock"; readonly at: UnixSeconds }
  | { readonly kind: "setPin"; readonly holder: number; readonly version: number; readonly sealed: Uint8Array }
  | { readonly kind: "erasePin"; readonly holder: number; readonly version: number }
  | { readonly kind: "enrolFinger"; readonly slot: number; readonly holder: number }
  | { readonly kind: "eraseFinger"; readonly slot: number }
  | ({ readonly kind: "piece" } & RecordPiece)
  | { readonly kind: "audit"; readonly after: number; readonly rows: number }
  | { readonly kind: "cardKey"; readonly generation: number; readonly key: Uint8Array };
export type LockRequestKind = LockRequest["kind"];

/** What anybody may ask of a lock, in clear. */
export type OpenRequest = { readonly kind: "challenge" } | { readonly kind: "present"; readonly pass: Uint8Array } | ({ readonly kind: "piece" } & RecordPiece);

export const PIECE_BYTES_MAX = 1_024;
export const AUDIT_ROWS_MAX = 16;
/** The longest record of both kinds. */
export const LOCK_RECORD_BYTES_MAX = 16_384;
const GRANT_BYTES_MAX = 320;
const PASS_BYTES_MAX = 128;

/** By their numbers, the first is 1. */
export const LOCK_REQUESTS = [
  "state",
  "challenge",
  "unlock",
  "secure",
  "clock",
  "setPin",
  "erasePin",
  "enrolFinger",
  "eraseFinger",
  "piece",
  "audit",
  "cardKey",
] as const satisfies readonly LockRequestKind[];
const OPEN_REQUESTS = ["challenge", "present", "piece"] as const satisfies readonly OpenRequest["kind"][];

/** The bytes of a request, before they are sealed. */
export const encodeLockRequest = (request: LockRequest): Uint8Array => encodeCbor([LOCK_REQUESTS.indexOf(request.kind) + 1, ...fieldsOf(request)]);

function fieldsOf(request: LockRequest): readonly CborValue[] {
  switch (request.kind) {
    case "state":
    case "challenge":
    case "secure":
      return [];
    case "unlock":
      return [request.grant];
    case "clock":
      return [request.at];
    case "setPin":
      return [request.holder, request.version, request.sealed];
    case "erasePin":
      return [request.holder, request.version];
    case "enrolFinger":
      return [request.slot, request.holder];
    case "eraseFinger":
      return [request.slot];
    case "piece":
      return pieceFields(request);
    case "audit":
      return [request.after, request.rows];
    case "cardKey":
      return [request.generation, request.key];
  }
}

const pieceFields = ({ record, totalBytes, offset, bytes }: RecordPiece): readonly CborValue[] => [record, totalBytes, offset, bytes];

/** Undefined: it is no request, or out of range. Total over any bytes. */
export function decodeLockRequest(message: Uint8Array): LockRequest | undefined {
  const [number, ...fields] = arrayOf(message) ?? [];
  const kind = isU32(number) ? LOCK_REQUESTS[number - 1] : undefined;
  const [a, b, c] = fields;
  const counts = (count: number): boolean => fields.length === count;
  switch (kind) {
    case "state":
    case "challenge":
    case "secure":
      return counts(0) ? { kind } : undefined;
    case "unlock":
      return counts(1) && isBytesUpTo(a, GRANT_BYTES_MAX) ? { kind, grant: a } : undefined;
    case "clock":
      return counts(1) && isU32(a) && a > 0 ? { kind, at: unixSeconds(a) } : undefined;
    case "setPin":
      return counts(3) && isPositive(a) && isPositive(b) && isBytes(c, SEALED_PIN_BYTES) ? { kind, holder: a, version: b, sealed: c } : undefined;
    case "erasePin":
      return counts(2) && isPositive(a) && isPositive(b) ? { kind, holder: a, version: b } : undefined;
    case "enrolFinger":
      return counts(2) && isSlot(a) && isPositive(b) ? { kind, slot: a, holder: b } : undefined;
    case "eraseFinger":
      return counts(1) && isSlot(a) ? { kind, slot: a } : undefined;
    case "piece": {
      const piece = pieceOf(fields);
      return piece === undefined ? undefined : { kind, ...piece };
    }
    case "audit":
      return counts(2) && isU32(a) && isPositive(b) && b <= AUDIT_ROWS_MAX ? { kind, after: a, rows: b } : undefined;
    case "cardKey":
      return counts(2) && isPositive(a) && isBytes(b, 32) ? { kind, generation: a, key: b } : undefined;
    case undefined:
      return undefined;
  }
}

export function encodeOpenRequest(request: OpenRequest): Uint8Array {
  const number = OPEN_REQUESTS.indexOf(request.kind) + 1;
  const fields = request.kind === "piece" ? pieceFields(request) : request.kind === "present" ? [request.pass] : [];
  return encodeCbor([number, ...fields]);
}

/** Undefined: it is no request, or out of range. Total over any bytes. */
export function decodeOpenRequest(message: Uint8Array): OpenRequest | undefined {
  const [number, ...fields] = arrayOf(message) ?? [];
  const kind = isU32(number) ? OPEN_REQUESTS[number - 1] : undefined;
  if (kind === "challenge") return fields.length === 0 ? { kind } : undefined;
  if (kind === "present") return fields.length === 1 && isBytesUpTo(fields[0], PASS_BYTES_MAX) ? { kind, pass: fields[0] } : undefined;
  const piece = kind === "piece" ? pieceOf(fields) : undefined;
  return piece === undefined ? undefined : { kind: "piece", ...piece };
}

function pieceOf(fields: readonly CborValue[]): RecordPiece | undefined {
  const [record, totalBytes, offset, bytes] = fields;
  if (fields.length !== 4 || (record !== 16 && record !== 17) || !isPositive(totalBytes) || totalBytes > LOCK_RECORD_BYTES_MAX) return undefined;
  if (!isU32(offset) || !isBytesUpTo(bytes, PIECE_BYTES_MAX) || offset + bytes.length > totalBytes) return undefined;
  return { record, totalBytes, offset, bytes };
}

function arrayOf(message: Uint8Array): readonly CborValue[] | undefined {
  const read = decodeCbor(message, LOCK_FRAME_BYTES_MAX);
  return read.ok && isArray(read.value) ? read.value : undefined;
}

const isPositive = (value: unknown): value is number => isU32(value) && value > 0;
const isSlot = (value: unknown): value is number => isU32(value) && value < LOCK_FINGERS_MAX;
const isBytesUpTo = (value: unknown, most: number): value is Uint8Array => value instanceof Uint8Array && value.length > 0 && value.length <= most;
