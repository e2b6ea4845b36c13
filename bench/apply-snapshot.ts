import { readFileSync } from "node:fs";
import { followingController } from "./following-controller.ts";

/*
 * A controller that holds nothing follows a zone: apply-snapshot.js <url> <folder> <number> <zone>. Tells over its IPC channel when it has all of it, what it
 * weighs, and on request how long each later version took.
 */
export interface ApplyAnswer {
  /** From the start to everything verified and durably committed. */
  readonly tookMs?: number;
  /** Resident memory, most so far, MiB. */
  readonly peakMiB: number;
  /** Of each version that came later: verified, applied and committed. */
  readonly appliedMs: readonly number[];
  /** From the start: the controller ended. */
  readonly error?: string;
}

const [url, folder, nth, zone] = process.argv.slice(2) as [string, string, string, string];
const appliedMs: number[] = [];
const startedAt = performance.now();
const one = followingController({ url, folder, nth: Number(nth), zone, onCommitted: () => {}, onApplied: (ms) => appliedMs.push(ms) });
const peakMiB = (): number => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1024;

process.on("disconnect", () => process.exit(0));
process.on("message", () => process.send!({ peakMiB: peakMiB(), appliedMs } satisfies ApplyAnswer));
void one.upToDate.then(() => process.send!({ tookMs: performance.now() - startedAt, peakMiB: peakMiB(), appliedMs } satisfies ApplyAnswer));
