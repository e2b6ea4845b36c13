import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HeardReport } from "@portico/simulator";
import { type CampusPrograms, folderPockets, type ProgramNote, startCampus, type WireKind } from "@portico/simulator/programs";
import { ControllerClient } from "./controller-client.ts";
import { Failure } from "./failure.ts";

/** The built command. */
export const PORTICO = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 10;

/** Waits until the condition holds. Rejects with what was waited for when it does not within 30 s. */
export async function until(
  { clock }: Pick<CampusPrograms, "clock">,
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = WITHIN_MS,
): Promise<void> {
  const deadline = clock.monotonic() + withinMs;
  while (!(await condition())) {
    if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

/** A program of that number runs; one that is gone but not yet buried does not. Source: proc_pid_cmdline(5). */
export const isRunning = (pid: number): boolean => commandLine(pid) !== "";

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Numbers of the programs whose command line names this path. Source: proc_pid_cmdline(5). */
export const programsNaming = (path: string): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && commandLine(pid).includes(path));

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command as its own program. */
export function portico(...words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [PORTICO, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((done) => child.on("close", (code) => done({ code, out, err })));
}

/** A campus of real programs in which nobody lives, for tests. */
export interface CampusRig {
  readonly folder: string;
  readonly programs: CampusPrograms;
  readonly reports: readonly HeardReport[];
  readonly notes: readonly ProgramNote[];
  readonly failures: readonly Error[];
  /** The pass on a person's phone now. */
  pass(person: string): string;
  /** What a reader makes of a person's card. */
  card(person: string): string;
  /** The first report, from the `from`th on, that fits; waited for. */
  heard<R extends HeardReport>(what: string, fits: (report: HeardReport) => report is R, from?: number): Promise<R>;
  /** Every device is on line, and every controller has its list. */
  ready(): Promise<void>;
  /** Ends everything and removes the folder. */
  end(): Promise<void>;
}

/** Starts a campus in a temporary folder; resolves when doors decide by the cloud's lists, with every device on line. */
export async function campusRig(wires: WireKind): Promise<CampusRig> {
  const folder = mkdtempSync(join(tmpdir(), "portico-sim-"));
  const reports: HeardReport[] = [];
  const notes: ProgramNote[] = [];
  const failures: Error[] = [];
  const programs = await startCampus({
    folder,
    wires,
    portico: [process.execPath, PORTICO],
    env: process.env,
    onNote: (note) => notes.push(note),
    onFailure: (failure) => failures.push(failure),
  });
  programs.hands.onReport((report) => reports.push(report));
  const clients = programs.folder.campus.parts.map(({ zone }) => new ControllerClient(programs.sockets.controllerOf(zone), new AbortController().signal));
  const { pockets } = folderPockets({ folder, now: programs.now, randomBytes: () => new Uint8Array() });
  const rig: CampusRig = {
    folder,
    programs,
    reports,
    notes,
    failures,
    pass(person) {
      const shown = pockets.get(person)?.show();
      if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
      return shown.value;
    },
    card: (person) => pockets.get(person)!.card!,
    async heard(what, fits, from = 0) {
      await until(programs, what, () => reports.slice(from).some(fits));
      return reports.slice(from).find(fits)!;
    },
    ready: () =>
      until(programs, "every device is on line, and every controller has its list", async () => {
        const answers = await Promise.all(
          clients.map(async (client) => [await client.ask("GET /v1/devices", {}), await client.ask("GET /v1/access-points", {})] as const),
        ).catch(unanswered);
        return (
          answers?.every(
            ([devices, points]) => devices.every(({ health }) => health === "online") && points.every(({ freshness }) => freshness === "fresh"),
          ) === true
        );
      }),
    async end() {
      await programs.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await rig.ready();
  } catch (error) {
    await rig.end();
    throw error;
  }
  return rig;
}

/** A controller that has just started does not answer yet. */
function unanswered(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}
