import { availableParallelism, loadavg } from "node:os";
import { systemClock, seededRandom } from "@portico/firmware-ts";
import { unixSeconds } from "@portico/card-protocol";
import { passOf, PEOPLE } from "../campus.ts";
import { type Goal, median, quantile } from "../goal.ts";
import { type RunningController, startController } from "../running-controller.ts";

const SCANS = 2_000;
/** Scans in front of those that count: for compilers and caches. */
const FIRST_SCANS = 300;
const STARTS = 5;
/** Between two people: long enough that each scan meets another moment of the board's polling. */
const PAUSE_MS = { least: 3, most: 13 };
const STEP = 7_919;
const clock = systemClock(() => "untrusted");
const pause = (ms: number): Promise<undefined> => new Promise((resolve) => void clock.after(ms, () => resolve(undefined)));

/** Scanner byte → relay frame through the real process. */
export const SCANNER_TO_RELAY: Goal = {
  name: "scanner-to-relay",
  what: `p99 over ${SCANS.toLocaleString("en")} scans, from the scanner's last byte on one pty to the relay's frame on another, through portico controller run`,
  unit: "ms",
  goal: 5,
  measure: (note) =>
    withController(async (controller) => {
      const random = seededRandom(20_260_902);
      const whole: number[] = [];
      for (let round = 1; round <= FIRST_SCANS + SCANS; round++) {
        await pause(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least));
        const pass = nextPass(round);
        const judged = controller.reported("judged");
        const scannedAt = controller.scan(pass);
        const { outcome, reason, detail } = await judged;
        if (outcome === "denied") throw new Error(`a genuine pass was refused: ${reason} (${detail})`);
        const ms = (await controller.pulsedBehind(scannedAt)) - scannedAt;
        if (round > FIRST_SCANS) whole.push(ms);
      }
      const inside = controller.acted.slice(-SCANS);
      const [load] = loadavg();
      const cores = availableParallelism();
      if (load! > cores) note(`the machine is busy with other things: load ${load!.toFixed(1)} on ${cores} cores`);
      note(`p50 ${median(whole).toFixed(2)} ms, slowest ${quantile(whole, 1).toFixed(2)} ms`);
      note(`of it within the controller, as it reports: p50 ${median(inside).toFixed(2)} ms, p99 ${quantile(inside, 0.99).toFixed(2)} ms`);
      return quantile(whole, 0.99);
    }),
};

/** From nothing to letting somebody in. */
export const COLD_START: Goal = {
  name: "cold-start",
  what: `from the start of portico controller run with ${PEOPLE.toLocaleString("en")} credentials to its first grant, median of ${STARTS}`,
  unit: "s",
  goal: 1,
  async measure(note) {
    const starts: number[] = [];
    const listens: number[] = [];
    for (let nth = 0; nth < STARTS; nth++) {
      const controller = startController(PEOPLE);
      try {
        const listening = controller.reported("started").then(() => performance.now());
        const [listenedAt, grantedAt] = await Promise.all([listening, firstGrant(controller)]);
        listens.push((listenedAt - controller.startedAt) / 1_000);
        starts.push((grantedAt - controller.startedAt) / 1_000);
      } finally {
        await controller.stop();
      }
    }
    note(`${starts.map((s) => s.toFixed(2)).join(", ")} s; everything is built and listens after ${median(listens).toFixed(2)} s`);
    return median(starts);
  },
};

/** What a controller asks of a small computer. */
export const MEMORY: Goal = {
  name: "memory",
  what: `resident memory of portico controller run with ${PEOPLE.toLocaleString("en")} credentials behind ${SCANS.toLocaleString("en")} decisions`,
  unit: "MiB",
  goal: 120,
  measure: (note) =>
    withController(async (controller) => {
      for (let round = 1; round <= SCANS; round++) {
        const judged = controller.reported("judged");
        controller.scan(nextPass(round));
        await judged;
      }
      const { rss, peak } = controller.memory();
      note(`at most ${peak.toFixed(0)} MiB`);
      return rss;
    }),
};

/** A controller that has let somebody in. */
async function withController<T>(use: (controller: RunningController) => Promise<T>): Promise<T> {
  const controller = startController(PEOPLE);
  try {
    await firstGrant(controller);
    return await use(controller);
  } finally {
    await controller.stop();
  }
}

/** Somebody stands at the reader and shows pass after pass until the door opens. Returns when the grant was reported. */
async function firstGrant(controller: RunningController): Promise<number> {
  const granted = controller.reported("judged", ({ outcome }) => outcome === "granted").then(() => performance.now());
  for (let nth = 0; ; nth++) {
    controller.scan(passOf(PEOPLE - 1 - nth, now(), 1));
    const at = await Promise.race([granted, pause(10)]);
    if (at !== undefined) return at;
  }
}

const nextPass = (round: number): Uint8Array => passOf((round * STEP) % PEOPLE, now(), 1 + Math.floor(round / PEOPLE));
const now = (): ReturnType<typeof unixSeconds> => unixSeconds(Math.floor(Date.now() / 1_000));
