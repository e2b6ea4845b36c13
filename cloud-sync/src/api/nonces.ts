import type { Cloud } from "../cloud.ts";
import { portions } from "../mutation.ts";
import { NONCE_LIFE_S } from "./signature-profile.ts";

/** Rows in one statement. */
const ROWS_MAX = 200;

interface Waiting {
  readonly api_key: string;
  readonly nonce: string;
  readonly until: number;
  readonly done: (isNew: boolean) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Remembers which nonces were used, in the store: a second use is found also after a restart, and by another instance. Those that come while the store is
 * writing are written together, so that many callers share one wait for the disk.
 */
export class NonceBook {
  readonly #cloud: Cloud;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** True for a nonce that its key uses for the first time; from then on it is used. */
  use(apiKey: string, nonce: string): Promise<boolean> {
    return new Promise((done, failed) => {
      const until = Math.floor(this.#cloud.nowMs() / 1000) + NONCE_LIFE_S;
      this.#waiting.push({ api_key: apiKey, nonce, until, done, failed });
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const all = this.#waiting;
      this.#waiting = [];
      try {
        const fresh = await this.#insert(all);
        // The first of two that came together is the one that was written.
        for (const one of all) one.done(fresh.delete(`${one.api_key} ${one.nonce}`));
      } catch (error) {
        for (const one of all) one.failed(error);
      }
    }
    this.#isWriting = false;
  }

  /** @returns those that were not there */
  #insert(all: readonly Waiting[]): Promise<Set<string>> {
    return this.#cloud.database.queries.transaction().execute(async (queries) => {
      await queries
        .deleteFrom("used_nonce")
        .where("until", "<", Math.floor(this.#cloud.nowMs() / 1000))
        .execute();
      const fresh = new Set<string>();
      for (const rows of portions(all, ROWS_MAX)) {
        const made = await queries
          .insertInto("used_nonce")
          .values(rows.map(({ api_key, nonce, until }) => ({ api_key, nonce, until })))
          .onConflict((conflict) => conflict.doNothing())
          .returning(["api_key", "nonce"])
          .execute();
        for (const { api_key, nonce } of made) fresh.add(`${api_key} ${nonce}`);
      }
      return fresh;
    });
  }
}
