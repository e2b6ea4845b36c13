import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type Clock } from "@portico/card-protocol";
import { systemClock } from "@portico/firmware-ts";

/** The machine's time, for waiting with a deadline. */
export const clock: Clock = systemClock(() => "untrusted");

const LOOK_EVERY_MS = 5;

/** Waits until the condition holds. Rejects with what was waited for when it does not within `withinMs`. */
export async function until(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
  const deadline = clock.monotonic() + withinMs;
  while (!condition()) {
    if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

/** A program from Debian that none of us wrote, running. */
export interface PeerProgram {
  /** What it has printed so far, both streams. */
  readonly output: () => string;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  write(line: string): void;
  /** Ends it and waits until it is gone. */
  stop(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/**
 * Starts a program.
 *
 * @param debianPackage  what to install where it is missing: then this rejects, for a peer that cannot start is a failure
 */
export async function startPeer(debianPackage: string, command: string, args: readonly string[]): Promise<PeerProgram> {
  const child: ChildProcessWithoutNullStreams = spawn(command, args);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(new Error(`${command} does not start (${error.message}): apt-get install ${debianPackage}`)));
  });
  return {
    output: () => output,
    ended,
    write: (line) => void child.stdin.write(`${line}\n`),
    async stop(signal = "SIGKILL") {
      child.kill(signal);
      await ended;
    },
  };
}
