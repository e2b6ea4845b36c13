import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { osdpChecksum, osdpCrc } from "./check.ts";
import { decodeCommand, encodeCommand, type OsdpCommand } from "./command.ts";
import { decodeFrame, encodeFrame, type OsdpFrame } from "./frame.ts";
import { decodeReply, encodeReply, type OsdpReply } from "./reply.ts";

/*
 * Where the figures come from:
 *   Annex E    SIA OSDP 2.2 Annex E, as the unit tests of libosdp quote it (goToMain/libosdp, tests/unit-tests/test-sc-sia-vectors.c)
 *   libosdp    frames of its tests/unit-tests/test-cp-phy.c
 *   OSDP.Net   frames of its CommandOutgoingMessageTest, PacketDecodingTest and ReplyTest (Z-bit-Systems-LLC/OSDP.Net), some taken from real readers
 *   crc_hqx    the payload's layout is that of SIA OSDP 2.2 §6 and §7, the frame was put together by Python, its CRC by Python's binascii.crc_hqx(frame, 0x1D0F)
 */

const bytes = (text: string): Uint8Array => hexToBytes(text.replace(/[ -]/g, "").toLowerCase())!;
const KEY = bytes("00010203040506070001020304050607");

test("the CRC is that of the catalogue's CRC-16/SPI-FUJITSU and of the standard's examples", () => {
  expect(osdpCrc(new TextEncoder().encode("123456789"))).toBe(0xe5cc);
  expect(osdpCrc(bytes("53 7F 0D 00 04 6E 00 80 25 00 00"))).toBe(0x386e); // Annex E
  expect(osdpCrc(bytes("53 00 09 00 04 61 00"))).toBe(0x66c0); // Annex E
});

test("the checksum is that of the standard's examples", () => {
  expect(osdpChecksum(bytes("53 7F 0C 00 00 6E 00 80 25 00 00"))).toBe(0x0f); // Annex E
  expect(osdpChecksum(bytes("53 00 08 00 00 61 00"))).toBe(0x44); // Annex E
});

const COMMANDS: readonly (readonly [string, number, number, OsdpCommand, string])[] = [
  ["POLL, libosdp", 0x65, 0, { kind: "poll" }, "53 65 08 00 04 60 60 90"],
  ["POLL, OSDP.Net", 0, 2, { kind: "poll" }, "53-00-08-00-06-60-89-CC"],
  ["ID, libosdp", 0x65, 0, { kind: "id" }, "53 65 09 00 04 61 00 d9 7a"],
  ["ID, OSDP.Net", 0, 2, { kind: "id" }, "53-00-09-00-06-61-00-A0-08"],
  ["CAP, OSDP.Net", 0, 2, { kind: "capabilities" }, "53-00-09-00-06-62-00-F3-5D"],
  ["LSTAT, OSDP.Net", 0, 2, { kind: "localStatus" }, "53-00-08-00-06-64-0D-8C"],
  ["ISTAT, OSDP.Net", 0, 2, { kind: "inputStatus" }, "53-00-08-00-06-65-2C-9C"],
  ["OSTAT, OSDP.Net", 0, 2, { kind: "outputStatus" }, "53-00-08-00-06-66-4F-AC"],
  ["RSTAT, crc_hqx", 0x65, 1, { kind: "readerStatus" }, "536508000567b6d3"],
  [
    "OUT, OSDP.Net",
    0,
    2,
    {
      kind: "output",
      records: [
        { output: 0, control: "off-after-timed", timer: 100 },
        { output: 1, control: "timed-off", timer: 120 },
      ],
    },
    "53-00-10-00-06-68-00-03-64-00-01-06-78-00-0B-5B",
  ],
  [
    "LED, crc_hqx",
    0,
    2,
    {
      kind: "led",
      records: [
        {
          reader: 0,
          led: 0,
          temporary: { on: 5, off: 1, onColour: "green", offColour: "black", timer: 20 },
          permanent: { on: 1, off: 0, onColour: "red", offColour: "black" },
        },
      ],
    },
    "5300160006690000020501020014000101000100f424",
  ],
  ["BUZ, OSDP.Net", 0, 2, { kind: "buzzer", reader: 0, tone: "default", on: 2, off: 2, count: 1 }, "53-00-0D-00-06-6A-00-02-02-02-01-59-92"],
  [
    "TEXT, crc_hqx",
    0x65,
    0,
    { kind: "text", reader: 0, mode: "permanent", seconds: 0, row: 1, column: 1, text: "LibOSDP" },
    "53651500046b0001000101074c69624f5344507f1f",
  ],
  ["COMSET, Annex E", 0x7f, 0, { kind: "communication", address: 0, baud: 9_600 }, "53 7F 0D 00 04 6E 00 80 25 00 00 6E 38"],
  ["COMSET, OSDP.Net", 0, 2, { kind: "communication", address: 1, baud: 9_600 }, "53-00-0D-00-06-6E-01-80-25-00-00-EC-7B"],
  ["KEYSET, OSDP.Net", 0, 2, { kind: "keySet", key: KEY }, "53-00-1A-00-06-75-01-10-00-01-02-03-04-05-06-07-00-01-02-03-04-05-06-07-CF-A3"],
  ["CHLNG without its block, libosdp", 0x65, 0, { kind: "challenge", random: bytes("0102030405060708") }, "53 65 10 00 04 76 01 02 03 04 05 06 07 08 0d 20"],
  [
    "SCRYPT without its block, crc_hqx",
    0,
    1,
    { kind: "serverCryptogram", cryptogram: bytes("26d3356e07762d262801fc8e6665a891") },
    "53001800057726d3356e07762d262801fc8e6665a8914119",
  ],
  ["ACURXSIZE, crc_hqx", 0, 2, { kind: "receiveSize", bytes: 1_440 }, "53000a00067ba0059126"],
  [
    "FILETRANSFER, OSDP.Net",
    0,
    2,
    { kind: "fileTransfer", fileType: 3, total: 1_000, offset: 10, fragment: bytes("0102030405") },
    "53-00-18-00-06-7C-03-E8-03-00-00-0A-00-00-00-05-00-01-02-03-04-05-59-21",
  ],
  ["MFG, OSDP.Net", 0, 2, { kind: "manufacturer", vendor: bytes("010203"), content: bytes("0a0b0c") }, "53-00-0E-00-06-80-01-02-03-0A-0B-0C-6B-14"],
  ["ABORT, crc_hqx", 0, 3, { kind: "abort" }, "5300080007a2b606"],
  ["KEEPACTIVE, crc_hqx", 0, 2, { kind: "keepActive", milliseconds: 1_000 }, "53000a0006a7e803c7d2"],
];

test.each(COMMANDS)("%s: the command is that frame, and that frame is the command", (_, address, sequence, command, expected) => {
  const frame: OsdpFrame = { address, direction: "command", sequence, check: "crc", ...encodeCommand(command) };
  expect(bytesToHex(encodeFrame(frame))).toBe(bytesToHex(bytes(expected)));
  const read = decodeFrame(bytes(expected));
  expect(read).toMatchObject({ ok: true, value: { address, direction: "command", sequence, check: "crc" } });
  expect(read.ok && decodeCommand(read.value.code, read.value.payload)).toEqual({ ok: true, value: command });
});

test("a LED's temporary and permanent patterns are the fourteen bytes of OSDP.Net's ReaderLedControlsTest", () => {
  const pattern = { on: 1, off: 2, onColour: "cyan", offColour: "black", timer: 4 } as const;
  const permanent = { on: 2, off: 6, onColour: "blue", offColour: "amber" } as const;
  const command = {
    kind: "led",
    records: [
      { reader: 2, led: 3, temporary: pattern, permanent },
      { reader: 5, led: 6, temporary: pattern, permanent },
    ],
  } as const;
  const { code, payload } = encodeCommand(command);
  expect([code, bytesToHex(payload)]).toEqual([0x69, "02030201020600040001020604030506020102060004000102060403"]);
  expect(decodeCommand(code, payload)).toEqual({ ok: true, value: command });
});

test.each([
  ["POLL", { kind: "poll" }, "53-00-07-00-02-60-44"],
  ["ID", { kind: "id" }, "53-00-08-00-02-61-00-42"],
  ["COMSET", { kind: "communication", address: 1, baud: 9_600 }, "53-00-0C-00-02-6E-01-80-25-00-00-8B"],
] as const)("%s with a checksum is OSDP.Net's frame", (_, command, expected) => {
  const frame: OsdpFrame = { address: 0, direction: "command", sequence: 2, check: "checksum", ...encodeCommand(command) };
  expect(bytesToHex(encodeFrame(frame))).toBe(bytesToHex(bytes(expected)));
  expect(decodeFrame(bytes(expected))).toMatchObject({ ok: true, value: { check: "checksum" } });
});

const REPLIES: readonly (readonly [string, number, OsdpReply, string])[] = [
  ["ACK off the wire of a reader, OSDP.Net", 1, { kind: "ack" }, "53 80 08 00 05 40 68 9f"],
  [
    "PDID off the wire of a reader, OSDP.Net",
    2,
    { kind: "id", identity: { vendor: bytes("000ee3"), model: 0x10, version: 0x10, serial: 0x97740000, firmware: [0x23, 6, 6] } },
    "53-80-14-00-06-45-00-0E-E3-10-10-00-00-74-97-23-06-06-1B-88",
  ],
  ["NAK 4, crc_hqx", 1, { kind: "nak", reason: 4, detail: new Uint8Array() }, "53800900054104b2c3"],
  [
    "PDCAP, crc_hqx",
    2,
    {
      kind: "capabilities",
      records: [
        { function: 1, compliance: 4, count: 1 },
        { function: 2, compliance: 4, count: 1 },
      ],
    },
    "53800e0006460104010204012e02",
  ],
  ["LSTATR, crc_hqx", 1, { kind: "localStatus", tamper: true, powerFailure: false }, "53800a0005480100abf4"],
  ["ISTATR, crc_hqx", 1, { kind: "inputStatus", states: [0, 1, 2, 3] }, "53800c000549000102039be6"],
  ["OSTATR, crc_hqx", 1, { kind: "outputStatus", active: [false, true] }, "53800a00054a0001dbb9"],
  ["RSTATR, crc_hqx", 1, { kind: "readerStatus", states: [0, 2] }, "53800a00054b000288be"],
  ["RAW of 26 bits, crc_hqx", 1, { kind: "raw", reader: 0, format: 0, bits: 26, content: bytes("bd2f5bc0") }, "53801000055000001a00bd2f5bc069b3"],
  ["FMT, crc_hqx", 1, { kind: "formatted", reader: 0, direction: 0, characters: bytes("3132333435") }, "538010000551000005313233343508ba"],
  ["KEYPAD, crc_hqx", 1, { kind: "keypad", reader: 1, keys: bytes("310d") }, "53800c0005530102310d833a"],
  ["COM, crc_hqx", 1, { kind: "communication", address: 1, baud: 9_600 }, "53800d0005540180250000d4ee"],
  ["BUSY, crc_hqx", 0, { kind: "busy" }, "538008000479230b"],
  ["FTSTAT, crc_hqx", 1, { kind: "fileStatus", action: 0, delayMs: 10, status: -1, fragmentMax: 128 }, "53800f00057a000a00ffff800076a3"],
  ["MFGREP, crc_hqx", 1, { kind: "manufacturer", vendor: bytes("010203"), content: bytes("0a0b0c") }, "53800e0005900102030a0b0ccf62"],
];

test.each(REPLIES)("%s: the reply is that frame, and that frame is the reply", (_, sequence, reply, expected) => {
  expect(bytesToHex(encodeFrame({ address: 0, direction: "reply", sequence, check: "crc", ...encodeReply(reply) }))).toBe(bytesToHex(bytes(expected)));
  const read = decodeFrame(bytes(expected));
  expect(read.ok && [read.value.direction, decodeReply(read.value.code, read.value.payload)]).toEqual(["reply", { ok: true, value: reply }]);
});

test.each([
  ["a poll with a byte too many", 0x60, "00", "Length"],
  ["no output at all", 0x68, "", "Length"],
  ["half a record", 0x68, "000164", "Length"],
  ["an output control that does not exist", 0x68, "00070000", "Record"],
  ["a key of 8 bytes", 0x75, "01080001020304050607", "Record"],
  ["a key of another type", 0x75, `0010${"00".repeat(16)}`, "Record"],
  ["a text shorter than it says", 0x6b, "000100010109414243", "Length"],
  ["a colour that does not exist", 0x69, "0000000000000000000101000802", "Record"],
  ["a command of the future", 0xee, "", "Unknown"],
])("%s is told by name", (_, code, payload, error) => {
  expect(decodeCommand(code, bytes(payload))).toMatchObject({ ok: false, error });
});

test.each([
  ["a card with more bits than bytes", 0x50, "0000ff00aa", "Length"],
  ["keys fewer than counted", 0x53, "000531", "Length"],
  ["a tamper that is neither", 0x48, "0200", "Record"],
  ["a reply of the future", 0xee, "", "Unknown"],
])("%s is told by name", (_, code, payload, error) => {
  expect(decodeReply(code, bytes(payload))).toMatchObject({ ok: false, error });
});

test.each([
  ["no SOM", "54 65 08 00 04 60 60 90", "NoStart"],
  ["a byte too few", "53 65 08 00 04 60 60", "LengthWrong"],
  ["a length of 6", "53 65 06 00 00 42", "LengthWrong"],
  ["a length of 65,535", "53 e5 ff ff 04 40 e7 a1", "LengthWrong"],
  ["another CRC, libosdp", "53 e5 08 00 04 40 00 00", "CheckWrong"],
])("%s is no frame", (_, text, error) => {
  expect(decodeFrame(bytes(text))).toMatchObject({ ok: false, error });
});

test("a security block that is longer than its frame, of no known type, or of the other direction is no block", () => {
  const framed = (control: number, body: readonly number[]): Uint8Array => {
    const head = Uint8Array.of(0x53, 0x00, 7 + body.length, 0, control, ...body);
    const crc = osdpCrc(head);
    return Uint8Array.of(...head, crc & 0xff, crc >>> 8);
  };
  for (const body of [
    [0x02, 0x19, 0x60],
    [0x02, 0x16, 0x60],
    [0x01, 0x15, 0x60],
    [0x00, 0x15, 0x60],
    [0x40, 0x15, 0x60],
  ])
    expect(decodeFrame(framed(0x0c, body)), body.join()).toMatchObject({ ok: false, error: "SecurityBlockMalformed" });
  expect(decodeFrame(framed(0x0c, [0x02, 0x15, 1, 2, 3, 4]))).toMatchObject({ ok: false, error: "NoCode" });
});

test("what no frame may hold is the caller's mistake", () => {
  const frame: OsdpFrame = { address: 0, direction: "command", sequence: 0, check: "crc", code: 0x60, payload: new Uint8Array() };
  for (const change of [
    { address: 128 },
    { address: -1 },
    { sequence: 4 },
    { payload: new Uint8Array(1_440) },
    { security: { type: 0x15, content: new Uint8Array() } },
  ])
    expect(() => encodeFrame({ ...frame, ...change })).toThrow(RangeError);
});
