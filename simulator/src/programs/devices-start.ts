import { SetupError } from "@portico/card-protocol";
import type { Clock } from "@portico/card-protocol";
import type { CampusProgramsOptions } from "./campus-options.ts";
import type { WireKind } from "./campus-wires.ts";
import { type ChildProgram, endText, type ProgramEnd, startProgram } from "./child-program.ts";
import type { DevicesReady } from "./devices-api.ts";

/** A program that has not said that it is ready by then has failed. */
export const STARTS_WITHIN_MS = 20_000;

/** The devices, and where their wires lead. */
export interface StartedDevices {
  readonly program: ChildProgram;
  readonly ready: DevicesReady;
}

/** Starts the devices. Resolves when they listen. @throws SetupError as they themselves said */
export async function startDevices({ folder, portico, env, onNote }: CampusProgramsOptions, wires: WireKind, clock: Clock): Promise<StartedDevices> {
  const talk: string[] = [];
  let onReady: (ready: DevicesReady) => void;
  const isReady = new Promise<DevicesReady>((resolve) => (onReady = resolve));
  const program = startProgram({
    command: [...portico, "sim", "devices", "--campus", folder, "--wires", wires],
    env,
    holdsInput: true,
    onLine: (line) => onReady(JSON.parse(line) as DevicesReady),
    onTalk: (line) => {
      talk.push(line);
      if (!isMoreOfFailure(line)) onNote({ kind: "said", program: "devices", line });
    },
  });
  const first = await within(clock, STARTS_WITHIN_MS, isReady, program.ended);
  if (first !== undefined && "kind" in first) return { program, ready: first };
  program.signal("SIGKILL");
  if (first === undefined) throw new SetupError(`the devices did not start within ${STARTS_WITHIN_MS} ms`, folder, "try again; --wires tcp needs no socat");
  throw failureOf("the devices", first, talk, folder);
}

/** A program's own three lines, where it said them, as the error that it was. */
export function failureOf(name: string, end: ProgramEnd, talk: readonly string[], where: string): Error {
  const said = (mark: string): string | undefined => talk.findLast((line) => line.startsWith(mark))?.slice(mark.length);
  return new SetupError(
    said("portico: ") ?? `${name} ended: ${endText(end)}`,
    said("on: ") ?? where,
    said("next: ") ?? (talk.length === 0 ? "portico doctor names causes" : `it said: ${talk.join("; ")}`),
  );
}

/** The first line of a program's failure stands by itself; on what and what to do next are told where the failure is. */
export const isMoreOfFailure = (line: string): boolean => /^(on|next): /.test(line);

/** Whichever comes first; undefined when neither comes in time. */
export async function within<A, B>(clock: Pick<Clock, "after">, ms: number, one: Promise<A>, other: Promise<B>): Promise<A | B | undefined> {
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => (cancel = clock.after(ms, () => resolve(undefined))));
  const first = await Promise.race([one, other, late]);
  cancel();
  return first;
}
