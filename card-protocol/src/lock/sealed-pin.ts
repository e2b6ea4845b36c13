import nacl from "tweetnacl";
import { concatBytes } from "../bytes.ts";
import { isSiteId } from "../signature.ts";
import { isU32 } from "../units.ts";
import { portableAgreementKey } from "./agreement-key.ts";
import { isLockId } from "./lock-words.ts";

/** For which lock and whom a PIN is sealed: who opens it for something else finds nothing. */
export interface PinPlace {
  readonly site: string;
  readonly lock: string;
  /** Handle of the holder in the lock's zone, u32, 1 and up. */
  readonly holder: number;
  /** Counts up with each PIN of this holder at this lock, u32, 1 and up: a lock takes no older one again. */
  readonly version: number;
}

/** X25519 key that was made for this PIN 32, then the box 25: what stands in a database, a feed or a frame. */
export const SEALED_PIN_BYTES = 57;
const PIN_DIGITS_MAX = 8;
const BOX_BYTES = SEALED_PIN_BYTES - 32;

/** A PIN of a room lock: 6 to 8 digits. Rule 14.1. */
export const isRoomPin = (pin: string): boolean => /^[0-9]{6,8}$/.test(pin);

/**
 * Seals a PIN so that only the lock can open it: X25519, XSalsa20-Poly1305 (NaCl's secretbox) under the first 32 bytes of SHA-512 over the place, the secret and
 * both keys. Needs nothing that a phone of 2015 has not. Digits that no lock takes are sealed as well: it is the lock that refuses them.
 *
 * @param lockKey        X25519, of the lock, 32 bytes
 * @param pin            1 to 8 digits
 * @param ephemeralSeed  32 unpredictable bytes, never again
 * @throws RangeError for a place, a key or a PIN out of range: the caller's mistake; it never names the PIN
 */
export function sealPin(lockKey: Uint8Array, place: PinPlace, pin: string, ephemeralSeed: Uint8Array): Uint8Array {
  if (!/^[0-9]{1,8}$/.test(pin)) throw new RangeError("a PIN to be sealed has 1 to 8 digits");
  const ephemeral = portableAgreementKey(ephemeralSeed);
  const secret = ephemeral.agree(lockKey);
  if (secret === undefined) throw new RangeError("not the key of a lock");
  const plain = new Uint8Array(1 + PIN_DIGITS_MAX); // of one length: how many digits it has is not told
  plain[0] = pin.length;
  for (let at = 0; at < pin.length; at++) plain[1 + at] = pin.charCodeAt(at);
  return concatBytes([ephemeral.publicKey, nacl.secretbox(plain, NONCE, boxKey(secret, ephemeral.publicKey, lockKey, place))]);
}

/**
 * What was sealed for this key and this place; undefined for anything else.
 *
 * @param lockSecret  of the lock's key, 32 bytes
 */
export function openPin(lockSecret: Uint8Array, place: PinPlace, sealed: Uint8Array): string | undefined {
  if (sealed.length !== SEALED_PIN_BYTES) return undefined;
  const own = portableAgreementKey(lockSecret);
  const ephemeral = Uint8Array.from(sealed.subarray(0, 32));
  const secret = own.agree(ephemeral);
  if (secret === undefined) return undefined;
  const plain = nacl.secretbox.open(Uint8Array.from(sealed.subarray(32, 32 + BOX_BYTES)), NONCE, boxKey(secret, ephemeral, own.publicKey, place));
  if (plain === null || plain[0]! > PIN_DIGITS_MAX) return undefined;
  const digits = plain.subarray(1, 1 + plain[0]!);
  return digits.every((digit) => digit >= 0x30 && digit <= 0x39) ? String.fromCharCode(...digits) : undefined;
}

/** The key serves once, so its nonce is zeros. Everything that the PIN is bound to stands in what the key is made of; the last 96 bytes have one length. */
const NONCE = new Uint8Array(24);
function boxKey(secret: Uint8Array, ephemeral: Uint8Array, lockKey: Uint8Array, { site, lock, holder, version }: PinPlace): Uint8Array {
  if (!isSiteId(site) || !isLockId(lock) || !isU32(holder) || !isU32(version)) throw new RangeError("not the place of a PIN");
  const text = `portico lock pin 1 ${site} ${lock} ${holder} ${version}`;
  const place = Uint8Array.from(text.split("").map((letter) => letter.charCodeAt(0)));
  return nacl.hash(concatBytes([place, secret, ephemeral, Uint8Array.from(lockKey)])).subarray(0, 32);
}
