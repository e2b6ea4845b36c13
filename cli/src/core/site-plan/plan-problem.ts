/** One mistake in a site plan, said so that it can be mended without a manual. */
export interface PlanProblem {
  /** The line of the sheet, from 1; null: the base, or the sheet as a whole. */
  readonly row: number | null;
  /** The sheet's column; of the base the path, e.g. `wire[readers].baud`; null: the row, or the file, as a whole. */
  readonly column: string | null;
  readonly cause: string;
  readonly remedy: string;
}

/** In the order of the sheet; what belongs to no row stands first. */
export const byRow = (a: PlanProblem, b: PlanProblem): number => (a.row ?? 0) - (b.row ?? 0);
