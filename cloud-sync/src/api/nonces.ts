import type { Cloud } from "../cloud.ts";
import { portions } from "../core/portions.ts";
import { GroupedWrites } from "../store/grouped-writes.ts";
import { NONCE_LIFE_S } from "./signature-profile.ts";

/** Rows in one statement. */
const ROWS_MAX = 200;

interface Used {
  readonly api_key: string;
  readonly nonce: string;
  readonly until: number;
}

/** Remembers which nonces were used, in the store: a second use is found also after a restart, and by another instance. */
export class NonceBook {
  readonly #cloud: Cloud;
  readonly #writes = new GroupedWrites<Used, boolean>((all) => this.#insert(all));

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** True for a nonce that its key uses for the first time; from then on it is used. */
  use(apiKey: string, nonce: string): Promise<boolean> {
    return this.#writes.add({ api_key: apiKey, nonce, until: Math.floor(this.#cloud.nowMs() / 1000) + NONCE_LIFE_S });
  }

  #insert(all: readonly Used[]): Promise<boolean[]> {
    return this.#cloud.database.transact(async (queries) => {
      await queries
        .deleteFrom("used_nonce")
        .where("until", "<", Math.floor(this.#cloud.nowMs() / 1000))
        .execute();
      const fresh = new Set<string>();
      for (const rows of portions(all, ROWS_MAX)) {
        const made = await queries
          .insertInto("used_nonce")
          .values(rows)
          .onConflict((conflict) => conflict.doNothing())
          .returning(["api_key", "nonce"])
          .execute();
        for (const { api_key, nonce } of made) fresh.add(`${api_key} ${nonce}`);
      }
      // The first of two that came together is the one that was written.
      return all.map(({ api_key, nonce }) => fresh.delete(`${api_key} ${nonce}`));
    }, "read committed");
  }
}
