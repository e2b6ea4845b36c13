import type { CredentialKind, HolderFlag, PassKind, SuspensionReason } from "@portico/card-protocol";

/** Numbers that stand for words in the lines of a list's digest. A number once given keeps its word. */
export const KIND_CODE = { qr: 1, card: 2, pin: 3, finger: 4, face: 5, idcard: 6, plate: 7 } as const satisfies Record<CredentialKind, number>;
export const SUSPENSION_CODE = {
  CredentialLost: 1,
  CredentialStolen: 2,
  CredentialDamaged: 3,
  CredentialDestroyed: 4,
  CredentialInactivity: 5,
  CredentialBlocked: 6,
  CredentialLockedOut: 7,
  CredentialRenewalNeeded: 8,
  Frozen: 9,
  Suspended: 10,
} as const satisfies Record<SuspensionReason, number>;
export const TAKES_BIT = { T: 1, H: 2, HC: 4 } as const satisfies Record<PassKind, number>;
export const FLAG_BIT = {
  visitor: 1,
  emergency: 2,
  extendedTime: 4,
  antipassbackExempt: 8,
  escortRequired: 16,
  escort: 32,
  firstPerson: 64,
  guard: 128,
} as const satisfies Record<HolderFlag, number>;

/** The sum of the bits of some words. */
export function bitsOf<Word extends string>(bits: Readonly<Record<Word, number>>, words: readonly Word[]): number {
  let sum = 0;
  for (const word of words) sum |= bits[word];
  return sum;
}

/** The word of a code of {@link KIND_CODE} or {@link SUSPENSION_CODE}. */
export function wordOf<Word extends string>(codes: Readonly<Record<Word, number>>, code: number): Word {
  const word = (Object.keys(codes) as Word[]).find((each) => codes[each] === code);
  if (word === undefined) throw new RangeError(`${code} is no code of a list's line`);
  return word;
}

/** The words of a sum of {@link bitsOf}. */
export const wordsOf = <Word extends string>(bits: Readonly<Record<Word, number>>, sum: number): Word[] =>
  (Object.keys(bits) as Word[]).filter((word) => (sum & bits[word]) !== 0);
