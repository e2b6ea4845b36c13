import type { ControllerEvent } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { BUILD_DATE } from "./build-date.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import { ControllerClock } from "./controller-clock.ts";
import { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import type { StartCause } from "./store/run-record.ts";
import { loadTrust, type Trust } from "./trust.ts";

/** What stands before any wire is opened. */
export interface BegunRun {
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly trust: Trust;
  readonly cause: StartCause;
  /** The last event of the runs before. */
  readonly before: number;
}

/**
 * Begins a run: reads the clock, closes what the last run left open, brings the trust list into force. All of it is recorded, or, where the run must not be,
 * nothing.
 *
 * @throws SetupError where no trust list can be believed; RecordingFailed where the disk takes nothing
 */
export function beginRun(configuration: Configuration, surroundings: ControllerSurroundings, store: ControllerStore): BegunRun {
  const { clock: time, hostWallMs, bootId, version } = surroundings;
  const early: ControllerEvent[] = [];
  let recorder: Recorder | undefined;
  const clock = new ControllerClock({
    clock: time,
    hostWallMs,
    settings: {
      ...configuration.clock,
      uncertaintyS: configuration.clock.trustedBy === "system" ? configuration.clock.uncertaintyS : 1,
      buildDate: BUILD_DATE,
    },
    kept: store.clockRecord.kept(),
    keep: (record) => {
      if (recorder === undefined) store.clockRecord.keep(record);
      else recorder.attempt(() => store.clockRecord.keep(record));
    },
    onEvent: (event) => {
      if (recorder === undefined) early.push(event);
      else recorder.event(event);
    },
  });
  const before = store.events.last().seq;
  // The clock is read first, so that the start has a time; what it says about itself stands behind the start.
  clock.start();
  try {
    const { cause, trust } = store.database.transaction("durable", () => {
      const { cause } = store.start({ bootId, version, configurationHash: configuration.hash, time: clock.eventTime() });
      for (const event of early) store.events.append(event, clock.eventTime());
      const trust = loadTrust(configuration.site, store.trust, nodeVerifier);
      if (trust.event !== undefined) store.events.append(trust.event, clock.eventTime());
      return { cause, trust };
    });
    recorder = new Recorder(store, time, clock.eventTime);
    return { clock, recorder, trust, cause, before };
  } catch (error) {
    clock.abandon();
    throw error;
  }
}
