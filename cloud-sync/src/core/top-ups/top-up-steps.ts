/**
 * - `begun`: written down, and whether the provider knows it is not known
 * - `pending`: the payer may pay
 * - `paid`: the provider says that it was paid; the wallet is credited next
 * - `credited`, `failed`, `returned`: over
 * - `review`: it was paid, and cannot be credited without somebody deciding
 */
export const TOP_UP_STATES = ["begun", "pending", "paid", "credited", "failed", "review", "returned"] as const;
export type TopUpState = (typeof TOP_UP_STATES)[number];

/** Everything that may become of a top-up: from which states to which. The store is changed by these alone, and the picture of docs/money.md is drawn from them. */
export const TOP_UP_STEPS = {
  /** The provider has it: the payer may pay. */
  accepted: { from: ["begun"], to: "pending", by: "provider" },
  /** It was paid as it was asked for. What is paid behind a failure is paid all the same. */
  paid: { from: ["begun", "pending", "failed"], to: "paid", by: "provider" },
  /** It was paid otherwise. */
  differs: { from: ["begun", "pending", "failed"], to: "review", by: "provider" },
  /** Nobody can pay any more. */
  fail: { from: ["begun", "pending"], to: "failed", by: "provider" },
  /** The ledger has it. */
  credited: { from: ["paid"], to: "credited", by: "ledger" },
  /** The ledger does not take it: the wallet is closed, or full. */
  refused: { from: ["paid"], to: "review", by: "ledger" },
  /** What was paid is credited. */
  credit: { from: ["review"], to: "paid", by: "operator" },
  /** It goes back through the provider. */
  return: { from: ["review"], to: "returned", by: "operator" },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly TopUpState[]; readonly to: TopUpState; readonly by: "provider" | "ledger" | "operator" }>
>;
export type TopUpStep = keyof typeof TOP_UP_STEPS;
