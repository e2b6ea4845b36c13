import type { Clock } from "@portico/card-protocol";
import { seededRandom } from "@portico/firmware-ts";
import type { FarEnd } from "./far-end.ts";

/**
 * Where a kill is aimed at. What it really met is found out afterwards.
 *
 *     scan ─────────▶ decide ─▶ commit ─▶ frame on the line ─▶ strike ─▶ answer read ─▶ contact read ─▶ commit
 *     begun    sent             begun      held  going out     taken  again    given            passage seen    recorded
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
  | "passage seen"
  | "passage recorded";

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
 * How kills are shared out among the points, and how far behind its point a kill comes at most; most come sooner. The first decision of a controller takes
 * many milliseconds, a commit a fraction of one.
 */
const AIMS: readonly { readonly point: Point; readonly weight: number; readonly delayMsMax: number }[] = [
  { point: "scan begun", weight: 7, delayMsMax: 3 },
  { point: "scan sent", weight: 20, delayMsMax: 40 },
  { point: "commit begun", weight: 14, delayMsMax: 0.2 },
  { point: "frame held", weight: 19, delayMsMax: 3 },
  { point: "frame going out", weight: 14, delayMsMax: 3 },
  { point: "frame taken", weight: 12, delayMsMax: 3 },
  { point: "frame taken again", weight: 3, delayMsMax: 3 },
  { point: "answer given", weight: 8, delayMsMax: 3 },
  { point: "passage seen", weight: 4, delayMsMax: 12 },
  { point: "passage recorded", weight: 4, delayMsMax: 3 },
];

/** So long at a time the loop may be kept from turning. */
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
    delayMs: random() * AT_ONCE_EVERY < 1 ? 0 : random() ** 2 * aim.delayMsMax,
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
  /** The decision on the scan, once the controller has reported it: then it is committed. */
  readonly outcome: () => "granted" | "denied" | undefined;
  /** When the data folder's database was written to last: a commit that has begun counts with its first page. Any clock's nanoseconds. */
  readonly recordedAt: () => bigint;
  readonly clock: Pick<Clock, "monotonic">;
  readonly until: (what: string, condition: () => boolean) => Promise<void>;
}

/** Brings a controller to the point, without a word to it but the bytes of its wires. */
export async function aim({ shot, far, text, outcome, recordedAt, clock, until }: Scene): Promise<void> {
  const framesBefore = far.strikeFrames.length;
  // Nobody waits for the frame of somebody who is not let in: the kill comes, and what went wrong is found out.
  const frames = (count: number) => (): boolean => far.strikeFrames.length >= framesBefore + count || outcome() === "denied";
  switch (shot.point) {
    case "scan begun":
      return far.beginScan(text, Math.ceil(text.length * shot.share));
    case "scan sent":
      return far.scan(text);
    case "commit begun": {
      const before = recordedAt();
      far.scan(text);
      return watch(clock, () => recordedAt() !== before || outcome() !== undefined || !far.isConnected);
    }
    case "frame held":
    case "frame going out":
      // One exchange at a time: while a poll waits for its answer the strike's frame cannot leave, but the decision is made and kept.
      far.withhold("everything");
      await until("a request that is left unanswered", () => far.isWithholding);
      far.scan(text);
      await until("a decision", () => outcome() !== undefined);
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
    case "passage seen":
    case "passage recorded": {
      far.scan(text);
      await until("the strike's frame", frames(1));
      far.pass();
      // The answer to the next question tells of it, and the question behind that one shows that it was taken in.
      const readings = far.inputReadings + (shot.point === "passage seen" ? 1 : 2);
      return until("the contact being read", () => far.inputReadings >= readings);
    }
  }
}

/** Lets time pass while the far ends go on, but for the last millisecond; exact to a fraction of one, which no timer is. */
export async function letPass(clock: Pick<Clock, "monotonic">, delayMs: number): Promise<void> {
  const until = clock.monotonic() + delayMs;
  for (let leftMs = delayMs; leftMs > 0; leftMs = until - clock.monotonic()) if (leftMs > WATCH_MS) await turn();
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
