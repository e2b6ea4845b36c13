import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { ok } from "@portico/card-protocol";
import { EvenLooks } from "../even-looks.ts";
import { mutate } from "../mutation.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { signInByPassages } from "./gate-sign-in.ts";
import { endAsLapsed } from "./lapse.ts";
import { lookForFree, offerFree } from "./offers.ts";
import { sweepGrants } from "./reservation-grants.ts";
import { dropBegun } from "./waiting-rows.ts";

export interface ReservationWatchNeeds {
  readonly cloud: Cloud;
  readonly services: ServiceDocument;
  readonly clock: Pick<Clock, "after">;
  /** Somebody was told something. */
  readonly onTold: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked. Nothing depends on it: what is past its time is free on reading, and attendance is judged on reading. */
export const RESERVATION_LOOK_MS = 10_000;
/** How often what reservations gave and is over is taken out of the lists: it opens nothing any more, and each time is a publication. */
const SWEEP_S = 3_600;
/** Holds of one look. */
const LAPSED_MAX = 100;
const NOTE = { actor: "reservations", action: "reservation lapse", reason: "" } as const;

/** Behind what controllers send up: whoever passed a gate is signed in. What was held too long is offered to who waits, lessons without a room get one that is free, and what was given for a time that is over leaves the lists. */
export class ReservationWatch {
  readonly #needs: ReservationWatchNeeds;
  readonly #looks: EvenLooks;
  #sweepsAt = 0;

  constructor(needs: ReservationWatchNeeds) {
    this.#needs = needs;
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: RESERVATION_LOOK_MS, look: () => this.look(), onFailure });
  }

  async look(): Promise<void> {
    const { cloud, services, onTold } = this.#needs;
    while (!this.#looks.isClosed && (await signInByPassages(cloud, services))) await this.#looks.pause(0);
    const now = Math.floor(cloud.nowMs() / 1000);
    const lapsed = await cloud.database.queries.selectFrom("reservation").select("id").where("held_until", "<=", now).orderBy("held_until").limit(LAPSED_MAX).execute(); // prettier-ignore
    for (const { id } of lapsed) {
      if (this.#looks.isClosed) return;
      await this.#lapse(id);
    }
    await dropBegun(cloud.database.queries, now);
    const isOffered = await lookForFree({ cloud, services });
    if (lapsed.length > 0 || isOffered) onTold();
    if (now < this.#sweepsAt) return;
    this.#sweepsAt = now + SWEEP_S;
    while (!this.#looks.isClosed && (await sweepGrants(cloud))) await this.#looks.pause(0);
  }

  close(): Promise<void> {
    return this.#looks.close();
  }

  /** One hold, in a transaction of its own: it may have been confirmed, or let go of, since. */
  async #lapse(id: string): Promise<void> {
    const { cloud, services } = this.#needs;
    await mutate(cloud, { ...NOTE, target: `reservation ${id}` }, async (mutation) => {
      const { queries, now } = mutation;
      const row = await queries.selectFrom("reservation").select("resource").where("id", "=", id).where("held_until", "<=", now).executeTakeFirst();
      if (row === undefined) return ok(null);
      await endAsLapsed(queries, [id]);
      await offerFree(mutation, { cloud, services }, row.resource);
      return ok(null);
    });
  }
}
