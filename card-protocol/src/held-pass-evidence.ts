import { encodeBase45 } from "./base45.ts";
import { verifyStrictly } from "./ed25519.ts";
import { PASS_PREFIX, PASS_TEMPLATE } from "./pass-template.ts";
import type { CredentialId, Pass } from "./pass.ts";
import { readPass } from "./read-pass.ts";
import { err, ok, type Result } from "./result.ts";
import { externalAad, sigStructure1, type Verifier } from "./signature.ts";
import type { UnixSeconds } from "./units.ts";

/** What a phone has signed, whoever shows it, wherever and whenever. */
export interface HeldPassEvidence {
  readonly credentialId: CredentialId;
  readonly counter: number;
  /** Seconds by the phone's clock. */
  readonly signedAt: UnixSeconds;
}

/**
 * Verifies the bytes of a pass H or HC again, as an event keeps them. Neither the time nor a challenge is judged: that was the door's, and what is asked
 * here is only what the key has signed.
 *
 * @param bytes      the COSE_Sign1 of the pass
 * @param publicKey  of the credential, 32 bytes
 */
export function readHeldPassEvidence(
  bytes: Uint8Array,
  site: string,
  publicKey: Uint8Array,
  verifier: Verifier,
): Result<HeldPassEvidence, "PassMalformed" | "SignatureInvalid"> {
  const read = readSigned(bytes, site);
  if (!read.ok) return read;
  const { pass, holdsFor } = read.value;
  if (pass.kind === "T") return err("PassMalformed", "not signed by a phone");
  if (!holdsFor(publicKey, verifier)) return err("SignatureInvalid", `does not hold for ${site}`);
  return ok({ credentialId: pass.credentialId, counter: pass.counter, signedAt: pass.signedAt });
}

/**
 * Whether the bytes of a pass, as an event keeps them, were signed by whoever had to: a pass T by the issuer's key of its kid, others by the credential's.
 * Time and challenge are not judged: that was the door's.
 *
 * @param keyOf  the public key of a kid, or null for the credential's own; undefined: there is none
 */
export function isGenuinePass(
  bytes: Uint8Array,
  site: string,
  credentialId: CredentialId,
  keyOf: (kid: number | null) => Uint8Array | undefined,
  verifier: Verifier,
): boolean {
  const read = readSigned(bytes, site);
  if (!read.ok || read.value.pass.credentialId !== credentialId) return false;
  const { pass, holdsFor } = read.value;
  const key = keyOf(pass.kind === "T" ? pass.kid : null);
  return key !== undefined && holdsFor(key, verifier);
}

interface SignedBytes {
  readonly pass: Pass;
  readonly holdsFor: (publicKey: Uint8Array, verifier: Verifier) => boolean;
}

function readSigned(bytes: Uint8Array, site: string): Result<SignedBytes, "PassMalformed"> {
  if (Object.values(PASS_TEMPLATE).every(({ byteLength }) => byteLength !== bytes.length)) return err("PassMalformed", `${bytes.length} bytes`);
  const read = readPass(PASS_PREFIX + encodeBase45(bytes));
  if (!read.ok) return read;
  const { pass } = read.value;
  const { protectedFrom, protectedUntil, signedKind, payloadFrom, payloadUntil, signatureFrom } = PASS_TEMPLATE[pass.kind];
  const message = sigStructure1(bytes.subarray(protectedFrom, protectedUntil), externalAad(signedKind, site), bytes.subarray(payloadFrom, payloadUntil));
  return ok({ pass, holdsFor: (publicKey, verifier) => verifyStrictly(verifier, publicKey, message, bytes.subarray(signatureFrom)) });
}
