import type { RouteAnswer } from "@portico/cloud-sync";
import type { CloudCalls } from "./cloud-client.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { instantText } from "./time-text.ts";

/** What the answer of a change says of its way to the doors. */
export type OnItsWay = Pick<RouteAnswer<"DELETE /v1/grants/{id}">, "publish" | "notice" | "doors">;

/** Which controllers have durably applied a publication. */
export interface Doors {
  readonly applied: number;
  readonly of: number;
  /** Since when each has not, Unix seconds; null: it was never heard. */
  readonly missing: readonly { readonly id: string; readonly state: string; readonly heardAt: number | null }[];
}

/** Controllers that are connected have it within moments; for the others nobody waits. */
const HELD_ASKS_MAX = 15;
const ASK_EVERY_MS = 100;

/**
 * Asks until every controller that is connected has applied the publication of a change. Whoever may not ask hears what the change was answered with.
 *
 * @returns undefined: it is not published
 */
export async function doorsOf(surroundings: Surroundings, calls: CloudCalls, { publish, doors }: OnItsWay): Promise<Doors | undefined> {
  if (publish === null) return undefined;
  for (let asked = 1; ; asked++) {
    const outcome = await calls.outcome("GET /v1/feed/status", { query: { publish } });
    if (!outcome.ok) return doors === null ? undefined : { ...doors, missing: doors.offline.map(({ controller, heardAt }) => missing(controller, heardAt === null ? "never" : "silent", heardAt)) }; // prettier-ignore
    const { applied, of, missing: others } = outcome.value;
    if (asked < HELD_ASKS_MAX && others.some(({ state }) => state === "connected") && (await elapsed(surroundings, ASK_EVERY_MS))) continue;
    return { applied, of, missing: others.map(({ id, state, heardAt }) => missing(id, state, heardAt)) };
  }
}

/** How many hold it, and of each that does not since when it is silent. */
export function doorsFacts({ applied, of, missing: others }: Doors): readonly (readonly [string, string])[] {
  return [["controllers", `${applied} of ${of} have it on their disks`], ...others.map((each): [string, string] => ["", hasNot(each)])];
}

/** The same in lines. */
export const doorsLines = ({ applied, of, missing: others }: Doors): readonly string[] => [`${applied} of ${of} controllers have it on their disks`, ...others.map(hasNot)]; // prettier-ignore

const hasNot = ({ id, state, heardAt }: Doors["missing"][number]): string =>
  `${id} has not: ${state}, ${heardAt === null ? "never heard" : `heard last at ${instantText(heardAt)}`}`;
const missing = (id: string, state: string, heardAt: string | null): Doors["missing"][number] => ({
  id,
  state,
  heardAt: heardAt === null ? null : Math.floor(Date.parse(heardAt) / 1000),
});
