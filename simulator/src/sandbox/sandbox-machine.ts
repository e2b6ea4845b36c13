import type { Clock, Random, RandomBytes, UnixSeconds } from "@portico/card-protocol";
import type { ControllerSurroundings } from "@portico/controller";

/** What a sandbox takes from the machine. */
export interface SandboxMachine {
  readonly clock: Clock;
  /** The right time. */
  readonly now: () => UnixSeconds;
  /** The same in ms. */
  readonly wallMs: () => number;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  /** How a controller reaches its cloud. */
  readonly openCloud: ControllerSurroundings["openCloud"];
  /** Reaches webhooks. */
  readonly fetch: (request: Request) => Promise<Response>;
}
