import type { CredentialKind, HolderFlag, PassKind, SuspensionReason } from "@portico/card-protocol";

/** The permission list that is in force. */
export interface ListSummary {
  readonly version: number;
  readonly digest: string;
  readonly loadedAt: number | null;
  /** Rows of each table, e.g. credentials, cards, access profiles. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Exactly one of the two. `person` is the id that the list's files use. */
export interface CredentialQuery {
  readonly person?: string;
  readonly credential?: string;
}

/** A credential as the list has it, with what it may do. */
export interface CredentialRow {
  readonly credential: string;
  readonly holder: number;
  readonly kind: CredentialKind;
  readonly suspension: SuspensionReason | null;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly takes: readonly PassKind[];
  readonly takesIssuedUntil: number | null;
  readonly flags: readonly HolderFlag[];
  /** So many pass on one presentation at a turnstile: 2..255; null: the holder alone. */
  readonly partySize: number | null;
  readonly accessProfiles: readonly { readonly accessProfile: string; readonly validFrom: number; readonly validUntil: number }[];
}

/** What loading a folder changes, or has changed. */
export interface ListDifference {
  /** The version in force afterwards; the one before, where nothing differs. */
  readonly version: number;
  readonly digest: string;
  readonly tables: Readonly<Record<string, { readonly added: number; readonly changed: number; readonly removed: number }>>;
  /** At most 1,000 rows, removed ones first; never a card number. */
  readonly rows: readonly { readonly table: string; readonly change: "added" | "changed" | "removed"; readonly key: string }[];
}

/** One mistake in a list folder. `row` counts from 1, the headings included; null where the file as a whole is meant. */
export interface ListProblem {
  readonly file: string;
  readonly row: number | null;
  readonly column: string | null;
  readonly cause: string;
  readonly remedy: string;
}
