import type { ControllerReport } from "@portico/controller";
import type { Direction } from "../turnstile-body.ts";

/**
 * What people of a campus can lay hands on, and what they can hear of it: all that life needs, whether the campus runs in virtual time or as real
 * programs. Places go by the ids of the campus.
 */
export interface CampusHands {
  /** Holds a code or a card before a reader. False when nothing left the reader, because its wire is cut. */
  readonly scan: (accessPoint: string, read: string) => Promise<boolean>;
  /** Pushes the arm of a lane. True when the body got through. */
  readonly push: (lane: string, direction: Direction) => Promise<boolean>;
  /** Presses through a lane close behind another. False when nobody went that way just now. */
  readonly tailgate: (lane: string, direction: Direction) => Promise<boolean>;
  /** Pushes a door and holds it for `openMs`. True when it opened, or stood open. */
  readonly pushDoor: (door: string, openMs: number) => Promise<boolean>;
  /** Presses the exit button of a door. */
  readonly pressExit: (door: string) => Promise<void>;
  /** Called for each report of the controller, in its order. Returns the function that removes the listener. */
  readonly onReport: (listener: (report: ControllerReport) => void) => () => void;
}
