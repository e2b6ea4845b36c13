import type { Clock } from "@portico/card-protocol";
import { EvenLooks } from "../even-looks.ts";
import type { TopUpDesk } from "./top-up-desk.ts";

export interface TopUpWatchNeeds {
  readonly clock: Pick<Clock, "after">;
  readonly topUps: Pick<TopUpDesk, "lookDue">;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked whether a provider has to be asked. */
export const TOP_UP_LOOK_MS = 5_000;

/** Asks providers for what no notice has told. */
export class TopUpWatch {
  readonly #looks: EvenLooks;

  constructor({ clock, topUps, onFailure }: TopUpWatchNeeds) {
    this.#looks = new EvenLooks({ clock, everyMs: TOP_UP_LOOK_MS, look: () => topUps.lookDue(), onFailure });
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}
