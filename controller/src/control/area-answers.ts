import type { AreaOverdueRow, AreaRow } from "./area-rows.ts";
import { overdueSince } from "../core/overdue.ts";
import { areaReset } from "./asked.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** Areas: who is in them, and what is forgotten of it on an operator's word. */
export function areaAnswers({
  areas,
  configuration,
  listOf,
  clock,
}: ControlParts): AnswersTo<"GET /v1/areas" | "GET /v1/areas/:id" | "GET /v1/areas/:id/overdue" | "POST /v1/areas/:id/reset"> {
  const rows = (): AreaRow[] =>
    areas.all().map(({ rules: { id, antipassback, antipassbackTimeS, holdersMax }, holders }) => ({
      id,
      antipassback,
      antipassbackTimeS: antipassback === "timed" ? antipassbackTimeS : null,
      holders,
      holdersMax: holdersMax ?? null,
      entrances: configuration.accessPoints.filter(({ enters }) => enters === id).map((point) => point.id),
      exits: configuration.accessPoints.filter(({ leaves }) => leaves === id).map((point) => point.id),
    }));
  const known = (id: string): AreaRow => {
    const row = rows().find((each) => each.id === id);
    if (row !== undefined) return row;
    const ids = rows().map((each) => each.id);
    throw new Refusal(404, "There is no such area", id, ids.length === 0 ? "portico.toml names none: add an [[area]]." : `Use one of ${ids.join(", ")}.`);
  };
  const holderOf = (area: AreaRow, credential: string): number => {
    const point = configuration.accessPoints.find(({ id }) => area.entrances.includes(id))!;
    const holder = listOf(point).credential(credential)?.holder ?? areas.holderBy(area.id, credential);
    if (holder !== undefined) return holder;
    throw new Refusal(
      404,
      "There is no such credential",
      credential,
      `portico area show ${area.id} names who is inside; portico event list names who was refused.`,
    );
  };
  const overdue = ({ id, entrances }: AreaRow): AreaOverdueRow[] => {
    const wall = clock.wall();
    if (wall === "untrusted")
      throw new Refusal(
        409,
        "Nobody vouches for the clock, so nobody knows what has ended",
        id,
        "portico status tells why; portico area show lists who is inside.",
      );
    const waysIn = configuration.accessPoints.filter((point) => entrances.includes(point.id));
    return areas.inside(id).flatMap(({ holder, credential: shown, since }) => {
      const listed = waysIn.map((point) => ({ credential: listOf(point).credential(shown), permissions: listOf(point).permissions(shown, point.id) }));
      const credential = listed.find((each) => each.credential !== undefined)?.credential;
      const end = overdueSince(credential, listed.flatMap(({ permissions }) => permissions), wall.now); // prettier-ignore
      return end === undefined ? [] : [{ holder, credential: shown, since, endedAt: end === "withdrawn" ? null : end }];
    });
  };
  return {
    "GET /v1/areas": () => rows(),
    "GET /v1/areas/:id": ({ params }) => areas.inside(known(params["id"] ?? "").id).map(({ holder, credential, since }) => ({ holder, credential, since })),
    "GET /v1/areas/:id/overdue": ({ params }) => overdue(known(params["id"] ?? "")),
    "POST /v1/areas/:id/reset": (asked) => {
      const area = known(asked.params["id"] ?? "");
      const { by, reason, credential } = areaReset(asked);
      const holder = credential === null ? null : holderOf(area, credential);
      if (!areas.reset(area.id, holder, { by, reason })) throw notRecordedRefusal(`area ${area.id}, reset`);
      return known(area.id);
    },
  };
}
