import type { Clock } from "@portico/card-protocol";
import { type ChildProgram, endText, type ProgramEnd, startProgram } from "./child-program.ts";
import { failureOf, isMoreOfFailure, STARTS_WITHIN_MS, within } from "./devices-start.ts";
import type { ProgramNote } from "./program-note.ts";

export interface SupervisedOptions {
  /** As notes name it: the controller's id, or `cloud`. */
  readonly name: string;
  /** Asked before each start. */
  readonly command: () => readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** What a failure is about. */
  readonly where: string;
  /** It may be asked to end for so long, then it is killed. */
  readonly endsWithinMs: number;
  /** For each line of its standard output. */
  readonly onLine: (line: string) => void;
  /** True for the line by which it says that it is up. */
  readonly isUp: (line: string) => boolean;
  /** Which program it is now; undefined: none. */
  readonly onPid: (pid: number | undefined) => void;
  readonly onNote: (note: ProgramNote) => void;
  /** It refuses to start again: nothing but a person helps. */
  readonly onFailure: (failure: Error) => void;
}

/** The first wait before a program that ended is started anew; doubled each time, until one has run for {@link STEADY_MS}. */
const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 10_000;
const STEADY_MS = 10_000;
/** The exit code of wrong usage or configuration: starting again changes nothing. */
const SETUP_EXIT = 2;
const TALK_LINES_KEPT = 20;

/** A program that is started anew whenever it ends by itself, as a system's supervisor does. */
export class SupervisedProgram {
  /** How often it has ended by itself. */
  crashes = 0;
  readonly #options: SupervisedOptions;
  readonly #talk: string[] = [];
  #program: ChildProgram | undefined;
  #startedAt = 0;
  #againInMs = AGAIN_MS_MIN;
  #cancelAgain = (): void => {};
  #isEnding = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  /** Of the program that runs now. */
  get pid(): number | undefined {
    return this.#program?.pid;
  }

  /** Resolves when it is up. @throws SetupError as it said itself */
  async start(): Promise<void> {
    const { name, where } = this.#options;
    const up = await this.#start();
    if (up !== true) throw failureOf(name, up, this.#talk, where);
  }

  /** Ends it in order, or by force. Resolves when it is gone, and is not started again. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#cancelAgain();
    const program = this.#program;
    if (program === undefined) return;
    const { clock, endsWithinMs, name, onNote } = this.#options;
    program.signal("SIGTERM");
    // One that was stopped by a signal hears nothing until it goes on.
    program.signal("SIGCONT");
    const cancel = clock.after(endsWithinMs, () => {
      program.signal("SIGKILL");
      onNote({ kind: "killed", program: name });
    });
    await program.ended;
    cancel();
  }

  async #start(): Promise<true | ProgramEnd> {
    const { command, env, clock, isUp, onLine, onNote, onPid, name } = this.#options;
    this.#talk.length = 0;
    this.#startedAt = clock.monotonic();
    let tellUp = (): void => {};
    const up = new Promise<true>((resolve) => (tellUp = () => resolve(true)));
    const program = startProgram({
      command: command(),
      env,
      holdsInput: false,
      onLine: (line) => {
        if (isUp(line)) tellUp();
        onLine(line);
      },
      onTalk: (line) => {
        this.#talk.push(line);
        if (this.#talk.length > TALK_LINES_KEPT) this.#talk.shift();
        if (!isMoreOfFailure(line)) onNote({ kind: "said", program: name, line });
      },
    });
    this.#program = program;
    onPid(program.pid);
    const first = await within(clock, STARTS_WITHIN_MS, up, program.ended);
    if (first !== true) {
      program.signal("SIGKILL");
      this.#program = undefined;
      onPid(undefined);
      return program.ended;
    }
    void program.ended.then((end) => this.#ended(end));
    return true;
  }

  #ended(end: ProgramEnd): void {
    const { clock, onPid, onNote, onFailure, name, where } = this.#options;
    this.#program = undefined;
    onPid(undefined);
    if (this.#isEnding) return;
    this.crashes++;
    if (end.code === SETUP_EXIT) return onFailure(failureOf(name, end, this.#talk, where));
    if (clock.monotonic() - this.#startedAt >= STEADY_MS) this.#againInMs = AGAIN_MS_MIN;
    const againInMs = this.#againInMs;
    this.#againInMs = Math.min(2 * againInMs, AGAIN_MS_MAX);
    onNote({ kind: "ended", program: name, how: endText(end), againInMs });
    this.#cancelAgain = clock.after(againInMs, () => void this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    const up = await this.#start();
    if (up === true) this.#options.onNote({ kind: "started anew", program: this.#options.name, pid: this.pid });
    else this.#ended(up);
  }
}
