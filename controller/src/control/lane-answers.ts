import { dateOfDay, dayOfDate } from "@portico/card-protocol";
import type { LaneDirection } from "../core/lane.ts";
import { LANE_DAYS_KEPT, type LaneDay } from "../store/lane-counts.ts";
import type { LaneCountRow, LaneRow } from "./lane-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { Refusal } from "./refusal.ts";

/** Turnstile lanes: what their units say, and who has passed. */
export function laneAnswers({ lanes, counting, configuration }: ControlParts): AnswersTo<"GET /v1/lanes" | "GET /v1/lanes/counts"> {
  return {
    "GET /v1/lanes": () => {
      const today = counting.today();
      const passed = new Map(counting.since(today).flatMap(({ day, way, tally }) => (day === today ? [[way, tally.granted]] : [])));
      return configuration.turnstiles.map(({ id, gate, style }): LaneRow => {
        const lane = lanes.find((each) => each.id === id)!;
        const held = lane.directions.flatMap((direction) => {
          const hold = lane.holdable(direction).held();
          return hold === undefined ? [] : [{ direction, station: hold.station, leftS: Math.ceil(hold.leftMs / 1000) }];
        });
        return { id, gate, style, ...lane.unit(), held, inToday: passed.get(`${id}/entry`) ?? 0, outToday: passed.get(`${id}/exit`) ?? 0 };
      });
    },
    "GET /v1/lanes/counts": ({ query }) => {
      const days = Number(query.get("days") ?? "1");
      if (!Number.isInteger(days) || days < 1 || days > LANE_DAYS_KEPT)
        throw new Refusal(400, "So many days are not kept", `days=${query.get("days")}`, `Ask for 1 to ${LANE_DAYS_KEPT}.`);
      const lane = query.get("lane");
      const ids = configuration.turnstiles.map(({ id }) => id);
      if (lane !== null && !ids.includes(lane)) throw new Refusal(404, "There is no such turnstile", lane, `Use one of ${ids.join(", ")}.`);
      const today = counting.today();
      const first = today === null ? null : dateOfDay(dayOfDate(today) - days + 1);
      return counting
        .since(first)
        .map(rowOf)
        .filter((row) => lane === null || row.lane === lane);
    },
  };
}

function rowOf({ day, way, tally }: LaneDay): LaneCountRow {
  const [lane, direction] = way.split("/") as [string, LaneDirection];
  return { day, lane, direction, ...tally };
}
