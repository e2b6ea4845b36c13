/** One way in which the cloud says no: what HTTP calls it, which rule of docs/contract.md stands behind it, and what helps. */
export interface RefusalRow {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 500 | 503;
  /** A rule's number; absent where no rule of the campus is concerned. */
  readonly rule?: string;
  readonly title: string;
  readonly remedy: string;
  /** Title and remedy to be read out in Chinese: the first sentence says what was refused, the others what helps. */
  readonly zh: `${string}。${string}。`;
  /** Whom to ask: a category of cases, docs/contract.md rule 2.12. */
  readonly caseCategory?: "校园卡" | "智能门禁" | "智能门锁" | "打印机";
}
