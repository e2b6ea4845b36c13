import type { LockAnswer, LockMake, LockRequest, Random } from "@portico/card-protocol";
import { type ConversationMeans, beginConversation, isTrouble, type LockConversation } from "./lock-conversation.ts";
import type { GattTrouble } from "./gatt-link.ts";
import { type AskLock, type LockJob, lockJobs } from "./lock-jobs.ts";

/** The line to one lock: serves what is asked, one thing after the other, over whatever connection there is. */
export interface LockLine {
  add(job: LockJob): void;
  /** Those of this kind that the lock has not been asked yet are told that something newer is wished. */
  supersede(kind: LockJob["kind"], detail: string): void;
  /** An enrolment that is under way is broken off. */
  interrupt(detail: string): void;
  /** Nothing is asked and nobody waits. */
  readonly isIdle: boolean;
  /** What the lock said of its making when it was reached last. */
  readonly make: LockMake | undefined;
  close(): Promise<void>;
}

const ANSWER_MS = 3_000;
const AGAIN_MS_MIN = 250;
const AGAIN_MS_MAX = 5_000;

/** @param onHeard  the lock has answered @param onTrouble  it was not reached, or did not answer */
export function lockLine(
  options: ConversationMeans & {
    readonly id: string;
    readonly random: Random;
    readonly idleMs: number;
    readonly onHeard: () => void;
    readonly onTrouble: (trouble: GattTrouble) => void;
  },
): LockLine {
  const { id, clock, random, idleMs, onHeard, onTrouble } = options;
  const jobs = lockJobs();
  let talk: LockConversation | undefined;
  let make: LockMake | undefined;
  let current: { readonly job: LockJob; hasSent: boolean; superseded?: string } | undefined;
  let isClosed = false;
  let isServing = false;
  let failures = 0;
  let cancelIdle = (): void => {};
  /** Ends the pause before the next try. */
  let wake = (): void => {};

  async function serveAll(): Promise<void> {
    if (isServing) return;
    isServing = true;
    cancelIdle();
    for (let job = jobs.next(); job !== undefined; job = jobs.next()) await serve(job);
    isServing = false;
    if (!isClosed) cancelIdle = clock.after(idleMs, () => void talk?.end("nobody asks anything"));
  }

  async function serve(job: LockJob): Promise<void> {
    const serving: NonNullable<typeof current> = { job, hasSent: false };
    current = serving;
    const fail = (error: GattTrouble["error"] | "Superseded", detail: string): void =>
      job.settle({ kind: "failed", result: { ok: false, error, detail: `${id}: ${detail}` } });
    try {
      for (;;) {
        if (isClosed) return fail("Disconnected", "closed");
        if (serving.superseded !== undefined) return job.settle({ kind: "failed", result: { ok: false, error: "Superseded", detail: serving.superseded } });
        if (clock.monotonic() >= job.until) return fail(job.trouble?.error ?? "TimedOut", job.trouble?.detail ?? "the lock was asked other things for so long");
        if (jobs.isOverruled(job)) return jobs.again(job);
        const begun = await connected();
        const heard = isTrouble(begun) ? begun : await job.talk(askIn(begun, serving));
        if (!isTrouble(heard)) {
          failures = 0;
          onHeard();
          return job.settle({ kind: "answered", answer: heard });
        }
        if (serving.superseded !== undefined) continue;
        job.trouble = heard;
        failures++;
        onTrouble(heard);
        // A lock that answers with what it should not is not made to by asking again.
        const isHopeless = isTrouble(begun) && heard.error === "BadReply";
        if (isHopeless || (serving.hasSent && !job.isRepeatable)) return fail(heard.error, heard.detail);
        if (jobs.isOverruled(job)) return jobs.again(job);
        await pause(job.until - clock.monotonic());
      }
    } finally {
      current = undefined;
    }
  }

  async function connected(): Promise<LockConversation | GattTrouble> {
    if (talk !== undefined) return talk;
    const begun = await beginConversation(options);
    if ("error" in begun) return begun;
    if (isClosed) {
      await begun.end("closed");
      return { error: "Disconnected", detail: "closed" };
    }
    make = begun.make;
    talk = begun;
    begun.onOver(() => {
      if (talk === begun) talk = undefined;
    });
    return begun;
  }

  function askIn(conversation: LockConversation, serving: NonNullable<typeof current>): AskLock {
    const ask = async (
      request: LockRequest,
      withinMs: number = ANSWER_MS,
      onTouch?: (touch: { readonly nth: number; readonly of: number }) => void,
    ): Promise<LockAnswer | GattTrouble> => {
      if (serving.superseded !== undefined) return { error: "Disconnected", detail: serving.superseded };
      if (request.kind !== "challenge") serving.hasSent = true;
      const heard = await conversation.ask(request, withinMs, onTouch);
      if (isTrouble(heard) && heard.isUnsent === true) serving.hasSent = false;
      return heard;
    };
    return Object.assign(ask, { takeChallenge: () => conversation.takeChallenge() });
  }

  /** Full jitter over a time that doubles. */
  function pause(msMax: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(Math.min(msMax, random() * Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(failures, 8))), () => wake());
      wake = () => {
        wake = () => {};
        cancel();
        resolve();
      };
    });
  }

  return {
    add(job) {
      if (isClosed) return job.settle({ kind: "failed", result: { ok: false, error: "Disconnected", detail: `${id}: closed` } });
      jobs.add(job);
      if (current !== undefined && jobs.isOverruled(current.job)) wake();
      void serveAll();
    },
    supersede(kind, detail) {
      jobs.supersede(kind, detail);
      if (current?.job.kind !== kind || current.hasSent) return;
      current.superseded = detail;
      wake();
    },
    interrupt(detail) {
      if (current?.job.kind !== "enrolFinger") return;
      current.superseded = detail;
      wake();
      void talk?.end(detail);
    },
    get isIdle() {
      return !isServing;
    },
    get make() {
      return make;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancelIdle();
      wake();
      jobs.failAll({ ok: false, error: "Disconnected", detail: `${id}: closed` });
      await talk?.end("closed");
    },
  };
}
