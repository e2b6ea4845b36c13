import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { portableAgreementKey } from "./agreement-key.ts";
import { isRoomPin, openPin, type PinPlace, SEALED_PIN_BYTES, sealPin } from "./sealed-pin.ts";

const bytes = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const SECRET = bytes(0x41);
const LOCK = portableAgreementKey(SECRET).publicKey;
const PLACE: PinPlace = { site: "campus-east", lock: "room-214", holder: 7, version: 3 };
const sealed = sealPin(LOCK, PLACE, "274951", bytes(0x42));

test("rule 14.1: what is sealed to a lock opens with the lock's key, for its holder and its version alone", () => {
  expect([sealed.length, openPin(SECRET, PLACE, sealed)]).toEqual([SEALED_PIN_BYTES, "274951"]);
  const elsewhere: [string, PinPlace][] = [
    ["another site", { ...PLACE, site: "campus-west" }],
    ["another lock", { ...PLACE, lock: "room-215" }],
    ["another holder", { ...PLACE, holder: 8 }],
    ["another version", { ...PLACE, version: 4 }],
    ["digits moved from lock to holder", { ...PLACE, lock: "room-21", holder: 47 }],
  ];
  for (const [what, place] of elsewhere) expect(openPin(SECRET, place, sealed), what).toBeUndefined();
  expect(openPin(bytes(0x43), PLACE, sealed)).toBeUndefined();
});

test("a bit turned anywhere, a byte less or more, and a key of small order open nothing", () => {
  // Also the top bit of the ephemeral key, which X25519 does not look at.
  for (let at = 0; at < sealed.length; at++)
    expect(openPin(SECRET, PLACE, sealed.map((byte, nth) => (nth === at ? byte ^ 0x80 : byte)))).toBeUndefined(); // prettier-ignore
  for (const given of [sealed.slice(1), Uint8Array.of(...sealed, 0), new Uint8Array(0)]) expect(openPin(SECRET, PLACE, given)).toBeUndefined();
  const smallOrder = sealed.slice();
  smallOrder.set(bytes(0), 0);
  expect(openPin(SECRET, PLACE, smallOrder)).toBeUndefined();
  expect(() => sealPin(bytes(0), PLACE, "274951", bytes(0x42))).toThrow(RangeError);
});

test("the number of digits is not told by the length, and digits that no lock takes are left to the lock", () => {
  for (const pin of ["1", "12345", "123456", "12345678"]) {
    const box = sealPin(LOCK, PLACE, pin, bytes(0x44));
    expect([box.length, openPin(SECRET, PLACE, box), isRoomPin(pin)]).toEqual([SEALED_PIN_BYTES, pin, pin.length >= 6]);
  }
  for (const pin of ["", "123456789", "12345a", "１２３４５６"]) expect(() => sealPin(LOCK, PLACE, pin, bytes(0x44))).toThrow(/^a PIN to be sealed has/);
});

test("another library makes and opens the same bytes", () => {
  const secret = x25519.getSharedSecret(bytes(0x42), LOCK);
  const ephemeral = x25519.getPublicKey(bytes(0x42));
  const key = createHash("sha512").update("portico lock pin 1 campus-east room-214 7 3").update(secret).update(ephemeral).update(LOCK).digest().subarray(0, 32);
  const box = xsalsa20poly1305(new Uint8Array(key), new Uint8Array(24));
  expect(Buffer.from(box.decrypt(sealed.subarray(32))).toString("latin1")).toBe("\x06274951\0\0");
  expect(Uint8Array.of(...ephemeral, ...box.encrypt(Uint8Array.from("\x06274951\0\0", (char) => char.charCodeAt(0))))).toEqual(sealed);
});
