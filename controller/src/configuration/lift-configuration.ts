import type { FailMode } from "../core/lock.ts";
import type { InputReference, RelayReference } from "./hardware-configuration.ts";

/** `[[lift]]`: one cabin. */
export interface LiftConfiguration {
  readonly id: string;
  readonly floors: readonly LiftFloorConfiguration[];
  /** How long the buttons of a grant work. */
  readonly grantTimeMs: number;
  /** Added for holders who need longer. */
  readonly extendedGrantTimeMs: number;
  /** `one`: the first button that is pressed drops the others of its grant. */
  readonly floorsPerGrant: "any" | "one";
  /** What the floors of a module that does not answer count as. */
  readonly moduleOffLine: "secured" | "free";
  /** Normally closed: an open contact is a fire. */
  readonly fire?: InputReference;
  /** What fire and drill do to the floors. */
  readonly inFire: "free" | "secured";
  /** How long a fire loop must rest closed before the fire is over. */
  readonly debounceMs: number;
}

/** `[[lift.floor]]`: one door of the cabin at one floor. */
export interface LiftFloorConfiguration {
  /** Within its lift; as a door it is `<lift>/<floor>`. */
  readonly id: string;
  readonly door: "front" | "rear";
  /** By which a list names it: several cabins may lead to one. */
  readonly accessPoint: string;
  /** Enables the button; absent only where the floor is always free. */
  readonly relay?: RelayReference;
  /** Closes while the floor's button is pressed or its call stands; absent: nobody sees which floor is chosen. */
  readonly button?: InputReference;
  /** Nothing takes it away: the way out. */
  readonly alwaysFree: boolean;
  /** `secure`: current enables the button. `safe`: current disables it. */
  readonly fail: FailMode;
}
