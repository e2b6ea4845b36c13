import type { Clock, LockAuditRow } from "@portico/card-protocol";
import { auditRowOfRecord, type OwnOpening, pageOf, type PlatformBody, readRecord, rowOf } from "../core/ttlock/index.ts";
import type { LockAuditPage } from "../room-lock.ts";
import type { LockAsking } from "./lock-asking.ts";
import type { PlatformReply } from "./platform-account.ts";

type Failed = Extract<PlatformReply, { readonly ok: false }>;

/** The log of a lock as the platform keeps it: by the second in which it was given a record. */
export interface LockRecords {
  /** The newest row that is whole: what came within the last seconds may have company yet. 0: there is none. */
  newest(): Promise<{ readonly ok: true; readonly row: number } | Failed>;
  /** Rows behind a row; at least `rowsMax`, and all of one second together. */
  page(after: number, rowsMax: number): Promise<({ readonly ok: true } & LockAuditPage) | Failed>;
  /** An opening of ours is sent now. @returns to be told when it was answered, and whether the lock may have opened */
  opening(seq: number, holder: number): (mayHaveOpened: boolean) => void;
}

const PATH = "/v3/lockRecord/list";
/** Of a lock that was never read. What it did before is the maker's story. */
const FIRST_S = 86_400;
/** A record that reaches the platform later than so behind the act is not found any more: a phone brought it. */
const LATE_S = 2 * 86_400;
const WHOLE_BEHIND_S = 5;
const OWN_MAX = 100;
/** Rows are asked for sixteen at a time; the platform is not, for each. */
const FRESH_MS = 30_000;
const NEWEST_ROWS = 20;

export function lockRecords(asking: LockAsking, clock: Clock): LockRecords {
  const own: OwnOpening[] = [];
  let fetched: { readonly after: number; readonly atMs: number; readonly whole: readonly LockAuditRow[] } | undefined;
  const nowS = (): number => {
    const wall = clock.wall();
    return wall === "untrusted" ? 0 : wall.now;
  };
  /** Those that tell of an opening or a try, oldest first. That a bolt was thrown by itself is no row. */
  const toldIn = (rows: readonly PlatformBody[]): readonly LockAuditRow[] =>
    rows
      .flatMap((row) => readRecord(row) ?? [])
      .filter((record) => rowOf(record) < nowS() - WHOLE_BEHIND_S)
      .sort((a, b) => rowOf(a) - rowOf(b) || a.lockMs - b.lockMs || a.id - b.id)
      .flatMap((record) => auditRowOfRecord(record, own) ?? []);

  async function behind(after: number): Promise<{ readonly ok: true; readonly whole: readonly LockAuditRow[] } | Failed> {
    const known = fetched !== undefined && fetched.after <= after && clock.monotonic() - fetched.atMs < FRESH_MS ? fetched.whole : [];
    if (known.some(({ seq }) => seq > after)) return { ok: true, whole: known };
    const from = after === 0 ? nowS() - FIRST_S : after - LATE_S;
    const listed = await asking.list(PATH, { startDate: from * 1000, endDate: (nowS() + LATE_S) * 1000 });
    if (!listed.ok) return listed;
    const whole = toldIn(listed.rows);
    fetched = { after, atMs: clock.monotonic(), whole };
    return { ok: true, whole };
  }

  return {
    async newest() {
      const reply = await asking.know(PATH, { startDate: (nowS() - LATE_S) * 1000, endDate: (nowS() + LATE_S) * 1000, pageNo: 1, pageSize: NEWEST_ROWS });
      if (!reply.ok) return reply;
      const page = pageOf(reply.body);
      if (page === undefined) return { ok: false, error: "BadReply", detail: "the platform's records are none", kind: "lost" };
      return { ok: true, row: toldIn(page.rows).at(-1)?.seq ?? 0 };
    },
    async page(after, rowsMax) {
      const found = await behind(after);
      if (!found.ok) return found;
      const fresh = found.whole.filter(({ seq }) => seq > after);
      const last = fresh[Math.min(rowsMax, fresh.length) - 1];
      // Nobody can say what a platform has lost.
      return { ok: true, rows: fresh.filter(({ seq }) => last !== undefined && seq <= last.seq), firstSeq: after + 1, lastSeq: fresh.at(-1)?.seq ?? after };
    },
    opening(seq, holder) {
      const fromS = nowS();
      return (mayHaveOpened) => {
        if (!mayHaveOpened) return;
        own.push({ seq, holder, fromS, toS: nowS() });
        if (own.length > OWN_MAX) own.shift();
      };
    },
  };
}
