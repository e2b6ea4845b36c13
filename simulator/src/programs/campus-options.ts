import type { WireKind } from "./campus-wires.ts";
import type { ProgramNote } from "./program-note.ts";

export interface CampusProgramsOptions {
  /** Of the campus, absolute; made where it is not there. */
  readonly folder: string;
  /** Default: pseudo-terminals where socat is installed, else TCP. */
  readonly wires?: WireKind | undefined;
  /** How `portico` is started. */
  readonly portico: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onNote: (note: ProgramNote) => void;
  /** The campus cannot go on: `CampusEnded`, or the SetupError of a program that refuses to start again. Called at most once. */
  readonly onFailure: (failure: Error) => void;
}
