import {
  type Capability,
  type DenyReason,
  firstFailure,
  type Permission,
  PERMISSION_CHECKS,
  type ScheduleContext,
  type WallTime,
} from "@portico/card-protocol";
import type { DoorRefusal } from "./door-operation.ts";

/** One floor of a lift as a decision asks about it. */
export interface FloorFacts {
  /** Within its lift. */
  readonly floor: string;
  /** Those of the credential that name the floor's access point. */
  readonly permissions: readonly Permission[];
  /** What the floor itself says; undefined: it would let somebody ride there. */
  readonly refusal: DoorRefusal | undefined;
}

/** What a decision says of one floor; `refusal` undefined: its button is enabled. */
export interface FloorVerdict {
  readonly floor: string;
  /** A permission that is valid and open names it. */
  readonly isPermitted: boolean;
  readonly refusal: { readonly reason: DenyReason; readonly detail: string } | undefined;
}

/** All floors of one scan: verified once, spent once, judged each for itself. */
export interface JudgedFloors {
  readonly verdicts: readonly FloorVerdict[];
  /** Of all floors, those that open in front: what the permission checks of the decision are asked of, and which permission is named. */
  readonly permissions: readonly Permission[];
  /** Why the lift takes nobody anywhere though a permission names a floor: what the first of them says. */
  readonly refusal: DoorRefusal | undefined;
}

/** What the permission checks of one floor ask about beside its permissions. */
export interface FloorContext {
  readonly wall: WallTime;
  readonly accessPoint: { readonly capability: Capability };
  readonly scheduleContext: ScheduleContext;
}

/** Judges each floor for itself. The lift refuses only where no floor opens: then with the reason that came furthest. */
export function judgeFloors(floors: readonly FloorFacts[], context: FloorContext): JudgedFloors {
  const verdicts = floors.map((facts) => judgeFloor(facts, context));
  const opens = verdicts.map(({ refusal }) => refusal === undefined);
  const refused = verdicts.find(({ isPermitted }) => isPermitted);
  return {
    verdicts,
    permissions: [...floors.filter((_, index) => opens[index]), ...floors.filter((_, index) => !opens[index])].flatMap(({ permissions }) => permissions),
    refusal: opens.includes(true) || refused?.refusal === undefined ? undefined : withFloor(refused.floor, refused.refusal),
  };
}

/** The floors that open. */
export const grantedFloors = ({ verdicts }: JudgedFloors): readonly string[] =>
  verdicts.flatMap(({ floor, refusal }) => (refusal === undefined ? [floor] : []));

/** The floors that a permission names and that do not open. */
export const refusedFloors = ({ verdicts }: JudgedFloors): readonly { readonly floor: string; readonly reason: DenyReason }[] =>
  verdicts.flatMap(({ floor, refusal }) => (refusal === undefined || refusal.reason === "Unauthorized" ? [] : [{ floor, reason: refusal.reason }]));

function judgeFloor({ floor, permissions, refusal }: FloorFacts, context: FloorContext): FloorVerdict {
  const facts = { ...context, permissions };
  const failure = firstFailure(PERMISSION_CHECKS, facts);
  if (failure !== undefined) return { floor, isPermitted: false, refusal: { reason: failure.reason, detail: failure.check.detail(facts) } };
  return { floor, isPermitted: true, refusal };
}

const withFloor = (floor: string, { reason, detail }: DoorRefusal): DoorRefusal => ({ reason, detail: `floor ${floor}: ${detail}` });
