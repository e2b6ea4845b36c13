import { createHmac } from "node:crypto";
import { bytesToHex, type CredentialId, type RandomBytes, SetupError } from "@portico/card-protocol";
import { readSecretFile, type SecretFile } from "@portico/card-protocol/node";

/** Bytes of a zone key. */
export const ZONE_KEY_BYTES = 32;
/** Bytes of a card number's token. */
export const CARD_TOKEN_BYTES = 16;

/** A card number as a controller keeps it: not to be turned back without the zone key. */
export interface CardIdentity {
  /** HMAC-SHA256 of the number with the zone key, its first 16 bytes. */
  readonly token: Uint8Array;
  /** The credential id of a card that the list gives none: the following 8 bytes. The same card has the same id on every controller of the zone. */
  readonly credential: CredentialId;
}

/** The zone's secret for card numbers. What holds it can try every number there is: the file and the list are worth protecting together. */
export class ZoneKey {
  readonly #key: Uint8Array;

  /** @param key  32 bytes; the zone key takes them over */
  constructor(key: Uint8Array) {
    if (key.length !== ZONE_KEY_BYTES) throw new RangeError("a zone key has 32 bytes");
    this.#key = key;
  }

  /** The same, as whatever may hold more than one key answers: the likelier first. */
  identities(cardNumber: Uint8Array): readonly CardIdentity[] {
    return [this.identify(cardNumber)];
  }

  /** @param cardNumber  the canonical bytes of a card number; neither kept nor logged */
  identify(cardNumber: Uint8Array): CardIdentity {
    const mac = new Uint8Array(createHmac("sha256", this.#key).update(cardNumber).digest());
    return { token: mac.slice(0, CARD_TOKEN_BYTES), credential: bytesToHex(mac.subarray(CARD_TOKEN_BYTES, CARD_TOKEN_BYTES + 8)) };
  }
}

/**
 * Reads the zone key, or makes it where there is no file. Mode 0600.
 *
 * @throws SetupError when others may read it, or when it is not 32 bytes
 */
export function readZoneKey(path: string, randomBytes: RandomBytes): ZoneKey {
  const file: SecretFile = {
    path,
    what: "the zone key",
    bytes: ZONE_KEY_BYTES,
    whenRead: "If somebody may have read it, make a new zone key and load the list again.",
    whenBroken: "Restore the file from the backup; without one, remove it and load the list again: every card number is then read anew from the list files.",
  };
  return new ZoneKey(readSecretFile(file, randomBytes));
}

/** Why a start is refused whose list knows cards: with a new key none of them would be found, and nobody told. */
export const missingZoneKey = (path: string, cards: number): SetupError =>
  new SetupError(
    `the zone key is missing, and without it none of the ${cards} cards of the list can be found`,
    path,
    `Restore the file from the backup. Where there is none, make another key on purpose, \`(umask 077; head -c ${ZONE_KEY_BYTES} /dev/urandom > ${path})\`, start, and load the list again: until then no card is known.`,
  );
