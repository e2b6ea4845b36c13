import { type Clock, eventOf, ok } from "@portico/card-protocol";
import { type PrintJob, PrintQueue, type PrintResult } from "@portico/firmware-ts/ipp";
import type { PrinterConfiguration } from "../configuration/printing-configuration.ts";
import { type PrintSize, printSize } from "../core/print-price.ts";
import type { SeenJob } from "../core/print-release.ts";
import type { Recorder } from "../recorder.ts";
import type { PrintingWays } from "./printing-ways.ts";

/** An answer takes so long at most. */
const TIMEOUT_MS = 10_000;
/** How often a printer is asked how it is. */
const LOOK_MS = 30_000;
/** Jobs whose pages are remembered. */
const COUNTED_MAX = 1_000;
/** The queue has taken the job, and the device behind it does not answer: what it counts is nowhere. PWG 5100.9, CUPS. */
const UNREACHED = ["connecting-to-device", "offline", "offline-report", "timed-out", "shutdown"];

/** A held job with its price. */
export interface PricedJob {
  readonly job: PrintJob;
  readonly size: PrintSize;
  readonly priceFen: number;
  readonly sideFen: number;
  /** Why its pages were not counted; empty where they were. */
  readonly detail: string;
}

export interface PrinterParts {
  readonly settings: PrinterConfiguration;
  readonly ways: PrintingWays;
  readonly clock: Pick<Clock, "after">;
  readonly recorder: Pick<Recorder, "event">;
}

/** A printer as release stations see it: its queue, what jobs in it cost, and whether it prints at all. */
export class Printer {
  readonly settings: PrinterConfiguration;
  readonly queue: PrintQueue;
  readonly #parts: PrinterParts;
  readonly #counted = new Map<string, { readonly pages: number | undefined; readonly detail: string }>();
  /** Why it does not print; empty: it does. Undefined: it has not been asked yet. */
  #fault: string | undefined;
  #cancel = (): void => {};
  #isClosed = false;

  constructor(parts: PrinterParts) {
    const { settings, ways, clock } = parts;
    this.settings = settings;
    this.#parts = parts;
    this.queue = new PrintQueue({ uri: settings.uri, user: settings.user, timeoutMs: TIMEOUT_MS, exchange: ways.openPrinter(settings, clock) });
  }

  /** Why it does not print, as it was when it was asked last; undefined: it does, or has not been asked yet. */
  get fault(): string | undefined {
    return this.#fault === "" ? undefined : this.#fault;
  }

  start(): void {
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  /** Held jobs of some accounts, the oldest first. */
  async heldOf(isTheirs: (account: string) => boolean): Promise<PrintResult<readonly PrintJob[]>> {
    const jobs = await this.queue.jobs();
    return jobs.ok ? ok(jobs.value.filter(({ state, user }) => state === "held" && isTheirs(user)).toSorted((a, b) => a.id - b.id)) : jobs;
  }

  /** Counts its pages, once. */
  async priced(job: PrintJob): Promise<PricedJob> {
    const { sideFen, colourSideFen, uncountedPages } = this.settings;
    const { pages, detail } = await this.#pagesOf(job);
    const size = printSize(job, pages, uncountedPages);
    const each = job.isColour ? colourSideFen : sideFen;
    return { job, size, sideFen: each, priceFen: size.sides * each, detail };
  }

  /** A job as its release sees it; undefined: what the printer has under its number is another one. */
  async seen(id: number, createdAt: number | null): Promise<PrintResult<SeenJob | undefined>> {
    const answer = await this.queue.job(id);
    if (!answer.ok) return answer;
    const { state, impressions, createdAt: created } = answer.value;
    if (createdAt !== null && created !== createdAt) return ok(undefined);
    if ((impressions ?? 0) === 0 || state === "held" || state === "completed") return ok({ state, impressions, isReached: true });
    const status = await this.queue.status();
    // Where that is not known a side counts as out: then a person looks.
    return ok({ state, impressions, isReached: !status.ok || !status.value.reasons.some((reason) => UNREACHED.includes(reason)) });
  }

  async #pagesOf(job: PrintJob): Promise<{ readonly pages: number | undefined; readonly detail: string }> {
    const key = `${job.id} ${job.createdAt ?? ""}`;
    const known = this.#counted.get(key);
    if (known !== undefined) return known;
    const counted = await this.#count(job);
    // What the network has kept from us is asked for again.
    if (counted.isFinal) {
      if (this.#counted.size >= COUNTED_MAX) this.#counted.delete(this.#counted.keys().next().value!);
      this.#counted.set(key, counted);
    }
    return counted;
  }

  async #count({ id, documents }: PrintJob): Promise<{ readonly pages: number | undefined; readonly detail: string; readonly isFinal: boolean }> {
    let pages = 0;
    for (let nth = 1; nth <= documents; nth++) {
      const document = await this.queue.document(id, nth, this.settings.documentBytesMax);
      if (!document.ok) {
        const isFinal = document.error === "PrinterRefused" || document.error === "BadReply";
        return { pages: undefined, detail: isFinal ? "the printer does not give the document" : "the printer does not answer", isFinal };
      }
      const count = await this.#parts.ways.countPages(document.value);
      if (count.kind === "uncounted") return { pages: undefined, detail: count.detail, isFinal: true };
      pages += count.pages;
    }
    return { pages, detail: "", isFinal: true };
  }

  async #look(): Promise<void> {
    const { recorder, clock } = this.#parts;
    const status = await this.queue.status();
    if (this.#isClosed) return;
    const fault = !status.ok ? status.error : faultOf(status.value);
    const printer = this.settings.id;
    if (fault !== "" && fault !== this.#fault) recorder.event(eventOf("PrinterFault", { printer, detail: fault }));
    if (fault === "" && this.#fault !== undefined && this.#fault !== "") recorder.event(eventOf("PrinterReady", { printer }));
    this.#fault = fault;
    this.#cancel = clock.after(LOOK_MS, () => void this.#look());
  }
}

/** A reason without an ending says as much as one that ends with `-error`. RFC 8011 §5.4.12. */
function faultOf({ state, reasons }: { readonly state: string; readonly reasons: readonly string[] }): string {
  const severe = reasons.filter((reason) => !/-(?:report|warning)$/.test(reason) && !reason.startsWith("cups-"));
  if (severe.length > 0) return severe.toSorted().join(", ").slice(0, 200);
  return state === "stopped" ? "stopped" : "";
}
