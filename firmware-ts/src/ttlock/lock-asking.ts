import { type Clock, type LockRefusal, type MonotonicMs, monotonicMs } from "@portico/card-protocol";
import { type PlatformBody, pageOf } from "../core/ttlock/index.ts";
import type { RoomLockResult } from "../room-lock.ts";
import type { PlatformAccount, PlatformAsking, PlatformReply, PlatformTrouble } from "./platform-account.ts";

/** What is said to the platform of one lock. */
export interface LockAsking {
  /** The lock has to be reached for it: through a gateway, or its own network. */
  reach(path: string, form?: Readonly<Record<string, string | number>>, how?: Partial<PlatformAsking>): Promise<PlatformReply>;
  /** The platform answers by itself, whatever became of gateway and lock. */
  know(path: string, form?: Readonly<Record<string, string | number>>): Promise<PlatformReply>;
  /** All the rows of a list that the platform keeps. */
  list(path: string, form?: Readonly<Record<string, string | number>>): Promise<{ readonly ok: true; readonly rows: readonly PlatformBody[] } | Extract<PlatformReply, { ok: false }>>; // prettier-ignore
  /** Until then what is asked now is tried. */
  deadline(ms?: number): MonotonicMs;
}

const ASK_MS = 20_000;
const PAGE_ROWS = 200;
/** 10,000 rows: more than a lock holds, and than one writes in a month. */
const PAGES_MAX = 50;

/** @param onHeard  the lock was reached @param onTrouble  it was not */
export function lockAsking(options: {
  readonly account: PlatformAccount;
  readonly lockId: number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly onHeard: () => void;
  readonly onTrouble: (trouble: PlatformTrouble) => void;
}): LockAsking {
  const { account, lockId, clock, onHeard, onTrouble } = options;
  const deadline = (ms: number = ASK_MS): MonotonicMs => monotonicMs(clock.monotonic() + ms);

  /** What only says that the lock does not do this has reached it, or would have. */
  const isOutOfReach = ({ kind }: PlatformTrouble): boolean => !["refused", "gone", "neverUsed", "unsupported", "ours"].includes(kind);

  async function know(path: string, form: Readonly<Record<string, string | number>> = {}): Promise<PlatformReply> {
    const reply = await account.ask(path, { lockId, ...form }, { until: deadline(), isRepeatable: true });
    if (!reply.ok && isOutOfReach(reply)) onTrouble(reply);
    return reply;
  }

  return {
    know,
    deadline,
    async reach(path, form = {}, how = {}) {
      const reply = await account.ask(path, { lockId, ...form }, { until: deadline(), isRepeatable: false, ...how });
      if (reply.ok || reply.kind === "refused") onHeard();
      else if (isOutOfReach(reply)) onTrouble(reply);
      return reply;
    },
    async list(path, form = {}) {
      const rows: PlatformBody[] = [];
      for (let pageNo = 1; pageNo <= PAGES_MAX; pageNo++) {
        const reply = await know(path, { ...form, pageNo, pageSize: PAGE_ROWS, orderBy: 1 });
        if (!reply.ok) return reply;
        const page = pageOf(reply.body);
        if (page === undefined) return { ok: false, error: "BadReply", detail: "the platform's list is none", kind: "lost" };
        rows.push(...page.rows);
        if (pageNo >= page.pages) break;
      }
      return { ok: true, rows };
    },
  };
}

/** What a reply is to whoever asked the lock. */
export function resultOf(id: string, reply: PlatformReply): RoomLockResult {
  if (reply.ok) return { ok: true };
  if (reply.refusal !== undefined) return refusedBy(id, reply.refusal, reply.detail);
  return { ok: false, error: reply.error, detail: `${id}: ${reply.detail}` };
}

export const refusedBy = (id: string, refusal: LockRefusal, detail: string): Extract<RoomLockResult, { readonly error: "Refused" }> => ({
  ok: false,
  error: "Refused",
  refusal,
  detail: `${id}: ${detail}`,
});
