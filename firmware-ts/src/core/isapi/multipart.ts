/** One part of a `multipart/mixed` body: what a device says, or a picture that goes with it. */
export interface BodyPart {
  /** Lower-case; without parameters; empty where the part names none. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Cuts an endless body into its parts. */
export interface MultipartReader {
  /** Bytes as they come, in pieces of any size. @returns the parts that they made whole */
  push(bytes: Uint8Array): readonly BodyPart[];
  /** The body ends here. @returns a last part whose end was not marked */
  end(): readonly BodyPart[];
  /** Parts that were dropped: longer than `partBytesMax`, or with a head that is none. */
  readonly dropped: number;
}

/** Longer heads are none. */
const HEAD_BYTES_MAX = 4_096;
const DASH = 0x2d;
const CR = 0x0d;
const LF = 0x0a;

/**
 * RFC 2046 §5.1, as devices write it. A part with a `Content-Length` is told as soon as it is whole: behind the last event a device may be silent for a long
 * time. One without is told when the next boundary comes. A length that is wrong spoils its own part alone: the next one is looked for by its boundary.
 *
 * @param boundary      as the `Content-Type` of the whole names it, without quotation marks
 * @param partBytesMax  longer parts are skipped, and never held
 */
export function multipartReader(boundary: string, partBytesMax: number): MultipartReader {
  const delimiter = Uint8Array.from(`--${boundary}`, (character) => character.charCodeAt(0) & 0xff);
  let pending = new Uint8Array(0);
  let state: "between" | "head" | "body" = "between";
  let head = { contentType: "", length: undefined as number | undefined };
  let dropped = 0;

  function push(bytes: Uint8Array): BodyPart[] {
    pending = joined(pending, bytes);
    const parts: BodyPart[] = [];
    while (step(parts));
    return parts;
  }

  /** @returns whether there is more to do with what is there */
  function step(parts: BodyPart[]): boolean {
    if (state === "between") return skipToHead();
    if (state === "head") return readHead();
    return head.length === undefined ? readToBoundary(parts) : readCounted(parts, head.length);
  }

  function skipToHead(): boolean {
    const at = indexOf(pending, delimiter);
    if (at < 0) {
      pending = pending.slice(Math.max(0, pending.length - delimiter.length + 1));
      return false;
    }
    if (pending.length < at + delimiter.length + 2) return false;
    const isEnd = pending[at + delimiter.length] === DASH && pending[at + delimiter.length + 1] === DASH;
    pending = pending.slice(at + delimiter.length);
    if (!isEnd) state = "head";
    return true;
  }

  function readHead(): boolean {
    const end = headEnd(pending);
    if (end === undefined && pending.length <= HEAD_BYTES_MAX) return false;
    if (end === undefined || end.bodyAt > HEAD_BYTES_MAX) return drop();
    head = headOf(pending.subarray(0, end.headEnd));
    pending = pending.slice(end.bodyAt);
    if (head.length !== undefined && head.length > partBytesMax) return drop();
    state = "body";
    return true;
  }

  function readCounted(parts: BodyPart[], length: number): boolean {
    if (pending.length < length) return false;
    parts.push({ contentType: head.contentType, bytes: pending.slice(0, length) });
    pending = pending.slice(length);
    state = "between";
    return true;
  }

  function readToBoundary(parts: BodyPart[]): boolean {
    const at = indexOf(pending, delimiter);
    if (at < 0 && pending.length <= partBytesMax + delimiter.length) return false;
    if (at < 0 || at > partBytesMax) return drop();
    parts.push({ contentType: head.contentType, bytes: withoutLineEnd(pending.slice(0, at)) });
    pending = pending.slice(at);
    state = "between";
    return true;
  }

  function drop(): true {
    dropped++;
    state = "between";
    return true;
  }

  return {
    push,
    end() {
      const isOpen = state === "body" && head.length === undefined && pending.length > 0 && pending.length <= partBytesMax;
      const last = isOpen ? [{ contentType: head.contentType, bytes: withoutLineEnd(pending) }] : [];
      if (state !== "between" && !isOpen) dropped++;
      pending = new Uint8Array(0);
      state = "between";
      return last;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** The boundary that a `Content-Type` names, whatever it says of the type before it; undefined: it is no multipart body. */
export function boundaryOf(contentType: string): string | undefined {
  const found = /^\s*multipart\/[^;]*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^;\s"]{1,70}))/i.exec(contentType);
  // Some devices name the boundary with the two hyphens that stand before it in the body.
  return found === null ? undefined : (found[1] ?? found[2]);
}

/** Where the empty line stands; lines may end with LF alone. */
function headEnd(bytes: Uint8Array): { readonly headEnd: number; readonly bodyAt: number } | undefined {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== LF) continue;
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return { headEnd: at, bodyAt: next + 1 };
  }
  return undefined;
}

function headOf(bytes: Uint8Array): { readonly contentType: string; readonly length: number | undefined } {
  const text = String.fromCharCode(...bytes);
  const contentType = /^content-type\s*:\s*([^;\r\n]*)/im.exec(text)?.[1]?.trim().toLowerCase() ?? "";
  const length = /^content-length\s*:\s*(\d{1,9})\s*$/im.exec(text)?.[1];
  return { contentType, length: length === undefined ? undefined : Number(length) };
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === LF) end--;
  if (bytes[end - 1] === CR) end--;
  return bytes.slice(0, end);
}

function joined(before: Uint8Array<ArrayBuffer>, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(before.length + bytes.length);
  all.set(before);
  all.set(bytes, before.length);
  return all;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first); at >= 0 && at + wanted.length <= bytes.length; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}
