import { createPrivateKey } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { hexToBytes, type Signer } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { EXIT, Failure } from "./failure.ts";

/** The 32 bytes of an Ed25519 seed stand at the end of its PKCS #8 form. RFC 8410 §7. */
const SEED_BYTES = 32;

/**
 * The key that requests to the cloud are signed with: PEM (PKCS #8), or the seed in 64 hex digits, in a file for its owner alone.
 *
 * @throws Failure 2 for a file that others may read, or that holds no such key; what the file system says of one that cannot be read is thrown on
 */
export function readOperatorKey(path: string): Signer {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new Failure(
      EXIT.usage,
      `others on this machine may read the key (mode ${mode.toString(8).padStart(4, "0")})`,
      path,
      `chmod 600 ${path}; if somebody may have read it, revoke it: portico cloud key revoke`,
    );
  const text = readFileSync(path, "utf8").trim();
  const seed = /^[0-9a-fA-F]{64}$/.test(text) ? hexToBytes(text.toLowerCase()) : seedOfPem(text);
  if (seed === undefined)
    throw new Failure(
      EXIT.usage,
      "this is no Ed25519 private key",
      path,
      "openssl genpkey -algorithm ed25519 -out <file> makes one; 64 hex digits of a seed do too",
    );
  return nodeSigner(seed);
}

function seedOfPem(text: string): Uint8Array | undefined {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType !== "ed25519") return undefined;
    return new Uint8Array(key.export({ format: "der", type: "pkcs8" }).subarray(-SEED_BYTES));
  } catch {
    return undefined;
  }
}
