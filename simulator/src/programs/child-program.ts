import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How a program ended: its exit code, or the signal that ended it. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program of ours that runs as a child of this one. */
export interface ChildProgram {
  /** Undefined where it could not be started; then it has ended, too. */
  readonly pid: number | undefined;
  /** Resolves when it is gone and everything that it said was heard. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  signal(signal: "SIGTERM" | "SIGKILL" | "SIGCONT"): void;
}

export interface ChildProgramOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It has a standard input that ends when this program does, however that comes about. */
  readonly holdsInput: boolean;
  /** For each line of its standard output. */
  readonly onLine: (line: string) => void;
  /** For each line of its standard error. */
  readonly onTalk: (line: string) => void;
}

/** Starts a program in a session of its own: Ctrl-C reaches this program alone, which ends its children in order. */
export function startProgram({ command: [file, ...args], env, holdsInput, onLine, onTalk }: ChildProgramOptions): ChildProgram {
  const child = spawn(file, args, { env, detached: true, stdio: [holdsInput ? "pipe" : "ignore", "pipe", "pipe"] });
  createInterface({ input: child.stdout!, crlfDelay: Infinity }).on("line", onLine);
  createInterface({ input: child.stderr!, crlfDelay: Infinity }).on("line", onTalk);
  child.stdin?.on("error", () => {}); // it ended before it had read anything: `ended` tells
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("error", ({ message }) => {
      onTalk(`${file} does not start: ${message}`);
      resolve({ code: null, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return { pid: child.pid, ended, signal: (signal) => void child.kill(signal) };
}

/** `exit code 2`, `SIGKILL`. */
export const endText = ({ code, signal }: ProgramEnd): string => signal ?? `exit code ${code ?? "unknown"}`;
