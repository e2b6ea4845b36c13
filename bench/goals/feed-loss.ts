import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { CloudClient } from "@portico/cloud-sync";
import { cardId, OPERATOR } from "../cloud-campus.ts";
import type { FleetAnswer, FleetAsk } from "../fleet.ts";
import { temporaryFolder } from "../folders.ts";
import { type Goal, median, quantile } from "../goal.ts";
import { type RunningCloud, startCloud } from "../running-cloud.ts";

const ZONES = 10;
const PEOPLE = 10_000;
const CONTROLLERS = 20;
const LOSSES = 20;
/** Losses in front of those that count. */
const FIRST_LOSSES = 5;
/** Between two losses: the fleet has come to rest. */
const PAUSE_MS = 400;

interface Heard {
  /** From the first byte of the report, ms. */
  readonly streams: readonly number[];
  readonly controllers: readonly number[];
  readonly reconnectS: number;
  readonly snapshots: number;
  readonly frontS: number;
}

const measured = new Map<number, Promise<Heard>>();
/** One run serves several goals: they speak of the same reports. */
function heardBy(streams: number): Promise<Heard> {
  const known = measured.get(streams) ?? run(streams);
  measured.set(streams, known);
  return known;
}

const THOUSAND = 1_000 - CONTROLLERS;
const MANY = 9_000 - CONTROLLERS;

/** A card is reported lost → everybody on the feed knows. */
export const FEED_LOSS: Goal = {
  name: "feed-loss",
  what: `p99 from the first byte of a loss report to its frame, on 1,000 streams, ${CONTROLLERS} of them controllers that have committed it durably; ${LOSSES} losses`,
  unit: "ms",
  goal: 150,
  async measure(note) {
    const { streams, controllers } = await heardBy(THOUSAND);
    note(
      `streams: the first hundredth ${quantile(streams, 0.01).toFixed(0)} ms, p50 ${median(streams).toFixed(0)} ms, p99 ${quantile(streams, 0.99).toFixed(0)} ms, slowest ${quantile(streams, 1).toFixed(0)} ms`,
    );
    note(`controllers, committed: p50 ${median(controllers).toFixed(0)} ms, slowest ${quantile(controllers, 1).toFixed(0)} ms`);
    return quantile([...streams, ...controllers], 0.99);
  },
};

export const FEED_LOSS_MEDIAN: Goal = {
  name: "feed-loss-median",
  what: "the median of the same",
  unit: "ms",
  goal: 60,
  async measure() {
    const { streams, controllers } = await heardBy(THOUSAND);
    return median([...streams, ...controllers]);
  },
};

export const FEED_LOSS_CROWD: Goal = {
  name: "feed-loss-crowd",
  what: `p99 of the same on 9,000 streams, ${CONTROLLERS} of them controllers`,
  unit: "ms",
  goal: 700,
  async measure(note) {
    const { streams, controllers } = await heardBy(MANY);
    note(`p50 ${median(streams).toFixed(0)} ms; controllers, committed: p50 ${median(controllers).toFixed(0)} ms`);
    return quantile([...streams, ...controllers], 0.99);
  },
};

export const FEED_RECONNECT: Goal = {
  name: "feed-reconnect",
  what: `all of ${MANY.toLocaleString("en")} streams were cut → each has heard the heads of its partitions again`,
  unit: "s",
  goal: 15,
  async measure(note) {
    const { reconnectS, snapshots, frontS } = await heardBy(MANY);
    note(`${snapshots} snapshots sent; where the tokens have ended too, challenges and proofs take ${frontS.toFixed(1)} s before it`);
    if (snapshots > 0) throw new Error(`${snapshots} snapshots were sent to who had missed nothing`);
    return reconnectS;
  },
};

async function run(streams: number): Promise<Heard> {
  const cloud = await startCloud({ people: PEOPLE, cards: 2 * (FIRST_LOSSES + LOSSES), zones: ZONES, controllers: streams + CONTROLLERS });
  const program = fileURLToPath(new URL("../fleet.js", import.meta.url));
  // Two programs: on campus nobody's verifying and committing keeps another from hearing.
  const [controllers, fleet] = [0, 1].map(() => fork(program, [cloud.url, temporaryFolder(), String(ZONES)]));
  try {
    return await measure(cloud, controllers!, fleet!, streams);
  } finally {
    controllers!.disconnect();
    fleet!.disconnect();
    await cloud.stop();
  }
}

async function measure(cloud: RunningCloud, controllers: ChildProcess, fleet: ChildProcess, streams: number): Promise<Heard> {
  await asked(controllers, { ask: "controllers", first: 0, count: CONTROLLERS });
  const { held = {} } = await asked(controllers, { ask: "held" });
  const group = { first: CONTROLLERS, count: streams };
  const { tookMs: frontMs = Number.NaN } = await asked(fleet, { ask: "tokens", ...group });
  await asked(fleet, { ask: "streams", ...group, held });
  await asked(fleet, { ask: "hang up" });
  const { tookMs: reconnectMs = Number.NaN, snapshots = Number.NaN } = await asked(fleet, { ask: "streams", ...group, held });
  const { url } = cloud;
  const client = new CloudClient({
    url,
    signer: OPERATOR,
    nowMs: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    fetch,
  });
  const all = { streams: [] as number[], controllers: [] as number[] };
  for (let nth = 0; nth < FIRST_LOSSES + LOSSES; nth++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const hearing = Promise.all([asked(controllers, { ask: "hear" }), asked(fleet, { ask: "hear" })]);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const request = await client.request("POST /v1/credentials/{id}/report-lost", { params: { id: cardId(nth) } });
    const reportedAt = process.hrtime.bigint();
    const response = await fetch(request);
    if (!response.ok) throw new Error(`the loss was not taken: ${response.status} ${await response.text()}`);
    const [committed, heard] = await hearing;
    if (nth < FIRST_LOSSES) continue;
    const behind = (at: string): number => Number(BigInt(at) - reportedAt) / 1e6;
    all.streams.push(...heard.streams!.map(behind));
    all.controllers.push(...committed.controllers!.map(behind));
  }
  return { ...all, reconnectS: reconnectMs / 1_000, snapshots, frontS: frontMs / 1_000 };
}

function asked(fleet: ChildProcess, ask: FleetAsk): Promise<FleetAnswer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("the fleet ended"));
    fleet.once("exit", ended);
    fleet.once("message", (answer: FleetAnswer) => {
      fleet.off("exit", ended);
      if (answer.error === undefined) resolve(answer);
      else reject(new Error(answer.error));
    });
    fleet.send(ask);
  });
}
