import { muster, type MusterPoint } from "../core/muster.ts";
import { musterEvents } from "../store/muster-events.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { Refusal } from "./refusal.ts";

/** Between two portions of the log scans are judged. */
const PAUSE_MS = 1;

/** Who is inside, from the controller alone. */
export function musterAnswers({ configuration, store, areas, site, clock, closing }: ControlParts): AnswersTo<"GET /v1/muster"> {
  const { accessPoints, doors, turnstiles, lifts } = configuration;
  const points = accessPoints.flatMap(({ id, enters, leaves, egress, opens }): MusterPoint | [] => {
    if (opens.kind === "guard-station" || opens.kind === "terminal" || opens.kind === "release-station" || opens.kind === "kiosk") return []; // nobody passes there
    if (opens.kind === "door") return { id, enters, leaves, egress, door: opens.door, seesPassage: doors.find((door) => door.id === opens.door)?.contact !== undefined }; // prettier-ignore
    // A ride shows that somebody is in the building; where they left the cabin nobody sees.
    if (opens.kind === "lift") return { id, enters, leaves, egress, door: opens.lift, seesPassage: lifts.some((lift) => lift.id === opens.lift && lift.floors.some(({ button }) => button !== undefined)) }; // prettier-ignore
    if (opens.kind === "room-lock") return { id, enters, leaves, egress, door: opens.lock, seesPassage: false };
    const lane = turnstiles.find((each) => each.id === opens.turnstile)!;
    const contact = opens.direction === "entry" ? lane.passEntry : lane.passExit;
    return { id, enters, leaves, egress, door: `${opens.turnstile}/${opens.direction}`, seesPassage: contact !== undefined };
  });
  return {
    "GET /v1/muster": async () => {
      const reading = musterEvents(store.database, store.events.last().seq);
      let step = reading.next();
      for (; step.done !== true; step = reading.next()) {
        await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
        if (closing.aborted) throw new Refusal(503, "The controller is being stopped", "muster", "Ask again when it runs.");
      }
      const inside = areas.all().flatMap(({ rules: { id } }) => areas.inside(id).map((each) => ({ ...each, area: id })));
      return muster({ events: step.value, points, inside, evacuated: new Set(site.evacuated) }).map((row) => ({ ...row }));
    },
  };
}
