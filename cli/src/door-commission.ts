import { readFileSync } from "node:fs";
import type { CommissioningRow, CommissioningVerb, WalkRow } from "@portico/controller";
import { type Command, Option } from "commander";
import { ControllerClient } from "./controller-client.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure, Interrupted } from "./failure.ts";
import { doorInCode } from "./label.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { byOption, formatOption, verb } from "./verb.ts";
import { readWalkAnswers, type WalkAnswer } from "./walk-answers.ts";
import { typedPath } from "./places.ts";

/** How often the controller is asked how far it is. */
const LOOK_MS = 250;
/** A controller that is away for longer was not merely without current. */
const AWAY_MAX_MS = 900_000;

interface CommissionOptions extends ControllerOptions {
  readonly by: string;
  readonly answers?: string;
  readonly anew?: true;
  readonly format?: Format;
}
type Said = { readonly step?: string; readonly word?: string; readonly remark?: string };

/** `portico door commission`: a walk through everything that a door has. */
export function commissionVerb(surroundings: Surroundings): Command {
  const command = verb("commission <door>", "walk through a door, turnstile or lift floor, and sign what was seen", [
    ["portico door commission library", "reader, contact, strike, exit button, fire, power; Ctrl-C keeps what was done"],
    ["portico door commission lift-1/3 --by 'li.wei'", "a floor of a lift, in somebody's name"],
    ["portico door commission 'portico:door/library?controller=gates'", "as its label says it"],
    ["portico door commission library --anew", "forget what was begun and not signed"],
    ["portico door commission library --answers walk.txt", "nobody types: a line a step, e.g. `strike yes`, `forced skip no key`"],
  ])
    .addOption(byOption(surroundings.user))
    .addOption(new Option("--answers <file>", "answers by step, for a walk that nobody types at"))
    .option("--anew", "begin anew: forget what was begun and not signed")
    .addOption(formatOption());
  return controllerOptions(command).action((door: string, options: CommissionOptions) => commission(surroundings, door, options));
}

async function commission(surroundings: Surroundings, typed: string, options: CommissionOptions): Promise<void> {
  const answers = options.answers === undefined ? undefined : readWalkAnswers(readFileSync(typedPath(surroundings, options.answers), "utf8"), options.answers);
  if (answers === undefined && surroundings.typedLine === undefined)
    throw new Failure(
      EXIT.usage,
      "nobody types here: a door is commissioned by somebody who stands at it",
      `door ${typed}`,
      "run it on a terminal, or name a file of answers: portico door commission --help",
    );
  const client = await clientFor(surroundings, options);
  const door = await doorMeant(client, typed);
  const walk = new TypedWalk(surroundings, client, door, options.by, answers);
  const row = await walk.toItsEnd(options.anew === true);
  const { terminal } = surroundings;
  if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
  else if (row.state === "commissioned")
    terminal.out(`${door} is commissioned, by ${printable(row.by ?? "")}${row.why === "" ? "" : `; ${printable(row.why)}`}\n`);
  if (row.state !== "commissioned")
    throw new Failure(EXIT.refused, `it is not commissioned; ${row.why}`, `door ${door}`, `mend it, then walk again: portico door commission ${door}`);
  terminal.err(`next: portico door protocol ${door}\n`);
}

/** The door that was named, or whose label was scanned. @throws Failure 2 for a label of another controller */
async function doorMeant(client: ControllerClient, typed: string): Promise<string> {
  const { door, controller } = doorInCode(typed);
  if (controller === undefined) return door;
  const status = await client.ask("GET /v1/status", {});
  if (status.controller === controller) return door;
  throw new Failure(
    EXIT.usage,
    `this label is of controller ${controller}, and ${status.controller} runs here`,
    typed,
    "walk through it at its own controller",
  );
}

/** A walk with somebody who types, or with a file. */
class TypedWalk {
  readonly #surroundings: Surroundings;
  readonly #client: ControllerClient;
  readonly #door: string;
  readonly #by: string;
  readonly #answers: ReadonlyMap<string, WalkAnswer> | undefined;
  readonly #aborted: Promise<undefined>;
  /** The line that is waited for: asked once, however often it is looked whether it came. */
  #line: Promise<string | undefined> | undefined;

  constructor(surroundings: Surroundings, client: ControllerClient, door: string, by: string, answers: ReadonlyMap<string, WalkAnswer> | undefined) {
    this.#surroundings = surroundings;
    this.#client = client;
    this.#door = door;
    this.#by = by;
    this.#answers = answers;
    this.#aborted = aborted(surroundings.interrupted);
  }

  /** Every step that has not passed and was not left out; then the protocol is signed. @throws Interrupted by Ctrl-C, with what was done kept */
  async toItsEnd(isAnew: boolean): Promise<CommissioningRow> {
    let walk = (await this.#ask("begin")).walk;
    if (isAnew) {
      await this.#ask("discard");
      walk = (await this.#ask("begin")).walk;
    }
    this.#greet(walk);
    try {
      for (const [index, { step, shows, isNeeded }] of walk.steps.entries()) {
        for (let isAgain = true; isAgain;) {
          const { outcome } = this.#stepOf(walk, step);
          if (outcome === "passed" || outcome === "skipped") break;
          this.#tell(`\n[${index + 1}/${walk.steps.length}] ${step}: ${shows}${isNeeded ? "" : " (may be left out for a reason)"}`);
          walk = await this.#step(step);
          isAgain = await this.#isAgain(walk, step);
          walk = await this.#now();
        }
      }
      if (this.#answers === undefined) await this.#typed("\nEnter signs the protocol: ");
      return (await this.#ask("finish")).row;
    } catch (error) {
      if (!(error instanceof Interrupted) && !this.#surroundings.interrupted.aborted) throw error;
      await this.#leave();
      throw new Interrupted();
    }
  }

  #greet({ steps }: WalkRow): void {
    const done = steps.filter(({ outcome }) => outcome === "passed" || outcome === "skipped").length;
    this.#tell(`${this.#door}: ${steps.length} steps${done === 0 ? "" : `, of which ${done} are done already`}`);
    if (this.#answers === undefined)
      this.#tell("At any time: s <reason> leaves a step out, f <reason> fails it, r begins it anew, Ctrl-C keeps what was done and ends.");
  }

  /** One step, from its beginning to what became of it. */
  async #step(step: string): Promise<WalkRow> {
    const answer = this.#answers?.get(step);
    if (answer?.kind === "skip") return this.#told((await this.#ask("skip", { step, remark: answer.reason })).walk, step);
    if (this.#answers === undefined) {
      const line = await this.#typed("Enter begins: ");
      const judged = line.trim() === "r" ? undefined : await this.#judgedBy(line, step);
      if (judged !== undefined) return this.#told(judged, step);
    }
    let walk = (await this.#ask("start", { step })).walk;
    for (let [told, looked] = [-1, -1]; walk.under?.step === step;) {
      const { stage, words, tells, isRelock } = walk.under;
      // What is so by itself a moment later is nobody's to do.
      if (stage !== told && (words !== null || stage === looked)) {
        told = stage;
        this.#tell(`  ${tells}${words === null ? "" : ` (${words.join("/")})`}`);
        if (isRelock && this.#answers === undefined) this.#tell("  type relock to do it in your name");
      }
      looked = stage;
      walk = (await this.#answered(walk.under, step, answer)) ?? (await this.#later());
    }
    return this.#told(walk, step);
  }

  /** What became of a step. */
  #told(walk: WalkRow, step: string): WalkRow {
    const { outcome, remark } = this.#stepOf(walk, step);
    this.#tell(`  ${outcome}${remark === "" ? "" : `: ${remark}`}`);
    return walk;
  }

  /** What somebody, or the file, says to what is waited for; undefined: nothing. */
  async #answered(under: NonNullable<WalkRow["under"]>, step: string, answer: WalkAnswer | undefined): Promise<WalkRow | undefined> {
    if (this.#answers !== undefined) return this.#answeredByFile(under, step, answer);
    const line = await this.#lineWithin(under.words === null ? LOOK_MS : undefined);
    if (line === undefined) return undefined;
    const said = line.trim();
    const word = said === "y" ? "yes" : said === "n" ? "no" : said;
    if (under.words?.some((each) => each === word) === true) return (await this.#ask("answer", { word })).walk;
    if (under.isRelock && (said === "relock" || said === "relock all")) return this.#relock(said !== "relock");
    const judged = await this.#judgedBy(line, step);
    if (judged === undefined && said !== "") this.#tell(`  that is not understood; ${under.words === null ? "nothing is asked" : `say ${under.words.join(" or ")}`}, or s <reason>, f <reason>, r`); // prettier-ignore
    return judged;
  }

  async #answeredByFile(under: NonNullable<WalkRow["under"]>, step: string, answer: WalkAnswer | undefined): Promise<WalkRow | undefined> {
    const word = answer?.kind === "word" ? answer.word : undefined;
    if (under.isRelock && (word === "relock" || word === "relock-all")) return this.#relock(word !== "relock");
    if (under.words === null) return undefined;
    if (word !== undefined && under.words.some((each) => each === word)) return (await this.#ask("answer", { word })).walk;
    await this.#ask("leave");
    throw new Failure(
      EXIT.usage,
      `the file does not answer: ${under.tells}`,
      `step ${step}`,
      `add a line "${step} ${under.words.join("|")}"; what was done is kept`,
    );
  }

  /** `s <reason>`, `f <reason>`, `r`: what a line says of a step; undefined: nothing. */
  async #judgedBy(line: string, step: string): Promise<WalkRow | undefined> {
    const [, letter, remark = ""] = /^([sfr])(?:\s+(.*))?$/.exec(line.trim()) ?? [];
    if (letter === "r") return (await this.#ask("start", { step })).walk;
    if (letter === undefined) return undefined;
    if (remark !== "") return (await this.#ask(letter === "s" ? "skip" : "fail", { step, remark: remark.slice(0, 200) })).walk;
    this.#tell(`  why? ${letter} <reason>`);
    return this.#now();
  }

  /** Has it locked again in the name of whoever commissions; where others would be locked with it, only when they are meant too. */
  async #relock(others: boolean): Promise<WalkRow> {
    const { awaiting } = await this.#client.ask("GET /v1/site", {});
    const along = awaiting.filter((id) => id !== this.#door && id !== this.#door.split("/")[0]);
    const body = { by: this.#by, reason: `commissioning of ${this.#door}`, zone: null };
    try {
      if (along.length > 0 && !others)
        throw new Failure(EXIT.refused, `${along.join(", ")} would be locked with it`, "relock", "look there, then relock all (in a file: relock-all)");
      await this.#client.ask("POST /v1/site/:verb", { params: { verb: "relock" }, body });
    } catch (error) {
      if (this.#answers !== undefined) await this.#ask("leave");
      if (this.#answers !== undefined || !(error instanceof Failure) || error.exitCode !== EXIT.refused) throw error;
      this.#tell(`  not done: ${error.what}; ${error.next}`);
    }
    return this.#later();
  }

  /** Behind a step that failed, whoever types may have it anew. */
  async #isAgain(walk: WalkRow, step: string): Promise<boolean> {
    const { outcome } = this.#stepOf(walk, step);
    if (outcome === "passed" || outcome === "skipped" || this.#answers !== undefined) return false;
    if (outcome === "open") return true;
    const line = await this.#typed("  Enter goes on, r begins it anew, s <reason> leaves it out: ");
    if (line.trim() === "r") return true;
    await this.#judgedBy(line, step);
    return false;
  }

  /** How far it is a moment later, also where the controller was without current meanwhile. */
  async #later(): Promise<WalkRow> {
    for (let awayMs = 0; ; awayMs += LOOK_MS) {
      if (!(await elapsed(this.#surroundings, LOOK_MS))) throw new Interrupted();
      try {
        const walk = await this.#now();
        if (awayMs > 0) this.#tell("  the controller is back");
        return walk;
      } catch (error) {
        if (!(error instanceof Failure) || error.exitCode !== EXIT.unreachable || awayMs > AWAY_MAX_MS) throw error;
        if (awayMs === 0) this.#tell("  the controller does not answer; waiting");
      }
    }
  }

  #now = (): Promise<WalkRow> => this.#client.ask("GET /v1/commissioning/:id", { params: { id: this.#door } });
  #ask(verb: CommissioningVerb, { step, word, remark }: Said = {}): Promise<{ readonly row: CommissioningRow; readonly walk: WalkRow }> {
    const body = { by: this.#by, step: step ?? null, word: (word ?? null) as "yes" | null, remark: remark ?? "" };
    return this.#client.ask("POST /v1/commissioning/:id/:verb", { params: { id: this.#door, verb }, body });
  }

  async #typed(asks: string): Promise<string> {
    this.#surroundings.terminal.err(asks);
    const line = await this.#lineWithin(undefined);
    if (line === undefined) throw new Interrupted();
    return line;
  }

  /** The next line, or undefined where none came in time. @throws Interrupted by Ctrl-C, and at the end of what is typed */
  async #lineWithin(ms: number | undefined): Promise<string | undefined> {
    this.#line ??= this.#surroundings.typedLine!();
    const none = Symbol("none");
    const line = await Promise.race([this.#line, ...(ms === undefined ? [this.#aborted] : [elapsed(this.#surroundings, ms).then(() => none)])]);
    if (line === none) return undefined;
    this.#line = undefined;
    if (line === undefined) throw new Interrupted();
    return line as string;
  }

  /** The controller is told that nobody is there any more; the client of this walk may not ask by now. */
  async #leave(): Promise<void> {
    const body = { by: this.#by, step: null, word: null, remark: "" };
    await new ControllerClient(this.#client.socket, new AbortController().signal).ask("POST /v1/commissioning/:id/:verb", { params: { id: this.#door, verb: "leave" }, body }); // prettier-ignore
    this.#tell(`\nwhat was done is kept; go on with: portico door commission ${this.#door}`);
  }

  #stepOf = ({ steps }: WalkRow, id: string): WalkRow["steps"][number] => steps.find(({ step }) => step === id)!;
  #tell(line: string): void {
    this.#surroundings.terminal.err(`${line.startsWith("\n") ? "\n" : ""}${printable(line.replace(/^\n/, ""))}\n`);
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener("abort", () => done(undefined), { once: true });
  });
