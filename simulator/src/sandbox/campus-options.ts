import type { WireKind } from "./campus-wires.ts";

/** What the one who looks after the programs of a campus has to tell. */
export type CampusNote =
  /** The controller ended by itself and will be started anew. */
  | { readonly kind: "controller ended"; readonly how: string; readonly againInMs: number }
  | { readonly kind: "controller started anew"; readonly pid: number | undefined }
  /** A line that a program said. */
  | { readonly kind: "said"; readonly by: "controller" | "devices"; readonly line: string }
  /** It did not end in time and was killed. */
  | { readonly kind: "killed"; readonly program: "controller" | "devices" };

export interface CampusProgramsOptions {
  /** Of the campus, absolute; made where it is not there. */
  readonly folder: string;
  /** Default: pseudo-terminals where socat is installed, else TCP. */
  readonly wires?: WireKind | undefined;
  /** How `portico` is started. */
  readonly portico: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onNote: (note: CampusNote) => void;
  /** The campus cannot go on: `CampusEnded`, or the SetupError of a controller that refuses to start again. Called at most once. */
  readonly onFailure: (failure: Error) => void;
}
