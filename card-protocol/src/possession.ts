import { concatBytes, sameBytes } from "./bytes.ts";
import { byteString, keyId, protectedHeader } from "./cose.ts";
import { verifyStrictly } from "./ed25519.ts";
import { externalAad, sigStructure1, type Verifier } from "./signature.ts";
import type { Signer } from "./signer.ts";

/** What a phone signs at enrolment to show that it holds the key it enrols. Kind 4. */
export interface PossessionClaim {
  /** 32 bytes, the cloud's, once. */
  readonly nonce: Uint8Array;
  /** Person id, 1..64 printable ASCII characters without space. */
  readonly person: string;
}

const isPerson = (person: string): boolean => /^[!-~]{1,64}$/.test(person);

/**
 * Proves possession of a key: COSE_Sign1 of kind 4 with the payload `[nonce, person, public key]`. Runs on a phone: no CBOR codec is needed.
 *
 * @throws RangeError for a nonce or a person out of range: the caller's mistake
 */
export function makePossession(site: string, claim: PossessionClaim, signer: Signer): Uint8Array {
  if (claim.nonce.length !== 32 || !isPerson(claim.person)) throw new RangeError("a nonce has 32 bytes, a person id 1 to 64 printable characters");
  const { signed, message } = possessionBytes(site, claim, signer.publicKey);
  return concatBytes([signed, signer.sign(message)]);
}

/**
 * True when the bytes prove, for this site and this claim, possession of the key that is to be enrolled. What they must be is known beforehand, so they
 * are compared and nothing is read out of them. The key must be canonical and not of small order.
 */
export function verifyPossession(bytes: Uint8Array, site: string, claim: PossessionClaim, publicKey: Uint8Array, verifier: Verifier): boolean {
  if (claim.nonce.length !== 32 || !isPerson(claim.person) || publicKey.length !== 32) return false;
  const { signed, message } = possessionBytes(site, claim, publicKey);
  const signature = bytes.slice(signed.length);
  return sameBytes(bytes.subarray(0, signed.length), signed) && verifyStrictly(verifier, publicKey, message, signature);
}

/** Everything before the 64 bytes of the signature, and what is signed. */
function possessionBytes(site: string, { nonce, person }: PossessionClaim, publicKey: Uint8Array): { signed: Uint8Array; message: Uint8Array } {
  const header = protectedHeader(keyId(publicKey));
  const text = Uint8Array.from(person.split("").map((char) => char.charCodeAt(0)));
  const textHead = text.length < 24 ? [0x60 | text.length] : [0x78, text.length];
  const payload = concatBytes([Uint8Array.of(0x83), byteString(nonce), Uint8Array.from(textHead), text, byteString(publicKey)]);
  const signed = concatBytes([Uint8Array.of(0x84), byteString(header), Uint8Array.of(0xa0), byteString(payload), Uint8Array.of(0x58, 0x40)]);
  return { signed, message: sigStructure1(header, externalAad("possession", site), payload) };
}
