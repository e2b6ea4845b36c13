import { seededRandom, systemClock } from "@portico/firmware-ts";
import { unixSeconds } from "@portico/card-protocol";
import { passOf, PEOPLE, PROFILES, profilesOfDoor } from "../campus.ts";
import { type Goal, median, quantile } from "../goal.ts";
import { DOORS, startManyDoors } from "../many-doors.ts";

const SCANS = 1_000;
const FIRST_SCANS = 200;
/** Between two people somewhere in the building: at most so many come a second, and each meets another moment of the polling. */
const PAUSE_MS = { least: 10, most: 40 };
/** Every so manieth person rides in the lift: the buttons of the last grant are off again by then. */
const RIDES_EVERY = 64;
const IDLE_MS = 10_000;
/** So long after a start the engine still compiles what runs often. */
const SETTLE_MS = 15_000;
const clock = systemClock(() => "untrusted");
const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

interface Measured {
  readonly passes: readonly number[];
  readonly rides: readonly number[];
  /** Share of one core while nobody comes, 0 to 1. */
  readonly idle: number;
  readonly memory: number;
}
let measured: Promise<Measured> | undefined;
/** One run serves both goals. */
const measuredOnce = (): Promise<Measured> => (measured ??= run());

export const DOORS_TO_RELAY: Goal = {
  name: "doors-to-relay",
  what: `p99 over ${SCANS.toLocaleString("en")} people, from a reader's last byte to the first byte for the relay, of a controller with 64 doors and floors whose boards lose or damage 2 of 1,000 answers`,
  unit: "ms",
  goal: 50,
  async measure(note) {
    const { passes, rides, memory } = await measuredOnce();
    note(
      `p50 ${median(passes).toFixed(2)} ms, slowest ${quantile(passes, 1).toFixed(1)} ms; of ${rides.length} in the lift p99 ${quantile(rides, 0.99).toFixed(1)} ms`,
    );
    note(`resident memory ${memory.toFixed(0)} MiB with ${PEOPLE.toLocaleString("en")} credentials`);
    return quantile(passes, 0.99);
  },
};

export const DOORS_IDLE: Goal = {
  name: "doors-idle",
  what: "processor time that it takes while nobody comes and every board is polled every 50 ms, against the time that passes",
  unit: "×",
  goal: 0.05,
  async measure() {
    return (await measuredOnce()).idle;
  },
};

async function run(): Promise<Measured> {
  const doors = await startManyDoors(PEOPLE);
  try {
    await pause(SETTLE_MS);
    const before = doors.processorS();
    await pause(IDLE_MS);
    const idle = (doors.processorS() - before) / (IDLE_MS / 1_000);
    const random = seededRandom(20_261_128);
    const passes: number[] = [];
    const rides: number[] = [];
    for (let round = 0; round < FIRST_SCANS + SCANS; round++) {
      await pause(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least));
      const isRide = round % RIDES_EVERY === 0;
      const reader = isRide ? DOORS : round % DOORS;
      const ms = await doors.pass(reader, passOf(personFor(reader, round), unixSeconds(Math.floor(Date.now() / 1_000)), 1 + round));
      if (round < FIRST_SCANS) continue;
      passes.push(ms);
      if (isRide) rides.push(ms);
    }
    return { passes, rides, idle, memory: doors.memory() };
  } finally {
    await doors.stop();
  }
}

/** Somebody who may pass there. */
function personFor(reader: number, round: number): number {
  const [profile = 0] = reader === DOORS ? [] : profilesOfDoor(reader);
  return profile + PROFILES * (round % (PEOPLE / PROFILES));
}
