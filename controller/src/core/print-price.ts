/** What somebody has chosen for a job. */
export interface PrintChoices {
  readonly copies: number;
  readonly isDuplex: boolean;
  /** Pages of the document on one side of a sheet. */
  readonly numberUp: number;
  /** Only these pages, both ends included; none: all. */
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
}

/** How much of a job is to be printed, as far as that can be known before. */
export interface PrintSize {
  /** Sides with something on them, copies included; where the pages could not be counted, what is held for. */
  readonly sides: number;
  readonly isCounted: boolean;
  readonly copies: number;
  readonly isDuplex: boolean;
}

/**
 * The sides that a job will take.
 *
 * @param pages      of its documents together; undefined: they could not be counted
 * @param uncounted  what is held for then, of one copy
 */
export function printSize(job: PrintChoices, pages: number | undefined, uncounted: number): PrintSize {
  const { copies, isDuplex, numberUp, ranges } = job;
  const chosen = pages === undefined ? uncounted : Math.ceil(chosenPages(pages, ranges) / numberUp);
  return { sides: chosen * copies, isCounted: pages !== undefined, copies, isDuplex };
}

/** How many of the pages are in a range, none twice; without ranges all. */
function chosenPages(pages: number, ranges: PrintChoices["ranges"]): number {
  if (ranges.length === 0) return pages;
  let chosen = 0;
  let behind = 0;
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const from = Math.max(first, behind + 1, 1);
    const to = Math.min(last, pages);
    if (to < from) continue;
    chosen += to - from + 1;
    behind = to;
  }
  return chosen;
}

/**
 * The sides that are charged: those that the printer counts, but for the backs of last sheets with nothing on them. A document that was made to look shorter than
 * it is saves nothing: a printer's count is larger than ours by one side a copy at most, or it holds.
 *
 * @param impressions  as the printer counts them; undefined or 0: it does not
 * @returns undefined where neither has counted
 */
export function chargedSides({ sides, isCounted, copies, isDuplex }: PrintSize, impressions: number | undefined): number | undefined {
  const counted = impressions ?? 0;
  if (counted === 0) return isCounted ? sides : undefined;
  const blanks = counted - sides;
  return isCounted && isDuplex && blanks > 0 && blanks <= copies ? sides : counted;
}
