import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ControllerReport } from "@portico/controller";

const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));

export interface ControllerRunOptions {
  readonly configurationFile: string;
  readonly dataFolder: string;
  /** Called when it has reported something, and when it has ended. */
  readonly onChange: () => void;
}

/** One life of `portico controller run`, the built command as its own program, its reports read from a pipe. */
export class ControllerRun {
  /** What it has reported so far. */
  readonly reports: ControllerReport[] = [];
  readonly #child: ChildProcess;
  #talk = "";
  #rest = "";
  #exit: string | undefined;

  constructor({ configurationFile, dataFolder, onChange }: ControllerRunOptions) {
    const words = [PORTICO, "controller", "run", "--config", configurationFile, "--data", dataFolder];
    this.#child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr!.on("data", (chunk: Buffer) => (this.#talk += chunk.toString()));
    this.#child.stdout!.on("data", (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split("\n");
      this.#rest = lines.pop()!;
      for (const line of lines) this.reports.push(JSON.parse(line) as ControllerReport);
      onChange();
    });
    // Only when the pipes are at their end: what it said last is read by then.
    this.#child.on("close", (code, signal) => {
      this.#exit = signal ?? `exit ${code}`;
      onChange();
    });
  }

  /** `SIGKILL`, or `exit 0`; undefined while it lives. */
  get exit(): string | undefined {
    return this.#exit;
  }

  /** For an error: what it said on standard error, and how it ended. */
  get lastWords(): string {
    return `The controller ${this.#exit === undefined ? "is running" : `ended (${this.#exit})`} and said: ${this.#talk === "" ? "nothing" : this.#talk}`;
  }

  /** kill -9: it gets no word in. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** As Ctrl-C does: it stops in order. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }
}
