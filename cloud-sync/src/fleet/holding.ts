import type { Partition } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { controllerOf, partitionsOf } from "../controllers.ts";
import type { Queries } from "../store/cloud-database.ts";
import { SILENT_AFTER_S, wantedVersions } from "./fleet-status.ts";

/** How far a publication has come (rule 4.4). */
export interface Holding {
  /** So many controllers have durably applied everything up to it. */
  readonly applied: number;
  /** Of so many that were not revoked. */
  readonly of: number;
  /** Those that have not and do not follow the feed now: the longest silent first, at most {@link OFFLINE_MAX}. */
  readonly offline: readonly { readonly controller: string; /** When it was heard last, seconds; null: never. */ readonly heardAt: number | null }[];
}

/** More are not named; `GET /v1/feed/status` names them. */
export const OFFLINE_MAX = 50;
/** A fleet beyond this is not read anew for every change. */
const READ_ALWAYS_MAX = 200;
/** What was read of a large one is taken for true so long. */
const READ_EVERY_MS = 1_000;

interface Follower {
  readonly id: string;
  readonly partitions: readonly Partition[];
  readonly heardAt: number | null;
  readonly hasLeft: boolean;
  readonly applied: ReadonlyMap<string, { readonly epoch: number; readonly version: number }>;
}

/** Counts, for the answer of each change, how many controllers hold it already. What it tells of a large fleet may be a second old. */
export class FleetHolding {
  readonly #cloud: Cloud;
  #followers: readonly Follower[] = [];
  #readAtMs = -Infinity;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  async of(publish: number): Promise<Holding> {
    const { database, nowMs } = this.#cloud;
    const now = Math.floor(nowMs() / 1000);
    if (this.#followers.length <= READ_ALWAYS_MAX || nowMs() - this.#readAtMs >= READ_EVERY_MS) {
      this.#readAtMs = nowMs();
      this.#followers = await readFollowers(database.queries);
    }
    const wanted = await wantedVersions(database.queries, publish);
    const missing = this.#followers.filter(({ partitions, applied }) =>
      partitions.some((partition) => {
        const [should, has] = [wanted.get(partition), applied.get(partition)];
        if (should === undefined) return false;
        return has === undefined ? should.version > 0 : has.epoch < should.epoch || (has.epoch === should.epoch && has.version < should.version);
      }),
    );
    const offline = missing
      .filter(({ heardAt, hasLeft }) => heardAt === null || hasLeft || now - heardAt >= SILENT_AFTER_S)
      .sort((a, b) => (a.heardAt ?? 0) - (b.heardAt ?? 0))
      .slice(0, OFFLINE_MAX)
      .map(({ id, heardAt }) => ({ controller: id, heardAt }));
    return { applied: this.#followers.length - missing.length, of: this.#followers.length, offline };
  }
}

async function readFollowers(queries: Queries): Promise<Follower[]> {
  const controllers = await queries.selectFrom("controller").selectAll().where("revoked_at", "is", null).orderBy("id").execute();
  const contacts = new Map((await queries.selectFrom("controller_contact").selectAll().execute()).map((row) => [row.controller, row]));
  const applied = new Map<string, Map<string, { readonly epoch: number; readonly version: number }>>();
  for (const { controller, feed_partition, epoch, version } of await queries.selectFrom("controller_applied").select(["controller", "feed_partition", "epoch", "version"]).execute()) {
    const own = applied.get(controller) ?? new Map<string, { readonly epoch: number; readonly version: number }>();
    applied.set(controller, own.set(feed_partition, { epoch, version }));
  } // prettier-ignore
  return controllers.map((row) => {
    const contact = contacts.get(row.id);
    const heard = { heardAt: contact?.heard_at ?? null, hasLeft: contact !== undefined && contact.left_at !== null };
    return { id: row.id, partitions: partitionsOf(controllerOf(row)), ...heard, applied: applied.get(row.id) ?? new Map() };
  });
}
