import { err, ok, type Result } from "@portico/card-protocol";
import { type IppGroup, type IppMessage, IPP_GROUP, IPP_TAG, isText, isTextWithLanguage, type IppValue } from "./ipp-message.ts";
import { utf8Text } from "./utf8.ts";

/** Collections inside collections: more than any printer has, less than any stack minds. */
const DEPTH_MAX = 8;
/** Values of a whole message: a printer that is asked for everything answers with some thousand. */
export const IPP_VALUES_MAX = 50_000;

/** What was read, and what stands behind it: a document, or nothing. */
export interface DecodedIpp {
  readonly message: IppMessage;
  readonly document: Uint8Array;
}

/**
 * Reads the bytes of a request or an answer. RFC 8010 §3.1.
 *
 * Attributes that no specification knows are kept as they came; a value whose length its syntax does not allow refuses the message. Printers that write Latin-1
 * where UTF-8 was agreed are known: such characters are replaced, and no message is refused for a name that is only shown.
 */
export function decodeIpp(bytes: Uint8Array): Result<DecodedIpp, "IppMalformed"> {
  const reader = new Reader(bytes);
  const message = reader.message();
  return message === undefined ? err("IppMalformed", reader.refusal) : ok({ message, document: bytes.subarray(reader.at) });
}

interface Field {
  readonly tag: number;
  readonly name: Uint8Array;
  readonly bytes: Uint8Array;
}

type Building = { name: string; values: IppValue[] };

class Reader {
  at = 0;
  refusal = "";
  readonly #bytes: Uint8Array;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(): IppMessage | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 9) return this.#refuse("shorter than the shortest message");
    const version = [bytes[0]!, bytes[1]!] as const;
    this.at = 8;
    const groups = this.#groups();
    return groups && { version, code: u16At(bytes, 2), requestId: i32At(bytes, 4), groups };
  }

  #groups(): IppGroup[] | undefined {
    const groups: { tag: number; attributes: Building[] }[] = [];
    for (;;) {
      const tag = this.#bytes[this.at];
      if (tag === undefined) return this.#refuse("ends without its end tag");
      if (tag === IPP_GROUP.end) {
        this.at++;
        return groups;
      }
      if (tag <= 0x0f) {
        if (tag === 0) return this.#refuse("tag 0");
        this.at++;
        groups.push({ tag, attributes: [] });
        continue;
      }
      const group = groups.at(-1);
      if (group === undefined) return this.#refuse("an attribute before any group");
      if (!this.#attribute(group.attributes)) return undefined;
    }
  }

  /** One value, added to the attributes of its group: to the last of them where it has no name. */
  #attribute(attributes: Building[]): boolean {
    const field = this.#field();
    if (field === undefined) return false;
    const value = this.#value(field, 0);
    if (value === undefined) return false;
    if (field.name.length === 0) {
      const last = attributes.at(-1);
      if (last === undefined) return this.#refuse("a further value of nothing") !== undefined;
      last.values.push(value);
      return true;
    }
    attributes.push({ name: utf8Text(field.name), values: [value] });
    return true;
  }

  #field(): Field | undefined {
    const bytes = this.#bytes;
    if (++this.#values > IPP_VALUES_MAX) return this.#refuse(`more than ${IPP_VALUES_MAX} values`);
    const tag = bytes[this.at++];
    if (tag === undefined || tag <= 0x0f) return this.#refuse("a value was expected");
    // 0x7f announces tags of four bytes, which nobody has registered.
    if (tag === 0x7f) return this.#refuse("an extension tag");
    const name = this.#counted();
    const value = name && this.#counted();
    return value && { tag, name, bytes: value };
  }

  #counted(): Uint8Array | undefined {
    const bytes = this.#bytes;
    if (this.at + 2 > bytes.length) return this.#refuse("cut off");
    const length = u16At(bytes, this.at);
    const start = this.at + 2;
    if (length > 0x7fff || start + length > bytes.length) return this.#refuse("cut off");
    this.at = start + length;
    return bytes.subarray(start, this.at);
  }

  #value({ tag, bytes }: Field, depth: number): IppValue | undefined {
    const length = bytes.length;
    if (tag <= 0x1f) return { kind: "none", tag };
    if (tag === IPP_TAG.integer || tag === IPP_TAG.enum)
      return length === 4 ? { kind: "integer", tag, value: i32At(bytes, 0) } : this.#refuse("an integer that is not 4 bytes");
    if (tag === IPP_TAG.boolean) return length === 1 ? { kind: "boolean", value: bytes[0] !== 0 } : this.#refuse("a boolean that is not 1 byte");
    if (tag === IPP_TAG.range)
      return length === 8 ? { kind: "range", low: i32At(bytes, 0), high: i32At(bytes, 4) } : this.#refuse("a range that is not 8 bytes");
    if (tag === IPP_TAG.beginCollection) return this.#collection(depth + 1);
    if (tag === IPP_TAG.endCollection || tag === IPP_TAG.memberName) return this.#refuse("a part of a collection outside one");
    if (isTextWithLanguage(tag)) return this.#withLanguage(tag, bytes);
    if (isText(tag)) return { kind: "text", tag, value: utf8Text(bytes) };
    return { kind: "bytes", tag, value: bytes.slice() };
  }

  #withLanguage(tag: number, bytes: Uint8Array): IppValue | undefined {
    const first = bytes.length >= 4 ? u16At(bytes, 0) : bytes.length;
    if (4 + first > bytes.length || 4 + first + u16At(bytes, 2 + first) !== bytes.length) return this.#refuse("a text whose language does not fit");
    return { kind: "text", tag, value: utf8Text(bytes.subarray(4 + first)), language: utf8Text(bytes.subarray(2, 2 + first)) };
  }

  /** RFC 8010 §3.1.6: a member's name, its values, and so on, up to the end. */
  #collection(depth: number): IppValue | undefined {
    if (depth > DEPTH_MAX) return this.#refuse("too many collections in each other");
    const members: Building[] = [];
    for (;;) {
      const field = this.#field();
      if (field === undefined) return undefined;
      if (field.name.length > 0) return this.#refuse("a named value in a collection");
      if (field.tag === IPP_TAG.endCollection)
        return members.every(({ values }) => values.length > 0) ? { kind: "collection", members } : this.#refuse("a member without a value");
      if (field.tag === IPP_TAG.memberName) {
        members.push({ name: utf8Text(field.bytes), values: [] });
        continue;
      }
      const value = this.#value(field, depth);
      if (value === undefined) return undefined;
      const member = members.at(-1);
      if (member === undefined) return this.#refuse("a value without its member's name");
      member.values.push(value);
    }
  }

  #refuse(why: string): undefined {
    this.refusal = why;
    return undefined;
  }
}

const u16At = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!;
const i32At = (bytes: Uint8Array, at: number): number => (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

/** The groups of one kind, in order. */
export const groupsOf = ({ groups }: IppMessage, tag: number): readonly IppGroup[] => groups.filter((group) => group.tag === tag);
