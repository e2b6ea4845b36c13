import type { CborValue } from "./cbor-value.ts";

/** Arrays inside arrays: more than any record of ours has, less than any stack minds. */
export const DEPTH_MAX = 8;

/**
 * Reads the one encoding of a plain value (`CborValue`, RFC 8949 §4.2.1) and nothing else: a head that is not the shortest, a length that is not definite, a type
 * that is not plain ends the reading where it stands. In a third of the time that it takes to read with a general codec, write again and compare.
 *
 * Either the {@link whole} is read, or what a reader knows that it must be, item by item: each answers `undefined` where something else stands, and then nothing
 * further is to be read.
 */
export class CborReader {
  private readonly bytes: Uint8Array;
  private at = 0;
  /** Why there is no value. */
  refusal = "";

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The value that all of the bytes are; undefined where they are none: `refusal` says why. Byte strings in it are bytes of their own. */
  whole(): CborValue | undefined {
    const value = this.value(0);
    if (value !== undefined && this.at !== this.bytes.length) return this.refuse("not one CBOR item");
    return value;
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** How many items the array has that stands here: they are what is read next. */
  items(): number | undefined {
    return this.head(0x80);
  }

  u32(): number | undefined {
    return this.head(0x00);
  }

  text(): string | undefined {
    const length = this.head(0x60);
    return length === undefined ? undefined : this.textOf(length);
  }

  /** A byte string, as bytes of its own. */
  ownBytes(): Uint8Array | undefined {
    const length = this.head(0x40);
    return length === undefined ? undefined : this.owned(length);
  }

  /** A byte string where it stands: it holds on to all of the bytes, and changes with them. A tenth of the time of own ones, where there are more than 64. */
  bytesInPlace(): Uint8Array | undefined {
    const length = this.head(0x40);
    if (length === undefined) return undefined;
    this.at += length;
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at - length, length);
  }

  boolean(): boolean | undefined {
    const initial = this.bytes[this.at];
    if (initial !== 0xf4 && initial !== 0xf5) return this.refuse(SOMETHING_ELSE);
    this.at++;
    return initial === 0xf5;
  }

  /** Whether null stands here; then it has been read. */
  isNull(): boolean {
    if (this.bytes[this.at] !== 0xf6) return false;
    this.at++;
    return true;
  }

  /** Whatever stands here, itself so many arrays deep. */
  item(depth: number): CborValue | undefined {
    return this.value(depth);
  }

  /** The argument of a head of this type; of all but integers and arrays so many bytes stand behind it, of arrays as many at the least. */
  private head(major: number): number | undefined {
    const initial = this.bytes[this.at];
    if (initial === undefined || (initial & 0xe0) !== major) return this.refuse(SOMETHING_ELSE);
    this.at++;
    const argument = this.argument(initial & 0x1f);
    if (argument === undefined || major === 0x00 || argument <= this.bytes.length - this.at) return argument;
    return this.refuse("not one CBOR item");
  }

  private value(depth: number): CborValue | undefined {
    const initial = this.bytes[this.at++];
    if (initial === undefined) return this.refuse("not one CBOR item");
    const major = initial & 0xe0;
    if (major === 0xe0) return this.simple(initial);
    if (major !== 0x00 && major !== 0x40 && major !== 0x60 && major !== 0x80) return this.refuse(NOT_PLAIN);
    const argument = this.argument(initial & 0x1f);
    if (argument === undefined || major === 0x00) return argument;
    // Each item of an array takes a byte at least.
    if (argument > this.bytes.length - this.at) return this.refuse("not one CBOR item");
    if (major === 0x40) return this.owned(argument);
    if (major === 0x60) return this.textOf(argument);
    return this.array(argument, depth);
  }

  private simple(initial: number): boolean | null | undefined {
    if (initial === 0xf6) return null;
    if (initial === 0xf5) return true;
    return initial === 0xf4 ? false : this.refuse(NOT_PLAIN);
  }

  /** The argument of a head, shortest form. RFC 8949 §3. */
  private argument(short: number): number | undefined {
    if (short < 24) return short;
    const { bytes, at } = this;
    const length = short === 24 ? 1 : short === 25 ? 2 : short === 26 ? 4 : 0;
    if (length === 0) return this.refuse(NOT_PLAIN);
    if (at + length > bytes.length) return this.refuse("not one CBOR item");
    this.at += length;
    if (length === 1) return this.least(bytes[at]!, 24);
    if (length === 2) return this.least(bytes[at]! * 0x100 + bytes[at + 1]!, 0x100);
    return this.least(bytes[at]! * 0x100_0000 + bytes[at + 1]! * 0x1_0000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!, 0x1_0000);
  }

  private least(argument: number, least: number): number | undefined {
    return argument >= least ? argument : this.refuse("not the shortest encoding");
  }

  private owned(length: number): Uint8Array {
    const { bytes, at } = this;
    const own = new Uint8Array(length);
    this.at += length;
    if (length > 64) own.set(bytes.subarray(at, this.at));
    else for (let nth = 0; nth < length; nth++) own[nth] = bytes[at + nth]!;
    return own;
  }

  private array(length: number, depth: number): readonly CborValue[] | undefined {
    if (depth >= DEPTH_MAX) return this.refuse(NOT_PLAIN);
    const items: CborValue[] = [];
    for (let nth = 0; nth < length; nth++) {
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  /** Well-formed UTF-8 (RFC 3629 §4) without U+FEFF, which some decoders take for a mark and drop. */
  private textOf(length: number): string | undefined {
    const { bytes } = this;
    const end = this.at + length;
    let text = "";
    while (this.at < end) {
      const from = this.at;
      const until = Math.min(end, from + RUN_MAX);
      while (this.at < until && bytes[this.at]! < 0x80) this.at++;
      if (this.at > from) {
        text += runOf(bytes, from, this.at);
        continue;
      }
      const lead = bytes[this.at++]!;
      const behind = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
      if (behind === 0 || this.at + behind > end) return this.refuse("text that is not UTF-8");
      let point = lead & (0x3f >> behind);
      for (let nth = 0; nth < behind; nth++) {
        const next = bytes[this.at++]!;
        if ((next & 0xc0) !== 0x80) return this.refuse("text that is not UTF-8");
        point = point * 64 + (next & 0x3f);
      }
      if (point < LEAST_POINT[behind] || (point >= 0xd800 && point <= 0xdfff) || point > 0x10_ffff || point === 0xfeff)
        return this.refuse("text that is not UTF-8, or holds U+FEFF");
      text += String.fromCodePoint(point);
    }
    return text;
  }

  private refuse(why: string): undefined {
    this.refusal = why;
    return undefined;
  }
}

/** Letters in one call, each of which is an argument of it. */
const RUN_MAX = 1_024;
/** ASCII letters at once: put together one by one, each would leave a text that nobody needs. */
const runOf = (bytes: Uint8Array, from: number, until: number): string =>
  until === from + 1 ? String.fromCharCode(bytes[from]!) : String.fromCharCode.apply(null, bytes.subarray(from, until) as unknown as number[]);

const SOMETHING_ELSE = "holds something else in this place";
const NOT_PLAIN = "holds something other than u32, text, bytes, true, false, null and arrays";
/** The least character that takes so many bytes behind its first. */
const LEAST_POINT = [0, 0x80, 0x800, 0x1_0000] as const;
