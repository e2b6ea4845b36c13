import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { bytesToHex, hexToBytes, type RandomBytes, type Signer } from "@portico/card-protocol";
import { nodeSigner, writeSecretFile } from "@portico/card-protocol/node";
import { EXIT, Failure } from "./failure.ts";

/** A root key as it lies on its holder's medium. */
interface SealedRootKey {
  readonly portico: typeof KIND;
  readonly publicKey: string;
  /** scrypt, RFC 7914; the cost is that of about a second on a small computer. */
  readonly scrypt: { readonly salt: string; readonly N: number; readonly r: number; readonly p: number };
  /** AES-256-GCM over the seed, the public key as associated text. */
  readonly nonce: string;
  readonly sealed: string;
}

const KIND = "root key";
const SEED_BYTES = 32;
const TAG_BYTES = 16;
const SCRYPT = { N: 131_072, r: 8, p: 1 } as const;
/** Whoever hands over a file may not have it cost more memory than this. */
const SCRYPT_BYTES_MAX = 512 * 1024 * 1024;

/**
 * Makes a root key in a file for its owner alone, sealed by a passphrase where there is one.
 *
 * @returns its public key
 * @throws Failure 2 where the file is there already
 */
export function makeRootKey(path: string, passphrase: string | undefined, randomBytes: RandomBytes): Uint8Array {
  if (existsSync(path)) throw new Failure(EXIT.usage, "this file is there already: a root key is never written over", path, "name another file");
  const seed = randomBytes(SEED_BYTES);
  const { publicKey } = nodeSigner(seed);
  const text = passphrase === undefined ? `${bytesToHex(seed)}\n` : `${JSON.stringify(sealed(seed, publicKey, passphrase, randomBytes), null, 2)}\n`;
  writeSecretFile({ path, what: "the root key" }, new TextEncoder().encode(text));
  return publicKey;
}

/**
 * Opens a root key.
 *
 * @param passphrase  asked for where the file is sealed
 * @throws Failure 2 for a file that others may read or that is none, 1 for a passphrase that does not open it
 */
export async function readRootKey(path: string, passphrase: () => Promise<string | undefined>): Promise<Signer> {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new Failure(
      EXIT.usage,
      `others on this machine may read the root key (mode ${mode.toString(8).padStart(4, "0")})`,
      path,
      `chmod 600 ${path}; if somebody may have read it, have the other holders sign a list without it`,
    );
  const text = readFileSync(path, "utf8").trim();
  if (/^[0-9a-f]{64}$/.test(text)) return nodeSigner(hexToBytes(text)!);
  const key = sealedKeyOf(text);
  if (key === undefined) throw new Failure(EXIT.usage, "this is no root key", path, "portico key root makes one");
  const phrase = await passphrase();
  if (phrase === undefined) throw new Failure(EXIT.usage, "this root key is sealed by a passphrase", path, "give it with --passphrase-file; - reads it from standard input"); // prettier-ignore
  const seed = opened(key, phrase);
  if (seed === undefined) throw new Failure(EXIT.refused, "the passphrase does not open this root key", path, "type it again; nobody can open it otherwise");
  return nodeSigner(seed);
}

function sealed(seed: Uint8Array, publicKey: Uint8Array, passphrase: string, randomBytes: RandomBytes): SealedRootKey {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", keyFrom(passphrase, salt, SCRYPT), nonce).setAAD(publicKey);
  const bytes = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()]);
  return {
    portico: KIND,
    publicKey: bytesToHex(publicKey),
    scrypt: { salt: bytesToHex(salt), ...SCRYPT },
    nonce: bytesToHex(nonce),
    sealed: bytesToHex(new Uint8Array(bytes)),
  };
}

function opened({ publicKey, scrypt, nonce, sealed: box }: SealedRootKey, passphrase: string): Uint8Array | undefined {
  const bytes = hexToBytes(box)!;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyFrom(passphrase, hexToBytes(scrypt.salt)!, scrypt), hexToBytes(nonce)!)
      .setAAD(hexToBytes(publicKey)!)
      .setAuthTag(bytes.subarray(SEED_BYTES));
    return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(0, SEED_BYTES)), decipher.final()]));
  } catch {
    return undefined;
  }
}

const keyFrom = (passphrase: string, salt: Uint8Array, { N, r, p }: { readonly N: number; readonly r: number; readonly p: number }): Buffer =>
  scryptSync(passphrase.normalize("NFC"), salt, 32, { N, r, p, maxmem: SCRYPT_BYTES_MAX });

function sealedKeyOf(text: string): SealedRootKey | undefined {
  let read: Partial<SealedRootKey>;
  try {
    read = JSON.parse(text) as Partial<SealedRootKey>;
  } catch {
    return undefined;
  }
  if (typeof read !== "object" || read === null) return undefined;
  const { portico, publicKey, scrypt, nonce, sealed: box } = read;
  const isHex = (value: unknown, bytes: number): boolean => typeof value === "string" && hexToBytes(value)?.length === bytes;
  if (portico !== KIND || !isHex(publicKey, 32) || !isHex(nonce, 12) || !isHex(box, SEED_BYTES + TAG_BYTES) || !isHex(scrypt?.salt, 16)) return undefined;
  return [scrypt?.N, scrypt?.r, scrypt?.p].every((each) => Number.isSafeInteger(each)) ? (read as SealedRootKey) : undefined;
}
