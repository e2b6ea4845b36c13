import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { EvenLooks } from "../even-looks.ts";
import { pruneNotices } from "./provider-notices.ts";
import type { TopUpDesk } from "./top-up-desk.ts";

export interface TopUpWatchNeeds {
  readonly cloud: Pick<Cloud, "database" | "nowMs">;
  readonly clock: Pick<Clock, "after">;
  readonly topUps: Pick<TopUpDesk, "lookDue">;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked whether a provider has to be asked. */
export const TOP_UP_LOOK_MS = 5_000;
/** How often notices that are over their time are let go of. */
export const NOTICE_LOOK_MS = 3_600_000;

/** Asks providers for what no notice has told, and lets go of what they have said long ago. */
export class TopUpWatch {
  readonly #looks: EvenLooks;
  readonly #prunes: EvenLooks;

  constructor({ cloud, clock, topUps, onFailure }: TopUpWatchNeeds) {
    this.#looks = new EvenLooks({ clock, everyMs: TOP_UP_LOOK_MS, look: () => topUps.lookDue(), onFailure });
    const prune = (): Promise<void> => pruneNotices(cloud.database, Math.floor(cloud.nowMs() / 1000));
    this.#prunes = new EvenLooks({ clock, everyMs: NOTICE_LOOK_MS, look: prune, onFailure });
  }

  async close(): Promise<void> {
    await this.#prunes.close();
    await this.#looks.close();
  }
}
