import type { CredentialKind, HolderFlag, PassKind, SuspensionReason } from "@portico/card-protocol";

/** Numbers that stand for words in the table `credential`: a row is then half as long. A number once given keeps its word. */
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
export const FLAG_BIT = { visitor: 1, emergency: 2, extendedTime: 4, antipassbackExempt: 8 } as const satisfies Record<HolderFlag, number>;

/** Words by table and number, made once: looking one up stands in the path of every scan. */
const wordsByCode = new Map<object, (string | undefined)[]>();

/** The word of a number. @throws RangeError for a number of a newer version: the layout's number should have kept it out */
export function wordOf<Word extends string>(codes: Readonly<Record<Word, number>>, code: number): Word {
  let words = wordsByCode.get(codes);
  if (words === undefined) {
    wordsByCode.set(codes, (words = []));
    for (const word in codes) words[codes[word]] = word;
  }
  const word = words[code];
  if (word === undefined) throw new RangeError(`${code} is none of ${Object.keys(codes).join(", ")}`);
  return word as Word;
}

/** The sum of the bits of some words. */
export function bitsOf<Word extends string>(bits: Readonly<Record<Word, number>>, words: readonly Word[]): number {
  let sum = 0;
  for (const word of words) sum |= bits[word];
  return sum;
}

/** Word lists by table and sum: there are few, and a decision must not make one each time. */
const known = new Map<object, (readonly string[])[]>();

/** The words of a sum of bits, in the table's order. The list is shared and frozen. */
export function wordsOf<Word extends string>(bits: Readonly<Record<Word, number>>, sum: number): readonly Word[] {
  let lists = known.get(bits);
  if (lists === undefined) known.set(bits, (lists = []));
  return (lists[sum] ??= Object.freeze((Object.keys(bits) as Word[]).filter((word) => (sum & bits[word]) !== 0))) as readonly Word[];
}
