import { latin1 } from "./latin1.ts";
import type { Inflate } from "./counted-pages.ts";

/** Objects of more than this, and streams that grow beyond this, are no document that somebody prints. */
const OBJECTS_MAX = 1_000_000;
const STREAM_BYTES_MAX = 32 * 1024 * 1024;
/** All object streams together. */
const INFLATED_BYTES_MAX = 128 * 1024 * 1024;

/** What a PDF defines: each object by its number as text, without its stream. The last definition counts, as behind an incremental update. ISO 32000-1 §7.5.6. */
export interface PdfObjects {
  readonly byNumber: ReadonlyMap<number, string>;
  /** Dictionaries that name a root, in the order of the file: trailers, and cross-reference streams. */
  readonly trailers: readonly string[];
  readonly isEncrypted: boolean;
}

/**
 * Reads the objects in the order of the file, over its streams: the table that says where they are is not asked, for it is wrong in many files that every printer
 * prints. Undefined: too much of it, or a stream that cannot be read.
 */
export function readPdfObjects(file: Uint8Array, inflate: Inflate): PdfObjects | undefined {
  const text = latin1(file);
  const byNumber = new Map<number, string>();
  const trailers: string[] = [];
  let budget = INFLATED_BYTES_MAX;
  const heads = /(?:^|[\s>])(\d{1,10})\s+\d{1,5}\s+obj\b|\btrailer\b/g;
  for (let head = heads.exec(text); head !== null; head = heads.exec(text)) {
    const body = heads.lastIndex;
    if (head[1] === undefined) {
      trailers.push(text.slice(body, endOf(text, "startxref", body)));
      continue;
    }
    const object = bodyAt(text, body);
    heads.lastIndex = object.end;
    byNumber.set(Number(head[1]), object.dictionary);
    if (byNumber.size > OBJECTS_MAX) return undefined;
    const type = /\/Type\s*\/(XRef|ObjStm)\b/.exec(object.dictionary)?.[1];
    if (type === "XRef") trailers.push(object.dictionary);
    if (type !== "ObjStm" || object.stream === undefined) continue;
    const plain = plainStream(file.subarray(...object.stream), object.dictionary, inflate);
    if (plain === undefined || (budget -= plain.length) < 0) return undefined;
    for (const [number, each] of objectsInStream(plain, object.dictionary)) byNumber.set(number, each);
  }
  return { byNumber, trailers, isEncrypted: trailers.some((each) => /\/Encrypt\b/.test(each)) };
}

interface Body {
  readonly dictionary: string;
  readonly stream: readonly [start: number, end: number] | undefined;
  /** Where to read on. */
  readonly end: number;
}

function bodyAt(text: string, start: number): Body {
  const end = endOf(text, "endobj", start);
  const whole = text.slice(start, end);
  const at = /\bstream\r?\n/.exec(whole)?.index;
  if (at === undefined) return { dictionary: whole, stream: undefined, end };
  const dictionary = whole.slice(0, at);
  const stream = start + at;
  const begin = stream + 6 + (text.startsWith("\r\n", stream + 6) ? 2 : 1);
  // A length that leads to its end keyword is right; whatever else is, is not.
  const length = Number(/\/Length\s+(\d{1,10})(?!\s+\d+\s+R)/.exec(dictionary)?.[1] ?? Number.NaN);
  const told = begin + length;
  const isTold = Number.isFinite(length) && /^\s{0,2}endstream/.test(text.slice(told, told + 12));
  const close = isTold ? told : endOf(text, "endstream", begin);
  return { dictionary, stream: [begin, close], end: close };
}

function endOf(text: string, word: string, from: number): number {
  const at = text.indexOf(word, from);
  return at < 0 ? text.length : at;
}

function plainStream(bytes: Uint8Array, dictionary: string, inflate: Inflate): Uint8Array | undefined {
  const filter = /\/Filter\s*\[?\s*\/(\w+)/.exec(dictionary)?.[1];
  if (filter === undefined) return bytes;
  return filter === "FlateDecode" ? inflate(bytes, STREAM_BYTES_MAX) : undefined;
}

/** ISO 32000-1 §7.5.7: pairs of number and place, then the objects from `First` on. */
function objectsInStream(bytes: Uint8Array, dictionary: string): [number, string][] {
  const first = Number(/\/First\s+(\d{1,8})/.exec(dictionary)?.[1] ?? Number.NaN);
  const count = Number(/\/N\s+(\d{1,6})/.exec(dictionary)?.[1] ?? Number.NaN);
  if (!Number.isFinite(first) || !Number.isFinite(count)) return [];
  const text = latin1(bytes);
  const pairs = text.slice(0, first).trim().split(/\s+/).map(Number);
  return Array.from({ length: Math.min(count, pairs.length >> 1) }, (_, nth): [number, string] => {
    const next = pairs[nth * 2 + 3];
    return [pairs[nth * 2]!, text.slice(first + pairs[nth * 2 + 1]!, nth + 1 < count && next !== undefined ? first + next : undefined)];
  });
}
