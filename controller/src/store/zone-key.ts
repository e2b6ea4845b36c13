import { createHmac } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { bytesToHex, type CredentialId, type RandomBytes, SetupError } from "@portico/card-protocol";

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
  if (!existsSync(path)) writeZoneKey(path, randomBytes(ZONE_KEY_BYTES));
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new SetupError(
      `others on this machine may read the zone key (mode ${mode.toString(8).padStart(4, "0")})`,
      path,
      `Run \`chmod 600 ${path}\`. If somebody may have read it, make a new zone key and load the list again.`,
    );
  let key: Uint8Array;
  try {
    key = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new SetupError(`the zone key cannot be read: ${(error as Error).message}`, path, "Let the user who runs the controller own the file.", {
      cause: error,
    });
  }
  if (key.length !== ZONE_KEY_BYTES)
    throw new SetupError(
      `the zone key has ${key.length} bytes instead of ${ZONE_KEY_BYTES}`,
      path,
      "Restore the file from the backup; without one, remove it and load the list again: every card number is then read anew from the list files.",
    );
  return new ZoneKey(key);
}

/** Under another name until it is whole and on the disk: half a key must never look like one. */
function writeZoneKey(path: string, key: Uint8Array): void {
  const unfinished = `${path}.new`;
  try {
    rmSync(unfinished, { force: true });
    const descriptor = openSync(unfinished, "wx", 0o600);
    try {
      writeSync(descriptor, key);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(unfinished, 0o600); // whatever the umask
    renameSync(unfinished, path);
  } catch (error) {
    throw new SetupError(`the zone key cannot be written: ${(error as Error).message}`, path, "Let the user who runs the controller own the folder.", {
      cause: error,
    });
  }
}
