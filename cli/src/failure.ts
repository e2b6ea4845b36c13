import { printable } from "./terminal.ts";

/** How a command ends. */
export const EXIT = {
  /** What was asked for is done. */
  done: 0,
  /** Refused, or it failed. */
  refused: 1,
  /** Wrong usage or configuration: nothing was tried. */
  usage: 2,
  /** The controller or device cannot be reached. */
  unreachable: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command: three short lines for a person, an exit code for a program. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: Exclude<ExitCode, 0>;
  /** What went wrong, without a full stop. */
  readonly what: string;
  /** On what: a door, a file and its line, a socket. */
  readonly on: string;
  /** What to do next; may name a command. */
  readonly next: string;
  /** Where many things are wrong at once: one line each, printed first. */
  readonly findings: readonly string[];

  constructor(exitCode: Exclude<ExitCode, 0>, what: string, on: string, next: string, findings: readonly string[] = []) {
    super(`${what} (${on})`);
    this.findings = findings;
    this.exitCode = exitCode;
    this.what = what;
    this.on = on;
    this.next = next;
  }
}

/** Ctrl-C came while a command waited for what it was to work on: it ends without a word, and nothing was done. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Any error as a failure. A setup error of another package (its `what`, `where`, `remedy`) is wrong configuration;
 * errors of the file system are told with the path; anything else is a mistake of ours and is thrown on.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === "SetupError" && "what" in error && "where" in error && "remedy" in error)
    return new Failure(EXIT.usage, String(error.what), String(error.where), String(error.remedy));
  if (error instanceof Error && "syscall" in error && "code" in error && "path" in error)
    return new Failure(EXIT.refused, describeSystemError(String(error.code)), String(error.path), "check that the path is right and that you may use it");
  throw error;
}

/** The findings, then the three lines. */
export function failureLines({ what, on, next, findings }: Failure): string {
  return [...findings, `portico: ${what}`, `on: ${on}`, `next: ${next}`].map((line) => `${printable(line)}\n`).join("");
}

function describeSystemError(code: string): string {
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file or folder",
    EACCES: "you may not do this",
    EPERM: "you may not do this",
    EEXIST: "this is there already",
    EISDIR: "this is a folder, not a file",
    ENOTDIR: "a part of this path is a file, not a folder",
    ENOSPC: "no space is left",
    EROFS: "this disk is read-only",
  };
  return words[code] ?? `the system says ${code}`;
}
