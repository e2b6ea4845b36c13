import { encodeBase45 } from "./base45.ts";
import { verifyStrictly } from "./ed25519.ts";
import { PASS_PREFIX, PASS_TEMPLATE } from "./pass-template.ts";
import type { CredentialId } from "./pass.ts";
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
  const { H, HC } = PASS_TEMPLATE;
  if (bytes.length !== H.byteLength && bytes.length !== HC.byteLength) return err("PassMalformed", `${bytes.length} bytes`);
  const read = readPass(PASS_PREFIX + encodeBase45(bytes));
  if (!read.ok) return read;
  const { pass } = read.value;
  if (pass.kind === "T") return err("PassMalformed", "not signed by a phone");
  const { protectedFrom, protectedUntil, signedKind, payloadFrom, payloadUntil, signatureFrom } = PASS_TEMPLATE[pass.kind];
  const message = sigStructure1(bytes.subarray(protectedFrom, protectedUntil), externalAad(signedKind, site), bytes.subarray(payloadFrom, payloadUntil));
  if (!verifyStrictly(verifier, publicKey, message, bytes.subarray(signatureFrom))) return err("SignatureInvalid", `does not hold for ${site}`);
  return ok({ credentialId: pass.credentialId, counter: pass.counter, signedAt: pass.signedAt });
}
