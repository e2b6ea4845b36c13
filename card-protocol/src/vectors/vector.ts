import type { DenyReason } from "../deny-reason.ts";
import type { SuspensionReason } from "../suspension-reason.ts";
import type { IssuerKey } from "../issuer-key.ts";
import type { PassKind } from "../pass.ts";
import type { SpentCounter } from "../replay.ts";

/** What a reader's controller knows in a vector: JSON, so keys and challenges are hex and "none" is null. */
export interface Given {
  readonly site: string;
  readonly wall: { readonly now: number; readonly uncertaintyS: number } | "untrusted";
  readonly issuerKeys: readonly (Pick<IssuerKey, "usages" | "ttlS" | "status"> & {
    readonly kid: number;
    readonly publicKey: string;
    readonly notBefore: number;
    readonly notAfter: number;
  })[];
  readonly credentials: readonly {
    readonly id: string;
    readonly publicKey: string | null;
    readonly takes: readonly PassKind[];
    readonly takesIssuedUntil: number | null;
    readonly suspension: SuspensionReason | null;
    /** validFrom ≤ t < validUntil, seconds. */
    readonly validFrom: number;
    readonly validUntil: number;
  }[];
  readonly challengeDemanded: boolean;
  /** Open at this reader. */
  readonly openChallenges: readonly string[];
  readonly untrustedWindow: { readonly from: number; readonly until: number } | null;
  readonly verifyDespiteTime: boolean;
  /** Spent last for the credential in this replay group, by replay class. */
  readonly spent: { readonly T: SpentCounter | null; readonly H: SpentCounter | null };
  /** What the same reader saw before: its text, and how long ago it saw it last. */
  readonly before: { readonly text: string; readonly msAgo: number } | null;
}

/** What must come of it. Step names are those of PASS_CHECKS and CREDENTIAL_CHECKS; `not yet spent` and `debounce` are steps 9 and 1. */
export interface Expected {
  readonly outcome: "verified" | "refused" | "debounced";
  readonly reason?: DenyReason;
  readonly step?: string;
  /** Who: where the signature holds. */
  readonly pass?: { readonly kind: PassKind; readonly credentialId: string; readonly signedAt: number; readonly counter: number };
  readonly phoneClockOffsetS?: number;
}

/** One published case. */
export interface Vector {
  /** Stable as long as nothing is inserted before it. */
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
  /** What the reader sends, a character a byte (ISO 8859-1). */
  readonly text: string;
  /** What the text's Base45 stands for, hex; null where it is none. */
  readonly bytes: string | null;
  /** What differs from the file's `given`. */
  readonly given: Partial<Given>;
  readonly expected: Expected;
}

/** A case before it has its number. */
export type Case = Omit<Vector, "id" | "bytes" | "given"> & { readonly given?: Partial<Given> };

export const verified = (pass: NonNullable<Expected["pass"]>): Expected => ({ outcome: "verified", pass });
export const refused = (reason: DenyReason, step: string, more: Pick<Expected, "pass" | "phoneClockOffsetS"> = {}): Expected => ({
  outcome: "refused",
  reason,
  step,
  ...more,
});
