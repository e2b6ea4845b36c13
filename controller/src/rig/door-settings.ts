import type { DoorSettings } from "../core/door.ts";
import type { SetMode } from "../core/door-operation.ts";

/** A door with a contact and everything else as plain as can be; a test says what it has beside. */
export const LIBRARY_DOOR: DoorSettings = {
  id: "library",
  contact: true,
  releaseTimeMs: 5_000,
  extendedReleaseTimeMs: 0,
  openTimeMs: 30_000,
  extendedOpenTimeMs: 0,
  preAlarmTimeMs: 0,
  delayBeforeRelockMs: 0,
  relockOn: "open",
  contactDebounceMs: 50,
  contactLagMs: 100,
  doubleLock: false,
  rexUnlocks: true,
  relockAfterFire: "input",
};

/** Every mode that somebody can set. */
export const SET_MODES = ["Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked"] as const satisfies readonly SetMode[];
