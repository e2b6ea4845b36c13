import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crcCcitt } from "../crc-ccitt.ts";
import { keptCorpus } from "../../rig/kept-corpus.ts";
import { BOARD_FRAME_BYTES, type BoardFrame, encodeHostFrame, type HostFrame, RELAY_AVR_HOLD_MS_MAX, relayAvrDeframing } from "./frame.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase().match(/../g)!.join(" ");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const document = readFileSync(new URL("../../../../docs/relay-avr.md", import.meta.url), "utf8");

test("CRC-16 with the polynomial 0x1021 gives the published check values over 123456789", () => {
  const digits = new TextEncoder().encode("123456789");
  // CRC-16/SPI-FUJITSU and CRC-16/XMODEM in the catalogue of parametrised CRC algorithms.
  expect([crcCcitt(digits, 0x1d0f), crcCcitt(digits, 0)]).toEqual([0xe5cc, 0x31c3]);
});

const TO_BOARD: readonly (readonly [string, HostFrame])[] = [
  ["A5 01 00 01 00 00 00 00 3D 5E", { number: 1, seen: 0, command: "hello", relays: 0, holdMs: 0 }],
  ["A5 02 01 00 00 00 00 00 0A 2D", { number: 2, seen: 1, command: "beat", relays: 0, holdMs: 0 }],
  ["A5 03 01 03 01 B8 0B 00 A1 8E", { number: 3, seen: 1, command: "on", relays: 0b1, holdMs: 3_000 }],
  ["A5 04 01 03 82 00 00 00 75 8A", { number: 4, seen: 1, command: "on", relays: 0b1000_0010, holdMs: 0 }],
  ["A5 05 01 02 FF 00 00 00 1C 49", { number: 5, seen: 1, command: "off", relays: 0xff, holdMs: 0 }],
  ["A5 FF 09 03 04 FF FF 12 18 31", { number: 255, seen: 9, command: "on", relays: 0b100, holdMs: RELAY_AVR_HOLD_MS_MAX }],
];
test.each(TO_BOARD)("%s is a frame to the board, in the document too", (vector, frame) => {
  expect(hex(encodeHostFrame(frame))).toBe(vector);
  expect(document).toContain(vector);
});

const ONLINE: BoardFrame = {
  version: 1,
  isActiveLow: false,
  isUngreeted: false,
  resetCause: { powerOn: true, external: false, brownOut: false, watchdog: false },
  number: 3,
  relays: 0,
  report: 2,
  contacts: 0b10_0001,
  card: undefined,
};
const FROM_BOARD: readonly (readonly [string, BoardFrame])[] = [
  ["5A 31 00 00 00 00 00 00 00 00 00 00 00 00 00 00 C6 07", { ...ONLINE, isUngreeted: true, number: 0, report: 0, contacts: 0 }],
  ["5A 21 03 01 01 21 00 00 00 00 00 00 00 00 00 00 31 0B", { ...ONLINE, relays: 1, report: 1 }],
  ["5A 21 03 00 02 21 01 1A 00 00 00 00 02 CE 3C 3E E5 2F", { ...ONLINE, card: { reader: 1, bits: "10110011100011110000111110" } }],
  [
    "5A A8 03 00 03 00 00 FF FF FF FF FF FF FF FF FF F7 C6",
    {
      ...ONLINE,
      isActiveLow: true,
      resetCause: { powerOn: false, external: false, brownOut: false, watchdog: true },
      report: 3,
      contacts: 0,
      card: { reader: 0, bits: undefined },
    },
  ],
];
test.each(FROM_BOARD)("%s is a frame of the board, in the document too", (vector, frame) => {
  expect(relayAvrDeframing().push(bytes(vector))).toEqual([frame]);
  expect(document).toContain(vector);
});

test("bits of an earlier card above the first bit are none of this one", () => {
  const frame = bytes(FROM_BOARD[2]![0]);
  frame.fill(0xff, 8, 12);
  const crc = crcCcitt(frame.subarray(0, -2), 0x1d0f);
  frame.set([crc >> 8, crc & 0xff], BOARD_FRAME_BYTES - 2);
  expect(relayAvrDeframing().push(frame)[0]!.card).toEqual({ reader: 1, bits: "10110011100011110000111110" });
});

test.each(keptCorpus("relay-avr"))("of the corpus: %s: no frame, and the frame behind it is found", (_, line) => {
  const good = bytes(FROM_BOARD[2]![0]);
  const deframing = relayAvrDeframing();
  expect(deframing.push(line)).toEqual([]);
  expect([...deframing.push(good), ...deframing.push(new Uint8Array(BOARD_FRAME_BYTES))]).toEqual([FROM_BOARD[2]![1]]);
});

test("whatever stands around it, in whatever pieces it comes: the undamaged frame is found, and nothing else", () => {
  const good = bytes(FROM_BOARD[2]![0]);
  const sync = fc.constant(0x5a);
  fc.assert(
    fc.property(fc.array(fc.oneof(sync, fc.nat(255)), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (noise, piece) => {
      const deframing = relayAvrDeframing();
      // Half a frame, noise, and a frame: a frame's length of anything behind it lets go of what claimed to be one.
      const line = Uint8Array.from([...good.subarray(0, 9), ...noise, ...good, ...new Uint8Array(BOARD_FRAME_BYTES)]);
      const found: BoardFrame[] = [];
      for (let at = 0; at < line.length; at += piece) found.push(...deframing.push(line.subarray(at, at + piece)));
      expect(found).toEqual([FROM_BOARD[2]![1]]);
    }),
  );
});

test("a frame with any one bit changed is none", () => {
  const good = bytes(FROM_BOARD[2]![0]);
  for (let bit = 0; bit < good.length * 8; bit++) {
    const spoilt = Uint8Array.from(good);
    spoilt[bit >> 3]! ^= 1 << (bit & 7);
    expect(relayAvrDeframing().push(spoilt)).toEqual([]);
  }
});
