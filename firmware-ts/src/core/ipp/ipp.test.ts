import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../../rig/kept-corpus.ts";
import { decodeIpp, IPP_VALUES_MAX } from "./ipp-decoding.ts";
import { encodeIpp } from "./ipp-encoding.ts";
import {
  integerAttribute,
  integerOf,
  type IppMessage,
  IPP_GROUP,
  IPP_OPERATION,
  IPP_TAG,
  type IppValue,
  textAttribute,
  textsOf,
  valuesOf,
} from "./ipp-message.ts";
import { utf8Bytes, utf8Text } from "./utf8.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"));

/** The parts of a Get-Jobs request as RFC 8010, appendix A.9 lays them out: two values of one attribute, the second without a name. */
const GET_JOBS = bytes(
  `
  0101 000a 0000007b 01
  47 0012 ${hexOf("attributes-charset")} 0005 ${hexOf("utf-8")}
  48 001b ${hexOf("attributes-natural-language")} 0005 ${hexOf("en-us")}
  45 000b ${hexOf("printer-uri")} 0022 ${hexOf("ipp://printer.example.com/ipp/print")}
  21 0005 ${hexOf("limit")} 0004 00000032
  44 0014 ${hexOf("requested-attributes")} 0006 ${hexOf("job-id")}
  44 0000 0008 ${hexOf("job-name")}
  44 0000 000f ${hexOf("document-format")}
  03`.replace("0022", "0023"),
);

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

test("a request is written as RFC 8010 lays it out, and read back", () => {
  const message: IppMessage = {
    version: [1, 1],
    code: IPP_OPERATION.getJobs,
    requestId: 0x7b,
    groups: [
      {
        tag: IPP_GROUP.operation,
        attributes: [
          textAttribute("attributes-charset", IPP_TAG.charset, "utf-8"),
          textAttribute("attributes-natural-language", IPP_TAG.naturalLanguage, "en-us"),
          textAttribute("printer-uri", IPP_TAG.uri, "ipp://printer.example.com/ipp/print"),
          integerAttribute("limit", 50),
          textAttribute("requested-attributes", IPP_TAG.keyword, "job-id", "job-name", "document-format"),
        ],
      },
    ],
  };
  expect(Buffer.from(encodeIpp(message)).toString("hex")).toBe(Buffer.from(GET_JOBS).toString("hex"));
  const read = decodeIpp(Uint8Array.of(...GET_JOBS, 0x25, 0x21));
  expect(read).toEqual({ ok: true, value: { message, document: Uint8Array.of(0x25, 0x21) } });
});

test("values are found by name, and are nothing where they are not there or of another kind", () => {
  const decoded = decodeIpp(GET_JOBS);
  const group = decoded.ok ? decoded.value.message.groups[0]! : expect.fail();
  expect([integerOf(group, "limit"), integerOf(group, "printer-uri"), integerOf(group, "copies")]).toEqual([50, undefined, undefined]);
  expect([textsOf(group, "requested-attributes").length, textsOf(group, "limit"), valuesOf(group, "copies")]).toEqual([3, [], []]);
});

test("a collection in a collection is read with its members", () => {
  const read = decodeIpp(
    bytes(`0200 0000 00000001 02
      34 0009 ${hexOf("media-col")} 0000
      4a 0000 000a ${hexOf("media-size")} 34 0000 0000
      4a 0000 000b ${hexOf("x-dimension")} 21 0000 0004 00005208
      37 0000 0000 37 0000 0000 03`),
  );
  const size: IppValue = { kind: "collection", members: [integerAttribute("x-dimension", 21_000)] };
  expect(read.ok && valuesOf(read.value.message.groups[0]!, "media-col")).toEqual([{ kind: "collection", members: [{ name: "media-size", values: [size] }] }]);
});

test.each<[string, string, string]>([
  ["nothing", "", "shorter"],
  ["no end", "0200 0000 00000001 01", "end tag"],
  ["an attribute of no group", "0200 0000 00000001 21 0001 61 0004 00000001 03", "before any group"],
  ["a value longer than the message", "0200 0000 00000001 01 44 0001 61 7fff 03", "cut off"],
  ["a length below 0", "0200 0000 00000001 01 44 0001 61 ffff 03", "cut off"],
  ["an integer of 3 bytes", "0200 0000 00000001 01 21 0001 61 0003 000001 03", "4 bytes"],
  ["a boolean of none", "0200 0000 00000001 01 22 0001 61 0000 03", "1 byte"],
  ["a range of 4", "0200 0000 00000001 01 33 0001 61 0004 00000001 03", "8 bytes"],
  ["a further value of nothing", "0200 0000 00000001 01 44 0000 0001 61 03", "further value"],
  ["an end of no collection", "0200 0000 00000001 01 37 0001 61 0000 03", "outside"],
  ["a collection without its end", "0200 0000 00000001 01 34 0001 61 0000 03", "expected"],
  ["a member without a value", "0200 0000 00000001 01 34 0001 61 0000 4a 0000 0001 62 37 0000 0000 03", "without a value"],
  ["a value without a member", "0200 0000 00000001 01 34 0001 61 0000 21 0000 0004 00000001 37 0000 0000 03", "member's name"],
  ["a text whose language is too long", "0200 0000 00000001 01 35 0001 61 0004 00090000 03", "language"],
  ["tag 0", "0200 0000 00000001 00 03", "tag 0"],
])("%s is refused", (_, hex, why) => {
  const read = decodeIpp(bytes(hex));
  expect(read).toMatchObject({ ok: false, error: "IppMalformed" });
  expect(read.ok ? "" : read.detail).toContain(why);
});

test("a thousand collections in each other, and a million values, end the reading", () => {
  const head = [2, 0, 0, 0, 0, 0, 0, 1, 1];
  const deep = [...head, 0x34, 0, 1, 0x61, 0, 0, ...Array.from({ length: 1_000 }, () => [0x4a, 0, 0, 0, 1, 0x62, 0x34, 0, 0, 0, 0]).flat()];
  expect(decodeIpp(Uint8Array.from(deep))).toMatchObject({ detail: "too many collections in each other" });
  const many = new Uint8Array(head.length + (IPP_VALUES_MAX + 2) * 6).fill(0);
  many.set(head);
  for (let at = head.length; at < many.length; at += 6) many.set([0x10, 0, 1, 0x61, 0, 0], at);
  expect(decodeIpp(many)).toMatchObject({ detail: `more than ${IPP_VALUES_MAX} values` });
});

test("texts are UTF-8, and what is not is replaced, not refused", () => {
  expect(utf8Text(bytes("e5bca0 f09f9690 ff c3"))).toBe("张🖐\ufffd\ufffd".replace("🖐", "\u{1f590}"));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (text, any) => {
      expect(utf8Bytes(text)).toEqual([...Buffer.from(text, "utf8")]);
      expect(utf8Text(Uint8Array.from(utf8Bytes(text)))).toBe(text);
      expect(utf8Text(any).length).toBeLessThanOrEqual(any.length);
    }),
    { numRuns: 30 },
  );
});

const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const plain: fc.Arbitrary<IppValue> = fc.oneof(
  fc.record({ kind: fc.constant("integer" as const), tag: fc.constantFrom(IPP_TAG.integer, IPP_TAG.enum), value: i32 }),
  fc.record({ kind: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant("text" as const), tag: fc.constantFrom(IPP_TAG.text, IPP_TAG.keyword, IPP_TAG.uri), value: text }),
  fc.record({ kind: fc.constant("text" as const), tag: fc.constantFrom(IPP_TAG.textWithLanguage, IPP_TAG.nameWithLanguage), value: text, language: text }),
  fc.record({ kind: fc.constant("range" as const), low: i32, high: i32 }),
  fc.record({ kind: fc.constant("none" as const), tag: fc.constantFrom(IPP_TAG.unsupported, IPP_TAG.unknown, IPP_TAG.noValue) }),
  fc.record({ kind: fc.constant("bytes" as const), tag: fc.constantFrom(IPP_TAG.octets, IPP_TAG.dateTime), value: fc.uint8Array({ maxLength: 11 }) }),
);
const attributesOf = (value: fc.Arbitrary<IppValue>) =>
  fc.array(fc.record({ name: text.filter((each) => each !== ""), values: fc.array(value, { minLength: 1, maxLength: 3 }) }), { maxLength: 3 });
const value = fc.oneof(plain, fc.record({ kind: fc.constant("collection" as const), members: attributesOf(plain) }));
const message: fc.Arbitrary<IppMessage> = fc.record({
  version: fc.constantFrom([1, 1] as const, [2, 0] as const),
  code: fc.nat(0xffff),
  requestId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  groups: fc.array(fc.record({ tag: fc.constantFrom(1, 2, 4, 5, 9), attributes: attributesOf(value) }), { maxLength: 3 }),
});

test("what can be said is read as it was meant", () => {
  fc.assert(
    fc.property(message, fc.uint8Array({ maxLength: 9 }), (meant, document) => {
      expect(decodeIpp(Uint8Array.of(...encodeIpp(meant), ...document))).toEqual({ ok: true, value: { message: meant, document } });
    }),
    { numRuns: 100 },
  );
});

function readAll(given: Uint8Array): void {
  const read = decodeIpp(given);
  // What was read says something that can be said again.
  if (read.ok) expect(decodeIpp(encodeIpp(read.value.message))).toMatchObject({ ok: true, value: { message: read.value.message } });
  else expect(read.detail).not.toBe("");
}

test.each(keptCorpus("ipp"))("of the corpus: %s", (_, given) => readAll(given));

test("any bytes at all are read, or are refused with a word", () => {
  const bent = fc.tuple(message, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 })).map(([meant, changes]) => {
    const given = encodeIpp(meant);
    for (const [at, byte] of changes) if (at < given.length) given[at] = byte;
    return given;
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), bent), readAll), { numRuns: 300 });
});
