import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { lookOn } from "./credential-events.ts";

export interface LastUseWatchNeeds {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked: last use is told by month, so nobody waits for it. */
export const LAST_USE_LOOK_MS = 60_000;
/** What was not used for longer counts as never used. */
export const LAST_USE_LIFE_S = 400 * 86_400;

/** Keeps which events name each credential, and when it was let in last at each access point, behind what controllers send up and out of its way. */
export class LastUseWatch {
  readonly #needs: LastUseWatchNeeds;
  #cancel = (): void => {};
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #endTurn = (): void => {};

  constructor(needs: LastUseWatchNeeds) {
    this.#needs = needs;
    this.#next();
  }

  /** Looks through everything that is new. */
  async look(): Promise<void> {
    const { cloud } = this.#needs;
    while (!this.#isClosed && (await lookOn(cloud.database))) await this.#turn();
    const oldest = Math.floor(cloud.nowMs() / 1000) - LAST_USE_LIFE_S;
    await cloud.database.queries.deleteFrom("last_use").where("at", "<", oldest).execute();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#endTurn();
    await this.#looking;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#endTurn = resolve;
      this.#needs.clock.after(0, resolve);
    });
  }

  #next(): void {
    this.#cancel = this.#needs.clock.after(LAST_USE_LOOK_MS, () => {
      this.#looking = this.look()
        .catch((error: unknown) => this.#needs.onFailure(error))
        .finally(() => this.#isClosed || this.#next());
    });
  }
}
