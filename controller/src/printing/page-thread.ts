import { setPriority } from "node:os";
import { parentPort, workerData as document } from "node:worker_threads";
import { serveCounting } from "./count-pages.ts";

/** As far behind the doors as a thread can stand. */
const LAST = 19;

/** The program of the thread that {@link countPagesInThread} starts. */
setPriority(LAST);
serveCounting(parentPort!, document as Uint8Array);
