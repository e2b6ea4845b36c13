import { readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { isZoneId, type RandomBytes, sameBytes, type Signer } from "@portico/card-protocol";
import { nodeSigner, readSecretFile, type SecretFile, writeSecretFile } from "@portico/card-protocol/node";
import { type CardIdentity, ZONE_KEY_BYTES, ZoneKey } from "./zone-key.ts";

/** The controller's own key, and the folder of the zones' keys that the cloud has handed over, in the data folder. */
export const CONTROLLER_KEY_FILE = "controller.key";
export const ZONE_KEYS_FOLDER = "zones";
const SEED_BYTES = 32;

/**
 * The key by which the cloud knows this controller, made here where there is none: it never leaves the machine.
 *
 * @throws SetupError when others may read it, or it is not whole
 */
export function readControllerKey(dataFolder: string, randomBytes: RandomBytes): Signer {
  const file: SecretFile = {
    path: join(dataFolder, CONTROLLER_KEY_FILE),
    what: "the controller's key",
    bytes: SEED_BYTES,
    whenRead: "If somebody may have read it, have the cloud revoke this controller, and give it another id and key.",
    whenBroken: "Restore the file from the backup; without one, have the cloud revoke this controller, and give it another id and key.",
  };
  return nodeSigner(readSecretFile(file, randomBytes));
}

/** The keys of the zones that this controller follows, as the cloud handed them over last: they serve while there is no network. */
export class ZoneKeys {
  readonly #folder: string;
  readonly #keys = new Map<string, { readonly bytes: Uint8Array; readonly key: ZoneKey }>();
  /** Where a zone's key is not here yet no card is found. */
  readonly #nobody: ZoneKey;

  /** @throws SetupError when others may read one of them, or it is not whole */
  constructor(dataFolder: string, randomBytes: RandomBytes) {
    this.#folder = join(dataFolder, ZONE_KEYS_FOLDER);
    this.#nobody = new ZoneKey(randomBytes(ZONE_KEY_BYTES));
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      const zone = /^(.*)\.key$/.exec(name)?.[1];
      if (zone !== undefined && isZoneId(zone)) this.#hold(zone, readSecretFile(this.#file(zone), randomBytes));
    }
  }

  /** What a zone makes of card numbers, by the key that is held when it is asked. */
  of(zone: string): { identify(cardNumber: Uint8Array): CardIdentity } {
    return { identify: (cardNumber) => (this.#keys.get(zone)?.key ?? this.#nobody).identify(cardNumber) };
  }

  /** @throws SetupError where it cannot be written: it holds until the next start */
  take(zone: string, key: Uint8Array): void {
    const known = this.#keys.get(zone);
    if (known !== undefined && sameBytes(known.bytes, key)) return;
    this.#hold(zone, key);
    writeSecretFile(this.#file(zone), key);
  }

  #hold(zone: string, bytes: Uint8Array): void {
    this.#keys.set(zone, { bytes, key: new ZoneKey(bytes.slice()) });
  }

  #file(zone: string): SecretFile {
    return {
      path: join(this.#folder, `${zone}.key`),
      what: `the key of zone ${zone}`,
      bytes: ZONE_KEY_BYTES,
      whenRead: "If somebody may have read it, have the cloud give the zone another key.",
      whenBroken: "Remove it: the cloud hands it over anew.",
    };
  }
}
