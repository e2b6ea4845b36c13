import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import { findGm65Reply, GM65_BAUD_ZONE, gm65BaudBytes, gm65Read, gm65Save, gm65Write } from "./gm65-frame.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase().match(/../g)!.join(" ");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

test("frames are those of the makers' manuals", () => {
  expect(hex(gm65Save())).toBe("7E 00 09 01 00 00 00 DE C8");
  expect(hex(gm65Write(GM65_BAUD_ZONE, gm65BaudBytes(9_600)))).toBe("7E 00 08 02 00 2A 39 01 A7 EA");
  expect(hex(gm65Read(GM65_BAUD_ZONE, 2))).toBe("7E 00 07 01 00 2A 02 D8 0F");
});

test.each([
  [9_600, "39 01"],
  [14_400, "D0 00"],
  [19_200, "9C 00"],
  [38_400, "4E 00"],
  [57_600, "34 00"],
  [115_200, "1A 00"],
] as const)("%i baud is the divider %s", (baud, divider) => {
  expect(hex(gm65BaudBytes(baud))).toBe(divider);
});

test.each(keptCorpus("gm65"))("of the corpus: %s: no reply, and the reply behind it is found", (_, received) => {
  expect(findGm65Reply(received)).toBeUndefined();
  expect(findGm65Reply(Uint8Array.from([...received, ...bytes("02 00 00 01 00 33 31")]))).toEqual(Uint8Array.of(0));
});

test("any bytes at all hold a reply or none", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0x02, 0x00, 0x01, 0x33, 0x31, 0xff), { maxLength: 60 }), (received) => {
      const reply = findGm65Reply(Uint8Array.from(received));
      expect(reply === undefined || reply.length <= 255).toBe(true);
    }),
  );
});

test("a reply is found among scans, in its first undamaged form, and whatever else there is is none", () => {
  const good = bytes("02 00 00 01 00 33 31");
  expect(findGm65Reply(good)).toEqual(Uint8Array.of(0));
  expect(findGm65Reply(good.subarray(0, 6))).toBeUndefined();
  expect(findGm65Reply(bytes("02 00 00 01 01 33 31"))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), (before, behind) => {
      // A scan is text.
      const text = before.map((byte) => 0x20 + (byte % 95));
      expect(findGm65Reply(Uint8Array.from([...text, 0x0d, 0x02, 0x00, ...good, ...behind]))).toEqual(Uint8Array.of(0));
    }),
  );
});
