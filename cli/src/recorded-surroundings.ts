import { type RandomBytes, unixSeconds } from "@portico/card-protocol";
import { runCommandLine } from "./command-line.ts";
import { COMMANDS } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command did. */
export interface CommandRecord {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What a recorded command may find; everything has a harmless preset. */
export interface RecordedOptions extends Partial<
  Pick<Surroundings, "env" | "workingFolder" | "checkout" | "systemRoot" | "fetch" | "randomBytes" | "serialPorts" | "serialPort" | "datagrams" | "bluetooth">
> {
  readonly isTty?: boolean;
  readonly columns?: number;
  /** Standard input. */
  readonly input?: string;
  /** Who types: answers what was shown since they typed last, or waits (undefined). Preset: nobody. */
  readonly typist?: (shown: string) => string | undefined;
  /** Unix seconds at the start. */
  readonly now?: number;
}

/** Surroundings without a computer: what is written is kept, time stands still until it is told to pass, Ctrl-C is a method. */
export class RecordedSurroundings implements Surroundings {
  readonly terminal: Surroundings["terminal"];
  readonly input: () => Promise<string>;
  readonly typedLine: Surroundings["typedLine"];
  readonly env: Surroundings["env"];
  readonly workingFolder: string;
  readonly checkout: string | undefined;
  readonly systemRoot: string;
  readonly user = "zhang";
  readonly now: Surroundings["now"];
  readonly after: Surroundings["after"];
  /** Preset: servers of this machine alone answer. */
  readonly fetch: Surroundings["fetch"];
  /** Preset: there is none. */
  readonly serialPorts: Surroundings["serialPorts"];
  readonly serialPort: Surroundings["serialPort"];
  /** Preset: there is nobody. */
  readonly datagrams: Surroundings["datagrams"];
  /** Preset: there is no adapter. */
  readonly bluetooth: Surroundings["bluetooth"];
  /** Preset: counts up, the same each time: never for a key that matters. */
  readonly randomBytes: RandomBytes;
  /** Called whenever the command begins to wait. */
  onWait: () => void = () => {};
  /** Called at each text that is written to standard output. */
  onOut: (text: string) => void = () => {};
  out = "";
  err = "";
  private readonly typist: RecordedOptions["typist"];
  private shown = "";
  private awaitsLine: ((line: string) => void) | undefined;
  private readonly interruption = new AbortController();
  private seconds: number;
  private readonly waiting = new Map<() => void, number>();

  constructor(options: RecordedOptions = {}) {
    this.seconds = options.now ?? 1_800_000_000;
    this.env = options.env ?? {};
    this.workingFolder = options.workingFolder ?? "/";
    this.checkout = options.checkout;
    this.systemRoot = options.systemRoot ?? "/";
    this.randomBytes = options.randomBytes ?? ((length) => Uint8Array.from({ length }, (_, i) => i));
    this.fetch = options.fetch ?? ((request) => (isOfThisMachine(request.url) ? fetch(request) : Promise.reject(new TypeError("fetch failed"))));
    this.serialPorts = options.serialPorts ?? (() => Promise.resolve([]));
    this.serialPort = options.serialPort ?? ((path) => Promise.reject(new Error(`${path}: there are no serial ports here`)));
    this.datagrams = options.datagrams ?? (({ address }) => Promise.reject(new Error(`${address}: there is no network here`)));
    this.bluetooth = options.bluetooth ?? ((name) => Promise.reject(new Error(`${name}: there is no Bluetooth here`)));
    this.input = () => Promise.resolve(options.input ?? "");
    this.typedLine = options.typist === undefined ? undefined : () => new Promise((typed) => this.typing(typed));
    this.typist = options.typist;
    this.terminal = {
      out: (text) => {
        this.out += text;
        this.onOut(text);
      },
      err: (text) => {
        this.err += text;
        this.shown += text;
        this.typing();
      },
      isTty: options.isTty ?? false,
      columns: options.columns ?? 80,
    };
    this.now = () => unixSeconds(this.seconds);
    this.after = (delayMs, callback) => {
      this.waiting.set(callback, delayMs);
      queueMicrotask(() => this.onWait());
      return () => void this.waiting.delete(callback);
    };
  }

  get interrupted(): AbortSignal {
    return this.interruption.signal;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.interruption.abort();
  }

  private typing(awaits = this.awaitsLine): void {
    this.awaitsLine = awaits;
    const line = awaits && this.typist?.(this.shown);
    if (awaits === undefined || line === undefined) return;
    this.awaitsLine = undefined;
    this.shown = "";
    awaits(line);
  }

  /** Lets every delay that somebody waits for pass. */
  passTime(): void {
    for (const [callback, delayMs] of Array.from(this.waiting)) {
      this.waiting.delete(callback);
      this.seconds += delayMs / 1000;
      callback();
    }
  }

  /** Runs a command line to its end. */
  async run(...words: readonly string[]): Promise<CommandRecord> {
    const exitCode = await runCommandLine(COMMANDS, words, this);
    return { exitCode, out: this.out, err: this.err };
  }
}

const isOfThisMachine = (url: string): boolean => new URL(url).hostname === "127.0.0.1";

/** Runs one command line in recorded surroundings. */
export const runRecorded = (options: RecordedOptions, ...words: readonly string[]): Promise<CommandRecord> => new RecordedSurroundings(options).run(...words);
