import type { Clock, UnixSeconds } from "@portico/card-protocol";
import type { ChainVerdict } from "@portico/controller";
import type { Campus, CampusHands, Pocket } from "@portico/simulator";

/** A campus that runs, as real programs or in virtual time: all that its life, its log and its summary need. */
export interface RunningCampus {
  readonly campus: Campus;
  readonly hands: CampusHands;
  readonly pockets: ReadonlyMap<string, Pocket>;
  /** Of the world that the campus is in. What is set on it is forgotten when the campus ends. */
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly now: () => UnixSeconds;
  /** How often the controller ended by itself so far. */
  readonly crashes: () => number;
  /** The credentials of a person, as the list in force has them. */
  credentialsOf(person: string): Promise<readonly string[]>;
  /** Whether the controller's log is whole. */
  verify(): Promise<ChainVerdict>;
  /** Lets time pass. False when somebody interrupted. @throws whatever ended the campus */
  pass(ms: number): Promise<boolean>;
  /** Lets time pass until it is done, or patience is over. False when it is not. @throws whatever ended the campus */
  passUntil(done: Promise<unknown>, withinMs: number): Promise<boolean>;
  /** Ends everything; nothing of it is left when it resolves. */
  end(): Promise<void>;
}
