import { type Clock, err, ok } from "@portico/card-protocol";
import {
  decodeIpp,
  encodeIpp,
  integerAttribute,
  integerOf,
  type IppAttribute,
  type IppExchange,
  IPP_GROUP,
  type IppGroup,
  type IppMessage,
  IPP_OPERATION,
  IPP_STATUS,
  IPP_TAG,
  JOB_STATES,
  type JobState,
  textAttribute,
  textsOf,
} from "@portico/firmware-ts/ipp";

/** What somebody sends to the queue. */
export interface SentJob {
  readonly user: string;
  readonly pages: number;
  readonly document: Uint8Array;
  readonly copies?: number;
  readonly isDuplex?: boolean;
  /** What the document is called: a release station never hears it. */
  readonly name?: string;
}

interface Job extends SentJob {
  readonly id: number;
  state: JobState;
  reasons: string[];
  impressions: number;
}

export interface VirtualPrinterOptions {
  readonly clock: Clock;
  /** How long a side takes. */
  readonly sideMs?: number;
  /** It cannot give documents back, as printers without CUPS. */
  readonly keepsDocuments?: boolean;
}

/**
 * A queue that holds every job, as CUPS with `job-hold-until-default=indefinite`, and the printer behind it. It answers bytes: over {@link exchange} within a
 * program, or behind an HTTP server. With the printer off it counts sides as done that nobody has seen, as CUPS does.
 */
export class VirtualPrinter {
  /** Sides that lie in the tray. */
  printed = 0;
  /** Operations that were asked for, in order. */
  readonly heard: number[] = [];
  /** Whoever asks is not let in. */
  isForbidden = false;
  /** Nothing answers: the print server is down, or the network. */
  isDown = false;
  /** The next answers never come, although what was asked is done. */
  answersLost = 0;
  readonly #options: Required<VirtualPrinterOptions>;
  readonly #jobs = new Map<number, Job>();
  #isOn = true;
  #jamsAt: number | undefined;
  #isJammed = false;
  #cancel: (() => void) | undefined;
  #lastId = 0;

  constructor(options: VirtualPrinterOptions) {
    this.#options = { sideMs: 1_000, keepsDocuments: true, ...options };
  }

  /** As a client of `findme` sees its job go: it is held. Answers its number. */
  send(job: SentJob): number {
    const id = ++this.#lastId;
    this.#jobs.set(id, { ...job, id, state: "held", reasons: ["job-hold-until-specified"], impressions: 0 });
    return id;
  }

  state(id: number): JobState | undefined {
    return this.#jobs.get(id)?.state;
  }

  /** Somebody at the print server. */
  cancelElsewhere(id: number): void {
    this.#end(this.#jobs.get(id)!, "canceled", "job-canceled-by-operator");
  }

  holdAgain(id: number): void {
    const job = this.#jobs.get(id)!;
    job.state = "held";
    job.reasons = ["job-hold-until-specified"];
  }

  /** The print server gives up on a job, as CUPS with the error policy `abort-job`. */
  abort(id: number): void {
    this.#end(this.#jobs.get(id)!, "aborted", "aborted-by-system");
  }

  /** The history is thrown away. */
  forget(id: number): void {
    this.#jobs.delete(id);
  }

  power(isOn: boolean): void {
    this.#isOn = isOn;
    this.#work();
  }

  /** Jams before the side of that number of the job that is printed then; 0: at once. */
  jamAt(side: number): void {
    this.#jamsAt = side;
  }

  /** Somebody pulls the paper out. */
  clearJam(): void {
    this.#isJammed = false;
    this.#work();
  }

  /** The print server is started anew: what was being printed begins again. */
  restart(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const job of this.#jobs.values()) if (job.state === "processing") job.state = "pending";
    this.isDown = false;
    this.#work();
  }

  /** The way to it within one program. */
  readonly exchange: IppExchange = (request, { timeoutMs }) =>
    new Promise((resolve) => {
      if (this.isDown) return void this.#options.clock.after(0, () => resolve(err("Unreachable", "connection refused")));
      const answer = this.answer(request);
      if (this.answersLost > 0) {
        this.answersLost--;
        return void this.#options.clock.after(timeoutMs, () => resolve(err("TimedOut", `no answer within ${timeoutMs} ms`)));
      }
      return void this.#options.clock.after(0, () => resolve(ok(answer)));
    });

  /** What an IPP server says to a request. */
  answer(bytes: Uint8Array): Uint8Array {
    const decoded = decodeIpp(bytes);
    if (!decoded.ok) return encodeIpp(answerOf(0, IPP_STATUS.badRequest));
    const { code, requestId, groups } = decoded.value.message;
    this.heard.push(code);
    if (this.isForbidden) return encodeIpp(answerOf(requestId, IPP_STATUS.notAuthorized));
    const asked = groups[0]!;
    if (code === IPP_OPERATION.getPrinterAttributes) return encodeIpp(answerOf(requestId, IPP_STATUS.ok, [this.#printer()]));
    if (code === IPP_OPERATION.getJobs) {
      const open = [...this.#jobs.values()].filter(({ state }) => !isOver(state));
      return encodeIpp(answerOf(requestId, IPP_STATUS.ok, open.map((job) => jobGroup(job, asked)))); // prettier-ignore
    }
    const job = this.#jobs.get(integerOf(asked, "job-id") ?? 0);
    if (job === undefined) return encodeIpp(answerOf(requestId, IPP_STATUS.notFound));
    if (code === IPP_OPERATION.getJobAttributes) return encodeIpp(answerOf(requestId, IPP_STATUS.ok, [jobGroup(job, asked)]));
    if (code === IPP_OPERATION.getDocument && this.#options.keepsDocuments)
      return Uint8Array.from([...encodeIpp(answerOf(requestId, IPP_STATUS.ok)), ...job.document]);
    if (code === IPP_OPERATION.releaseJob) return encodeIpp(answerOf(requestId, this.#release(job)));
    if (code === IPP_OPERATION.cancelJob) return encodeIpp(answerOf(requestId, this.#end(job, "canceled", "job-canceled-by-user")));
    return encodeIpp(answerOf(requestId, IPP_STATUS.notSupported));
  }

  #release(job: Job): number {
    if (job.state !== "held") return IPP_STATUS.notPossible;
    job.state = "pending";
    job.reasons = ["none"];
    this.#work();
    return IPP_STATUS.ok;
  }

  #end(job: Job, state: JobState, reason: string): number {
    if (isOver(job.state)) return IPP_STATUS.notPossible;
    job.state = state;
    job.reasons = [reason];
    this.#cancel?.();
    this.#cancel = undefined;
    this.#work();
    return IPP_STATUS.ok;
  }

  /** Prints the oldest job that may be printed, side by side. */
  #work(): void {
    if (this.#cancel !== undefined || this.#isJammed) return;
    const job = [...this.#jobs.values()].find(({ state }) => state === "processing" || state === "pending");
    if (job === undefined) return;
    if (job.state === "pending") job.impressions = 0;
    job.state = "processing";
    job.reasons = ["job-printing"];
    // The filters have counted everything before the printer has answered.
    if (!this.#isOn) return void (job.impressions = sidesOf(job));
    if (job.impressions >= sidesOf(job)) job.impressions = 0;
    this.#side(job);
  }

  #side(job: Job): void {
    this.#cancel = this.#options.clock.after(this.#options.sideMs, () => {
      this.#cancel = undefined;
      if (!this.#isOn) return;
      if (this.#jamsAt === job.impressions) {
        this.#jamsAt = undefined;
        this.#isJammed = true;
        return;
      }
      this.printed++;
      job.impressions++;
      if (job.impressions < sidesOf(job)) return this.#side(job);
      this.#end(job, "completed", "job-completed-successfully");
    });
  }

  #printer(): IppGroup {
    const reasons = !this.#isOn ? ["connecting-to-device"] : this.#isJammed ? ["media-jam-error"] : ["none"];
    const isBusy = [...this.#jobs.values()].some(({ state }) => state === "processing");
    return {
      tag: IPP_GROUP.printer,
      attributes: [
        integerAttribute("printer-state", isBusy ? 4 : 3, IPP_TAG.enum),
        textAttribute("printer-state-reasons", IPP_TAG.keyword, ...reasons),
        { name: "printer-is-accepting-jobs", values: [{ kind: "boolean", value: true }] },
      ],
    };
  }
}

const isOver = (state: JobState): boolean => state === "completed" || state === "canceled" || state === "aborted";
/** A sheet of two sides counts two, with nothing on its back, too. */
const sidesOf = ({ pages, copies = 1, isDuplex = false }: SentJob): number => (isDuplex ? Math.ceil(pages / 2) * 2 : pages) * copies;

function answerOf(requestId: number, status: number, groups: readonly IppGroup[] = []): IppMessage {
  const attributes = [
    textAttribute("attributes-charset", IPP_TAG.charset, "utf-8"),
    textAttribute("attributes-natural-language", IPP_TAG.naturalLanguage, "en"),
  ];
  return { version: [2, 0], code: status, requestId, groups: [{ tag: IPP_GROUP.operation, attributes }, ...groups] };
}

/** What was asked for of a job, and no more. */
function jobGroup(job: Job, asked: IppGroup): IppGroup {
  const wanted = textsOf(asked, "requested-attributes");
  const state = Number(Object.entries(JOB_STATES).find(([, each]) => each === job.state)![0]);
  const all: readonly IppAttribute[] = [
    integerAttribute("job-id", job.id),
    integerAttribute("job-state", state, IPP_TAG.enum),
    textAttribute("job-state-reasons", IPP_TAG.keyword, ...job.reasons),
    textAttribute("job-originating-user-name", IPP_TAG.name, job.user),
    textAttribute("job-name", IPP_TAG.name, job.name ?? "untitled"),
    integerAttribute("copies", job.copies ?? 1),
    textAttribute("sides", IPP_TAG.keyword, job.isDuplex === true ? "two-sided-long-edge" : "one-sided"),
    integerAttribute("number-of-documents", 1),
    integerAttribute("job-impressions-completed", job.impressions),
  ];
  return { tag: IPP_GROUP.job, attributes: all.filter(({ name }) => wanted.length === 0 || wanted.includes(name)) };
}
