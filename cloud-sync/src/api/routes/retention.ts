import { z } from "@hono/zod-openapi";
import { bytesToHex, ok } from "@portico/card-protocol";
import { KEPT_NAMES } from "../../core/event-retention.ts";
import { refuse } from "../../core/refusal.ts";
import { eventsAs, knownChains } from "../../events/event-chains.ts";
import { checkpointReader, checkpointsOf } from "../../events/event-checkpoints.ts";
import { readDroppedBefore, type RetentionRun } from "../../events/event-retention.ts";
import { route } from "../route.ts";
import { controllerId, pageOf, time, timeOf } from "../schemas.ts";

const PLACE = /^(\d{1,10})\.(\d{1,10})$/;
const dropped = z.record(z.string(), z.int()).openapi({ description: "Events of each kind", example: { AccessGranted: 1042, AccessTaken: 998 } });

/** How the retention of events stands, for whoever watches the cloud. */
export const retentionState = z
  .object({
    startedAt: time.nullable().openapi({ description: "When the run began that goes on, or the last one; null: there was none yet" }),
    finishedAt: time.nullable().openapi({ description: "Null: it goes on" }),
    dropped,
    broken: z.array(z.string()).openapi({ description: "Chains that do not hold, and where: what proves it is kept, whatever its time" }),
    isSigned: z.boolean().openapi({ description: "False: no key of this cloud may sign checkpoints now, so nothing is dropped" }),
  })
  .openapi("RetentionState");
export const retentionJson = ({ startedAt, finishedAt, ...run }: RetentionRun, isSigned: boolean): z.output<typeof retentionState> => ({
  startedAt: startedAt === undefined ? null : timeOf(startedAt),
  finishedAt: finishedAt === undefined ? null : timeOf(finishedAt),
  dropped: Object.fromEntries(run.dropped),
  broken: [...run.broken].map(([chain, detail]) => `${chain} ${detail}`),
  isSigned,
});

const checkpoint = z
  .object({
    chain: z.string().openapi({ example: "gate-house~2" }),
    firstSeq: z.int(),
    lastSeq: z.int(),
    record: z.string().openapi({ description: "As the cloud has signed it, in hex. docs/feed-and-events.md, Retention" }),
    kinds: z.string().nullable().openapi({ description: "How many events of each kind it stands for; null: it cannot be believed", example: "AccessGranted 12, AccessTaken 5" }), // prettier-ignore
    missing: z.int().nullable().openapi({ description: "How many of them the controller had dropped before" }),
    at: time.nullable().openapi({ description: "When it was signed" }),
    error: z.string().openapi({ description: "Why it cannot be believed; else empty" }),
  })
  .openapi("EventCheckpoint");

export const retentionRoutes = {
  "GET /v1/events/retention": route({
    scope: "events:read",
    action: null,
    summary: "How many days events of each kind are kept, and since when none that came before are there",
    answer: z.object({
      items: z.array(
        z.object({
          name: z.string().openapi({ example: "AccessGranted" }),
          days: z.int().openapi({ description: "Counted from when it came" }),
          droppedBefore: time.nullable().openapi({ description: "Events that came before are not kept any more; null: no run was ever begun" }),
        }),
      ),
    }),
    refusals: [],
    act: async ({ cloud, retentionDays }) => {
      const before = await readDroppedBefore(cloud.database.queries);
      const items = KEPT_NAMES.map((name) => ({ name, days: retentionDays[name], at: before.get(name) }));
      return ok({ items: items.map(({ at, ...item }) => ({ ...item, droppedBefore: at === undefined ? null : timeOf(at) })) });
    },
  }),
  "GET /v1/controllers/{id}/events/checkpoints": route({
    scope: "events:read",
    action: null,
    summary: "What stands for events of a controller whose time was over: signed checkpoints, machine by machine",
    params: z.strictObject({ id: controllerId }),
    query: z.strictObject({
      after: z.string().regex(PLACE, "`next` of the page before").optional().openapi({ description: "`next` of the page before" }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    answer: pageOf(checkpoint),
    refusals: ["ControllerUnknown"],
    act: async ({ cloud: { database, site } }, { params: { id }, query: { after, limit } }) => {
      const { queries } = database;
      const chains = await knownChains(queries, id);
      if (chains === undefined) return refuse("ControllerUnknown", id);
      const [, machine, seq] = PLACE.exec(after ?? "0.0")!.map(Number) as [number, number, number];
      const read = await checkpointReader(queries, site);
      const items: z.output<typeof checkpoint>[] = [];
      let last = "";
      for (const chain of chains.filter((each) => each.machine >= machine)) {
        const rows = await checkpointsOf(queries, chain.number, chain.machine === machine ? seq : 0, limit - items.length);
        for (const row of rows) {
          const found = read(row, chain);
          const told = { chain: eventsAs(chain), firstSeq: row.first_seq, lastSeq: row.last_seq, record: bytesToHex(new Uint8Array(row.record)) };
          last = `${chain.machine}.${row.first_seq}`;
          if (!found.ok) items.push({ ...told, kinds: null, missing: null, at: null, error: `${found.error}: ${found.detail}` });
          else items.push({ ...told, kinds: found.value.kinds, missing: found.value.missing, at: timeOf(found.value.at), error: "" });
        }
        if (items.length >= limit) break;
      }
      return ok({ items, next: items.length < limit ? null : last });
    },
  }),
};
