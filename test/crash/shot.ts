import type { Clock } from "@portico/card-protocol";
import { seededRandom } from "@portico/firmware-ts";
import type { FarEnd } from "./far-end.ts";

/**
 * Where a kill is aimed at. What it really met is found out afterwards.
 *
 *     scan ─────────▶ decide ─▶ commit ─▶ frame on the line ─▶ strike ─▶ answer read ─▶ passage seen
 *     begun    sent             begun      held  going out     taken  again    given            seen
 */
export type Point =
  | "scan begun"
  | "scan sent"
  | "commit begun"
  | "frame held"
  | "frame going out"
  | "frame taken"
  | "frame taken again"
  | "answer given"
  | "passage seen";

/** One kill, drawn from its seed. */
export interface Shot {
  readonly seed: number;
  /** Index of the entrance. */
  readonly entrance: 0 | 1;
  readonly point: Point;
  /** How far behind the point the kill comes. */
  readonly delayMs: number;
  /** How much of a begun scan is sent, above 0 and below 1. */
  readonly share: number;
  /** A pass that was spent is shown once more after the restart. */
  readonly isShownAgain: boolean;
}

/**
 * How kills are shared out among the points, and how far behind its point a kill comes at most. The first decision of a controller takes many milliseconds,
 * the next ones one; a commit takes a fraction of one.
 */
const AIMS: readonly { readonly point: Point; readonly weight: number; readonly delayMsMax: number }[] = [
  { point: "scan begun", weight: 7, delayMsMax: 3 },
  { point: "scan sent", weight: 20, delayMsMax: 24 },
  { point: "commit begun", weight: 14, delayMsMax: 0.2 },
  { point: "frame held", weight: 19, delayMsMax: 3 },
  { point: "frame going out", weight: 14, delayMsMax: 3 },
  { point: "frame taken", weight: 12, delayMsMax: 3 },
  { point: "frame taken again", weight: 3, delayMsMax: 3 },
  { point: "answer given", weight: 8, delayMsMax: 3 },
  { point: "passage seen", weight: 5, delayMsMax: 12 },
];

const WATCH_MS = 1;
/** One in so many kills comes at the point itself. */
const AT_ONCE_EVERY = 4;

/** The same seed gives the same shot. */
export function shotOf(seed: number): Shot {
  const random = seededRandom(seed);
  let left = random() * AIMS.reduce((sum, { weight }) => sum + weight, 0);
  const aim = AIMS.find(({ weight }) => (left -= weight) < 0)!;
  return {
    seed,
    point: aim.point,
    entrance: random() < 0.5 ? 0 : 1,
    delayMs: random() * AT_ONCE_EVERY < 1 ? 0 : random() * aim.delayMsMax,
    share: 0.05 + random() * 0.9,
    isShownAgain: random() < 0.5,
  };
}

/** What an aim is taken with. */
export interface Scene {
  readonly shot: Shot;
  readonly far: FarEnd;
  /** The QR text. */
  readonly text: string;
  /** The controller has reported a decision on the scan: it is committed. */
  readonly isJudged: () => boolean;
  /** How many bytes of records lie in the data folder, those of a commit that is being written included. */
  readonly recordedBytes: () => number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly until: (what: string, condition: () => boolean) => Promise<void>;
}

/** Brings a controller to the point, without a word to it but the bytes of its wires. */
export async function aim({ shot, far, text, isJudged, recordedBytes, clock, until }: Scene): Promise<void> {
  const framesBefore = far.strikeFrames.length;
  const frames = (count: number) => (): boolean => far.strikeFrames.length >= framesBefore + count;
  switch (shot.point) {
    case "scan begun":
      return far.beginScan(text, Math.ceil(text.length * shot.share));
    case "scan sent":
      return far.scan(text);
    case "commit begun": {
      const bytes = recordedBytes();
      far.scan(text);
      return watch(clock, () => recordedBytes() !== bytes || isJudged());
    }
    case "frame held":
    case "frame going out":
      // One exchange at a time: while a poll waits for its answer the strike's frame cannot leave, but the decision is made and kept.
      far.withhold("everything");
      await until("a request that is left unanswered", () => far.isWithholding);
      far.scan(text);
      await until("a decision", isJudged);
      if (shot.point === "frame going out") far.answer();
      return;
    case "frame taken":
    case "frame taken again":
      far.withhold("strike frames");
      far.scan(text);
      return until("the strike's frame", frames(shot.point === "frame taken" ? 1 : 2));
    case "answer given":
      far.scan(text);
      return until("the strike's frame", frames(1));
    case "passage seen": {
      far.scan(text);
      await until("the strike's frame", frames(1));
      far.pass();
      const readings = far.inputReadings;
      return until("the contact being read", () => far.inputReadings > readings);
    }
  }
}

/** Lets time pass while the far ends go on; exact to a fraction of a millisecond, which no timer is. */
export async function letPass(clock: Pick<Clock, "monotonic">, delayMs: number): Promise<void> {
  const until = clock.monotonic() + delayMs;
  while (clock.monotonic() < until) await turn();
}

/** Looks at nothing else for a millisecond at a time: what comes and goes within microseconds is met so. */
async function watch(clock: Pick<Clock, "monotonic">, condition: () => boolean): Promise<void> {
  for (;;) {
    const until = clock.monotonic() + WATCH_MS;
    while (clock.monotonic() < until) if (condition()) return;
    await turn();
  }
}

/** One turn of the loop: whatever has come is read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
