import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import type { Clock } from "@portico/card-protocol";

/** Two pseudo-terminals joined by socat: what is written to one end is read at the other, as over a serial cable. */
export interface SocatPair {
  /** The controller's end. */
  readonly near: string;
  /** The device's end. */
  readonly far: string;
  /** Pulls the cable: both ends hang up. */
  cut(): void;
  /** Plugs it in again under the same names. Resolves when both ends are there. */
  mend(): Promise<void>;
  close(): void;
}

const READY_TIMEOUT_MS = 5_000;
const POLL_MS = 10;

/** True where socat is installed. */
export const hasSocat = (): boolean => spawnSync("socat", ["-V"], { stdio: "ignore" }).status === 0;

/**
 * Starts socat with two links in an existing folder. Rejects when the ends have not appeared after 5 s.
 *
 * @param base  path of the links; `.near` and `.far` are appended
 */
export async function socatPair(base: string, clock: Clock): Promise<SocatPair> {
  const near = `${base}.near`;
  const far = `${base}.far`;
  let socat: ReturnType<typeof spawn> | undefined;

  async function start(): Promise<void> {
    for (const link of [near, far]) rmSync(link, { force: true });
    socat = spawn("socat", [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`], { stdio: "ignore" });
    const failed = new Promise<never>((_, reject) => socat?.once("error", reject));
    await Promise.race([bothThere(), failed]);
  }

  function bothThere(): Promise<void> {
    const deadline = clock.monotonic() + READY_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (existsSync(near) && existsSync(far)) resolve();
        else if (clock.monotonic() > deadline) reject(new Error(`socat did not make ${near} within ${READY_TIMEOUT_MS} ms`));
        else clock.after(POLL_MS, look);
      };
      look();
    });
  }

  function stop(): void {
    socat?.kill("SIGTERM");
    socat = undefined;
    for (const link of [near, far]) rmSync(link, { force: true });
  }

  await start();
  return { near, far, cut: stop, mend: start, close: stop };
}
