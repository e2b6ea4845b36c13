import { type DenyReason, detailInChinese, type WallTime } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import type { FloorTrace } from "./control/event-rows.ts";
import { holdsFloor } from "./core/floor-names.ts";
import type { JudgedFloors } from "./core/floors.ts";
import type { DecisionRecord, ExplanationParts } from "./explain-parts.ts";
import { floorsOf } from "./floors-of.ts";

/** What the event behind the grant of a lift says: which floors opened, and for what reason others did not that a permission named. */
interface RecordedFloors {
  isGranted(floor: string): boolean;
  refusedFor(floor: string): DenyReason | undefined;
}

/**
 * What each floor of a lift said, asked again of the list; what the floor itself said is as it was recorded. Undefined where it is no lift.
 *
 * @param atDoor  why the lift took nobody anywhere, as recorded
 */
export function floorsAgain(
  decision: DecisionRecord,
  point: AccessPointConfiguration,
  list: AccessList,
  wall: WallTime,
  { configuration, store }: Pick<ExplanationParts, "configuration" | "store">,
  atDoor: JudgedFloors["refusal"],
): JudgedFloors | undefined {
  const lift = liftOf(point, configuration);
  if (lift === undefined) return undefined;
  const recorded = recordedFloors(decision, store);
  const floors = lift.map(({ id: floor, accessPoint }) => ({ floor, accessPoint, refusal: atDoor ?? refusalOf(floor, recorded) }));
  const { credential } = decision.fields;
  return floorsOf(floors, credential ?? undefined, list, { wall, accessPoint: point, scheduleContext: list.scheduleContext() });
}

/** The floors for whoever asks why. @param floors  undefined: the record alone is told, and it names only the floors that a permission named */
export function floorTraces(
  decision: DecisionRecord,
  point: AccessPointConfiguration | undefined,
  { configuration, store }: Pick<ExplanationParts, "configuration" | "store">,
  floors: JudgedFloors | undefined,
): readonly FloorTrace[] | undefined {
  if (point?.opens.kind !== "lift") return undefined;
  const { lift } = point.opens;
  const id = (floor: string): string => `${lift}/${floor}`;
  const trace = (floor: string, reason: DenyReason | null, detail: string): FloorTrace => ({
    floor: id(floor),
    outcome: reason === null ? "granted" : "refused",
    reason,
    detail,
    detailZh: detailInChinese(detail),
  });
  const known = liftOf(point, configuration) ?? [];
  const free = new Set(known.filter(({ alwaysFree }) => alwaysFree).map((floor) => floor.id));
  if (floors !== undefined)
    return floors.verdicts.map(({ floor, refusal }): FloorTrace => {
      if (refusal !== undefined && free.has(floor)) return { floor: id(floor), outcome: "free", reason: null, ...ALWAYS_FREE };
      return trace(floor, refusal?.reason ?? null, refusal?.detail ?? "");
    });
  const recorded = recordedFloors(decision, store);
  return known.flatMap(({ id: floor }) => {
    const reason = recorded?.refusedFor(floor);
    if (reason !== undefined) return [trace(floor, reason, "")];
    return recorded?.isGranted(floor) === true ? [trace(floor, null, "")] : [];
  });
}

const ALWAYS_FREE = { detail: "always free", detailZh: detailInChinese("always free") };

const liftOf = ({ opens }: AccessPointConfiguration, { lifts }: Configuration): Configuration["lifts"][number]["floors"] | undefined =>
  opens.kind === "lift" ? lifts.find(({ id }) => id === opens.lift)?.floors.filter(({ door }) => opens.door === undefined || door === opens.door) : undefined;

/** A floor that the record does not name among those that opened was refused, for the reason that stands there. */
function refusalOf(floor: string, recorded: RecordedFloors | undefined): JudgedFloors["refusal"] {
  if (recorded === undefined || recorded.isGranted(floor)) return undefined;
  return { reason: recorded.refusedFor(floor) ?? "Other", detail: "as recorded" };
}

function recordedFloors({ name, seq }: DecisionRecord, { events }: ExplanationParts["store"]): RecordedFloors | undefined {
  if (name !== "AccessGranted") return undefined;
  const behind = events.event(seq + 1)?.record;
  const event = behind?.ok === true ? behind.value.event : undefined;
  if (event?.name !== "FloorsGranted" || event.fields.grantedSeq !== seq) return undefined;
  const words = (text: string): readonly string[] => (text === "" ? [] : text.split(", "));
  const granted = words(event.fields.floors);
  const refused = words(event.fields.refused).map((word) => word.split(" ") as [run: string, reason: DenyReason]);
  return {
    isGranted: (floor) => granted.some((run) => holdsFloor(run, floor)),
    refusedFor: (floor) => refused.find(([run]) => holdsFloor(run, floor))?.[1],
  };
}
