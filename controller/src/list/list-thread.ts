import { setPriority } from "node:os";
import { parentPort, workerData as order } from "node:worker_threads";
import { type ReadingOrder, serveReading } from "./list-reading.ts";

/** As far behind the doors as a thread can stand: on Linux this concerns the thread that says it, and no other. */
const LAST = 19;

/** The program of the thread that {@link readListInThread} starts. */
setPriority(LAST);
serveReading(parentPort!, order as ReadingOrder);
