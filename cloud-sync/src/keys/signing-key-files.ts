import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, keyId, type RandomBytes, sameBytes, type Signer } from "@portico/card-protocol";
import { nodeSigner, readSecretFile, type SecretFile, writeSecretFile } from "@portico/card-protocol/node";

/** The cloud's first key, and the folder of those that were made for rotations: each in a file of its own, named by the first 8 bytes of its public key. */
export const SIGNING_KEY_FILE = "signing.key";
export const SIGNING_KEYS_FOLDER = "signing-keys";
const SEED_BYTES = 32;

/** Where a cloud's private keys lie, and where trust lists may be put. Two: a data folder, and the memory of a cloud that has none. */
export interface KeyPlace {
  /** Every key that this cloud can sign with, the first one first. @throws SetupError where one is not as it must be */
  signers(): readonly Signer[];
  /** Makes another key, and answers with its public half. It signs nothing until a trust list names it. @throws SetupError where it cannot be kept */
  make(): Uint8Array;
  /** Files in it are taken up; undefined: lists come by the API alone. */
  readonly listsFolder: string | undefined;
}

/** The folder of the trust lists that the root holders have signed: for the first one, and where nobody can call. */
export const TRUST_LISTS_FOLDER = "trust-lists";

export function keyFolder(dataFolder: string, randomBytes: RandomBytes): KeyPlace {
  let held: readonly HeldKey[] = [];
  return {
    signers() {
      held = readSeeds(dataFolder, randomBytes).map((seed) => held.find((each) => sameBytes(each.seed, seed)) ?? { seed, signer: nodeSigner(seed) });
      return held.map(({ signer }) => signer);
    },
    make: () => makeSigningKey(dataFolder, randomBytes),
    listsFolder: join(dataFolder, TRUST_LISTS_FOLDER),
  };
}

/** The files are read at every look, and to make a key of a seed takes OpenSSL thirty times as long: where the seed is the same, the key is the one that was made. */
interface HeldKey {
  readonly seed: Uint8Array;
  readonly signer: Signer;
}

/** Keys that are gone with the program. */
export function keyMemory(first: Signer, randomBytes: RandomBytes): KeyPlace {
  const signers = [first];
  return {
    signers: () => signers,
    make() {
      const signer = nodeSigner(randomBytes(SEED_BYTES));
      signers.push(signer);
      return signer.publicKey;
    },
    listsFolder: undefined,
  };
}

/**
 * The cloud's first key, made where there is none.
 *
 * @throws SetupError where others may read it, or it is none
 */
export const readSigningKey = (dataFolder: string, randomBytes: RandomBytes): Signer =>
  nodeSigner(readSecretFile(fileAt(join(dataFolder, SIGNING_KEY_FILE)), randomBytes));

/** Of every key that this cloud can sign with, the first one first. @throws SetupError where others may read one, or it is none */
function readSeeds(dataFolder: string, randomBytes: RandomBytes): readonly Uint8Array[] {
  const folder = join(dataFolder, SIGNING_KEYS_FOLDER);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".key")) : [];
  const paths = [join(dataFolder, SIGNING_KEY_FILE), ...names.sort().map((name) => join(folder, name))];
  return paths.map((path) => readSecretFile(fileAt(path), randomBytes));
}

/**
 * Makes another key. It signs nothing until a trust list names it.
 *
 * @returns its public key
 * @throws SetupError where it cannot be written
 */
export function makeSigningKey(dataFolder: string, randomBytes: RandomBytes): Uint8Array {
  const seed = randomBytes(SEED_BYTES);
  const { publicKey } = nodeSigner(seed);
  writeSecretFile(fileAt(join(dataFolder, SIGNING_KEYS_FOLDER, `${bytesToHex(keyId(publicKey))}.key`)), seed);
  return publicKey;
}

const fileAt = (path: string): SecretFile => ({
  path,
  what: "the cloud's signing key",
  bytes: SEED_BYTES,
  whenRead: "If somebody may have read it, make a new one and have the root holders retire the old.",
  whenBroken: "Restore the file from the backup.",
});
