import { encodeBase45 } from "../base45.ts";
import { hexToBytes } from "../hex.ts";
import { PASS_PREFIX, PASS_TEMPLATE, type PassTemplate, writeU32 } from "../pass-template.ts";
import type { CredentialId } from "../pass.ts";
import { externalAad, isSiteId, sigStructure1 } from "../signature.ts";
import type { Signer } from "../signer.ts";
import { isU32, type UnixSeconds } from "../units.ts";

/** A pass ready to be shown. */
export interface SignedPass {
  /** `CP1:` and Base45: what the QR carries, 151 (T), 148 (H) or 163 (HC) characters. */
  readonly text: string;
  /** The COSE_Sign1. */
  readonly bytes: Uint8Array;
}

/**
 * T: the issuer lets a credential in until `expiresAt`; how long before follows from the kid's ttl.
 *
 * @throws RangeError for a field that a pass cannot hold
 */
export function makeIssuedPass(
  fields: { readonly site: string; readonly credentialId: CredentialId; readonly kid: number; readonly expiresAt: UnixSeconds },
  signer: Signer,
): SignedPass {
  const { kid, expiresAt } = fields;
  if (!isU32(kid) || kid > 0xffff) throw new RangeError(`a kid is 0..65535, not ${kid}`);
  return signed(PASS_TEMPLATE.T, fields.site, signer, (bytes, offset) => {
    bytes[offset.k!] = kid >> 8;
    bytes[offset.k! + 1] = kid;
    bytes.set(credentialBytes(fields.credentialId), offset.i);
    putU32(bytes, offset.x!, "expiresAt", expiresAt);
    putU32(bytes, offset.y!, "expiresAt", expiresAt);
  });
}

/** What a phone puts into a pass of its own. */
export interface HeldPassFields {
  readonly site: string;
  readonly credentialId: CredentialId;
  /** The server's time as the phone knows it. */
  readonly signedAt: UnixSeconds;
  /** Never used before with this credential: see `CounterBlocks`. */
  readonly counter: number;
}

/**
 * H: signed by the phone's own key, off-line.
 *
 * @throws RangeError for a field that a pass cannot hold
 */
export function makeHeldPass(fields: HeldPassFields, signer: Signer): SignedPass {
  return signed(PASS_TEMPLATE.H, fields.site, signer, (bytes, offset) => putHeld(bytes, offset, fields));
}

/**
 * HC: an H that answers the reader's challenge.
 *
 * @throws RangeError for a field that a pass cannot hold
 */
export function makeChallengedPass(fields: HeldPassFields & { readonly challenge: Uint8Array }, signer: Signer): SignedPass {
  if (fields.challenge.length !== 8) throw new RangeError(`a challenge has 8 bytes, not ${fields.challenge.length}`);
  return signed(PASS_TEMPLATE.HC, fields.site, signer, (bytes, offset) => {
    putHeld(bytes, offset, fields);
    bytes.set(fields.challenge, offset.q);
  });
}

/** The text of a pass's bytes. */
export function passText(bytes: Uint8Array): string {
  return PASS_PREFIX + encodeBase45(bytes);
}

function signed(template: PassTemplate, site: string, signer: Signer, fill: (bytes: Uint8Array, offset: PassTemplate["offset"]) => void): SignedPass {
  if (!isSiteId(site)) throw new RangeError("a site id is 1..32 of a-z, 0-9, -");
  const bytes = new Uint8Array(template.byteLength);
  for (let i = 0; i < template.constants.length; i += 2) bytes[template.constants[i]!] = template.constants[i + 1]!;
  fill(bytes, template.offset);
  const message = sigStructure1(
    bytes.subarray(template.protectedFrom, template.protectedUntil),
    externalAad(template.signedKind, site),
    bytes.subarray(template.payloadFrom, template.payloadUntil),
  );
  bytes.set(signer.sign(message), template.signatureFrom);
  return { text: passText(bytes), bytes };
}

function putHeld(bytes: Uint8Array, offset: PassTemplate["offset"], fields: HeldPassFields): void {
  bytes.set(credentialBytes(fields.credentialId), offset.i);
  putU32(bytes, offset.t!, "signedAt", fields.signedAt);
  putU32(bytes, offset.n!, "counter", fields.counter);
}

function putU32(bytes: Uint8Array, at: number, name: string, value: number): void {
  if (!isU32(value)) throw new RangeError(`${name} is an integer of 0..4294967295, not ${String(value)}`);
  writeU32(bytes, at, value);
}

function credentialBytes(credentialId: CredentialId): Uint8Array {
  const bytes = hexToBytes(credentialId);
  if (bytes === undefined || bytes.length !== 8) throw new RangeError("a credential id is 16 lower-case hex digits");
  return bytes;
}
