import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import {
  findReply,
  hasModbusCrc,
  modbusCrc,
  modbusExceptionText,
  modbusFrame,
  readCoils,
  readInputs,
  timedPulse,
  writeCoil,
  writeCoils,
} from "./modbus-frame.ts";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
const bytes = (text: string): Uint8Array => Uint8Array.from(text.split(" "), (byte) => Number.parseInt(byte, 16));

test("the CRC is that of the specification's examples", () => {
  expect(modbusCrc(Uint8Array.of(0x02, 0x07))).toBe(0x1241);
  expect(modbusCrc(Uint8Array.of(0x01, 0x05, 0x00, 0x00, 0xff, 0x00))).toBe(0x3a8c);
});

test.each([
  ["relay 0 for 700 ms, from the maker's manual", timedPulse(1, 0, 7), "01 05 02 00 00 07 8d b0"],
  ["relay 0 on, from the maker's manual", writeCoil(1, 0, true), "01 05 00 00 ff 00 8c 3a"],
  ["relay 0 off, from the maker's manual", writeCoil(1, 0, false), "01 05 00 00 00 00 cd ca"],
  ["relays read, from the maker's manual", readCoils(1, 0, 8), "01 01 00 00 00 08 3d cc"],
  ["inputs read, from the maker's manual", readInputs(1, 0, 8), "01 02 00 00 00 08 79 cc"],
  [
    "all relays on, from the maker's manual",
    writeCoils(
      1,
      0,
      Array.from({ length: 8 }, () => true),
    ),
    "01 0f 00 00 00 08 01 ff be d5",
  ],
  ["relays 0 and 1 on, from the maker's manual", writeCoils(1, 0, [true, true, false, false, false, false, false, false]), "01 0f 00 00 00 08 01 03 be 94"],
])("%s", (_, request, expected) => {
  expect(hex(request.frame)).toBe(expected);
});

test("a read is answered with as many bits as asked for, lowest first", () => {
  const reply = modbusFrame([1, 0x02, 2, 0b0000_0101, 0b0000_0010]);
  expect(findReply(readInputs(1, 0, 10), reply)).toEqual({ kind: "bits", bits: [true, false, true, false, false, false, false, false, false, true] });
});

test("a write is answered with its echo", () => {
  expect(findReply(timedPulse(1, 0, 7), bytes("01 05 02 00 00 07 8d b0"))).toEqual({ kind: "written" });
  expect(findReply(writeCoils(1, 0, [true, true]), modbusFrame([1, 0x0f, 0, 0, 0, 2]))).toEqual({ kind: "written" });
});

test("a refusal is found and told in words", () => {
  const reply = findReply(timedPulse(1, 0, 7), modbusFrame([1, 0x85, 2]));
  expect(reply).toEqual({ kind: "exception", code: 2 });
  expect(modbusExceptionText(2)).toBe("exception 2 (the board has no such relay, input or pulse address)");
  expect(modbusExceptionText(99)).toBe("exception 99 (a code of the maker's own)");
});

test.each([
  ["nothing yet", []],
  ["half an echo", [1, 5, 0, 0, 0xff]],
  ["another unit's echo", [...writeCoil(2, 0, true).frame]],
  ["a late echo of the opposite wish", [...writeCoil(1, 0, false).frame]],
  ["another relay's echo", [...writeCoil(1, 1, true).frame]],
  ["an answer to a read", [...modbusFrame([1, 1, 1, 0])]],
  ["an echo with a bit flipped", [1, 5, 0, 0, 0xfe, 0, 0x8c, 0x3a]],
])("%s is no answer to switching relay 0 on", (_, received) => {
  expect(findReply(writeCoil(1, 0, true), Uint8Array.from(received))).toBeUndefined();
});

test("the answer is found whatever garbage stands around it", () => {
  const request = readInputs(1, 0, 8);
  const reply = [...modbusFrame([1, 2, 1, 0b1010_0000])];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (before, after) => {
      const found = findReply(request, Uint8Array.from([...before, ...reply, ...after]));
      expect(found?.kind).toBe("bits");
    }),
  );
});

test.each(keptCorpus("modbus"))("of the corpus: %s: no answer, and the answer behind it is found", (_, received) => {
  const request = readInputs(1, 0, 8);
  expect(findReply(request, received)).toBeUndefined();
  expect(findReply(request, Uint8Array.from([...received, ...modbusFrame([1, 2, 1, 0b101])]))).toMatchObject({ kind: "bits" });
});

test("any bytes at all give an answer or none, never a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (received) => [undefined, "bits", "exception"].includes(findReply(readCoils(1, 0, 16), received)?.kind)),
  );
  expect(hasModbusCrc(Uint8Array.of())).toBe(false);
});
