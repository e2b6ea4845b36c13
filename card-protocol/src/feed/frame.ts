import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { err, ok, type Result } from "../result.ts";
import { isU32 } from "../units.ts";
import { isZoneId } from "./partition.ts";
import type { CborValue } from "../cbor-value.ts";

/** One item of a feed's answer. Records are signed; what stands outside of them is a hint that nothing is decided by. docs/feed-and-events.md, "Frames". */
export type Frame =
  | { readonly kind: "hello"; readonly site: string; readonly publish: number }
  | { readonly kind: RecordFrameKind; readonly record: Uint8Array }
  /** Seconds until the next. */
  | { readonly kind: "keepalive"; readonly nextS: number }
  /** Seconds after which to come back. */
  | { readonly kind: "bye"; readonly retryAfterS: number }
  /** Which generation the keys of some zones have: whoever has others fetches them before what follows. */
  | { readonly kind: "zoneKeys"; readonly generations: readonly (readonly [zone: string, generation: number])[] };

export type RecordFrameKind = "trustList" | "head" | "delta" | "manifest" | "command" | "configuration";

/** The number of each kind. */
export const FRAME_NUMBER = {
  hello: 0,
  trustList: 1,
  head: 2,
  delta: 3,
  manifest: 4,
  command: 5,
  keepalive: 6,
  bye: 7,
  zoneKeys: 8,
  configuration: 9,
} as const satisfies Record<Frame["kind"], number>;
/** Those that are one record. */
const RECORD_FRAMES: ReadonlyMap<number, RecordFrameKind> = new Map(
  (["trustList", "head", "delta", "manifest", "command", "configuration"] as const).map((kind) => [FRAME_NUMBER[kind], kind]),
);
/** No frame is longer: nobody reads on. */
export const FRAME_BYTES_MAX = 66_000;
const PROTOCOL = 1;

/** A frame as bytes: one CBOR item, RFC 8742. */
export function encodeFrame(frame: Frame): Uint8Array {
  const number = FRAME_NUMBER[frame.kind];
  if (frame.kind === "hello") return encodeCbor([number, PROTOCOL, frame.site, frame.publish]);
  if (frame.kind === "keepalive") return encodeCbor([number, frame.nextS]);
  if (frame.kind === "bye") return encodeCbor([number, frame.retryAfterS]);
  if (frame.kind === "zoneKeys") return encodeCbor([number, frame.generations.map(([zone, generation]): CborValue => [zone, generation])]);
  return encodeCbor([number, frame.record]);
}

/** What a stream is that is none of frames. */
type FrameError = "FeedMalformed" | "FeedTooLarge";

/**
 * Cuts a stream of bytes into frames, however it arrives in pieces. Those of an unknown number are passed over. After an error the stream is over: nothing
 * behind it is trusted to be where it seems, and each further push is the same error.
 */
export class FrameReader {
  #rest = new Uint8Array(0);
  #broken: { readonly ok: false; readonly error: FrameError; readonly detail: string } | undefined;

  /** The frames that are complete with these bytes. */
  push(bytes: Uint8Array): Result<readonly Frame[], FrameError> {
    if (this.#broken !== undefined) return this.#broken;
    const read = this.#read(bytes);
    if (read.ok) return read;
    this.#broken = read;
    this.#rest = new Uint8Array(0);
    return read;
  }

  #read(bytes: Uint8Array): Result<readonly Frame[], FrameError> {
    let buffer = bytes;
    if (this.#rest.length > 0) {
      buffer = new Uint8Array(this.#rest.length + bytes.length);
      buffer.set(this.#rest);
      buffer.set(bytes, this.#rest.length);
    }
    const frames: Frame[] = [];
    let at = 0;
    while (at < buffer.length) {
      const end = itemEnd(buffer, at, at + FRAME_BYTES_MAX, 0);
      if (end === "malformed") return err("FeedMalformed", "not a sequence of CBOR arrays");
      if (end === "too large") return err("FeedTooLarge", `a frame of more than ${FRAME_BYTES_MAX} bytes`);
      if (end === "incomplete") break;
      const frame = readFrame(buffer.subarray(at, end));
      if (frame === "malformed") return err("FeedMalformed", "not a frame");
      if (frame !== "unknown") frames.push(frame);
      at = end;
    }
    this.#rest = buffer.slice(at);
    return ok(frames);
  }
}

function readFrame(bytes: Uint8Array): Frame | "unknown" | "malformed" {
  const read = decodeCbor(bytes, FRAME_BYTES_MAX);
  if (!read.ok || !isArray(read.value)) return "malformed";
  const [number, ...fields] = read.value;
  if (!isU32(number)) return "malformed";
  const [first, second, third] = fields;
  if (number === FRAME_NUMBER.hello)
    return first === PROTOCOL && typeof second === "string" && isU32(third) && fields.length === 3
      ? { kind: "hello", site: second, publish: third }
      : "malformed";
  if (number > FRAME_NUMBER.configuration) return "unknown";
  if (fields.length !== 1) return "malformed";
  if (number === FRAME_NUMBER.keepalive) return isU32(first) ? { kind: "keepalive", nextS: first } : "malformed";
  if (number === FRAME_NUMBER.bye) return isU32(first) ? { kind: "bye", retryAfterS: first } : "malformed";
  if (number === FRAME_NUMBER.zoneKeys) return zoneKeysFrame(first);
  return recordFrame(number, first);
}

function zoneKeysFrame(rows: CborValue | undefined): Frame | "malformed" {
  if (rows === undefined || !isArray(rows)) return "malformed";
  const generations: [string, number][] = [];
  for (const row of rows) {
    const [zone, generation] = isArray(row) && row.length === 2 ? row : [];
    if (typeof zone !== "string" || !isZoneId(zone) || !isU32(generation)) return "malformed";
    generations.push([zone, generation]);
  }
  return { kind: "zoneKeys", generations };
}

function recordFrame(number: number, record: CborValue | undefined): Frame | "malformed" {
  const kind = RECORD_FRAMES.get(number);
  return kind !== undefined && record instanceof Uint8Array ? { kind, record } : "malformed";
}

/**
 * Where the item that begins here ends. Definite lengths alone, arrays at most 8 deep; whether it is the one encoding, the reader of the whole item tells.
 *
 * @param limit  the item ends here at the latest. No byte from there on is looked at, so an error is the same however much has arrived
 */
function itemEnd(bytes: Uint8Array, from: number, limit: number, depth: number): number | "incomplete" | "malformed" | "too large" {
  if (from >= limit) return "too large";
  const first = bytes[from];
  if (first === undefined) return "incomplete";
  const [major, low] = [first >> 5, first & 31];
  const argumentBytes = low < 24 ? 0 : [1, 2, 4][low - 24];
  if (argumentBytes === undefined) return "malformed";
  const start = from + 1 + argumentBytes;
  if (start > limit) return "too large";
  if (start > bytes.length) return "incomplete";
  let argument = argumentBytes === 0 ? low : 0;
  for (let at = from + 1; at < start; at++) argument = argument * 256 + bytes[at]!;
  if (major === 0) return start;
  if (major === 7) return low === 20 || low === 21 || low === 22 ? start : "malformed";
  if (major === 2 || major === 3) return start + argument > limit ? "too large" : start + argument > bytes.length ? "incomplete" : start + argument;
  if (major !== 4 || depth >= 8) return "malformed";
  let at = start;
  for (let nth = 0; nth < argument; nth++) {
    const end = itemEnd(bytes, at, limit, depth + 1);
    if (typeof end !== "number") return end;
    at = end;
  }
  return at;
}
