/** What a door is meant to do; lock state, door state and alarm are axes of their own. ONVIF Door Control service, DoorMode. */
export const DOOR_MODES = ["Unknown", "Locked", "Unlocked", "Accessed", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked"] as const;
export type DoorMode = (typeof DOOR_MODES)[number];
