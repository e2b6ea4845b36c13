import { type ControllerEvent, type DenyReason, eventOf } from "@portico/card-protocol";
import type { Decision, Request } from "./core/decide.ts";
import { floorRuns } from "./core/floor-names.ts";
import { grantedFloors, type JudgedFloors, refusedFloors } from "./core/floors.ts";
import type { Shown } from "./recognition.ts";

/** The event that a decision leaves. */
export function decisionEvent(
  decision: Decision,
  { presentation, credential, pass, named }: Shown,
  { wall }: Pick<Request, "wall">,
  { id: accessPoint, replayGroup }: { readonly id: string; readonly replayGroup: string },
  listVersion: number,
): ControllerEvent {
  // Written out twice: objects that are put together of others take a microsecond each, and somebody waits.
  const counter = pass?.counter ?? null;
  const signedAt = pass?.signedAt ?? null;
  const bytes = pass?.bytes ?? null;
  const uncertaintyS = wall === "untrusted" ? null : wall.uncertaintyS;
  if (decision.kind === "granted")
    return eventOf("AccessGranted", {
      accessPoint,
      credential: credential!.id,
      presentation,
      holder: credential!.holder,
      counter,
      signedAt,
      pass: bytes,
      accessProfile: decision.accessProfile,
      uncertaintyS,
      listVersion,
      replayGroup,
    });
  return eventOf("AccessDenied", {
    accessPoint,
    reason: decision.reason satisfies DenyReason,
    detail: decision.detail,
    credential: named ?? null,
    presentation,
    counter,
    signedAt,
    pass: bytes,
    uncertaintyS,
    listVersion,
  });
}

/** The same decision at a door that the old system drives: it lets nobody in, keeps nobody out and spends no pass. */
export function shadowEvent(decided: ControllerEvent): ControllerEvent {
  if (decided.name === "AccessGranted") return eventOf("ShadowGranted", decided.fields);
  return decided.name === "AccessDenied" ? eventOf("ShadowDenied", decided.fields) : decided;
}

/** The event behind the grant of a lift: which floors it opens, `2..5, 7`, and which a grant names that do not, `6 DoorBlocked, 8..9 Other`. */
export const floorsEvent = (accessPoint: string, grantedSeq: number, floors: JudgedFloors): ControllerEvent =>
  eventOf("FloorsGranted", { accessPoint, grantedSeq, floors: floorRuns(grantedFloors(floors)).join(", "), refused: refusedText(floors) });

function refusedText(floors: JudgedFloors): string {
  const refused = refusedFloors(floors);
  const reasons = [...new Set(refused.map(({ reason }) => reason))];
  return reasons.flatMap((reason) => floorRuns(refused.filter((each) => each.reason === reason).map(({ floor }) => floor)).map((run) => `${run} ${reason}`)).join(", "); // prettier-ignore
}
