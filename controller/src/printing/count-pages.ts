import { extname } from "node:path";
import { type MessagePort, Worker } from "node:worker_threads";
import { countPages, type PageCount, zlibInflate } from "@portico/firmware-ts/ipp";
import type { PrintingWays } from "./printing-ways.ts";

/** So much memory for the thread, in MiB: several times the largest document. */
const THREAD_MIB_MAX = 384;

/** Counts within the call: for virtual time. */
export const countPagesHere: PrintingWays["countPages"] = (document) => Promise.resolve(countPages(document, zlibInflate));

/** Counts in a thread of its own; one that dies of a document has not counted it. */
export const countPagesInThread: PrintingWays["countPages"] = (document) =>
  new Promise((resolve) => {
    const thread = new Worker(new URL(`./page-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: document,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB_MAX },
    });
    const settle = (count: PageCount): void => {
      resolve(count);
      void thread.terminate();
    };
    thread.once("message", settle);
    thread.once("error", ({ message }) => settle({ kind: "uncounted", detail: message }));
    thread.once("exit", () => settle({ kind: "uncounted", detail: "it could not be read to its end" }));
  });

/** The thread's side: counts one document and says so. */
export const serveCounting = (port: Pick<MessagePort, "postMessage">, document: Uint8Array): void => port.postMessage(countPages(document, zlibInflate));
