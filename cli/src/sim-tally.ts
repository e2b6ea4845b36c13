import type { ChainVerdict, ControllerReport } from "@portico/controller";
import type { VisitRecord } from "@portico/simulator";

/** What a time of campus life came to. */
export interface SimSummary {
  readonly visits: number;
  readonly granted: number;
  readonly passed: number;
  /** By reason, the most frequent first. */
  readonly refused: Readonly<Record<string, number>>;
  /** Visits that nobody judged. */
  readonly unanswered: number;
  /** Visits in whose way somebody was who does not live here: what came of them had to be. */
  readonly hindered: number;
  /** From a scan's last byte to the relay's frame; null where no relay moved. */
  readonly relay: { readonly count: number; readonly medianMs: number; readonly p99Ms: number } | null;
  /** What was not as it must be, as sentences. */
  readonly unexpected: readonly string[];
  readonly chain: ChainVerdict | null;
  /** How often the controller ended by itself. */
  readonly crashes: number;
}

/** Counts a campus's life as it goes on. */
export class SimTally {
  readonly #outcomes = new Map<VisitRecord["got"], number>();
  readonly #actMs: number[] = [];
  #passed = 0;
  #hindered = 0;

  visit({ got, passed, hindered }: VisitRecord): void {
    if (hindered) this.#hindered++;
    this.#outcomes.set(got, (this.#outcomes.get(got) ?? 0) + 1);
    if (passed) this.#passed++;
  }

  report(report: ControllerReport): void {
    if (report.kind === "acted") this.#actMs.push(report.afterMs);
  }

  summary(unexpected: readonly string[], crashes: number, chain: ChainVerdict | null): SimSummary {
    const { granted = 0, "no answer": noAnswer = 0, "nothing shown": nothingShown = 0, ...refused } = Object.fromEntries(this.#outcomes);
    const sorted = [...this.#actMs].sort((a, b) => a - b);
    return {
      visits: [...this.#outcomes.values()].reduce((sum, count) => sum + count, 0),
      granted,
      passed: this.#passed,
      refused: Object.fromEntries(Object.entries(refused).sort(([, a], [, b]) => b - a)),
      unanswered: noAnswer + nothingShown,
      hindered: this.#hindered,
      relay: sorted.length === 0 ? null : { count: sorted.length, medianMs: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) },
      unexpected,
      chain,
      crashes,
    };
  }
}

/** Everything came to what it had to, nothing crashed, and the log is whole. */
export const isGood = ({ visits, unexpected, crashes, chain }: SimSummary): boolean =>
  visits > 0 && unexpected.length === 0 && crashes === 0 && chain?.kind === "whole";

/** The summary for people: a name and a value a line. */
export function summaryLines({ visits, granted, passed, refused, unanswered, hindered, relay, unexpected, chain, crashes }: SimSummary): string[] {
  const reasons = Object.entries(refused);
  const refusals = reasons.reduce((sum, [, count]) => sum + count, 0);
  const lines = [
    ["visits", `${visits}: ${granted} granted, ${refusals} refused${unanswered === 0 ? "" : `, ${unanswered} without an answer`}; ${passed} went through`],
    ...reasons.map(([reason, count], index) => [index === 0 ? "refused" : "", `${String(count).padStart(3)}  ${reason}`]),
    ["outcomes", unexpected.length === 0 ? "each as it had to be" : `${unexpected.length} not as they had to be:`],
    ...unexpected.map((what) => ["", what]),
    ...(hindered === 0 ? [] : [["", `${hindered} hindered by your own scans and acts`]]),
    [
      "to the relay",
      relay === null
        ? "none moved"
        : `median ${relay.medianMs.toFixed(1)} ms, p99 ${relay.p99Ms.toFixed(1)} ms from the scan's last byte (${relay.count} times)`,
    ],
    ["event chain", chainText(chain)],
    ...(crashes === 0 ? [] : [["controller", `ended by itself ${crashes === 1 ? "once" : `${crashes} times`}`]]),
  ];
  return lines.map(([name, value]) => `${name!.padEnd(NAME_WIDTH)}  ${value}`);
}

const NAME_WIDTH = "to the relay".length;

function chainText(chain: ChainVerdict | null): string {
  if (chain === null) return "not verified";
  if (chain.kind === "broken") return `broken at event ${chain.seq}: ${chain.cause}, ${chain.detail}`;
  return `whole, ${chain.records} events`;
}

/** Of an ordered, non-empty list: the smallest value that at least that share is not above. */
const quantile = (ordered: readonly number[], share: number): number => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)]!;
