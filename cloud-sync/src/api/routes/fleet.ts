import { z } from "@hono/zod-openapi";
import { isZoneId, ok } from "@portico/card-protocol";
import { CONTROLLER_ZONES_MAX, readController } from "../../controllers.ts";
import { refuse } from "../../core/refusal.ts";
import { makeFeedFile } from "../../feed/feed-file.ts";
import { Sequencer } from "../../feed/sequencer.ts";
import { Snapshots } from "../../feed/snapshot.ts";
import { feedForks, feedStatus, fleet, type FleetMember } from "../../fleet/fleet-status.ts";
import { route } from "../route.ts";
import { pageOf, text, time, timeOf, whole } from "../schemas.ts";

const lag = z
  .object({
    partition: z.string().openapi({ example: "zone/east" }),
    epoch: z.int(),
    version: z.int().openapi({ description: "What it has applied, as it says itself; 0: nothing" }),
    wanted: z.object({ epoch: z.int(), version: z.int() }),
    since: time.openapi({ description: "When the first version that it has not applied was published" }),
  })
  .openapi("Lag");
const ahead = z.object({
  partition: z.string().openapi({ example: "zone/east" }),
  epoch: z.int(),
  version: z.int().openapi({ description: "What it has applied" }),
  newest: z.object({ epoch: z.int(), version: z.int() }).openapi({ description: "How far this cloud is" }),
});
const member = z
  .object({
    id: z.string(),
    zones: z.array(z.string()),
    machine: z.int(),
    state: z.enum(["connected", "silent", "never", "revoked"]).openapi({ description: "silent: it followed the feed once; never: not since it was let in" }),
    heardAt: time.nullable(),
    lags: z.array(lag).openapi({ description: "Where it is behind, the longest first; empty: it has applied everything" }),
    ahead: z.array(ahead).openapi({
      description:
        "Where it holds more than this cloud has published: the cloud was restored from a backup. docs/operating.md, A cloud that comes back from a backup",
    }),
  })
  .openapi("FleetMember");
const fork = z.object({
  controller: z.string(),
  partition: z.string(),
  epoch: z.int(),
  version: z.int(),
  digest: z.string(),
  head: z.string().openapi({ description: "The signed head that the controller shows" }),
  isProven: z.boolean().openapi({ description: "A key of the trust list has signed that head: somebody else signs with it" }),
  at: time,
});
/** More are not told one by one. */
const MISSING_MAX = 1_000;

const memberJson = ({ id, zones, machine, state, heardAt, lags, ahead: beyond }: FleetMember): z.output<typeof member> => ({
  id,
  zones: [...zones],
  machine,
  state,
  heardAt: heardAt === null ? null : timeOf(heardAt),
  lags: lags.map((one) => ({ ...one, wanted: { ...one.wanted }, since: timeOf(one.since) })),
  ahead: beyond.map((one) => ({ ...one, newest: { ...one.newest } })),
});

const zoneList = z
  .string()
  .transform((text) => text.split(","))
  .refine((ids) => ids.length <= CONTROLLER_ZONES_MAX && ids.every(isZoneId), `1 to ${CONTROLLER_ZONES_MAX} zones, with commas between`)
  .openapi({ type: "string", example: "east,west" });

export const fleetRoutes = {
  "GET /v1/feed/file": route({
    scope: "controllers:write",
    action: null,
    summary: "Zones of the feed as they are now, in a file for a controller without a network: portico feed import",
    query: z.strictObject({
      zones: zoneList,
      controller: text(1, 64).optional().openapi({ description: "Bring this controller the keys of its zones for card numbers, sealed for its key" }),
    }),
    answer: z.object({ file: z.base64().openapi({ description: "docs/feed-and-events.md, By file" }) }),
    refusals: ["ZoneUnknown", "ControllerUnknown", "FeedUnsigned"],
    act: async ({ cloud, keys }, { query: { zones, controller } }) => {
      const there = (await cloud.database.queries.selectFrom("zone").select("id").where("id", "in", zones).execute()).map(({ id }) => id);
      const unknown = zones.find((zone) => !there.includes(zone));
      if (unknown !== undefined) return refuse("ZoneUnknown", unknown);
      const known = controller === undefined ? undefined : await readController(cloud.database.queries, controller);
      if (controller !== undefined && (known === undefined || known.revokedAt !== null)) return refuse("ControllerUnknown", controller);
      const signing = keys.feed();
      if (signing.keys === undefined) return refuse("FeedUnsigned", signing.missing);
      const sequencer = new Sequencer(cloud, signing.keys);
      const file = await makeFeedFile({ cloud, sequencer, snapshots: new Snapshots(cloud, sequencer) }, [...new Set(zones)], controller);
      return ok({ file: Buffer.from(file).toString("base64") });
    },
  }),
  "GET /v1/fleet": route({
    scope: "places:read",
    action: null,
    summary: "All controllers as the cloud knows them: connected or not, and how far behind",
    answer: pageOf(member),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await fleet(cloud)).map(memberJson))),
  }),
  "GET /v1/feed/status": route({
    scope: "places:read",
    action: null,
    summary: "How many controllers have durably applied a publication, and who is missing since when",
    query: z.strictObject({
      publish: z.coerce.number().int().min(0).max(0xffff_ffff).optional().openapi({ description: "What a change was answered with; left out: the newest" }),
    }),
    answer: z.object({
      publish: z.int(),
      applied: z.int(),
      of: z.int(),
      missing: z.array(member).openapi({ description: `The longest missing first, at most ${MISSING_MAX}` }),
      ahead: z.array(member).openapi({ description: `Who holds more than this cloud has published: it was restored from a backup. At most ${MISSING_MAX}` }),
      forks: z.array(fork).openapi({ description: "FeedFork: controllers that hold another content under a version than this cloud has published" }),
    }),
    refusals: [],
    act: async ({ cloud }, { query: { publish } }) => {
      const { missing, ahead: beyond, ...status } = await feedStatus(cloud, publish);
      const forks = (await feedForks(cloud.database.queries)).map((one) => ({ ...one, at: timeOf(one.at) }));
      return ok({ ...status, missing: missing.slice(0, MISSING_MAX).map(memberJson), ahead: beyond.slice(0, MISSING_MAX).map(memberJson), forks });
    },
  }),
};
