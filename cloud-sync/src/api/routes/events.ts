import { z } from "@hono/zod-openapi";
import { bytesToHex, describeEvent, drillEvent, EVENT, EVENT_NAMES, eventSource, ok } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { eventsAs, knownChains } from "../../events/event-chains.ts";
import { type Pseudonymous, pseudonyms } from "../../events/pseudonyms.ts";
import { countCheckpoints } from "../../events/event-checkpoints.ts";
import { type ArrivalPlace, type KeptEvent, readEvents } from "../../events/read-events.ts";
import { verifyKept } from "../../events/verify-kept.ts";
import { route } from "../route.ts";
import { controllerId, hexBytes, pageOf, secondsOf, time, timeOf } from "../schemas.ts";

const CURSOR = /^(\d{1,15})\.(\d{1,10})$/;
const cursor = z.string().regex(CURSOR, "a cursor of an answer").openapi({ description: "The place of an event in the order of arrival", example: "1042.7" });
const params = z.strictObject({ id: controllerId });
const hash = hexBytes(32, 32);
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const event = z
  .object({
    controller: controllerId,
    chain: z
      .string()
      .openapi({ description: "Its machine's log: the controller's id, and behind `~` which machine where it was replaced", example: "gate-house" }),
    seq: z.int().openapi({ description: "1, 2, 3 … within the chain" }),
    at: time.nullable().openapi({ description: "Null: the controller's clock was not trusted" }),
    ms: z.int(),
    name: z.string().openapi({ example: "AccessDenied" }),
    severity: z.enum(["notice", "warning", "alarm"]),
    drill: z.boolean().openapi({ description: "It belongs to a drill: a notice, whatever the kind" }),
    source: z.string().nullable().openapi({ description: "The access point, door or device" }),
    text: z.string().openapi({ description: "One English sentence; names credentials by their names of the day, never persons" }),
    textZh: z.string().openapi({ description: "The same in Chinese" }),
    fields: z.record(z.string(), value),
    hash,
    receivedAt: time,
    cursor,
  })
  .openapi("Event");

const chain = z
  .object({
    chain: z.string().openapi({ example: "gate-house~2" }),
    publicKey: hash.openapi({ description: "Of the machine that signs it" }),
    seq: z.int().openapi({ description: "Everything up to here is kept" }),
    hash,
    receivedAt: time.openapi({ description: "When the last of it came" }),
    gaps: z.int().openapi({ description: "GapRecords in it" }),
    missing: z.int().openapi({ description: "Events that these stand for: the controller dropped them" }),
    pruned: z.int().openapi({ description: "Events whose time was over" }),
    checkpoints: z.int().openapi({ description: "What stands for these, signed by the cloud" }),
    forks: z.int().openapi({ description: "Proofs that the machine told two stories; above 0 it must be looked into" }),
  })
  .openapi("EventChain");

const placeOf = (text: string | undefined): ArrivalPlace => {
  const [, batch, seq] = CURSOR.exec(text ?? "0.0")!;
  return { batch: Number(batch), seq: Number(seq) };
};
const cursorOf = ({ batch, seq }: ArrivalPlace): string => `${batch}.${seq}`;

function eventJson({ record, ...kept }: KeptEvent, pseudonymous: Pseudonymous): z.output<typeof event> {
  if (!record.ok) throw new Error(`event ${kept.seq} of ${kept.chain} cannot be read: ${record.detail}`);
  const { at, ms } = record.value;
  const what = pseudonymous(record.value.event, at);
  const told = record.value.event.drill === true ? drillEvent(what) : what;
  const fields = Object.entries<unknown>(what.fields).map(([name, each]) => [name, each instanceof Uint8Array ? bytesToHex(each) : (each as string)] as const);
  return {
    controller: kept.controller,
    chain: kept.chain,
    seq: kept.seq,
    at: at === null ? null : timeOf(at),
    ms,
    name: what.name,
    severity: record.value.event.drill === true ? "notice" : EVENT[what.name].severity,
    drill: record.value.event.drill === true,
    source: eventSource(what),
    text: describeEvent(told),
    textZh: describeEvent(told, "zh"),
    fields: Object.fromEntries(fields),
    hash: bytesToHex(kept.hash),
    receivedAt: timeOf(kept.receivedAt),
    cursor: cursorOf(kept.place),
  };
}

export const eventRoutes = {
  "GET /v1/events": route({
    scope: "events:read",
    action: null,
    summary: "What controllers have recorded, in the order in which it came; a page may hold fewer than `limit` and still not be the last",
    description:
      "No credential stands here by its id: each has another name each day, by which its events of that day belong together. Where somebody went is read by a movement request alone.",
    query: z.strictObject({
      controller: controllerId.optional(),
      names: z
        .string()
        .transform((text) => text.split(","))
        .pipe(z.array(z.enum(EVENT_NAMES as unknown as readonly [string, ...string[]])))
        .optional()
        .openapi({ type: "string", description: "Events of these names alone, with commas between", example: "AccessDenied,DoorForcedOpen" }),
      from: time.optional().openapi({ description: "Only what happened then or later" }),
      after: cursor.optional().openapi({ description: "`next` of the page before, or `cursor` of the last event that is known" }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    answer: pageOf(event),
    refusals: [],
    act: async ({ cloud }, { query: { controller, names, from, after, limit } }) => {
      const pseudonymous = await pseudonyms(cloud);
      const page = await readEvents(cloud.database.queries, {
        ...(controller === undefined ? {} : { controller }),
        names: names ?? [],
        ...(from === undefined ? {} : { from: secondsOf(from, 0) }),
        after: placeOf(after),
        limit,
      });
      return ok({ items: page.events.map((each) => eventJson(each, pseudonymous)), next: page.next === undefined ? null : cursorOf(page.next) });
    },
  }),
  "GET /v1/controllers/{id}/events/status": route({
    scope: "events:read",
    action: null,
    summary: "How far the log of a controller is kept here, machine by machine",
    params,
    answer: z.object({ items: z.array(chain) }),
    refusals: ["ControllerUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const { queries } = cloud.database;
      const chains = await knownChains(queries, id);
      if (chains === undefined) return refuse("ControllerUnknown", id);
      const forks = await queries
        .selectFrom("event_fork")
        .select(["chain", ({ fn }) => fn.countAll<number>().as("count")])
        .groupBy("chain")
        .execute();
      const holes = await countCheckpoints(queries, chains.map(({ number }) => number)); // prettier-ignore
      return ok({
        items: chains.map((each) => ({
          chain: eventsAs(each),
          publicKey: bytesToHex(each.publicKey),
          seq: each.end.seq,
          hash: bytesToHex(each.end.hash),
          receivedAt: timeOf(each.receivedAt),
          gaps: each.gaps,
          missing: each.missing,
          pruned: holes.get(each.number)?.events ?? 0,
          checkpoints: holes.get(each.number)?.checkpoints ?? 0,
          forks: forks.find(({ chain: number }) => number === each.number)?.count ?? 0,
        })),
      });
    },
  }),
  "GET /v1/controllers/{id}/events/verify": route({
    scope: "events:read",
    action: null,
    summary: "Follow the hash chain of what is kept of a controller, machine by machine",
    description: "Over events whose time was over it goes by the checkpoint alone that stands for them: signed by the cloud, and fitting on both sides.",
    params,
    answer: z.object({
      items: z.array(
        z.object({
          chain: z.string(),
          holds: z.boolean(),
          records: z.int().openapi({ description: "Events that are there and hold" }),
          gone: z.int().openapi({ description: "Events whose time was over, and for which a checkpoint stands that holds" }),
          detail: z.string().openapi({ description: "Where it breaks first; empty where it holds" }),
        }),
      ),
    }),
    refusals: ["ControllerUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const { queries } = cloud.database;
      const chains = await knownChains(queries, id);
      if (chains === undefined) return refuse("ControllerUnknown", id);
      const items = [];
      for (const each of chains) {
        const verdict = await verifyKept(cloud, each);
        const { records, pruned: gone } = verdict;
        if (verdict.kind === "whole") items.push({ chain: eventsAs(each), holds: true, records, gone, detail: "" });
        else items.push({ chain: eventsAs(each), holds: false, records, gone, detail: `${verdict.cause} at ${verdict.seq}: ${verdict.detail}` });
      }
      return ok({ items });
    },
  }),
};
