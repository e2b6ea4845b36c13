import type { DoorMode } from "@portico/card-protocol";
import { type DoorRefusal, isFree, modeRefusal } from "./door-operation.ts";

/** What overrules the mode of a door or lane. What frees comes before what holds. */
export interface Overruling {
  /** Its fire loop is open. */
  readonly fire: boolean;
  /** A drill frees it as a fire would. */
  readonly drill: boolean;
  /** Fire or drill is over, and nobody has had it locked again yet: it stays free. */
  readonly awaitsRelock: boolean;
  /** A lockdown holds it: the zone's id, or {@link EVERY_DOOR}; undefined: none does. */
  readonly lockdown: string | undefined;
}

/** What a lockdown or a drill concerns when it concerns the whole controller. No zone is called so. */
export const EVERY_DOOR = "every door";
export const NOT_OVERRULED: Overruling = { fire: false, drill: false, awaitsRelock: false, lockdown: undefined };

/** Everybody may leave and enter, whatever is set: fire, a drill, or neither and nobody has locked again. */
export const isEvacuated = ({ fire, drill, awaitsRelock }: Overruling): boolean => fire || drill || awaitsRelock;

/** The mode that counts: a lockdown holds what is not LockedOpen. */
export function modeUnder<M extends DoorMode>(mode: M, { lockdown }: Overruling): M | "LockedDown" {
  return lockdown === undefined || mode === "LockedOpen" || mode === "Unknown" ? mode : "LockedDown";
}

/** The lock is released for everybody. */
export const isFreed = (mode: DoorMode, overruling: Overruling): boolean => isEvacuated(overruling) || isFree(modeUnder(mode, overruling));

/** Why nobody is let in, or undefined. A reader that is a way out is not held by a lockdown of the site. */
export function refusalUnder(mode: DoorMode, bySchedule: boolean, overruling: Overruling, isEgress: boolean): DoorRefusal | undefined {
  const isFreeToAll = isEvacuated(overruling);
  const own = modeRefusal(mode, isFreeToAll, bySchedule);
  if (own !== undefined || isEgress || isFreeToAll || modeUnder(mode, overruling) === mode) return own;
  return { reason: "LockedDown", detail: `lockdown: ${overruling.lockdown!}` };
}

/** What stands above the mode, for showing it; null: nothing. */
export function overrulingOf(overruling: Overruling): "fire" | "drill" | "awaits-relock" | "lockdown" | null {
  if (overruling.fire) return "fire";
  if (overruling.drill) return "drill";
  if (overruling.awaitsRelock) return "awaits-relock";
  return overruling.lockdown === undefined ? null : "lockdown";
}
