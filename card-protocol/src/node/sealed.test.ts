import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import { decodeZoneKeys, encodeZoneKeys, zoneKeysContext } from "../feed/zone-keys-box.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner } from "./node-ed25519.ts";
import { nodeOpener, seal } from "./sealed.ts";

const bytes = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const SEED = bytes(0x41);
const { publicKey } = nodeSigner(SEED);
const opener = nodeOpener(SEED, publicKey);
const CONTEXT = zoneKeysContext("campus-east", "gate-house");
const KEYS = [{ zone: "east", generation: 2, key: bytes(0x5a) }];
const sealed = seal(publicKey, encodeZoneKeys(KEYS), CONTEXT, bytes(0x42));

test("what is sealed for a key opens with that key, and is the vector of the document", () => {
  expect(decodeZoneKeys(opener.open(sealed, CONTEXT)!)).toEqual(KEYS);
  const vector = bytesToHex(encodeCbor(["gate-house", sealed.ephemeral, sealed.box]));
  expect(readFileSync(new URL("../../../docs/feed-and-events.md", import.meta.url), "utf8")).toContain(`\n${vector}\n`);
});

test("it opens for any key and any ephemeral", () => {
  for (let n = 1; n < 20; n++) {
    const key = nodeSigner(bytes(n)).publicKey;
    expect(nodeOpener(bytes(n), key).open(seal(key, bytes(n, n), CONTEXT, bytes(255 - n)), CONTEXT)).toEqual(bytes(n, n));
  }
});

const turned = (given: Uint8Array, at: number): Uint8Array => given.map((byte, i) => (i === at ? byte ^ 1 : byte));
test.each([
  ["with a bit of the box turned", { ...sealed, box: turned(sealed.box, 0) }],
  ["with a bit of the tag turned", { ...sealed, box: turned(sealed.box, sealed.box.length - 1) }],
  ["with a bit of the ephemeral key turned", { ...sealed, ephemeral: turned(sealed.ephemeral, 3) }],
  ["with an ephemeral key of small order", { ...sealed, ephemeral: bytes(0) }],
  ["without a tag", { ...sealed, box: sealed.box.subarray(0, 15) }],
  ["sealed for another key", seal(nodeSigner(bytes(0x43)).publicKey, encodeZoneKeys(KEYS), CONTEXT, bytes(0x42))],
  ["sealed for another controller", seal(publicKey, encodeZoneKeys(KEYS), zoneKeysContext("campus-east", "library"), bytes(0x42))],
  ["sealed for another site", seal(publicKey, encodeZoneKeys(KEYS), zoneKeysContext("campus-west", "gate-house"), bytes(0x42))],
])("what is %s does not open", (_, given) => {
  expect(opener.open(given, CONTEXT)).toBeUndefined();
});

const row = (zone: string) => [zone, 1, bytes(1)];
test.each([
  ["no list", encodeCbor(1)],
  ["a zone twice", encodeCbor([row("east"), row("east")])],
  ["zones out of order", encodeCbor([row("west"), row("east")])],
  ["what is no zone", encodeCbor([row("East gate")])],
  ["a key of 31 bytes", encodeCbor([["east", 1, bytes(1, 31)]])],
  ["a field more", encodeCbor([["east", 1, bytes(1), 1]])],
])("%s is no list of zone keys", (_, given) => {
  expect(decodeZoneKeys(given)).toBeUndefined();
});
