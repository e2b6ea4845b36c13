import { err, ok, type Result } from "@portico/card-protocol";
import {
  decodeIpp,
  encodeIpp,
  groupsOf,
  integerAttribute,
  integerOf,
  type IppAttribute,
  IPP_GROUP,
  IPP_OPERATION,
  IPP_STATUS,
  IPP_TAG,
  isIppSuccess,
  type IppMessage,
  PRINTER_STATES,
  type PrinterState,
  textAttribute,
  textsOf,
  valuesOf,
} from "../core/ipp/index.ts";
import type { IppExchange, IppExchangeError } from "./ipp-exchange.ts";
import { JOB_ATTRIBUTES, type PrintJob, printJobOf } from "./print-job.ts";

/**
 * Why a printer did not do what it was asked. Beside what stands between us and it: `NotPossible` the job is in no state for that, as a cancelled one that is to
 * be released · `NotFound` there is no such job or queue · `PrinterRefused` any other answer.
 */
export type PrintError = IppExchangeError | "NotPossible" | "NotFound" | "PrinterRefused";
export type PrintResult<T> = Result<T, PrintError>;

/** A printer, or the queue of one, as it says that it is. */
export interface PrinterStatus {
  readonly state: PrinterState;
  /** RFC 8011 §5.4.12, without `none`: `media-jam-error`, `connecting-to-device`. */
  readonly reasons: readonly string[];
  readonly isAcceptingJobs: boolean;
}

export interface PrintQueueOptions {
  /** `ipp://print.example.edu/printers/findme`: which queue the printer is to look at. */
  readonly uri: string;
  readonly exchange: IppExchange;
  /** Whom requests are from, e.g. `portico`: what the printer's policy goes by. */
  readonly user: string;
  /** For an answer; twice that for a document. */
  readonly timeoutMs: number;
}

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** A queue of more held jobs is not looked through to its end. */
const JOBS_MAX = 2_000;
const REQUEST_ID_MAX = 0x7fff_ffff;

/** A print queue over IPP: what a release station asks of it (RFC 8011 §4.2 and §4.3). One answer a question; never rejects, never asks twice. */
export class PrintQueue {
  readonly #options: PrintQueueOptions;
  #requestId = 0;

  constructor(options: PrintQueueOptions) {
    this.#options = options;
  }

  /** Jobs that are not over, at most 2,000 of them. */
  async jobs(): Promise<PrintResult<readonly PrintJob[]>> {
    const asked = [
      textAttribute("which-jobs", IPP_TAG.keyword, "not-completed"),
      integerAttribute("limit", JOBS_MAX),
      textAttribute("requested-attributes", IPP_TAG.keyword, ...JOB_ATTRIBUTES),
    ];
    const answer = await this.#ask(IPP_OPERATION.getJobs, asked);
    if (!answer.ok) return answer;
    return ok(groupsOf(answer.value.message, IPP_GROUP.job).flatMap((group) => printJobOf(group) ?? []));
  }

  async job(id: number): Promise<PrintResult<PrintJob>> {
    const answer = await this.#ask(IPP_OPERATION.getJobAttributes, [jobId(id), textAttribute("requested-attributes", IPP_TAG.keyword, ...JOB_ATTRIBUTES)]);
    if (!answer.ok) return answer;
    const group = groupsOf(answer.value.message, IPP_GROUP.job)[0];
    const job = group && printJobOf(group);
    return job === undefined ? err("BadReply", "no job in the answer") : ok(job);
  }

  /** Has a held job printed. `NotPossible`: it is not held any more. */
  async release(id: number): Promise<PrintResult<undefined>> {
    return nothingOf(await this.#ask(IPP_OPERATION.releaseJob, [jobId(id)]));
  }

  /** `NotPossible`: it is over already. */
  async cancel(id: number): Promise<PrintResult<undefined>> {
    return nothingOf(await this.#ask(IPP_OPERATION.cancelJob, [jobId(id)]));
  }

  async status(): Promise<PrintResult<PrinterStatus>> {
    const wanted = ["printer-state", "printer-state-reasons", "printer-is-accepting-jobs"];
    const answer = await this.#ask(IPP_OPERATION.getPrinterAttributes, [textAttribute("requested-attributes", IPP_TAG.keyword, ...wanted)]);
    if (!answer.ok) return answer;
    const group = groupsOf(answer.value.message, IPP_GROUP.printer)[0];
    const state = group && (PRINTER_STATES[integerOf(group, "printer-state") as keyof typeof PRINTER_STATES] as PrinterState | undefined);
    if (group === undefined || state === undefined) return err("BadReply", "no printer in the answer");
    const accepting = valuesOf(group, "printer-is-accepting-jobs")[0];
    return ok({
      state,
      reasons: textsOf(group, "printer-state-reasons").filter((reason) => reason !== "none"),
      isAcceptingJobs: accepting?.kind === "boolean" ? accepting.value : true,
    });
  }

  /**
   * A document of a job, to count its pages: CUPS-Get-Document, which printers without CUPS do not know (`PrinterRefused`).
   *
   * @param nth       1..: which of its documents
   * @param bytesMax  a longer one is a `BadReply`
   */
  async document(id: number, nth: number, bytesMax: number): Promise<PrintResult<Uint8Array>> {
    const { timeoutMs } = this.#options;
    const limits = { bytesMax: bytesMax + ANSWER_BYTES_MAX, timeoutMs: 2 * timeoutMs };
    const answer = await this.#ask(IPP_OPERATION.getDocument, [jobId(id), integerAttribute("document-number", nth)], limits);
    if (!answer.ok) return answer;
    const { document } = answer.value;
    return document.length > bytesMax ? err("BadReply", `a document of more than ${bytesMax} bytes`) : ok(document);
  }

  async #ask(
    operation: number,
    attributes: readonly IppAttribute[],
    limits = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: this.#options.timeoutMs },
  ): Promise<PrintResult<{ readonly message: IppMessage; readonly document: Uint8Array }>> {
    const { uri, user, exchange } = this.#options;
    this.#requestId = (this.#requestId % REQUEST_ID_MAX) + 1;
    const requestId = this.#requestId;
    const [job, others] = [attributes.filter(({ name }) => name === "job-id"), attributes.filter(({ name }) => name !== "job-id")];
    const request: IppMessage = {
      version: [2, 0],
      code: operation,
      requestId,
      // The first three, in this order: RFC 8011 §4.1.4 and §4.1.5.
      groups: [
        {
          tag: IPP_GROUP.operation,
          attributes: [
            textAttribute("attributes-charset", IPP_TAG.charset, "utf-8"),
            textAttribute("attributes-natural-language", IPP_TAG.naturalLanguage, "en"),
            textAttribute("printer-uri", IPP_TAG.uri, uri),
            ...job,
            textAttribute("requesting-user-name", IPP_TAG.name, user),
            ...others,
          ],
        },
      ],
    };
    const answered = await exchange(encodeIpp(request), limits);
    if (!answered.ok) return answered;
    const decoded = decodeIpp(answered.value);
    if (!decoded.ok) return err("BadReply", decoded.detail);
    const { message } = decoded.value;
    if (message.requestId !== requestId) return err("BadReply", "an answer to another question");
    return isIppSuccess(message.code) ? decoded : err(errorOf(message.code), statusText(message));
  }
}

const jobId = (id: number): IppAttribute => integerAttribute("job-id", id);
const nothingOf = (answer: PrintResult<unknown>): PrintResult<undefined> => (answer.ok ? ok(undefined) : answer);

function errorOf(status: number): PrintError {
  if (status === IPP_STATUS.notPossible) return "NotPossible";
  if (status === IPP_STATUS.notFound) return "NotFound";
  const isUnauthorized = status === IPP_STATUS.forbidden || status === IPP_STATUS.notAuthenticated || status === IPP_STATUS.notAuthorized;
  return isUnauthorized ? "NotAuthorized" : "PrinterRefused";
}

function statusText({ code, groups }: IppMessage): string {
  const said = groups[0] === undefined ? undefined : textsOf(groups[0], "status-message")[0];
  return `status ${code.toString(16).padStart(4, "0")}${said === undefined ? "" : `: ${said.slice(0, 200)}`}`;
}
