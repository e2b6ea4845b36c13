import { fileURLToPath } from "node:url";
import type { Clock } from "@portico/card-protocol";
import { CampusEnded, type CampusPrograms, folderPockets, type ProgramNote, startCampus, type WireKind } from "@portico/simulator/programs";
import { cloudClientFor } from "./cloud-client.ts";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { RunningCampus } from "./sim-campus.ts";
import { campusCloud } from "./sim-cloud.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";

/** The committed entry of this command: children are started as a person starts it. */
const PORTICO = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const READY_WITHIN_MS = 15_000;
const ASK_AGAIN_MS = 50;

/** A running campus, and the programs that it is made of. */
export interface ProgramsCampus extends RunningCampus {
  readonly programs: CampusPrograms;
}

export interface ProgramsOptions {
  readonly folder: string;
  readonly wires: WireKind | undefined;
  readonly onNote: (note: ProgramNote) => void;
}

/**
 * The small campus as real programs: cloud, devices and controllers as children of this one, their lists there, every device on line.
 *
 * @throws SetupError or Failure naming what must be put right first; then nothing is left running
 */
export async function programsCampus(surroundings: Surroundings, { folder, wires, onNote }: ProgramsOptions): Promise<ProgramsCampus> {
  const ending = new AbortController();
  const programs = await startCampus({
    folder,
    wires,
    portico: [process.execPath, PORTICO],
    env: surroundings.env,
    onNote,
    onFailure: (failure) => ending.abort(failure),
  });
  const { now, randomBytes, interrupted } = surroundings;
  const clock = forgettingClock(programs.clock);
  const over = AbortSignal.any([interrupted, ending.signal]);
  const waiting: Pick<Surroundings, "after" | "interrupted"> = { after: clock.after, interrupted: over };
  const failIfEnded = (): void => {
    if (!ending.signal.aborted) return;
    const failure: unknown = ending.signal.reason;
    throw failure instanceof CampusEnded ? new Failure(EXIT.refused, failure.what, failure.where, "start the campus anew") : failure;
  };
  try {
    const { campus, pockets } = folderPockets({ folder, now, randomBytes });
    const clients = campus.parts.map(({ controller, zone }) => ({ controller, client: new ControllerClient(programs.sockets.controllerOf(zone), over) }));
    await Promise.all(clients.map(({ client }) => ready(client, clock, waiting)));
    await programs.told(); // what was reported until now is how the campus began
    // Whatever the environment names, this campus's cloud is meant.
    const calls = await cloudClientFor({ ...surroundings, env: {} }, { data: folder });
    return {
      programs,
      campus,
      hands: programs.hands,
      stations: programs.stations,
      pockets,
      cloud: campusCloud({
        ask: (route, parts, also) => calls.ask(`cloud ${calls.url}`, route, parts, also),
        site: campus.site,
        randomBytes,
        plug: (isIn) => programs.plugCloud(isIn),
      }),
      clock,
      now,
      crashes: () => programs.crashes,
      verify: () => Promise.all(clients.map(async ({ controller, client }) => ({ controller, verdict: await client.ask("POST /v1/events/verify", {}) }))),
      async pass(ms) {
        const isOver = !(await elapsed(waiting, ms));
        failIfEnded();
        return !isOver;
      },
      async passUntil(done, withinMs) {
        const isDone = await Promise.race([done.then(() => true), elapsed(waiting, withinMs).then(() => false)]);
        failIfEnded();
        return isDone;
      },
      async end() {
        clock.forget();
        await programs.stop();
      },
    };
  } catch (error) {
    clock.forget();
    await programs.stop();
    failIfEnded();
    throw error;
  }
}

/** Waits until a controller has its list from the cloud and every device answers; one that does not is no reason to end: that is what a log is for. */
async function ready(client: ControllerClient, clock: Pick<Clock, "monotonic">, waiting: Pick<Surroundings, "after" | "interrupted">): Promise<void> {
  const deadline = clock.monotonic() + READY_WITHIN_MS;
  while (clock.monotonic() < deadline && !waiting.interrupted.aborted) {
    const [devices, points] = [await client.ask("GET /v1/devices", {}), await client.ask("GET /v1/access-points", {})];
    if (devices.every(({ health }) => health === "online") && points.every(({ freshness }) => freshness === "fresh")) return;
    await elapsed(waiting, ASK_AGAIN_MS);
  }
}

/** A clock whose timers can be forgotten all at once: people who still wait for something do not keep the program alive. */
function forgettingClock(clock: Pick<Clock, "monotonic" | "after">): Pick<Clock, "monotonic" | "after"> & { readonly forget: () => void } {
  const timers = new Set<() => void>();
  let isForgotten = false;
  return {
    monotonic: () => clock.monotonic(),
    after(delayMs, callback) {
      if (isForgotten) return () => {};
      const stop = (): void => {
        timers.delete(stop);
        cancel();
      };
      const cancel = clock.after(delayMs, () => {
        timers.delete(stop);
        callback();
      });
      timers.add(stop);
      return stop;
    },
    forget() {
      isForgotten = true;
      for (const stop of timers) stop();
    },
  };
}
