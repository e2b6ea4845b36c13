/** Amounts are whole fen. A sum that no double holds exactly is refused. */
export const FEN_MAX = Number.MAX_SAFE_INTEGER;

/**
 * What an account is, and which of its sides may never be the larger one. Names and rules of balances as TigerBeetle has them.
 *
 * - `wallet`: what the campus owes a person; held amounts count as spent
 * - `debt`: what a person owes the campus
 * - `merchant`, `cashDesk`, `provider`: who is paid, who took cash, who collects for the campus: tills, whose days are closed
 * - `review`: was handed out, and nobody has decided yet who pays
 * - `campusLoss`: the campus pays
 */
export const ACCOUNT_KIND = {
  wallet: { debitsMustNotExceedCredits: true, creditsMustNotExceedDebits: false },
  debt: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: true },
  merchant: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: false },
  cashDesk: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: false },
  provider: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: false },
  review: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: true },
  campusLoss: { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: false },
} as const satisfies Readonly<Record<string, { readonly debitsMustNotExceedCredits: boolean; readonly creditsMustNotExceedDebits: boolean }>>;
export type AccountKind = keyof typeof ACCOUNT_KIND;
export const ACCOUNT_KINDS = Object.keys(ACCOUNT_KIND) as [AccountKind, ...AccountKind[]];

/** An account and its four sums, fen, each 0..2⁵³−1. */
export interface Account {
  /** `wallet/<key>`, `debt/<key>`, `merchant/<id>`, `cashDesk/<id>`, `provider/<id>`, `review`, `campusLoss`. */
  readonly id: string;
  readonly debitsPending: number;
  readonly debitsPosted: number;
  readonly creditsPending: number;
  readonly creditsPosted: number;
  /** Of a wallet: no transfer moves it any more. Of a till: it takes nothing new; what has happened is booked all the same. */
  readonly isClosed: boolean;
}

/** An account that nothing has moved yet. */
export const emptyAccount = (id: string): Account => ({ id, debitsPending: 0, debitsPosted: 0, creditsPending: 0, creditsPosted: 0, isClosed: false });

/** Undefined: an id of none of the kinds. */
export function accountKindOf(id: string): AccountKind | undefined {
  const slash = id.indexOf("/");
  const kind = slash === -1 ? id : id.slice(0, slash);
  return Object.hasOwn(ACCOUNT_KIND, kind) ? (kind as AccountKind) : undefined;
}

export const REVIEW = "review";
export const CAMPUS_LOSS = "campusLoss";
export const walletAccount = (key: string): string => `wallet/${key}`;
export const debtAccount = (key: string): string => `debt/${key}`;

/** What can be spent: posted, without what is held. Never below nothing. */
export const availableFen = ({ creditsPosted, debitsPosted, debitsPending }: Account): number => creditsPosted - debitsPosted - debitsPending;
/** What a wallet holds or a till is owed, held amounts aside. */
export const creditBalanceFen = ({ creditsPosted, debitsPosted }: Account): number => creditsPosted - debitsPosted;
/** What is owed to the campus. */
export const debitBalanceFen = (account: Account): number => -creditBalanceFen(account) || 0;
