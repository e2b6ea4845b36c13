import type { Language } from "@portico/card-protocol";
import { type DoorRow, type EventExplanation, floorRuns } from "@portico/controller";

type FloorTrace = NonNullable<EventExplanation["floors"]>[number];

/** Rows of doors in which the floors of a lift that are alike stand on one line: the newest of them says since when, and what happened last. */
export function foldFloors(rows: readonly DoorRow[]): readonly DoorRow[] {
  const folded = new Map<string, DoorRow[]>();
  for (const row of rows) {
    const key = row.kind === "floor" ? JSON.stringify([placeOf(row.id), row.mode, row.lock, row.fire, row.overruled]) : row.id;
    folded.set(key, [...(folded.get(key) ?? []), row]);
  }
  return [...folded.values()].map((alike) => {
    const [first] = alike.toSorted((a, b) => a.sinceS - b.sinceS);
    return alike.length === 1 ? first! : { ...first!, id: `${placeOf(first!.id)}/${floorsText(alike.map(({ id }) => floorOf(id)))}` };
  });
}

/** What became of the floors of a lift, those that are alike on one line; nothing where there are none. */
export function floorLines(floors: readonly FloorTrace[], language: Language): readonly string[] {
  const alike = new Map<string, { readonly trace: FloorTrace; readonly ids: string[] }>();
  for (const trace of floors) {
    const key = JSON.stringify([trace.reason, trace.detail]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { trace, ids: [floorOf(trace.floor)] });
    else known.ids.push(floorOf(trace.floor));
  }
  const lines = [...alike.values()].map(({ trace, ids }) => (language === "zh" ? floorZh : floorEn)(trace, floorsText(ids)));
  if (lines.length === 0) return [];
  const place = placeOf(floors[0]!.floor);
  return ["", { en: `Floors of ${place}:`, zh: `${place} 的楼层：` }[language], ...lines];
}

const floorEn = ({ reason, detail }: FloorTrace, floors: string): string =>
  reason === null ? `+ ${floors}: ${detail === "" ? "opened" : detail}` : `x ${floors}: ${reason}${detail === "" ? "" : ` (${detail})`}`;
const floorZh = ({ reason, detailZh }: FloorTrace, floors: string): string =>
  reason === null ? `+ ${floors}：${detailZh === "" ? "已开放" : detailZh}` : `x ${floors}：${reason}${detailZh === "" ? "" : `（${detailZh}）`}`;

const placeOf = (id: string): string => id.slice(0, id.lastIndexOf("/"));
const floorOf = (id: string): string => id.slice(id.lastIndexOf("/") + 1);
const floorsText = (floors: readonly string[]): string => floorRuns(floors).join(", ");
