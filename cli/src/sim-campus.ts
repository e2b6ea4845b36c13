import type { Clock, UnixSeconds } from "@portico/card-protocol";
import type { ChainVerdict } from "@portico/controller";
import type { Campus, CampusHands, Pocket, StationHands } from "@portico/simulator";

/** A campus that runs, as real programs or in virtual time: all that its life, its log and its summary need. */
export interface RunningCampus {
  readonly campus: Campus;
  readonly hands: CampusHands;
  readonly pockets: ReadonlyMap<string, Pocket>;
  readonly stations: StationHands;
  readonly cloud: CampusCloud;
  /** Of the world that the campus is in. What is set on it is forgotten when the campus ends. */
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly now: () => UnixSeconds;
  /** How often a program ended by itself so far. */
  readonly crashes: () => number;
  /** Whether the controllers' logs are whole. */
  verify(): Promise<readonly ControllerChain[]>;
  /** Lets time pass. False when somebody interrupted. @throws whatever ended the campus */
  pass(ms: number): Promise<boolean>;
  /** Lets time pass until it is done, or patience is over. False when it is not. @throws whatever ended the campus */
  passUntil(done: Promise<unknown>, withinMs: number): Promise<boolean>;
  /** Ends everything; nothing of it is left when it resolves. */
  end(): Promise<void>;
}

/** The log of one controller, judged. */
export interface ControllerChain {
  readonly controller: string;
  readonly verdict: ChainVerdict;
}

/** The cloud of a campus, as whoever operates it has it in hand. */
export interface CampusCloud {
  /** What a card is in the cloud now. */
  readonly cardState: (credential: string) => Promise<CardState>;
  /** Reports a card lost by the API. Resolves with the publication that tells the doors. */
  readonly cardLost: (credential: string) => Promise<number>;
  /** Takes it back. */
  readonly cardFound: (credential: string) => Promise<number>;
  /** Seals a PIN to a room's lock as a person's phone does, and hands it in. Resolves with its version; the lock acknowledges it later. */
  readonly pinSet: (person: string, lock: string, digits: string) => Promise<number>;
  /** Pulls the plug of the line between the controllers and the cloud, or puts it back. */
  readonly plug: (isIn: boolean) => Promise<void>;
}

/** In which state a credential is, and since when, Unix seconds. */
export interface CardState {
  readonly state: string;
  readonly since: number;
}
