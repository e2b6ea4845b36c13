import { hkdfSync } from "node:crypto";
import { readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { isZoneId, type RandomBytes, sameBytes, type Signer } from "@portico/card-protocol";
import { nodeOpener, nodeSigner, type Opener, readSecretFile, type SecretFile, writeSecretFile } from "@portico/card-protocol/node";
import { ZONE_KEY_BYTES, ZoneKey } from "./zone-key.ts";

/** The controller's own key, and the folder of the zones' keys that the cloud has handed over, in the data folder. */
export const CONTROLLER_KEY_FILE = "controller.key";
export const ZONE_KEYS_FOLDER = "zones";
const SEED_BYTES = 32;

/**
 * The key by which the cloud knows this controller, made here where there is none: it never leaves the machine.
 *
 * @throws SetupError when others may read it, or it is not whole
 */
export const readControllerKey = (dataFolder: string, randomBytes: RandomBytes): Signer => nodeSigner(controllerSeed(dataFolder, randomBytes));

/** What is sealed for the same key it opens. @throws SetupError as {@link readControllerKey} does */
export function readControllerOpener(dataFolder: string, randomBytes: RandomBytes): Opener {
  const seed = controllerSeed(dataFolder, randomBytes);
  return nodeOpener(seed, nodeSigner(seed).publicKey);
}

/**
 * The X25519 secret by which room locks know this controller, made from the same key: 32 bytes. Where that is replaced, its locks are commissioned anew.
 *
 * @throws SetupError as {@link readControllerKey} does
 */
export const readLockSecret = (dataFolder: string, randomBytes: RandomBytes): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", controllerSeed(dataFolder, randomBytes), new Uint8Array(0), "portico lock agreement key 1", SEED_BYTES));

/**
 * The X25519 secret that stands in for a lock's own where the lock has none, behind a maker's platform: PINs are sealed to it, and opened here. Made from the
 * same key, 32 bytes, another for each lock.
 *
 * @throws SetupError as {@link readControllerKey} does
 */
export const readPlatformPinSecret = (dataFolder: string, randomBytes: RandomBytes, site: string, lock: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", controllerSeed(dataFolder, randomBytes), new Uint8Array(0), `portico lock platform pin key 1 ${site} ${lock}`, SEED_BYTES));

function controllerSeed(dataFolder: string, randomBytes: RandomBytes): Uint8Array {
  const file: SecretFile = {
    path: join(dataFolder, CONTROLLER_KEY_FILE),
    what: "the controller's key",
    bytes: SEED_BYTES,
    whenRead: "If somebody may have read it, have the cloud revoke this controller, and give it another id and key.",
    whenBroken: "Restore the file from the backup; without one, have the cloud revoke this controller, and give it another id and key.",
  };
  return readSecretFile(file, randomBytes);
}

/** The keys of the zones that this controller follows, as the cloud handed them over last: they serve while there is no network. */
export class ZoneKeys {
  readonly #folder: string;
  readonly #keys = new Map<string, { readonly bytes: Uint8Array; readonly key: ZoneKey }>();
  /** Those before: a list may know cards by them for a while yet. */
  readonly #former = new Map<string, { readonly bytes: Uint8Array; readonly key: ZoneKey }>();
  /** Where a zone's key is not here yet no card is found. */
  readonly #nobody: ZoneKey;

  /** @throws SetupError when others may read one of them, or it is not whole */
  constructor(dataFolder: string, randomBytes: RandomBytes) {
    this.#folder = join(dataFolder, ZONE_KEYS_FOLDER);
    this.#nobody = new ZoneKey(randomBytes(ZONE_KEY_BYTES));
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      const [, zone = "", ending] = /^(.*)\.(key|former)$/.exec(name) ?? [];
      if (!isZoneId(zone)) continue;
      if (ending === "key") this.#hold(zone, readSecretFile(this.#file(zone), randomBytes));
      else this.#former.set(zone, keptKey(readSecretFile(this.#formerFile(zone), randomBytes)));
    }
  }

  /** What a zone makes of card numbers, by the key that is held when it is asked, and by the one before: key and list do not change in the same moment. */
  of(zone: string): Pick<ZoneKey, "identities"> {
    return {
      identities: (cardNumber) => {
        const former = this.#former.get(zone)?.key;
        return [this.#keys.get(zone)?.key ?? this.#nobody, ...(former === undefined ? [] : [former])].map((key) => key.identify(cardNumber));
      },
    };
  }

  /**
   * The key that a zone's list was made with, for a room lock of it that reads cards.
   *
   * @param check  the token of no bytes under it, as the list says
   * @returns 32 bytes; undefined: neither the key that is held nor the one before is it
   */
  matching(zone: string, check: Uint8Array): Uint8Array | undefined {
    const kept = [this.#keys.get(zone), this.#former.get(zone)];
    return kept.find((each) => each !== undefined && sameBytes(each.key.identify(new Uint8Array(0)).token, check))?.bytes.slice();
  }

  /** The key before goes on being tried. @throws SetupError where it cannot be written: it holds until the next start */
  take(zone: string, key: Uint8Array): void {
    const known = this.#keys.get(zone);
    if (known !== undefined && sameBytes(known.bytes, key)) return;
    this.#hold(zone, key);
    if (known !== undefined) {
      this.#former.set(zone, known);
      writeSecretFile(this.#formerFile(zone), known.bytes);
    }
    writeSecretFile(this.#file(zone), key);
  }

  #hold(zone: string, bytes: Uint8Array): void {
    this.#keys.set(zone, keptKey(bytes));
  }

  #formerFile(zone: string): SecretFile {
    return { ...this.#file(zone), path: join(this.#folder, `${zone}.former`), what: `the former key of zone ${zone}` };
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

const keptKey = (bytes: Uint8Array): { readonly bytes: Uint8Array; readonly key: ZoneKey } => ({ bytes, key: new ZoneKey(bytes.slice()) });
