import type { AccessPointConfiguration, AccessPointTarget } from "./configuration.ts";
import type { FileContent } from "./schema.ts";

type Point = FileContent["access_point"][number];

/** What is asked for at an access point where the file does not say. */
export function capabilityOf({ lift, terminal, kiosk, lock, release_station: release }: Point): AccessPointConfiguration["capability"] {
  if (release !== undefined) return "print";
  if (terminal !== undefined) return "pay";
  if (kiosk !== undefined) return "borrow";
  if (lock !== undefined) return "unlock";
  return lift === undefined ? "pass" : "ride";
}

/** What an access point opens. References are checked: exactly one thing is named. */
export function targetOf(point: Point): AccessPointTarget {
  const { door, turnstile, direction, lift, lift_door: liftDoor, guard_station: station, terminal, release_station: release, kiosk, lock } = point;
  if (terminal !== undefined) return { kind: "terminal", terminal };
  if (release !== undefined) return { kind: "release-station", station: release };
  if (kiosk !== undefined) return { kind: "kiosk", kiosk };
  if (lock !== undefined) return { kind: "room-lock", lock };
  if (station !== undefined) return { kind: "guard-station", station };
  if (lift !== undefined) return { kind: "lift", lift, door: liftDoor };
  return door === undefined ? { kind: "turnstile", turnstile: turnstile!, direction: direction! } : { kind: "door", door };
}
