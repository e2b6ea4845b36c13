import { type Credential, type CredentialId, hexToBytes, type SuspensionReason, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT, wordOf, wordsOf } from "./list-codes.ts";

/** A row of the table `credential` as {@link SELECT_CREDENTIAL} reads it. */
export type CredentialRow = readonly [
  id: string,
  holder: number,
  kind: number,
  suspension: number | null,
  takes: number,
  flags: number,
  validFrom: number,
  validUntil: number,
  takesIssuedUntil: number | null,
  publicKey: Buffer | null,
  grants: Buffer,
];
/** The id as text: cheaper to hand over than a number of 64 bits, and what everybody wants. */
export const SELECT_CREDENTIAL = `SELECT printf('%016x', id), holder, kind, suspension, takes, flags, valid_from, valid_until, takes_issued_until, public_key, grants FROM credential`;

/** What a row says. Made field by field, so that all phones have one shape: it stands in the path of every scan. */
export function credentialOf(row: CredentialRow): Credential {
  const [id, holder, kind, suspension, takes, flags, validFrom, validUntil, takesIssuedUntil, publicKey] = row;
  const credential: { -readonly [Key in keyof Credential]: Credential[Key] } = {
    id,
    holder,
    kind: wordOf(KIND_CODE, kind),
    validFrom: unixSeconds(validFrom),
    validUntil: unixSeconds(validUntil),
    takes: wordsOf(TAKES_BIT, takes),
    flags: wordsOf(FLAG_BIT, flags),
  };
  if (publicKey !== null) credential.publicKey = new Uint8Array(publicKey);
  if (suspension !== null) credential.suspension = wordOf<SuspensionReason>(SUSPENSION_CODE, suspension);
  if (takesIssuedUntil !== null) credential.takesIssuedUntil = unixSeconds(takesIssuedUntil);
  return credential;
}

/**
 * A credential id as the table's key: its 8 bytes as a signed integer, which SQLite finds in half the time of bytes. Undefined for what is no id.
 * Ids of the same first byte are in the same order either way.
 */
export function credentialKey(id: CredentialId): bigint | undefined {
  const bytes = hexToBytes(id);
  return bytes?.length === 8 ? new DataView(bytes.buffer).getBigInt64(0) : undefined;
}

/** An access profile that a credential has for a while, as it stands in the credential's row. */
export interface PackedGrant {
  /** The profile's number in this database. */
  readonly profile: number;
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
}

/** Profile, from, until: u32 each. */
const GRANT_BYTES = 12;

/** In ascending order of profile and beginning, 12 bytes each: they are read with the credential, in one search. */
export function packGrants(grants: readonly PackedGrant[]): Uint8Array {
  const packed = new Uint8Array(grants.length * GRANT_BYTES);
  const view = new DataView(packed.buffer);
  const sorted = [...grants].sort((a, b) => a.profile - b.profile || a.validFrom - b.validFrom);
  for (const [index, { profile, validFrom, validUntil }] of sorted.entries()) {
    view.setUint32(index * GRANT_BYTES, profile);
    view.setUint32(index * GRANT_BYTES + 4, validFrom);
    view.setUint32(index * GRANT_BYTES + 8, validUntil);
  }
  return packed;
}

/** Reads what {@link packGrants} wrote. */
export function unpackGrants(packed: Buffer): PackedGrant[] {
  const grants: PackedGrant[] = [];
  for (let at = 0; at + GRANT_BYTES <= packed.length; at += GRANT_BYTES)
    grants.push({
      profile: packed.readUInt32BE(at),
      validFrom: unixSeconds(packed.readUInt32BE(at + 4)),
      validUntil: unixSeconds(packed.readUInt32BE(at + 8)),
    });
  return grants;
}
