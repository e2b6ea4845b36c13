import { type ProgramNote, stationReaders } from "@portico/simulator/programs";
import type { RunningCampus } from "./sim-campus.ts";
import { SimLog } from "./sim-log.ts";
import type { Terminal } from "./terminal.ts";
import { timeText } from "./time-text.ts";

/** Tells a person, or a program, what goes on. */
export class SimTeller {
  readonly #terminal: Terminal;
  readonly #isLines: boolean;
  readonly #people = new Map<string, string>();
  #log: SimLog | undefined;
  #foundSoFar = 0;
  #isInterrupted = false;

  /** @param isLines  JSON lines, for a program */
  constructor(terminal: Terminal, isLines: boolean) {
    this.#terminal = terminal;
    this.#isLines = isLines;
  }

  /** A line for a person; a program does not need it. */
  say(line: string): void {
    if (!this.#isLines) this.#terminal.out(`${line}\n`);
  }

  /** What runs: the screen for a person, the facts for a program. */
  screen(facts: object, lines: readonly string[]): void {
    if (this.#isLines) this.#json(facts);
    else this.say(["", ...lines].join("\n"));
  }

  /** From now on each report is told. */
  watch(campus: RunningCampus): void {
    const { lanes, doors, people, parts, timeZone } = campus.campus;
    const readers = stationReaders(campus.campus);
    for (const { id, phone, wallet, card, identities = [] } of people)
      for (const credential of [phone?.credential, wallet?.credential, card?.credential, ...identities.map((each) => each.credential)])
        if (credential !== undefined) this.#people.set(credential, id);
    const log = new SimLog({
      out: (line) => this.say(line),
      after: campus.clock.after,
      now: campus.now,
      personOf: (credential) => this.#people.get(credential),
      people: people.map(({ id }) => id),
      stillReaders: new Set(readers.filter(({ capability }) => capability !== "pass" && capability !== "unlock").map(({ id }) => id)),
      roomReaders: new Set(readers.filter(({ capability }) => capability === "unlock").map(({ id }) => id)),
      places: [
        ...lanes.flatMap(({ id }) => [`${id}/entry`, `${id}-out`]),
        ...doors.map(({ id }) => `${id}-in`),
        ...readers.map(({ id }) => id),
        ...parts.map(({ controller }) => controller),
      ],
      zone: timeZone,
    });
    this.#log = log;
    if (timeText(campus.now()) !== timeText(campus.now(), timeZone)) this.say(`Times in ${timeZone}.`);
    this.say(log.heading());
    campus.hands.onReport((report) => {
      if (this.#isLines) return this.#json(report);
      this.#log?.report(report);
    });
  }

  /** @param all  every finding so far */
  findings(all: readonly { readonly person: string; readonly place: string; readonly what: string }[]): void {
    for (const { person, place, what } of all.slice(this.#foundSoFar)) {
      if (this.#isLines) this.#json({ kind: "finding", person, place, what });
      else this.#log?.note("!", `${person} at ${place}: ${what}`);
    }
    this.#foundSoFar = all.length;
  }

  /** What the one who looks after the programs has to tell. */
  note(note: ProgramNote): void {
    if (this.#isLines) return this.#json({ note: note.kind, ...note, kind: "note" });
    const text = noteText(note);
    if (this.#log === undefined) this.#terminal.err(`${text}\n`);
    else this.#log.note("*", text);
  }

  /** What goes on with the cloud, while people live. */
  show(text: string): void {
    if (this.#isLines) this.#json({ kind: "show", text });
    else this.#log?.note("*", text);
  }

  /** Nobody begins anything new. */
  goingHome(): void {
    if (!this.#isLines) this.#log?.note("*", "everybody goes home");
  }

  /** Somebody pressed Ctrl-C. */
  interrupted(): void {
    this.#isInterrupted = true;
    // The terminal has echoed ^C.
    if (!this.#isLines) this.say(`${this.#terminal.isTty ? "\n" : ""}ending the controllers, the cloud, then the devices …`);
  }

  /** The log is over. */
  end(): void {
    this.#log?.close();
    this.#log = undefined;
  }

  /** Every program has ended. */
  ended(): void {
    this.end();
    if (this.#isInterrupted) this.say("ended; nothing is left running");
  }

  #json(line: object): void {
    this.#terminal.out(`${JSON.stringify(line)}\n`);
  }
}

function noteText(note: ProgramNote): string {
  switch (note.kind) {
    case "ended":
      return `${note.program} ended by itself (${note.how}); it is started anew in ${note.againInMs / 1000} s`;
    case "started anew":
      return `${note.program} runs again, pid ${note.pid ?? "?"}`;
    case "said":
      return `${note.program}: ${note.line}`;
    case "killed":
      return `${note.program} did not end in time and was killed`;
  }
}
