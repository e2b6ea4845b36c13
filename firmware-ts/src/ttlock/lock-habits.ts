import { type Clock, type MonotonicMs, monotonicMs } from "@portico/card-protocol";
import { type PlatformBody, wholeOf } from "../core/ttlock/index.ts";
import type { LockAsking } from "./lock-asking.ts";
import type { PlatformReply, PlatformTrouble } from "./platform-account.ts";

type Failed = Extract<PlatformReply, { readonly ok: false }>;

/** How a lock behaves by itself: it has to throw its bolt again, and must not stand open for hours because somebody has set it so in the maker's app. */
export interface LockHabits {
  /** Asks how the lock is set, and sets it as it has to be: where it cannot, it is not opened. */
  look(): Promise<{ readonly ok: true; readonly batteryPercent: number | undefined } | Failed>;
  /** Undefined: it may be opened, for it will lock by itself. */
  beforeOpening(until: MonotonicMs): Promise<Failed | undefined>;
}

/** What was seen is good for so long: somebody with the maker's app may set it otherwise. */
const SEEN_MS = 3_600_000;
/** A lock that throws its bolt by itself within so many seconds, though not within those that are wished. */
const LOCK_S_MAX = 60;
const REMOTELY = 2;

/** @param holdS  the bolt stays drawn for so long */
export function lockHabits(asking: LockAsking, clock: Pick<Clock, "monotonic">, holdS: number): LockHabits {
  let isSafeUntil = monotonicMs(0);
  /** Why it cannot be opened. */
  let unsafe: PlatformTrouble | undefined;

  async function settle(body: PlatformBody): Promise<PlatformTrouble | undefined> {
    const lockS = wholeOf(body, "autoLockTime") ?? 0;
    if (lockS !== holdS) {
      const reply = await asking.reach("/v3/lock/setAutoLockTime", { seconds: holdS, type: REMOTELY }, { isRepeatable: true });
      const goesAnyway = lockS > 0 && lockS <= LOCK_S_MAX;
      if (!reply.ok && !goesAnyway) return { ...reply, detail: `it does not throw its bolt by itself: ${reply.detail}` };
    }
    if (wholeOf(body, "passageMode") === 1) {
      const reply = await asking.reach("/v3/lock/configPassageMode", { passageMode: 2, type: REMOTELY }, { isRepeatable: true });
      if (!reply.ok) return { ...reply, detail: `it is set to stand open for hours: ${reply.detail}` };
    }
    isSafeUntil = monotonicMs(clock.monotonic() + SEEN_MS);
    return undefined;
  }

  async function look(): ReturnType<LockHabits["look"]> {
    isSafeUntil = monotonicMs(0);
    const reply = await asking.know("/v3/lock/detail");
    if (!reply.ok) return reply;
    unsafe = await settle(reply.body);
    const battery = wholeOf(reply.body, "electricQuantity");
    return { ok: true, batteryPercent: battery === undefined || battery < 0 || battery > 100 ? undefined : battery };
  }

  return {
    look,
    async beforeOpening(until) {
      if (clock.monotonic() < isSafeUntil) return undefined;
      const looked = await look();
      if (!looked.ok) return looked;
      if (unsafe !== undefined) return { ok: false, ...unsafe };
      return clock.monotonic() < until ? undefined : { ok: false, error: "TimedOut", detail: "there was no time left to open it", kind: "ours" };
    },
  };
}
