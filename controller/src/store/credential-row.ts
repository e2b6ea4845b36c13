import {
  type CredentialId,
  type CredentialRow,
  hexToBytes,
  readCredentialRow,
  type RowGrant,
  U32_MAX,
  type UnixSeconds,
  unixSeconds,
} from "@portico/card-protocol";

/**
 * A credential id as the table's key: its 8 bytes as a signed integer, which SQLite finds in half the time of bytes. Undefined for what is no id.
 * Ids of the same first byte are in the same order either way.
 */
export function credentialKey(id: CredentialId): bigint | undefined {
  const bytes = hexToBytes(id);
  if (bytes?.length !== 8) return undefined;
  KEY_BYTES.set(bytes);
  return KEY.getBigInt64(0);
}

/** One view for all: to ask small bytes for their buffer, as a view of their own does, takes longer than everything else here. */
const KEY = new DataView(new ArrayBuffer(8));
const KEY_BYTES = new Uint8Array(KEY.buffer);

/** The disk or somebody altered a row that this program wrote. Ends the program where a decision meets it: nobody is let in by it. */
export class AlteredRow extends Error {
  override readonly name = "AlteredRow";
  constructor(id: CredentialId) {
    super(`the row of credential ${id} is none: the database was altered; move it away and load the list again`);
  }
}

/**
 * A row of our own database: the inspection at the start has seen that its page is whole.
 *
 * @throws AlteredRow where it is none all the same
 */
export function storedRow(id: CredentialId, bytes: Uint8Array): CredentialRow {
  const row = readCredentialRow(id, bytes);
  if (row === undefined) throw new AlteredRow(id);
  return row;
}

/** How long a profile without times of its own is had. */
export const ALWAYS = { from: unixSeconds(0), until: unixSeconds(U32_MAX) } as const;

/** An access profile that a credential has for a while. */
export interface ProfileGrant {
  /** The profile's number in this database. */
  readonly profile: number;
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
}

/** The grants by profile; a list from files has no others. */
export function profileGrants(grants: readonly RowGrant[]): ProfileGrant[] {
  const found: ProfileGrant[] = [];
  for (const grant of grants) {
    if (grant.kind === "profile") found.push({ profile: grant.profile, validFrom: ALWAYS.from, validUntil: ALWAYS.until });
    else if (grant.kind === "profileFor") found.push(grant);
  }
  return found;
}
