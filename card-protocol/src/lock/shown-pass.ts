import { sameBytes } from "../bytes.ts";
import { verifyStrictly } from "../ed25519.ts";
import { PASS_TEMPLATE } from "../pass-template.ts";
import { err, ok, type Result } from "../result.ts";
import { externalAad, sigStructure1, type Verifier } from "../signature.ts";

const TEMPLATE = PASS_TEMPLATE.HC;

/**
 * Whose credential a pass HC is that answers a challenge of this lock: a phone held to a lock that asks nobody. Its time and its counter are not judged, for the
 * challenge is fresh and serves once. docs/lock-profile.md, Outside of a session.
 *
 * @param pass   the COSE_Sign1, 106 bytes
 * @param keyOf  the key that the lock's list has for a credential id of 8 bytes
 * @returns the credential's id
 */
export function verifyShownPass(
  pass: Uint8Array,
  site: string,
  challenge: Uint8Array,
  keyOf: (credential: Uint8Array) => Uint8Array | undefined,
  verifier: Verifier,
): Result<Uint8Array, "PassMalformed" | "ChallengeStale" | "CredentialNotFound" | "SignatureInvalid"> {
  const { byteLength, constants, offset, protectedFrom, protectedUntil, payloadFrom, payloadUntil, signatureFrom } = TEMPLATE;
  if (pass.length !== byteLength) return err("PassMalformed", `${pass.length} bytes`);
  for (let at = 0; at < constants.length; at += 2) if (pass[constants[at]!] !== constants[at + 1]) return err("PassMalformed", "not the template of HC");
  if (!sameBytes(pass.subarray(offset.q, offset.q! + 8), challenge)) return err("ChallengeStale", "another challenge");
  const credential = pass.slice(offset.i, offset.i! + 8);
  const key = keyOf(credential);
  if (key === undefined) return err("CredentialNotFound", "not in the lock's list");
  const signed = sigStructure1(pass.subarray(protectedFrom, protectedUntil), externalAad("passHC", site), pass.subarray(payloadFrom, payloadUntil));
  return verifyStrictly(verifier, key, signed, pass.subarray(signatureFrom)) ? ok(credential) : err("SignatureInvalid", "does not hold");
}
