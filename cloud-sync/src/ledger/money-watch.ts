import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { EvenLooks } from "../even-looks.ts";
import type { MoneyDesk } from "./money-desk.ts";
import { closeDaysThatAreOver } from "./tills.ts";

export interface MoneyWatchNeeds {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  readonly money: MoneyDesk;
  readonly onFailure: (error: unknown) => void;
}

/** Nobody waits for it: what is held for too long counts as free on reading, and what is booked on a day that is over stays there until it is closed. */
export const MONEY_LOOK_MS = 30_000;

/** Frees what is held for too long, and closes days that are over. Of several instances each may do it: the ledger does it once. */
export class MoneyWatch {
  readonly #needs: MoneyWatchNeeds;
  readonly #looks: EvenLooks;

  constructor(needs: MoneyWatchNeeds) {
    this.#needs = needs;
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: MONEY_LOOK_MS, look: () => this.look(), onFailure });
  }

  async look(): Promise<void> {
    const { cloud, money } = this.#needs;
    while (!this.#looks.isClosed && (await money.ledger.freeExpired()));
    await closeDaysThatAreOver(cloud, money.terms.dayClosesAfterS);
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}
