import { extname } from "node:path";
import { type MessagePort, Worker } from "node:worker_threads";
import type { ListProblem } from "../control/list-rows.ts";
import type { LinesName, ListLines } from "../store/list-lines.ts";
import { ZoneKey } from "../store/zone-key.ts";
import { readListFolder } from "./list-folder.ts";

/** What reading a folder came to. */
export type ReadingOutcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly ListProblem[]; readonly count: number };

/** A folder of list files that is being read, then the list that it holds, in portions: see `ListLines`. */
export interface ListReading {
  /** @throws ReadingFailed */
  readonly outcome: Promise<ReadingOutcome>;
  /** One at a time, once the outcome was a good one. @throws ReadingFailed */
  portion(name: LinesName, from: number): Promise<readonly string[]>;
  /** Lets go of the list; what is still waited for fails. */
  close(): void;
}

/** What is read, and by what. */
export interface ReadingOrder {
  readonly folder: string;
  /** The campus time zone. */
  readonly zone: string;
  /** 32 bytes: see {@link ZoneKey}. */
  readonly zoneKey: Uint8Array;
}

/** Reads a folder: here, or where it holds nobody up. */
export type ListReader = (order: ReadingOrder) => ListReading;

/** The thread that read the list ended: it was given too little memory, or there is a mistake in it. Nothing else is harmed. */
export class ReadingFailed extends Error {
  override readonly name = "ReadingFailed";
  readonly isTooLarge: boolean;
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.isTooLarge = (cause as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
  }
}

/** So much memory for the thread, in MiB: a list of 500,000 people. What needs more is refused, and the controller goes on. */
const THREAD_MIB_MAX = 512;
/** As for the program itself: a larger one would be filled, and kept. */
const THREAD_YOUNG_MIB = 8;

/** Reads within the call, while everything else stands still: for virtual time. */
export const readListHere: ListReader = (order) => {
  const { outcome, list } = readInOrder(order);
  return {
    outcome: Promise.resolve(outcome),
    portion: (name, from) => Promise.resolve(list!.portion(name, from)),
    close: () => {},
  };
};

/** Reads in a thread of its own, which holds the list for as long as it is asked for. */
export const readListInThread: ListReader = (order) => {
  const thread = new Worker(new URL(`./list-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB_MAX, maxYoungGenerationSizeMb: THREAD_YOUNG_MIB },
  });
  return readingOver(thread, () => void thread.terminate());
};

/** The thread's side: reads, then answers on the port for as long as somebody asks. */
export function serveReading(port: MessagePort, order: ReadingOrder): void {
  const { outcome, list } = readInOrder(order);
  port.postMessage(outcome);
  port.on("message", ({ name, from }: Question) => port.postMessage(list!.portion(name, from)));
}

/** A thread, or a port to one. */
interface ReadingPort {
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  postMessage(message: unknown): void;
}

/** The other side of {@link serveReading}. @param close  ends the thread */
export function readingOver(port: ReadingPort, close: () => void): ListReading {
  let failure: ReadingFailed | undefined;
  let waiting: { readonly resolve: (answer: unknown) => void; readonly reject: (failure: ReadingFailed) => void } | undefined;
  const next = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      waiting = { resolve: resolve as (answer: unknown) => void, reject };
    });
  port.on("message", (answer: unknown) => waiting?.resolve(answer));
  function fail(cause: Error): void {
    failure ??= new ReadingFailed(cause);
    waiting?.reject(failure);
  }
  port.on("error", fail);
  return {
    outcome: next<ReadingOutcome>(),
    portion(name, from) {
      const answer = next<readonly string[]>();
      port.postMessage({ name, from } satisfies Question);
      return answer;
    },
    close() {
      fail(new Error("nobody waits for it any more"));
      close();
    },
  };
}

interface Question {
  readonly name: LinesName;
  readonly from: number;
}

function readInOrder({ folder, zone, zoneKey }: ReadingOrder): { readonly outcome: ReadingOutcome; readonly list: ListLines | undefined } {
  const read = readListFolder(folder, { zone, zoneKey: new ZoneKey(zoneKey) });
  return read.ok ? { outcome: { ok: true }, list: read.list } : { outcome: read, list: undefined };
}
