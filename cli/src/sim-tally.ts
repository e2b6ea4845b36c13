import type { ChainVerdict, ControllerReport } from "@portico/controller";
import type { VisitRecord } from "@portico/simulator";
import type { ControllerChain } from "./sim-campus.ts";
import { isGoodShow, listed, seconds, type ShowSummary } from "./sim-show.ts";
import { isGoodStations, stationLines, type StationsSummary } from "./sim-stations.ts";

/** How long something took that happened so many times. */
export interface ActTimes {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

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
  readonly relay: ActTimes | null;
  /** From a scan's last byte until a room's lock had drawn its bolt, over Bluetooth; null where none was. */
  readonly bolt: ActTimes | null;
  /** What was not as it must be, as sentences. */
  readonly unexpected: readonly string[];
  /** The log of each controller. */
  readonly chains: readonly ControllerChain[];
  /** What the cloud was seen to do; null: nothing was shown. */
  readonly cloud: ShowSummary | null;
  /** What was seen at till, printer, visitors' gate and room; null: nothing was shown. */
  readonly stations: StationsSummary | null;
  /** How often a program ended by itself. */
  readonly crashes: number;
}

/** Counts a campus's life as it goes on. */
export class SimTally {
  readonly #outcomes = new Map<VisitRecord["got"], number>();
  readonly #actMs: number[] = [];
  readonly #boltMs: number[] = [];
  readonly #rooms: ReadonlySet<string>;
  #passed = 0;
  #hindered = 0;

  /** @param rooms  access points whose lock is a room's */
  constructor(rooms: ReadonlySet<string> = new Set()) {
    this.#rooms = rooms;
  }

  visit({ got, passed, hindered }: VisitRecord): void {
    if (hindered) this.#hindered++;
    this.#outcomes.set(got, (this.#outcomes.get(got) ?? 0) + 1);
    if (passed) this.#passed++;
  }

  report(report: ControllerReport): void {
    if (report.kind === "acted") (this.#rooms.has(report.accessPoint) ? this.#boltMs : this.#actMs).push(report.afterMs);
  }

  /** Visits so far, and how many of them were let in. */
  get visits(): { readonly visits: number; readonly granted: number } {
    return { visits: [...this.#outcomes.values()].reduce((sum, count) => sum + count, 0), granted: this.#outcomes.get("granted") ?? 0 };
  }

  summary(
    unexpected: readonly string[],
    crashes: number,
    chains: readonly ControllerChain[],
    cloud: ShowSummary | null,
    stations: StationsSummary | null,
  ): SimSummary {
    const { granted = 0, "no answer": noAnswer = 0, "nothing shown": nothingShown = 0, ...refused } = Object.fromEntries(this.#outcomes);
    return {
      visits: this.visits.visits,
      granted,
      passed: this.#passed,
      refused: Object.fromEntries(Object.entries(refused).sort(([, a], [, b]) => b - a)),
      unanswered: noAnswer + nothingShown,
      hindered: this.#hindered,
      relay: timesOf(this.#actMs),
      bolt: timesOf(this.#boltMs),
      unexpected,
      chains,
      cloud,
      stations,
      crashes,
    };
  }
}

function timesOf(ms: readonly number[]): ActTimes | null {
  const sorted = [...ms].sort((a, b) => a - b);
  return sorted.length === 0 ? null : { count: sorted.length, medianMs: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

/** Everything came to what it had to, nothing crashed, every log is whole, and the doors heard of the cloud what they had to. */
export const isGood = ({ visits, unexpected, crashes, chains, cloud, stations }: SimSummary): boolean =>
  visits > 0 &&
  unexpected.length === 0 &&
  crashes === 0 &&
  chains.length > 0 &&
  chains.every(({ verdict }) => verdict.kind === "whole") &&
  (cloud === null || isGoodShow(cloud)) &&
  (stations === null || isGoodStations(stations));

/** The summary for people: a name and a value a line. */
export function summaryLines({
  visits,
  granted,
  passed,
  refused,
  unanswered,
  hindered,
  relay,
  bolt,
  unexpected,
  chains,
  cloud,
  stations,
  crashes,
}: SimSummary): string[] {
  const reasons = Object.entries(refused);
  const refusals = reasons.reduce((sum, [, count]) => sum + count, 0);
  const lines = [
    ["visits", `${visits}: ${granted} granted, ${refusals} refused${unanswered === 0 ? "" : `, ${unanswered} without an answer`}; ${passed} went through`],
    ...reasons.map(([reason, count], index) => [index === 0 ? "refused" : "", `${String(count).padStart(3)}  ${reason}`]),
    ["outcomes", unexpected.length === 0 ? "each as it had to be" : `${unexpected.length} not as they had to be:`],
    ...unexpected.map((what) => ["", what]),
    ...(hindered === 0 ? [] : [["", `${hindered} hindered by somebody else's scan or act`]]),
    ["to the relay", relay === null ? "none moved" : `${timesText(relay)} from the scan's last byte (${relay.count} times)`],
    ...(bolt === null ? [] : [["to the bolt", `${timesText(bolt)} from the scan's last byte, over Bluetooth (${bolt.count} times)`]]),
    ...(cloud === null ? [] : showLines(cloud)),
    ...(stations === null ? [] : stationLines(stations)),
    ...chainLines(chains),
    ...(crashes === 0 ? [] : [["programs", `ended by themselves ${crashes === 1 ? "once" : `${crashes} times`}`]]),
  ];
  return lines.map(([name, value]) => `${name!.padEnd(NAME_WIDTH)}  ${value}`);
}

const timesText = ({ medianMs, p99Ms }: ActTimes): string => `median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;

const NAME_WIDTH = "to the relay".length;

function showLines({ person, knownMs, refused, outage, found }: ShowSummary): string[][] {
  const lost =
    knownMs === null
      ? "not every controller knew it in time"
      : `${listed(knownMs)} from ${person}'s report to the disk${refused === null ? "" : `; the next scan, after ${refused.afterMs.toFixed(0)} ms: ${refused.answer}`}`;
  const away =
    outage === null
      ? "was not unplugged"
      : `${seconds(outage.ms)}, and nothing stopped: ${outage.visits} came, ${outage.granted} were let in; ${outage.backMs === null ? "what was published has not arrived" : `${seconds(outage.backMs)} after its return all was known`}`;
  return [
    ["card lost", lost],
    ["cloud away", away],
    ...(found === null ? [] : [["card found", `${found.meanwhile} while nobody could tell the doors, then ${found.afterwards}`]]),
  ];
}

function chainLines(chains: readonly ControllerChain[]): string[][] {
  if (chains.length === 0) return [["event chain", "not verified"]];
  return chains.map(({ controller, verdict }, nth) => [nth === 0 ? "event chain" : "", `${controller}: ${chainText(verdict)}`]);
}

function chainText(chain: ChainVerdict): string {
  return chain.kind === "broken" ? `broken at event ${chain.seq}: ${chain.cause}, ${chain.detail}` : `whole, ${chain.records} events`;
}

/** Of an ordered, non-empty list: the smallest value that at least that share is not above. */
const quantile = (ordered: readonly number[], share: number): number => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)]!;
