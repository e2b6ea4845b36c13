/** What of a message its carrier looks at. D-Bus specification, Message Format. The body is carried as it is. */
export interface DbusHeader {
  readonly type: (typeof MESSAGE_TYPES)[number];
  readonly flags: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
}

export interface DbusMessage {
  readonly header: DbusHeader;
  readonly body: Uint8Array;
}

const MESSAGE_TYPES = ["call", "reply", "error", "signal"] as const;
/** By their numbers from 1. */
const FIELDS = ["path", "interface", "member", "errorName", "replySerial", "destination", "sender", "signature"] as const;
const FIELD_TYPE = ["o", "s", "s", "s", "u", "s", "s", "g"] as const;
const LITTLE_ENDIAN = 0x6c;
const HEAD_BYTES = 16;
const MESSAGE_BYTES_MAX = 262_144;

/**
 * The first message of a stream: with its length, undefined while it is not whole. `broken`: the stream is none of ours and cannot be read on. Total over any
 * bytes; little-endian alone.
 */
export function readDbusMessage(bytes: Uint8Array): { readonly message: DbusMessage; readonly length: number } | "broken" | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] !== LITTLE_ENDIAN) return "broken";
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = MESSAGE_TYPES[view.getUint8(1) - 1];
  const [bodyBytes, serial, fieldBytes] = [view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
  const bodyFrom = aligned(HEAD_BYTES + fieldBytes, 8);
  const length = bodyFrom + bodyBytes;
  if (type === undefined || view.getUint8(3) !== 1 || length > MESSAGE_BYTES_MAX) return "broken";
  if (bytes.length < length) return undefined;
  const fields = readFields(bytes.subarray(0, HEAD_BYTES + fieldBytes));
  if (fields === undefined) return "broken";
  return { message: { header: { type, flags: view.getUint8(2), serial, ...fields }, body: bytes.slice(bodyFrom, length) }, length };
}

function readFields(bytes: Uint8Array): Partial<DbusHeader> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Record<string, string | number> = {};
  let at = HEAD_BYTES;
  while (at < bytes.length) {
    at = aligned(at, 8);
    const number = bytes[at];
    // A variant's signature of one letter: its length, the letter, 0.
    const type = String.fromCharCode(bytes[at + 2] ?? 0);
    if (number === undefined || bytes[at + 1] !== 1 || bytes[at + 3] !== 0) return undefined;
    at += 4;
    const name = FIELDS[number - 1];
    if (type === "u") {
      at = aligned(at, 4);
      if (at + 4 > bytes.length) return undefined;
      if (name !== undefined) fields[name] = view.getUint32(at, true);
      at += 4;
    } else if (type === "s" || type === "o" || type === "g") {
      const text = readText(bytes, view, type === "g" ? at : aligned(at, 4), type === "g");
      if (text === undefined) return undefined;
      if (name !== undefined) fields[name] = text.text;
      at = text.end;
    } else return undefined;
    if (name !== undefined && type !== FIELD_TYPE[number - 1]) return undefined;
  }
  return fields;
}

function readText(bytes: Uint8Array, view: DataView, at: number, isShort: boolean): { readonly text: string; readonly end: number } | undefined {
  const from = at + (isShort ? 1 : 4);
  if (from > bytes.length) return undefined;
  const end = from + (isShort ? bytes[at]! : view.getUint32(at, true));
  if (end >= bytes.length || bytes[end] !== 0) return undefined;
  return { text: Buffer.from(bytes.subarray(from, end)).toString("utf8"), end: end + 1 };
}

/** The bytes of a message. */
export function writeDbusMessage({ header, body }: DbusMessage): Uint8Array {
  const out: number[] = [LITTLE_ENDIAN, MESSAGE_TYPES.indexOf(header.type) + 1, header.flags, 1, ...u32(body.length), ...u32(header.serial), ...u32(0)];
  FIELDS.forEach((name, nth) => {
    const value = header[name];
    if (value === undefined) return;
    pad(out, 8);
    const type = FIELD_TYPE[nth]!;
    out.push(nth + 1, 1, type.charCodeAt(0), 0);
    if (typeof value === "number") out.push(...u32(value));
    else pushText(out, value, type === "g");
  });
  const fieldBytes = out.length - HEAD_BYTES;
  pad(out, 8);
  const bytes = new Uint8Array(out.length + body.length);
  bytes.set(out);
  bytes.set(body, out.length);
  new DataView(bytes.buffer).setUint32(12, fieldBytes, true);
  return bytes;
}

function pushText(out: number[], text: string, isShort: boolean): void {
  const bytes = Buffer.from(text, "utf8");
  if (isShort) out.push(bytes.length);
  else {
    pad(out, 4);
    out.push(...u32(bytes.length));
  }
  out.push(...bytes, 0);
}

/** A body of texts and numbers: what the bus itself says. */
export function writeDbusBody(values: readonly (string | number)[]): Uint8Array {
  const out: number[] = [];
  for (const value of values) {
    if (typeof value === "string") pushText(out, value, false);
    else {
      pad(out, 4);
      out.push(...u32(value));
    }
  }
  return Uint8Array.from(out);
}

/** The text that a body begins with; undefined where there is none. */
export function firstDbusText(body: Uint8Array): string | undefined {
  return body.length < 4 ? undefined : readText(body, new DataView(body.buffer, body.byteOffset, body.length), 0, false)?.text;
}

const u32 = (value: number): number[] => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;
const pad = (out: number[], to: number): void => {
  while (out.length % to !== 0) out.push(0);
};
