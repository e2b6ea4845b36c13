import type { CommissioningState } from "./commissioning-rows.ts";
import type { DoorMode, EventName } from "@portico/card-protocol";

/**
 * What an operator may ask of a door. `access`: one passage, as a grant would; `lock`, `unlock`, `block`, `lock-down`, `lock-open`, `double-lock`: the mode of
 * that name; `release`: ends a lock-down or a lock-open and returns to Locked, which nothing else does.
 */
export const DOOR_ACTS = ["access", "lock", "unlock", "block", "lock-down", "lock-open", "double-lock", "release"] as const;
export type DoorAct = (typeof DOOR_ACTS)[number];

/** One door, one direction of a turnstile, or one floor of a lift. */
export interface DoorRow {
  /** The door's id, `<turnstile>/entry` and `<turnstile>/exit`, or `<lift>/<floor>`. An act on `<turnstile>` or `<lift>` alone concerns all of it and answers with the first. */
  readonly id: string;
  readonly kind: "door" | "turnstile" | "floor" | "room-lock";
  /** The old system drives it, and Portico only decides: `Unknown` is what it knows of mode and lock. */
  readonly shadow: boolean;
  readonly mode: DoorMode;
  /** ONVIF LockPhysicalState. */
  readonly lock: "Unknown" | "Locked" | "Unlocked" | "Fault";
  /** ONVIF DoorPhysicalState; `Unknown` where there is no contact. */
  readonly physical: "Unknown" | "Open" | "Closed" | "Fault";
  /** ONVIF DoorAlarmState. */
  readonly alarm: "Normal" | "DoorForcedOpen" | "DoorOpenTooLong";
  /** ONVIF DoorTamperState; null: no tamper loop is wired; absent where an act alone is answered. */
  readonly tamper?: "Unknown" | "NotInTamper" | "TamperDetected" | null;
  /** The fire input frees this door. */
  readonly fire: boolean;
  /** What stands above the mode: `awaits-relock` behind fire or drill until somebody has it locked again; null: nothing. */
  readonly overruled: "fire" | "drill" | "awaits-relock" | "lockdown" | null;
  /** How long mode, lock, physical state and alarm have all been as they are. */
  readonly sinceS: number;
  readonly lastEvent: EventName | null;
  /** Whether it was commissioned; absent where an act alone is answered. */
  readonly commissioning?: CommissioningState;
}
