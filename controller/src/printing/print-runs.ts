import type { Clock, ControllerEvent } from "@portico/card-protocol";
import { isAtPrinter, type PrintInput, type PrintRelease, type PrintStep, stepPrintRelease } from "../core/print-release.ts";
import type { Recorder } from "../recorder.ts";
import type { PrintReleaseStore } from "../store/print-releases.ts";
import { RecordingFailed } from "../store/recording-failed.ts";
import type { MoneyHold, MoneyPort } from "../money/money-port.ts";
import type { Printer } from "./printer.ts";

/** How often a job is looked at while it is on its way, and money that could not be moved is tried again. */
const LOOK_MS = 2_000;
/** Behind that whoever released a job may have left: a printer that has not taken the release by then is not asked again. */
const LATE_MS = 60_000;

export interface PrintRunsParts {
  readonly printers: ReadonlyMap<string, Printer>;
  readonly money: Pick<MoneyPort, "hold" | "post" | "void">;
  readonly store: PrintReleaseStore;
  readonly clock: Pick<Clock, "after">;
  readonly recorder: Pick<Recorder, "attempt" | "wish" | "suspension">;
}

/** What became of a release so far. `waiting`: the printer has not said yes, and is asked again. */
export type ReleaseOutcome = { readonly kind: "released" | "waiting" } | { readonly kind: "refused"; readonly detail: string };

/** Every release whose money has not come to rest: runs its machine over the printer and the accounts, and finds it again behind a restart. */
export class PrintRuns {
  readonly #parts: PrintRunsParts;
  readonly #open = new Map<string, PrintRelease>();
  #cancel: (() => void) | undefined;
  /** Timers of releases that are not over: a stop waits for none of them. */
  readonly #lates = new Map<string, () => void>();
  #isClosed = false;

  constructor(parts: PrintRunsParts) {
    this.#parts = parts;
    for (const release of parts.store.open()) this.#open.set(release.id, release);
  }

  /** Goes on with what the last run left open: nobody waits for it at the printer any more. */
  start(): void {
    for (const { id } of this.open) this.#take(id, { kind: "late" });
    if (this.#open.size > 0) void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    for (const cancel of this.#lates.values()) cancel();
  }

  get open(): readonly PrintRelease[] {
    return [...this.#open.values()];
  }

  /** A job that is on its way already is not released twice. */
  isOpen(printer: string, job: number): boolean {
    return this.open.some((each) => each.printer === printer && each.job === job && each.phase !== "review");
  }

  /** Holds the money, then asks the printer. */
  async release(release: PrintRelease): Promise<ReleaseOutcome> {
    const { id } = release;
    if (!this.#keep(release, [])) return { kind: "refused", detail: NOT_RECORDED };
    const held = await this.#parts.money.hold(holdOf(release));
    if (this.#isClosed) return { kind: "waiting" };
    if (!held.ok) {
      this.#take(id, { kind: "moneyRefused", detail: held.detail, isUnclear: held.error === "MoneyUnreachable" });
      return { kind: "refused", detail: held.detail };
    }
    const step = this.#take(id, { kind: "moneyHeld" });
    if (step === undefined) return { kind: "refused", detail: NOT_RECORDED };
    this.#lates.set(
      id,
      this.#parts.clock.after(LATE_MS, () => void this.#take(id, { kind: "late" })),
    );
    const detail = await this.#ask(release);
    this.#lookLater();
    const phase = this.#open.get(id)?.phase;
    if (phase === "asked") return { kind: "waiting" };
    return phase === "voiding" || phase === undefined ? { kind: "refused", detail } : { kind: "released" };
  }

  /** What a person has counted of a job that did not come to its end. False: it is not for review, or the disk refuses. */
  settle(id: string, sides: number, by: string, reason: string): boolean {
    if (this.#open.get(id)?.phase !== "review") return false;
    return this.#take(id, { kind: "reviewed", sides, by, reason }) !== undefined;
  }

  /** @returns why the printer did not do it, for whoever waits */
  async #ask({ id, printer, job }: PrintRelease): Promise<string> {
    const queue = this.#parts.printers.get(printer)?.queue;
    if (queue === undefined) return "there is no such printer";
    const answer = await queue.release(job);
    if (this.#isClosed) return "";
    if (answer.ok) {
      this.#take(id, { kind: "answered", answer: "done", detail: "" });
      return "";
    }
    const isUnclear = answer.error === "Unreachable" || answer.error === "TimedOut" || answer.error === "BadReply";
    const detail = isUnclear ? "the printer does not answer" : REFUSALS[answer.error];
    this.#take(id, { kind: "answered", answer: isUnclear ? "unclear" : "refused", detail });
    return detail;
  }

  /** One step, recorded before anything of it is done. Undefined where the disk refused it: then nothing is. */
  #take(id: string, input: PrintInput): PrintStep | undefined {
    const release = this.#open.get(id);
    if (release === undefined || this.#isClosed) return undefined;
    const step = stepPrintRelease(release, input);
    if (step.release !== release && !this.#keep(step.release, step.events)) return undefined;
    if (step.release.phase !== release.phase && (step.release.phase === "posting" || step.release.phase === "voiding")) void this.#move(step.release);
    return step;
  }

  #keep(release: PrintRelease, events: readonly ControllerEvent[]): boolean {
    const { recorder, store } = this.#parts;
    const isKept = recorder.attempt(() => {
      store.keep(release, () => {
        for (const event of events) if (recorder.wish(event) === undefined) throw new RecordingFailed("", recorder.suspension?.cause ?? "");
      });
      return true;
    });
    if (isKept !== true) return false;
    if (release.phase === "over") this.#forget(release.id);
    else this.#open.set(release.id, release);
    return true;
  }

  #forget(id: string): void {
    this.#open.delete(id);
    this.#lates.get(id)?.();
    this.#lates.delete(id);
  }

  async #move(release: PrintRelease): Promise<void> {
    const { money } = this.#parts;
    const hold = holdOf(release);
    const moved = release.phase === "posting" ? await money.post(hold, release.chargedFen) : await money.void(hold);
    if (moved.ok) this.#take(release.id, { kind: "moneyMoved" });
    else this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isClosed || this.#cancel !== undefined) return;
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => {
      this.#cancel = undefined;
      void this.#look();
    });
  }

  /** One after the other: a printer that does not answer takes its time. */
  async #look(): Promise<void> {
    for (const release of this.open) {
      if (this.#isClosed) return;
      if (release.phase === "posting" || release.phase === "voiding") await this.#move(release);
      else if (isAtPrinter(release)) await this.#lookAt(release);
    }
    if (this.open.some(({ phase }) => phase !== "review")) this.#lookLater();
  }

  async #lookAt(release: PrintRelease): Promise<void> {
    const printer = this.#parts.printers.get(release.printer);
    // A printer that the configuration does not have any more is asked no more: a person looks.
    const seen = printer && (await printer.seen(release.job, release.createdAt));
    if (this.#isClosed || (seen !== undefined && !seen.ok && seen.error !== "NotFound")) return;
    const step = this.#take(release.id, seen?.ok === true && seen.value !== undefined ? { kind: "seen", job: seen.value } : { kind: "gone" });
    if (step?.asks === true) await this.#ask(step.release);
  }
}

const NOT_RECORDED = "nothing can be recorded now";
const REFUSALS = {
  NotPossible: "the job is not held any more",
  NotFound: "the printer does not have the job",
  NotAuthorized: "the printer does not let this controller release jobs",
  PrinterRefused: "the printer refuses",
} as const;
const holdOf = ({ id, zone, holder, credential, heldFen: amountFen }: PrintRelease): MoneyHold => ({ id, zone: zone ?? "", holder, credential, amountFen });
