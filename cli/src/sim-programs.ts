import { fileURLToPath } from "node:url";
import type { Clock } from "@portico/card-protocol";
import { CampusEnded, type CampusNote, type CampusPrograms, folderPockets, startCampus, type WireKind } from "@portico/simulator/sandbox";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { RunningCampus } from "./sim-campus.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";

/** The committed entry of this command: children are started as a person starts it. */
const PORTICO = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const ANSWERS_WITHIN_MS = 10_000;
const DEVICES_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 50;

/** A running campus, and the programs that it is made of. */
export interface ProgramsCampus extends RunningCampus {
  readonly programs: CampusPrograms;
}

export interface ProgramsOptions {
  readonly folder: string;
  readonly wires: WireKind | undefined;
  readonly onNote: (note: CampusNote) => void;
}

/**
 * The small campus as real programs: devices and controller as children of this one, its list loaded, every device on line.
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
  const client = new ControllerClient(programs.sockets.controller, over);
  const waiting: Pick<Surroundings, "after" | "interrupted"> = { after: clock.after, interrupted: over };
  const failIfEnded = (): void => {
    if (!ending.signal.aborted) return;
    const failure: unknown = ending.signal.reason;
    throw failure instanceof CampusEnded ? new Failure(EXIT.refused, failure.what, failure.where, "start the campus anew") : failure;
  };
  try {
    const { campus, pockets } = folderPockets({ folder, now, randomBytes });
    await loadList(client, programs.folder.listFolder, surroundings.user, waiting);
    await devicesOnline(client, clock, waiting);
    return {
      programs,
      campus,
      hands: programs.hands,
      pockets,
      clock,
      now,
      crashes: () => programs.crashes,
      credentialsOf: async (person) => (await client.ask("GET /v1/list/credentials", { query: { person } })).map(({ credential }) => credential),
      verify: () => client.ask("POST /v1/events/verify", {}),
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

/** Loads the campus's list. A controller that has just started opens its socket within moments. */
async function loadList(client: ControllerClient, folder: string, user: string, waiting: Pick<Surroundings, "after" | "interrupted">): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
    try {
      await client.ask("POST /v1/list/load", { body: { folder, by: user, reason: "the campus starts" } });
      return;
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.unreachable || waitedMs >= ANSWERS_WITHIN_MS) throw error;
      if (!(await elapsed(waiting, ASK_AGAIN_MS))) return;
    }
  }
}

/** Waits until every device answers; one that does not is no reason to end: that is what a log is for. */
async function devicesOnline(client: ControllerClient, clock: Pick<Clock, "monotonic">, waiting: Pick<Surroundings, "after" | "interrupted">): Promise<void> {
  const deadline = clock.monotonic() + DEVICES_WITHIN_MS;
  while (clock.monotonic() < deadline && !waiting.interrupted.aborted) {
    const devices = await client.ask("GET /v1/devices", {});
    if (devices.every(({ health }) => health === "online")) return;
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
