import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../../rig/kept-corpus.ts";
import { boardTimeText } from "./board-time.ts";
import { swipeOf, type UhppoteEvent } from "./event.ts";
import { UHPPOTE_PACKET_BYTES } from "./packet.ts";
import { contactsOf, decodeReply, encodeReply, type UhppoteReply, type UhppoteStatus } from "./reply.ts";
import { decodeRequest, encodeRequest, type UhppoteRequest } from "./request.ts";

/** Figures of uhppote-core's messages: requests and answers of real boards. */
const SERIAL = 423_187_757;
const ROWS_OF_ZERO = "0".repeat(128);
const packet = (hex: string): Uint8Array => Uint8Array.from(Buffer.from((hex.replaceAll(" ", "") + ROWS_OF_ZERO).slice(0, 128), "hex"));
const corpus = keptCorpus("uhppote");

test.each<[string, UhppoteRequest]>([
  ["17200000 2d553919", { kind: "status" }],
  ["17800000 2d553919 040205", { kind: "setDoor", door: 4, control: "normally-closed", delayS: 5 }],
  ["17820000 2d553919 04", { kind: "door", door: 4 }],
  ["17400000 2d553919 03", { kind: "open", door: 3 }],
  ["17a00000 2d553919 55aaaa55 01", { kind: "setHostControl", isOn: true }],
  ["17b00000 2d553919 01000000", { kind: "event", index: 1 }],
  ["17b20000 2d553919 09000000 55aaaa55", { kind: "setEventIndex", index: 9 }],
  ["17540000 2d553919 55aaaa55", { kind: "deleteCards" }],
  ["17900000 2d553919 c0a8007f 61ea", { kind: "setListener", address: [192, 168, 0, 127], port: 60_001 }],
  ["17300000 2d553919 20210528145014", { kind: "setTime", time: { year: 2021, month: 5, day: 28, hour: 14, minute: 50, second: 14 } }],
  ["178e0000 2d553919 01", { kind: "recordDoors", isOn: true }],
])("%s is a question, both ways", (hex, request) => {
  expect(encodeRequest(SERIAL, request)).toEqual(packet(hex));
  expect(decodeRequest(packet(hex))).toEqual({ serial: SERIAL, request });
});

const STATUS = packet(
  `17200000 2d553919 39000000 01000301 aae85d00 20190419170009 06 01000101 00000101 09 143702
  11000000 21000000 2b 04 01 190420 0000 93260488 08920000`.replace(/\s/g, ""),
);

test("a board's status is read: who was refused last, doors, buttons, relays and its time", () => {
  const heard = decodeReply(STATUS)!;
  const status = heard.reply as UhppoteStatus;
  expect([heard.serial, status.event?.index, status.event?.card, status.event?.reason]).toEqual([SERIAL, 57, 6_154_410, 6]);
  expect([status.isOpen, status.isPressed, status.isEnergized]).toEqual([
    [true, false, true, true],
    [false, false, true, true],
    [false, false, true, false],
  ]);
  expect([status.isForceLocked, status.isFire, status.fault]).toEqual([true, false, 9]);
  expect([status.event!.time!, status.time!].map(boardTimeText)).toEqual(["2019-04-19 17:00:09", "2019-04-20 14:37:02"]);
  expect(swipeOf(status.event!)).toEqual({ reader: 2, card: 6_154_410 });
  expect(contactsOf(status)).toEqual([false, true, false, false, false, false, true, true, true, true]);
});

test("version 6.62 begins what it pushes with another byte, and nothing else", () => {
  expect(decodeReply(STATUS.with(0, 0x19))).toEqual(decodeReply(STATUS));
  expect(decodeReply(packet("19940000 2d553919 c0a80000"))).toBeUndefined();
  expect(decodeRequest(packet("19200000 2d553919"))).toBeUndefined();
});

test("a board that has no events yet has none, and no time for them", () => {
  const bare = packet("17200000 e5d84f0d 0000000000000000000000000000000000000000 01010000 00000000 00 160334 00000000 00000000 00 00 00 210408");
  const { reply } = decodeReply(bare)!;
  expect(reply).toMatchObject({ event: undefined, isOpen: [true, true, false, false], fault: 0 });
  expect(boardTimeText((reply as UhppoteStatus).time!)).toBe("2021-04-08 16:03:34");
});

test("a device, a door's setting, an event and what is missing are read", () => {
  const device = decodeReply(packet("17940000 2d553919 c0a80000 ffffff00 00000000 00661939552d 0892 20180816"))!.reply;
  expect(device).toMatchObject({
    kind: "device",
    address: [192, 168, 0, 0],
    netmask: [255, 255, 255, 0],
    version: "8.92",
    mac: [0, 0x66, 0x19, 0x39, 0x55, 0x2d],
  });
  expect(decodeReply(packet("17800000 2d553919 040205"))!.reply).toEqual({ kind: "setDoor", door: 4, control: "normally-closed", delayS: 5 });
  const event = decodeReply(packet("17b00000 2d553919 08000000 02010301 ade85d00 20190210071201 06"))!.reply;
  expect(event).toMatchObject({ event: { index: 8, type: 2, isGranted: true, door: 3, direction: 1, card: 6_154_413, reason: 6 } });
  expect(decodeReply(packet("17b00000 2d553919"))!.reply).toEqual({ kind: "event", event: "none" });
  expect(decodeReply(packet("17b00000 2d553919 00000000 ff"))!.reply).toEqual({ kind: "event", event: "overwritten" });
});

test.each([
  ["let in by the board itself", { isGranted: true }],
  ["no card", { card: 0 }],
  ["a door", { type: 2 }],
  ["door 0", { door: 0 }],
  ["door 5", { door: 5 }],
  ["a third reader", { direction: 3 }],
])("%s: nobody's card to be judged", (_, change) => {
  const event: UhppoteEvent = { index: 1, type: 1, isGranted: false, door: 4, direction: 2, card: 7, time: undefined, reason: 5 };
  expect(swipeOf(event)).toEqual({ reader: 7, card: 7 });
  expect(swipeOf({ ...event, ...change })).toBeUndefined();
});

const byte = fc.nat(255);
const u32 = fc.nat({ max: 0xffff_ffff });
const flags = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
const event = fc.record({
  index: u32.filter((index) => index > 0),
  type: fc.nat(254),
  isGranted: fc.boolean(),
  door: byte,
  direction: byte,
  card: u32,
  time: fc.constant(undefined),
  reason: byte,
});
const reply: fc.Arbitrary<UhppoteReply> = fc.oneof(
  fc.record({ kind: fc.constant("status" as const), event: fc.option(event, { nil: undefined }), isOpen: flags, isPressed: flags, isEnergized: flags, isForceLocked: fc.boolean(), isFire: fc.boolean(), fault: byte, time: fc.constant(undefined) }), // prettier-ignore
  fc.record({ kind: fc.constantFrom("door" as const, "setDoor" as const), door: fc.integer({ min: 1, max: 4 }), control: fc.constantFrom("normally-open" as const, "normally-closed" as const, "controlled" as const), delayS: byte }), // prettier-ignore
  fc.record({ kind: fc.constant("event" as const), event }),
  fc.record({ kind: fc.constantFrom("open" as const, "setHostControl" as const), isDone: fc.boolean() }),
);

test("what a board can answer is read as it was meant", () => {
  fc.assert(
    fc.property(u32, reply, (serial, meant) => {
      expect(decodeReply(encodeReply(serial, meant))).toEqual({ serial, reply: meant });
    }),
  );
});

function readAll(bytes: Uint8Array): void {
  const heard = decodeReply(bytes);
  const asked = decodeRequest(bytes);
  const isPacket = bytes.length === UHPPOTE_PACKET_BYTES;
  expect(isPacket || (heard === undefined && asked === undefined)).toBe(true);
  // What was read says something that can be said again.
  if (heard !== undefined) expect(encodeReply(heard.serial, heard.reply).length).toBe(UHPPOTE_PACKET_BYTES);
  if (asked !== undefined) expect(decodeRequest(encodeRequest(asked.serial, asked.request))).toEqual(asked);
}

test.each(corpus)("of the corpus: %s", (_, bytes) => readAll(bytes));

test("any bytes at all are read, or are nothing", () => {
  const like = fc.tuple(
    fc.constantFrom(0x17, 0x19),
    fc.constantFrom(0x20, 0x30, 0x40, 0x50, 0x58, 0x80, 0x82, 0x90, 0x94, 0xa0, 0xb0, 0xb4),
    fc.uint8Array({ minLength: 62, maxLength: 62 }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 70 }),
        like.map(([start, code, rest]) => Uint8Array.of(start, code, ...rest)),
      ),
      readAll,
    ),
    { numRuns: 300 },
  );
});
