import type { Cloud } from "../cloud.ts";
import type { MoneyLimits } from "../core/ledger/plan-order.ts";
import type { Queries } from "../store/cloud-database.ts";
import { GroupedWrites } from "../store/grouped-writes.ts";
import { Statement } from "../store/statement.ts";
import { judgeOrder, type Ordered, type PostedResult } from "./judge-batch.ts";
import { holdLedger, readBooks, readHead, writeBooks } from "./ledger-rows.ts";
import { keepWalletStates } from "./wallet-states.ts";

/** What the campus allows and asks for, from the services document. */
export interface LedgerPolicy extends MoneyLimits {
  /** What came so much later than it happened is marked late, seconds. */
  readonly lateAfterS: number;
}

/** Orders in one transaction, for which others wait. */
const TOGETHER_MAX = 500;
/** Holds that are over and are freed on the way of one batch. */
const EXPIRED_MAX = 500;

/**
 * Double entry in fen. Orders that come together are written together: one wait for the disk, one change of an account however many touch it, so that one busy
 * merchant slows nobody down. All transfers of a campus stand in one order, also where several instances write: who writes holds the ledger.
 */
export class Ledger {
  readonly #cloud: Cloud;
  readonly #limits: MoneyLimits;
  readonly #lateAfterS: number;
  readonly #writes: GroupedWrites<Ordered, PostedResult>;

  constructor(cloud: Cloud, { lateAfterS, ...limits }: LedgerPolicy) {
    this.#cloud = cloud;
    this.#limits = limits;
    this.#lateAfterS = lateAfterS;
    this.#writes = new GroupedWrites((all) => this.#writeAll(all));
  }

  /** Durable when it resolves. A refusal has moved nothing. */
  post(ordered: Ordered): Promise<PostedResult> {
    return this.#writes.add(ordered);
  }

  /** Frees holds whose time is over. @returns true where there may be more */
  async freeExpired(): Promise<boolean> {
    return (await this.#write([])) === EXPIRED_MAX;
  }

  async #writeAll(all: readonly Ordered[]): Promise<PostedResult[]> {
    const results: PostedResult[] = [];
    for (let from = 0; from < all.length; from += TOGETHER_MAX) await this.#write(all.slice(from, from + TOGETHER_MAX), results);
    return results;
  }

  /** @returns how many holds were freed */
  #write(all: readonly Ordered[], results: PostedResult[] = []): Promise<number> {
    const { database, nowMs, timeZone } = this.#cloud;
    const before = results.length;
    return database.transact(async (queries) => {
      results.length = before;
      const now = Math.floor(nowMs() / 1000);
      await holdLedger(queries);
      const head = await readHead(queries);
      // The ledger's time never goes back.
      const at = Math.max(head.at, now);
      const expired = head.first_end !== null && head.first_end <= at ? await expiredHolds(queries, at) : [];
      const books = await readBooks(queries, this.#limits, [...expired, ...all]);
      let last = head.seq;
      const judge = (ordered: Ordered): PostedResult => judgeOrder(books, ordered, { at, timeZone, lateAfterS: this.#lateAfterS }, () => ++last);
      for (const ordered of expired) judge(ordered);
      for (const ordered of all) results.push(judge(ordered));
      await writeBooks(queries, books);
      await keepWalletStates(queries, books, at);
      return expired.length;
    }, "read committed");
  }
}

const EXPIRED = new Statement<{ readonly movement: string }>(`SELECT movement FROM ledger_hold WHERE expires_at <= ? ORDER BY expires_at LIMIT ${EXPIRED_MAX}`);

/** Orders that free what is held for too long. */
async function expiredHolds(queries: Queries, at: number): Promise<Ordered[]> {
  return (await EXPIRED.rows(queries, at)).map(({ movement: hold }) => ({
    id: `${hold}:expired`,
    order: { kind: "expire", hold },
    body: "",
    said: "",
    by: "ledger",
    reason: "",
    happenedAt: null,
    origin: null,
    credential: null,
  }));
}
