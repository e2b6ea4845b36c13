import { type Clock, SetupError } from "@portico/card-protocol";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

/** Two pseudo-terminals joined by socat: what is written to one end is read at the other, as over a serial cable. */
export interface SocatPair {
  /** The controller's end. */
  readonly near: string;
  /** The device's end. */
  readonly far: string;
  /** Pulls the cable: both ends hang up. Resolves when they are gone. */
  cut(): Promise<void>;
  /** Plugs it in again under the same names, also where socat died by itself. Rejects as {@link socatPair} does. */
  mend(): Promise<void>;
  /** Pulls it for good. */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 5_000;
const POLL_MS = 10;
const STDERR_CHARS_MAX = 1_000;
/**
 * Socat ends when the shell's input does: when this program closes it, or is killed and cannot close anything any more.
 * A shell and not a signal, because nothing else on this system tells a program that its parent was killed.
 */
const SOCAT_UNTIL_INPUT_ENDS = 'socat "$1" "$2" & read -r line; kill $! 2>/dev/null; wait';

/** True where socat is installed. */
export const hasSocat = (): boolean => spawnSync("socat", ["-V"], { stdio: "ignore" }).status === 0;

/** Pseudo-terminals need socat. @throws SetupError where it is not installed */
export function requireSocat(isInstalled: () => boolean = hasSocat): void {
  if (!isInstalled()) throw new SetupError("socat is not installed, and pseudo-terminals need it", "--wires pty", "apt install socat, or use --wires tcp");
}

/**
 * Starts socat with two links in an existing folder. Rejects, with what socat said, when the ends have not appeared after 5 s.
 *
 * @param base  path of the links; `.near` and `.far` are appended. Whatever is there by that name is removed
 */
export async function socatPair(base: string, clock: Pick<Clock, "monotonic" | "after">): Promise<SocatPair> {
  const near = `${base}.near`;
  const far = `${base}.far`;
  let running: { readonly shell: ReturnType<typeof spawn>; readonly gone: Promise<void> } | undefined;

  async function start(): Promise<void> {
    // Socat removes its links when it ends, by name: an old one must be gone before a new one makes them.
    await stop();
    const shell = spawn("/bin/sh", ["-c", SOCAT_UNTIL_INPUT_ENDS, "sh", pty(near), pty(far)], { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    shell.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-STDERR_CHARS_MAX)));
    running = { shell, gone: new Promise((resolve) => shell.on("close", () => resolve())) };
    const failed = new Promise<never>((_, reject) => shell.once("error", reject));
    if (await Promise.race([bothThere(), failed])) return;
    await stop();
    throw new Error(`socat did not make ${near} within ${READY_TIMEOUT_MS} ms${said === "" ? "" : `: ${said.trim()}`}`);
  }

  function bothThere(): Promise<boolean> {
    const deadline = clock.monotonic() + READY_TIMEOUT_MS;
    return new Promise((resolve) => {
      const look = (): void => {
        if (existsSync(near) && existsSync(far)) resolve(true);
        else if (clock.monotonic() > deadline) resolve(false);
        else clock.after(POLL_MS, look);
      };
      look();
    });
  }

  async function stop(): Promise<void> {
    running?.shell.stdin?.end();
    await running?.gone;
    running = undefined;
    for (const link of [near, far]) rmSync(link, { force: true });
  }

  await start();
  return { near, far, cut: stop, mend: start, close: stop };
}

const pty = (link: string): string => `pty,raw,echo=0,link=${link}`;
