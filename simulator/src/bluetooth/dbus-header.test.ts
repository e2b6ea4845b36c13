import fc from "fast-check";
import { expect, test } from "vitest";
import { type DbusHeader, firstDbusText, readDbusMessage, writeDbusBody, writeDbusMessage } from "./dbus-header.ts";

const CALL: DbusHeader = { type: "call", flags: 0, serial: 7, path: "/org/bluez/hci0", interface: "org.bluez.Adapter1", member: "StartDiscovery", destination: "org.bluez", signature: "s" }; // prettier-ignore
const good = writeDbusMessage({ header: CALL, body: writeDbusBody(["a text", 41]) });

test("a message reads as it was written, from a stream that holds more or less than it", () => {
  const read = readDbusMessage(Uint8Array.of(...good, 0x6c, 1));
  if (read === undefined || read === "broken") throw new Error("not read");
  expect([read.message.header, read.length, firstDbusText(read.message.body)]).toEqual([CALL, good.length, "a text"]);
  for (let length = 0; length < good.length; length++) expect(readDbusMessage(good.subarray(0, length))).toBeUndefined();
  const header = fc.record({
    type: fc.constantFrom("call", "reply", "error", "signal"),
    flags: fc.nat(255),
    serial: fc.nat(0xffff_ffff),
    path: fc.constant("/a/b"),
    member: fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\0", "")),
    replySerial: fc.nat(0xffff_ffff),
    sender: fc.constantFrom(":1.1", ":1.4294967295"),
    signature: fc.constantFrom("", "a{sv}as"),
  });
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 40 }), (each, body) => {
      const bytes = writeDbusMessage({ header: each as DbusHeader, body });
      expect(readDbusMessage(bytes)).toEqual({ message: { header: each, body: Uint8Array.from(body) }, length: bytes.length });
    }),
  );
});

test.each([
  ["another byte order", good.map((byte, at) => (at === 0 ? 0x42 : byte))],
  ["another version of the protocol", good.map((byte, at) => (at === 3 ? 2 : byte))],
  ["a type that there is not", good.map((byte, at) => (at === 1 ? 9 : byte))],
  ["a body beyond every limit", good.map((byte, at) => (at === 7 ? 0x7f : byte))],
  ["a field whose text has no end", good.map((byte, at) => (at === 20 ? 0xff : byte))],
  ["a field of another type", good.map((byte, at) => (at === 18 ? 0x76 : byte))],
])("a stream with %s is broken", (_, bytes) => {
  expect(readDbusMessage(bytes)).toBe("broken");
});

test("any bytes are a message, the beginning of one, or a broken stream", () => {
  const spoilt = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 5 }).map((turns) => {
    const copy = good.slice();
    for (const [at, byte] of turns) copy[at] = byte;
    return copy;
  });
  let whole = 0;
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const read = readDbusMessage(bytes);
      if (read !== undefined && read !== "broken") whole++;
      firstDbusText(bytes);
    }),
    { numRuns: 1_000 },
  );
  expect(whole).toBeGreaterThan(20);
});
