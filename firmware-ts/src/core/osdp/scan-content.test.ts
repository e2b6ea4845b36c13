import fc from "fast-check";
import { expect, test } from "vitest";
import type { OsdpReply } from "./reply.ts";
import { scanContent } from "./scan-content.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const raw = (content: readonly number[], bits: number, reader = 0): OsdpReply => ({ kind: "raw", reader, format: 0, bits, content: Uint8Array.from(content) });
const mfg = (content: Uint8Array): OsdpReply => ({ kind: "manufacturer", vendor: Uint8Array.of(1, 2, 3), content });
const part = (total: number, offset: number, text: string): OsdpReply =>
  mfg(Uint8Array.of(total & 0xff, total >> 8, offset & 0xff, offset >> 8, text.length, 0, ...ascii(text)));
const text = (read: Uint8Array | "unreadable" | undefined): string | undefined => (read instanceof Uint8Array ? String.fromCharCode(...read) : read);

test.each([
  ["26 bits", raw([0xbd, 0x2f, 0x5b, 0xc0], 26), "10111101001011110101101111"],
  ["37 bits", raw([1, 2, 3, 4, 0x50], 37), "0000000100000010000000110000010001010"],
  ["a UID of 4 bytes", raw([0x04, 0xc3, 0xe5, 0xa7], 32), "04c3e5a7"],
  ["a UID of 7 bytes", raw([4, 0xc3, 0xe5, 0xa7, 0x19, 0x2b, 0x3d], 56), "04c3e5a7192b3d"],
  ["a pass", raw([...ascii("PT1:0123456789ABCDEF")], 160), "PT1:0123456789ABCDEF"],
  ["formatted characters", { kind: "formatted", reader: 0, direction: 0, characters: ascii("12345") } as const, "12345"],
  ["a pass of the maker's own", mfg(ascii("PT1:0123456789ABCDEF")), "PT1:0123456789ABCDEF"],
  ["nothing", raw([], 0), "unreadable"],
  ["another reader's card", raw([1, 2, 3, 4], 32, 1), undefined],
  ["an ACK", { kind: "ack" } as const, undefined],
])("%s is the line that a scanner would have sent", (_, reply, expected) => {
  expect(text(scanContent(0).of(reply))).toBe(expected);
});

test("a text in parts is whole with its last one; a part that is missing, doubled or of another text is told", () => {
  const content = scanContent(0);
  expect([part(10, 0, "PT1:"), part(10, 4, "HEL"), part(10, 7, "LO!")].map((each) => text(content.of(each)))).toEqual([undefined, undefined, "PT1:HELLO!"]);
  expect([part(10, 0, "PT1:"), part(10, 7, "LO!")].map((each) => text(content.of(each)))).toEqual([undefined, "unreadable"]);
  expect(text(content.of(part(10, 4, "HEL")))).toBe("unreadable");
  expect([part(10, 0, "PT1:"), part(10, 0, "PT1:"), part(10, 4, "HELLO!")].map((each) => text(content.of(each)))).toEqual([undefined, undefined, "PT1:HELLO!"]);
});

test("a second reader's parts are not the first one's", () => {
  expect(scanContent(1).of(mfg(ascii("PT1:X")))).toBeUndefined();
  expect(text(scanContent(1).of(raw([1, 2, 3, 4], 32, 1)))).toBe("01020304");
});

test("whatever a maker sends gives a text, nothing, or unreadable", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (contents) => {
      const content = scanContent(0);
      for (const each of contents) {
        const read = content.of(mfg(each));
        expect(read === undefined || read === "unreadable" || read.length > 0).toBe(true);
      }
    }),
  );
});
