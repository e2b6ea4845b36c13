import { type IppAttribute, type IppMessage, IPP_GROUP, IPP_TAG, isTextWithLanguage, type IppValue } from "./ipp-message.ts";
import { utf8Bytes } from "./utf8.ts";

/** The bytes of a message; a document goes behind them. RFC 8010 §3.1. Names and values have at most 32,767 bytes: the caller's to see to. */
export function encodeIpp({ version, code, requestId, groups }: IppMessage): Uint8Array {
  const out: number[] = [...version, ...u16(code), ...u32(requestId)];
  for (const { tag, attributes } of groups) {
    out.push(tag);
    for (const attribute of attributes) putAttribute(out, attribute);
  }
  out.push(IPP_GROUP.end);
  return Uint8Array.from(out);
}

function putAttribute(out: number[], { name, values }: IppAttribute): void {
  for (const [index, value] of values.entries()) putValue(out, index === 0 ? utf8Bytes(name) : NO_NAME, value);
}

function putValue(out: number[], name: ArrayLike<number>, value: IppValue): void {
  const [tag, bytes] = valueBytes(value);
  put(out, tag, name, bytes);
  if (value.kind !== "collection") return;
  for (const { name: member, values } of value.members) {
    put(out, IPP_TAG.memberName, NO_NAME, utf8Bytes(member));
    for (const each of values) putValue(out, NO_NAME, each);
  }
  put(out, IPP_TAG.endCollection, NO_NAME, NO_NAME);
}

function put(out: number[], tag: number, name: ArrayLike<number>, bytes: ArrayLike<number>): void {
  out.push(tag, ...u16(name.length), ...Array.from(name), ...u16(bytes.length));
  for (let at = 0; at < bytes.length; at++) out.push(bytes[at]!);
}

function valueBytes(value: IppValue): [tag: number, bytes: ArrayLike<number>] {
  switch (value.kind) {
    case "integer":
      return [value.tag, u32(value.value)];
    case "boolean":
      return [IPP_TAG.boolean, [value.value ? 1 : 0]];
    case "text":
      return [value.tag, isTextWithLanguage(value.tag) ? withLanguage(value.language ?? "", value.value) : utf8Bytes(value.value)];
    case "range":
      return [IPP_TAG.range, [...u32(value.low), ...u32(value.high)]];
    case "collection":
      return [IPP_TAG.beginCollection, NO_NAME];
    case "none":
      return [value.tag, NO_NAME];
    case "bytes":
      return [value.tag, value.value];
  }
}

function withLanguage(language: string, value: string): number[] {
  const [first, second] = [utf8Bytes(language), utf8Bytes(value)];
  return [...u16(first.length), ...first, ...u16(second.length), ...second];
}

const NO_NAME: readonly number[] = [];
const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
