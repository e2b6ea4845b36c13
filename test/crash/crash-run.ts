import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { makeHeldPass } from "@portico/card-protocol/phone";
import { ControllerDatabase, type ControllerReport, DATABASE_FILE, EventLog, type EventLine } from "@portico/controller";
import { ControlSocket } from "./control-socket.ts";
import { ControllerRun } from "./controller-run.ts";
import { configurationText, ENTRANCES, listFiles, SITE } from "./entrances.ts";
import { FarEnd, type StrikeTime } from "./far-end.ts";
import { type Findings, findingsOf, type ShownPass } from "./findings.ts";
import { LoopTurns } from "./loop-turns.ts";
import { aim, letPass, type Shot } from "./shot.ts";
import { Waiting } from "./waiting.ts";

export interface CrashRunOptions {
  readonly clock: Clock;
  /** The machine's clock, Unix ms: the controller's too. */
  readonly wallMs: () => number;
}

type Judged = Extract<ControllerReport, { readonly kind: "judged" }>;

/** A pass that was never spent is shown again for so long; then the phone makes a new one. */
const UNSPENT_S_MAX = 15;

/** One data folder whose controller is killed again and again, with the far ends of its wires here, out of the controller's reach. */
export class CrashRun {
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  readonly #waiting: Waiting;
  readonly #turns: LoopTurns;
  readonly #socket: ControlSocket;
  readonly #folder = mkdtempSync(join(tmpdir(), "portico-crash-"));
  readonly #configurationFile = join(this.#folder, "portico.toml");
  readonly #dataFolder = join(this.#folder, "kept");
  readonly #walFile = join(this.#dataFolder, `${DATABASE_FILE}-wal`);
  readonly #log: EventLine[] = [];
  /** Passes that a kill left unspent, by access point. */
  readonly #unspent = new Map<string, ShownPass>();
  #ends: readonly FarEnd[] = [];
  #run: ControllerRun | undefined;
  #counter = 0;

  constructor({ clock, wallMs }: CrashRunOptions) {
    this.#clock = clock;
    this.#wallMs = wallMs;
    this.#waiting = new Waiting(clock);
    this.#turns = new LoopTurns(clock);
    this.#socket = new ControlSocket(join(this.#dataFolder, "controller.sock"), clock);
  }

  /** Every event so far. */
  get log(): readonly EventLine[] {
    return this.#log;
  }

  /** Each time that a strike was energised. */
  get strikes(): readonly StrikeTime[] {
    return this.#ends.flatMap((end) => end.strikes);
  }

  /** Starts the first controller and loads the list. */
  async open(): Promise<void> {
    const parts = { clock: this.#clock, wallMs: this.#wallMs, turns: this.#turns, onChange: () => this.#waiting.look() };
    this.#ends = await Promise.all(ENTRANCES.map((entrance) => FarEnd.open(entrance, parts)));
    const ports = new Map(this.#ends.flatMap(({ ports: those }) => [...those]));
    writeFileSync(
      this.#configurationFile,
      configurationText((wire) => ports.get(wire)!),
    );
    const listFolder = join(this.#folder, "list");
    mkdirSync(listFolder);
    for (const { file, text } of listFiles()) writeFileSync(join(listFolder, file), text);
    await this.#start();
    await this.#asked((socket) => socket.loadList(listFolder));
    this.#log.push(...(await this.#asked((socket) => socket.eventsBehind(0))));
  }

  /** Brings the controller to the shot's point, kills it, starts the next one on the same folder and looks at what is there. */
  async fire(shot: Shot): Promise<Findings> {
    const far = this.#ends[shot.entrance]!;
    const { accessPoint } = far.entrance;
    const run = this.#run!;
    const pass = this.#passAt(far);
    const before = this.#marks();
    const judged = this.#judgedOf(run, accessPoint);
    await aim({
      shot,
      far,
      text: pass.text,
      outcome: () => judged()?.outcome,
      clock: this.#clock,
      recordedAt: () => statSync(this.#walFile, { bigint: true }).mtimeNs,
      until: (what, condition) => this.#until(`${shot.point}: ${what}`, condition),
    });
    await letPass(this.#clock, shot.delayMs);
    run.kill();
    // Whatever still waits in the wires is obeyed, but nobody is there to hear an answer.
    for (const end of this.#ends) end.withhold("everything");
    await this.#waiting.until("the end of the controller and of its wires", () => run.exit !== undefined && this.#ends.every((end) => end.isDeserted));
    const dead = this.#marks();
    for (const end of this.#ends) {
      end.withhold("nothing");
      end.rest();
    }
    await this.#start();
    const recovered = this.#marks();
    const verdict = await this.#asked((socket) => socket.chainVerdict());
    const events = await this.#asked((socket) => socket.eventsBehind(this.#log.length));
    this.#log.push(...events);
    const findings = findingsOf({
      shot,
      pass,
      accessPoint,
      exit: run.exit!,
      judged: judged(),
      hasToldTaken: run.reports.some((report) => report.kind === "event" && report.event.name === "AccessTaken"),
      events,
      log: this.#log,
      verdict,
      strikeFrames: far.strikeFrames.slice(before[shot.entrance]!.frames, dead[shot.entrance]!.frames),
      strikes: far.strikes.slice(before[shot.entrance]!.energized, dead[shot.entrance]!.energized),
      movedElsewhere: dead[1 - shot.entrance]!.frames - before[1 - shot.entrance]!.frames,
      movedBehind: [0, 1].reduce((sum, end) => sum + recovered[end]!.frames - dead[end]!.frames + recovered[end]!.energized - dead[end]!.energized, 0),
    });
    if (findings.grant === undefined) this.#unspent.set(accessPoint, pass);
    else this.#unspent.delete(accessPoint);
    if (findings.grant === undefined || !shot.isShownAgain) return findings;
    const faults = await this.#showSpent(far, pass);
    return { ...findings, isRefusedAgain: faults.length === 0, faults: [...findings.faults, ...faults] };
  }

  /** Stops the last controller in order, and has its log verified once more, without it. Returns what is wrong. */
  async end(): Promise<string[]> {
    const run = this.#run!;
    run.interrupt();
    await this.#waiting.until(
      "an orderly stop",
      () => run.exit !== undefined,
      () => run.lastWords,
    );
    await this.#until("every strike at rest", () => this.#ends.every((end) => !end.isStrikeEnergized));
    const database = ControllerDatabase.open(join(this.#dataFolder, DATABASE_FILE));
    try {
      const log = new EventLog(database, nodeSha256);
      const outcome = [...log.verify()].at(-1)!;
      return [
        ...(run.exit === "exit 0" ? [] : [`the last controller was asked to stop: ${run.exit}`]),
        ...(outcome.kind === "whole" && outcome.records === log.last().seq ? [] : [`the log, read without a controller: ${JSON.stringify(outcome)}`]),
        ...log.openGrants().map(({ seq }) => `grant ${seq} is open in the end`),
      ];
    } finally {
      database.close();
    }
  }

  /** Lets go of everything, in whatever state it is. */
  async close(): Promise<void> {
    const run = this.#run;
    run?.kill();
    if (run !== undefined) await this.#waiting.until("the end of the controller", () => run.exit !== undefined);
    await Promise.all(this.#ends.map((end) => end.close()));
    this.#turns.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #start(): Promise<void> {
    const run = new ControllerRun({ configurationFile: this.#configurationFile, dataFolder: this.#dataFolder, onChange: () => this.#waiting.look() });
    this.#run = run;
    const isReady = (): boolean => this.#ends.every((end) => end.isConnected && end.inputReadings >= 2 && !end.isStrikeEnergized);
    await this.#until("a controller whose boards answer", isReady);
  }

  /** Waits for something that a living controller does. */
  async #until(what: string, condition: () => boolean): Promise<void> {
    const run = this.#run!;
    const isOver = (): boolean => condition() || run.exit !== undefined;
    await this.#waiting.until(what, isOver, () => run.lastWords);
    if (!condition()) throw new Error(`in vain: ${what}. ${run.lastWords}`);
  }

  /** Asks a living controller. */
  async #asked<T>(question: (socket: ControlSocket) => Promise<T>): Promise<T> {
    const run = this.#run!;
    return question(this.#socket).catch(async (cause: NodeJS.ErrnoException) => {
      // Who hangs up in the middle of an answer is about to end, and what it says then is worth waiting for.
      if (cause.code === "ECONNRESET") await this.#waiting.until("the end of a controller that hung up", () => run.exit !== undefined);
      throw new Error(`${cause.message}. ${run.lastWords}`, { cause });
    });
  }

  #marks(): { readonly frames: number; readonly energized: number }[] {
    return this.#ends.map(({ strikeFrames, strikes }) => ({ frames: strikeFrames.length, energized: strikes.length }));
  }

  /** The next decision at the access point that this controller reports from now on. */
  #judgedOf(run: ControllerRun, accessPoint: string): () => Judged | undefined {
    const from = run.reports.length;
    return () => run.reports.slice(from).find((report): report is Judged => report.kind === "judged" && report.accessPoint === accessPoint);
  }

  #passAt({ entrance: { accessPoint, credential, seed } }: FarEnd): ShownPass {
    const now = unixSeconds(Math.floor(this.#wallMs() / 1000));
    const unspent = this.#unspent.get(accessPoint);
    if (unspent !== undefined && now - unspent.signedAt <= UNSPENT_S_MAX) return { ...unspent, isSecondShowing: true };
    const counter = ++this.#counter;
    const { text } = makeHeldPass({ site: SITE, credentialId: credential, signedAt: now, counter }, nodeSigner(seed));
    return { text, credential, counter, signedAt: now, isSecondShowing: false };
  }

  async #showSpent(far: FarEnd, { text }: ShownPass): Promise<string[]> {
    const before = this.#marks();
    const judged = this.#judgedOf(this.#run!, far.entrance.accessPoint);
    far.scan(text);
    await this.#until("the refusal of a spent pass", () => judged() !== undefined);
    // Two more questions, and a frame that it had led to would have come.
    const readings = far.inputReadings;
    await this.#until("two more questions", () => far.inputReadings >= readings + 2);
    const { outcome, reason } = judged()!;
    return [
      ...(outcome === "denied" && reason === "PassReplayed" ? [] : [`the spent pass, shown after the restart, was ${outcome}: ${reason}`]),
      ...(this.#marks().some(({ frames }, end) => frames !== before[end]!.frames) ? ["the spent pass moved a strike after the restart"] : []),
    ];
  }
}
