import type { Clock } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { portions } from "../core/portions.ts";
import { EvenLooks } from "../even-looks.ts";
import { keepNotifications, type NewNotification } from "../notifications/notification.ts";
import type { Queries } from "../store/cloud-database.ts";
import { SILENT_AFTER_S } from "./fleet-status.ts";

export interface SilenceWatchNeeds {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  /** Something waits to be told. */
  readonly onTold: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked. */
export const SILENCE_LOOK_MS = 30_000;
/** Ids in one statement. */
const IDS_MAX = 300;

/**
 * Tells callers of controllers that were not heard for longer than they may, and when they are heard again: each once, whichever instance sees it first. A cloud
 * that was down has heard nobody: it waits as long as everybody may be silent before it says so of anybody.
 */
export class SilenceWatch {
  readonly #needs: SilenceWatchNeeds;
  readonly #startedAt: number;
  readonly #looks: EvenLooks;

  constructor(needs: SilenceWatchNeeds) {
    this.#needs = needs;
    this.#startedAt = Math.floor(needs.cloud.nowMs() / 1000);
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: SILENCE_LOOK_MS, look: () => this.look(), onFailure });
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { cloud, onTold } = this.#needs;
    const now = Math.floor(cloud.nowMs() / 1000);
    if (now - this.#startedAt < SILENT_AFTER_S || (await changed(cloud.database.queries, now)).length === 0) return;
    const count = await cloud.database.transact(async (queries) => {
      const rows = await changed(queries, now);
      for (const isSilent of [true, false]) {
        const ids = rows.filter((row) => (row.silent_since === null) === isSilent).map(({ controller }) => controller);
        for (const some of portions(ids, IDS_MAX))
          await queries.updateTable("controller_contact").set({ silent_since: isSilent ? now : null }).where("controller", "in", some).execute(); // prettier-ignore
      }
      await keepNotifications(queries, cloud, rows.map(toldOf)); // prettier-ignore
      return rows.length;
    });
    if (count > 0) onTold();
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}

interface ContactRow {
  readonly controller: string;
  readonly heard_at: number;
  readonly silent_since: number | null;
}

/** Those that have fallen silent and were not told of, and those that were and are heard again. */
function changed(queries: Queries, now: number): Promise<ContactRow[]> {
  return queries
    .selectFrom("controller_contact")
    .innerJoin("controller", "controller.id", "controller_contact.controller")
    .select(["controller_contact.controller", "heard_at", "silent_since"])
    .where("revoked_at", "is", null)
    .where((each) =>
      each.or([
        each("silent_since", "is", null).and("heard_at", "<=", now - SILENT_AFTER_S),
        each("silent_since", "is not", null).and("heard_at", ">=", each.ref("silent_since")),
      ]),
    )
    .orderBy("controller_contact.controller")
    .execute();
}

const toldOf = ({ controller, heard_at, silent_since }: ContactRow): NewNotification => ({
  kind: silent_since === null ? "controller.silent" : "controller.heard",
  person: null,
  body: { controller, heardAt: heard_at },
});
