import type { LockAnswer, LockRequest, MonotonicMs } from "@portico/card-protocol";
import type { RoomLockResult } from "../room-lock.ts";
import type { GattTrouble } from "./gatt-link.ts";

/** Something that is asked of a lock, and who waits for it. */
export interface LockJob {
  readonly kind: LockRequest["kind"] | "record";
  /** Until then it is tried. */
  readonly until: MonotonicMs;
  /** It may be said twice: what the lock did with the first is the same with the second. */
  readonly isRepeatable: boolean;
  /** What is asked, one after the other; each may depend on what the lock answered before. */
  readonly talk: (ask: AskLock) => Promise<LockAnswer | GattTrouble>;
  readonly settle: (outcome: JobOutcome) => void;
  /** What the last try came to. */
  trouble?: GattTrouble;
}

export type JobOutcome =
  | { readonly kind: "answered"; readonly answer: LockAnswer }
  | { readonly kind: "failed"; readonly result: Extract<RoomLockResult, { ok: false }> };

/** Asks within the conversation that there is. */
export interface AskLock {
  (request: LockRequest, withinMs?: number, onTouch?: (touch: { readonly nth: number; readonly of: number }) => void): Promise<LockAnswer | GattTrouble>;
  /** The lock's open challenge, if it has given one. */
  takeChallenge(): Uint8Array | undefined;
}

/** Those who wait, in the order in which they are served. */
export interface LockJobs {
  /** Behind those that are as urgent: `secure`, then `unlock`, then the others. */
  add(job: LockJob): void;
  /** In front of those that are as urgent, to be tried again. */
  again(job: LockJob): void;
  /** Something waits that is more urgent. */
  isOverruled(job: LockJob): boolean;
  next(): LockJob | undefined;
  /** Everybody of this kind is told that something newer is wished. */
  supersede(kind: LockJob["kind"], detail: string): void;
  /** Everybody is told this. */
  failAll(result: Extract<RoomLockResult, { ok: false }>): void;
  readonly waiting: number;
}

export function lockJobs(): LockJobs {
  let jobs: readonly LockJob[] = [];
  return {
    add: (job) => void (jobs = [...jobs.filter((other) => rankOf(other) <= rankOf(job)), job, ...jobs.filter((other) => rankOf(other) > rankOf(job))]),
    again: (job) => void (jobs = [...jobs.filter((other) => rankOf(other) < rankOf(job)), job, ...jobs.filter((other) => rankOf(other) >= rankOf(job))]),
    isOverruled: (job) => jobs.some((other) => rankOf(other) < rankOf(job)),
    next() {
      const [first, ...others] = jobs;
      jobs = others;
      return first;
    },
    supersede(kind, detail) {
      const older = jobs.filter((job) => job.kind === kind);
      jobs = jobs.filter((job) => job.kind !== kind);
      for (const { settle } of older) settle({ kind: "failed", result: { ok: false, error: "Superseded", detail } });
    },
    failAll(result) {
      const all = jobs;
      jobs = [];
      for (const { settle } of all) settle({ kind: "failed", result });
    },
    get waiting() {
      return jobs.length;
    },
  };
}

const rankOf = ({ kind }: LockJob): number => (kind === "secure" ? 0 : kind === "unlock" ? 1 : 2);
