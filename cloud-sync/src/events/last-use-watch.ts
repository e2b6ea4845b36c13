import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { EvenLooks } from "../even-looks.ts";
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
  readonly #looks: EvenLooks;

  constructor(needs: LastUseWatchNeeds) {
    this.#needs = needs;
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: LAST_USE_LOOK_MS, look: () => this.look(), onFailure });
  }

  /** Looks through everything that is new. */
  async look(): Promise<void> {
    const { cloud } = this.#needs;
    while (!this.#looks.isClosed && (await lookOn(cloud.database))) await this.#looks.pause(0);
    const oldest = Math.floor(cloud.nowMs() / 1000) - LAST_USE_LIFE_S;
    await cloud.database.queries.deleteFrom("last_use").where("at", "<", oldest).execute();
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}
