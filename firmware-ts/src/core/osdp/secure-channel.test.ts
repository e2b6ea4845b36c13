import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeAes128 } from "../../osdp/node-aes.ts";
import { encodeCommand, type OsdpCommand } from "./command.ts";
import { encodeFrame, SCS } from "./frame.ts";
import {
  clientCryptogram,
  decryptPayload,
  encryptPayload,
  frameMac,
  initialReplyMac,
  isSame,
  SCBK_D,
  serverCryptogram,
  sessionKeys,
  type SessionKeys,
} from "./secure-channel.ts";

const bytes = (text: string): Uint8Array => hexToBytes(text.replace(/[ -]/g, "").toLowerCase())!;
const RANDOM_A = bytes("B0B1B2B3B4B5B6B7");
const RANDOM_B = bytes("A0A1A2A3A4A5A6A7");

test("AES-128 is that of FIPS 197 appendix B", () => {
  const [key, plain, cipher] = [
    bytes("2b7e151628aed2a6abf7158809cf4f3c"),
    bytes("3243f6a8885a308d313198a2e0370734"),
    bytes("3925841d02dc09fbdc118597196a0b32"),
  ];
  expect(nodeAes128.encrypt(key, plain)).toEqual(cipher);
  expect(nodeAes128.decrypt(key, cipher)).toEqual(plain);
});

test("session keys, cryptograms and R-MAC-I are those of SIA OSDP 2.2 Annex E, as libosdp's test-sc-sia-vectors.c quotes it", () => {
  const keys = sessionKeys(nodeAes128, SCBK_D, RANDOM_A);
  expect(bytesToHex(SCBK_D)).toBe("303132333435363738393a3b3c3d3e3f");
  expect(bytesToHex(keys.mac1)).toBe("5e86c676603bdee2d8beafe178637332");
  expect(bytesToHex(keys.mac2)).toBe("6fda86e857777e81132035758239172e");
  expect(bytesToHex(keys.encryption)).toBe("bf8dc2a8329acb8c67c6d0cd9a451682");
  const server = serverCryptogram(nodeAes128, keys, RANDOM_A, RANDOM_B);
  expect(bytesToHex(server)).toBe("26d3356e07762d262801fc8e6665a891");
  expect(bytesToHex(clientCryptogram(nodeAes128, keys, RANDOM_A, RANDOM_B))).toBe("fde5d2f428ec16312471ea3c02bd7796");
  expect(bytesToHex(initialReplyMac(nodeAes128, keys, server))).toBe("b2a30057eb98ba2229ec1f875662b524");
});

const ZERO = new Uint8Array(16);
const ZERO_KEYS: SessionKeys = { encryption: ZERO, mac1: ZERO, mac2: ZERO };

/** A command to PD 0 with sequence 2 in a session whose keys and last MAC are all zero: the session of OSDP.Net's CommandOutgoingMessageTest. */
function sealed(command: OsdpCommand): string {
  const { code, payload } = encodeCommand(command);
  const isEncrypted = payload.length > 0;
  const frame = {
    address: 0,
    direction: "command",
    sequence: 2,
    check: "crc",
    security: { type: isEncrypted ? SCS.commandEncrypted : SCS.commandMac, content: new Uint8Array() },
    code,
    payload: isEncrypted ? encryptPayload(nodeAes128, ZERO_KEYS, payload, ZERO) : payload,
  } as const;
  return bytesToHex(encodeFrame(frame, (covered) => frameMac(nodeAes128, ZERO_KEYS, covered, ZERO)));
}

test.each<readonly [string, OsdpCommand, string]>([
  ["POLL", { kind: "poll" }, "53-00-0E-00-0E-02-15-60-4B-32-76-77-73-B6"],
  ["ISTAT", { kind: "inputStatus" }, "53-00-0E-00-0E-02-15-65-46-0E-3D-4E-2A-6A"],
  ["LSTAT", { kind: "localStatus" }, "53-00-0E-00-0E-02-15-64-6F-63-24-6F-D0-50"],
  ["OSTAT", { kind: "outputStatus" }, "53-00-0E-00-0E-02-15-66-62-DE-05-16-12-4B"],
  ["ID", { kind: "id" }, "53-00-1E-00-0E-02-17-61-D1-4E-B7-AD-98-2C-C5-F9-AA-25-31-8A-7E-AE-D6-26-9A-E9-95-73-19-83"],
  ["CAP", { kind: "capabilities" }, "53-00-1E-00-0E-02-17-62-D1-4E-B7-AD-98-2C-C5-F9-AA-25-31-8A-7E-AE-D6-26-0F-6A-2A-A7-38-70"],
  ["COMSET", { kind: "communication", address: 1, baud: 9_600 }, "53-00-1E-00-0E-02-17-6E-AC-A3-C2-FF-E4-D9-E5-99-CD-77-1B-8E-F3-D1-3F-23-FA-AB-63-4E-08-95"],
  [
    "KEYSET, over two blocks",
    { kind: "keySet", key: bytes("00010203040506070001020304050607") },
    "53-00-2E-00-0E-02-17-75-F0-DD-EC-9A-0E-D8-CE-4C-80-BA-F5-D5-5C-18-43-6F-91-89-FD-66-C9-F2-23-DC-04-14-86-D8-33-57-DF-98-6C-1D-4B-C2-B2-F2",
  ],
  [
    "FILETRANSFER, which fills a block exactly",
    { kind: "fileTransfer", fileType: 3, total: 1_000, offset: 10, fragment: bytes("0102030405") },
    "53-00-2E-00-0E-02-17-7C-92-71-38-DD-E0-09-A3-47-53-67-F8-2A-2C-94-29-70-0D-23-48-A8-77-B9-55-09-6D-8A-24-DD-71-88-AC-3C-9A-98-D6-C5-4A-EE",
  ],
  [
    "OUT",
    {
      kind: "output",
      records: [
        { output: 0, control: "off-after-timed", timer: 100 },
        { output: 1, control: "timed-off", timer: 120 },
      ],
    },
    "53-00-1E-00-0E-02-17-68-F7-EF-A0-D4-76-4A-4E-29-26-75-96-F2-16-D8-A9-E8-C5-88-76-08-B9-08",
  ],
  [
    "MFG",
    { kind: "manufacturer", vendor: bytes("010203"), content: bytes("0a0b0c") },
    "53-00-1E-00-0E-02-17-80-C8-67-0F-CB-60-C0-25-BA-48-15-41-92-A4-2B-B8-F3-B9-78-FF-AC-1A-91",
  ],
])("%s under a MAC, and encrypted where it has a payload, is OSDP.Net's frame", (_, command, expected) => {
  expect(sealed(command)).toBe(bytesToHex(bytes(expected)));
});

test("what was encrypted comes back, whatever its length, and under another MAC it does not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (payload, previous) => {
      const keys = sessionKeys(nodeAes128, SCBK_D, RANDOM_A);
      const encrypted = encryptPayload(nodeAes128, keys, payload, previous);
      expect(encrypted.length % 16).toBe(0);
      expect(decryptPayload(nodeAes128, keys, encrypted, previous)).toEqual(payload);
      const other = previous.map((byte) => byte ^ 0x40);
      expect(decryptPayload(nodeAes128, keys, encrypted, other)).not.toEqual(payload);
    }),
    { numRuns: 60 },
  );
});

test("what is no whole block, and what has no padding, is not taken for a payload", () => {
  const keys = sessionKeys(nodeAes128, SCBK_D, RANDOM_A);
  expect(decryptPayload(nodeAes128, keys, new Uint8Array(), ZERO)).toBeUndefined();
  expect(decryptPayload(nodeAes128, keys, new Uint8Array(15), ZERO)).toBeUndefined();
  // Encrypted so that it decrypts to sixteen zeros: no end is marked.
  const unpadded = nodeAes128.encrypt(
    keys.encryption,
    ZERO.map(() => 0xff),
  );
  expect(decryptPayload(nodeAes128, keys, unpadded, ZERO)).toBeUndefined();
});

test("equal bytes are equal, others and shorter ones are not", () => {
  expect(isSame(bytes("0102"), bytes("0102"))).toBe(true);
  expect([isSame(bytes("0102"), bytes("0103")), isSame(bytes("0102"), bytes("01")), isSame(bytes("01"), bytes("0102"))]).toEqual([false, false, false]);
});
