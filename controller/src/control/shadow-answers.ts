import { CARD_BYTE_ORDERS, CARD_FORMATS, isLocalDate, isU32, U32_MAX, unixSeconds } from "@portico/card-protocol";
import * as z from "zod";
import { type Comparison, isDiffering, remedyOf } from "../core/shadow-comparison.ts";
import { askedBody, operatorAct } from "./asked.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";
import { DRIVING_ACTS, type ShadowDecisionRow } from "./shadow-rows.ts";

type ShadowRoute = "POST /v1/shadow/doors/:id/:act" | "GET /v1/shadow/report" | "POST /v1/shadow/import";

const IMPORT = z.object({
  format: z.strictObject({ format: z.enum(CARD_FORMATS), byteOrder: z.enum(CARD_BYTE_ORDERS), facility: z.int().min(0).max(65_535).optional() }).nullable(),
  entries: z
    .array(
      z.object({ accessPoint: z.string().max(64), at: z.int().min(0).max(U32_MAX).refine(isU32), card: z.string().max(64).nullable(), granted: z.boolean() }),
    )
    .min(1)
    .max(1_000),
});

/** Doors that an old system drives: who drives them, how the two compare, and what the old system's log says. */
export function shadowAnswers({ shadow, operables }: ControlParts): AnswersTo<ShadowRoute> {
  return {
    "POST /v1/shadow/doors/:id/:act": (asked) => {
      const { id = "", act: word = "" } = asked.params;
      const act = DRIVING_ACTS.find((each) => each === word);
      if (act === undefined) throw new Refusal(404, "That cannot be asked of a door", word, `Use one of ${DRIVING_ACTS.join(", ")}.`);
      const by = operatorAct(asked);
      if (by.reason.trim() === "") throw new Refusal(400, "Who drives a door is not changed without a reason", `door ${id}, ${act}`, "Say why: --reason.");
      const outcome = act === "cut-over" ? shadow.cutOver(id, by) : shadow.giveBack(id, by);
      if (outcome.ok) return [...operables.values()].filter((operable) => operable.id === id || operable.id.startsWith(`${id}/`)).map((each) => each.row());
      if (outcome.error === "NotRecorded") throw notRecordedRefusal(`door ${id}, ${act}`);
      if (outcome.error === "DoorUnknown") {
        const known = shadow.places.length === 0 ? `Write mode = "shadow" at its [[door]].` : `There are ${shadow.places.join(", ")}.`;
        throw new Refusal(404, "The configuration knows no old system at that door", id, known);
      }
      throw new Refusal(409, `The door cannot change hands now: ${outcome.detail}`, `door ${id}, ${act}`, "portico door list says who drives it.");
    },
    "GET /v1/shadow/report": ({ query }) => {
      const today = shadow.reports.today();
      const day = query.get("day") ?? today;
      if (day === null) throw new Refusal(409, "Nobody vouches for the clock, so there is no today", "shadow report", "Name a day: --day 2027-01-11.");
      if (!isLocalDate(day)) throw new Refusal(400, "There is no such day", day.slice(0, 40), "Write it as 2027-01-11.");
      const all = query.get("all") === "1";
      const { doors, comparisons } = shadow.reports.day(day);
      return {
        day,
        isToday: day === today,
        doors: doors.map(({ door, inShadow, counts }) => ({ door, inShadow, ...counts })),
        decisions: comparisons.filter((each) => all || isDiffering(each)).map(rowOf),
      };
    },
    "POST /v1/shadow/import": (asked) => {
      const { entries, format } = askedBody(
        IMPORT,
        asked,
        `Send {"by", "reason", "format": null, "entries": [{"accessPoint", "at", "card", "granted"}]}, at most 1000.`,
      );
      const foreign = entries.find(({ accessPoint }) => shadow.wayOf(accessPoint) === undefined);
      if (foreign !== undefined)
        throw new Refusal(
          409,
          "No old system is configured at what that access point opens",
          foreign.accessPoint,
          `Write mode = "shadow" at its door, or leave its lines out.`,
        );
      const lines = entries.map(({ at, ...entry }) => ({ ...entry, at: unixSeconds(at) }));
      const { facility, ...plain } = format ?? {};
      const cardFormat =
        format === null
          ? undefined
          : { ...(plain as Pick<NonNullable<typeof format>, "format" | "byteOrder">), ...(facility === undefined ? {} : { facility }) };
      const taken = shadow.import(lines, cardFormat, operatorAct(asked));
      if (taken === undefined) throw notRecordedRefusal("the import");
      return taken;
    },
  };
}

function rowOf(comparison: Comparison): ShadowDecisionRow {
  const { class: of, door, atMs, ours, old } = comparison;
  const denied = ours?.denied ?? null;
  return {
    at: Math.floor(atMs / 1000),
    door,
    accessPoint: ours?.accessPoint ?? old?.accessPoint ?? "",
    class: of,
    credential: ours?.credential ?? old?.credential ?? null,
    ours: ours === undefined ? null : denied === null ? "granted" : "denied",
    old: oldWord(comparison),
    reason: denied?.reason ?? null,
    detail: denied?.detail ?? "",
    remedy: remedyOf(comparison).en,
    remedyZh: remedyOf(comparison).zh,
    seq: ours?.seq ?? null,
    oldSeq: old?.seq ?? null,
  };
}

/** A relay that did not move says that the old system refused. */
function oldWord({ class: of, old }: Comparison): ShadowDecisionRow["old"] {
  if (old !== undefined) return old.granted ? "granted" : "denied";
  return of === "unseenByOld" ? null : "denied";
}
