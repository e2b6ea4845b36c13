import type { ControllerEvent } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { BUILD_DATE } from "./build-date.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import { ControllerClock } from "./controller-clock.ts";
import type { ClockRecord } from "./core/clock-state.ts";
import { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import type { StartCause } from "./store/run-record.ts";
import type { StoredTrustList } from "./store/trust-store.ts";
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
 * nothing. On a disk that takes nothing the run begins all the same, with recording suspended.
 *
 * @throws SetupError where no trust list can be believed
 */
export function beginRun(configuration: Configuration, surroundings: ControllerSurroundings, store: ControllerStore): BegunRun {
  const { clock: time, hostWallMs, batteryClock, bootId, version } = surroundings;
  const early: ControllerEvent[] = [];
  let clockRecord: ClockRecord | undefined;
  let trustList: StoredTrustList | undefined;
  let begun: Recorder | undefined;
  const clock = new ControllerClock({
    clock: time,
    hostWallMs,
    batteryClock,
    settings: {
      ...configuration.clock,
      uncertaintyS: configuration.clock.trustedBy === "system" ? configuration.clock.uncertaintyS : 1,
      buildDate: BUILD_DATE,
    },
    kept: store.clockRecord.kept(),
    keep: (record) => {
      if (begun === undefined) clockRecord = record;
      else begun.attempt(() => store.clockRecord.keep(record));
    },
    onEvent: (event) => {
      if (begun === undefined) early.push(event);
      else begun.event(event);
    },
  });
  const before = store.events.last().seq;
  // The clock is read first, so that the start has a time; what it says about itself stands behind the start.
  clock.start();
  try {
    const cause = store.cause(bootId);
    // What the disk is to keep is gathered here and kept below, with everything else or not at all.
    const keep = (list: StoredTrustList): ReturnType<typeof store.trust.keep> => store.trust.standing((trustList = list));
    const trust = loadTrust(configuration.site, { chain: () => store.trust.chain(), keep }, nodeVerifier);
    const startedAt = clock.eventTime();
    const recorder = new Recorder(store, time, clock.eventTime);
    recorder.begin(() => {
      store.start({ bootId, version, configurationHash: configuration.hash, time: startedAt });
      if (clockRecord !== undefined) store.clockRecord.keep(clockRecord);
      for (const event of early) store.events.append(event, startedAt);
      if (trustList !== undefined) store.trust.keep(trustList);
      if (trust.event !== undefined) store.events.append(trust.event, startedAt);
    });
    begun = recorder;
    return { clock, recorder, trust, cause, before };
  } catch (error) {
    clock.abandon();
    throw error;
  }
}
