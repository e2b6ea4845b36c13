import type { CommandRefusal } from "@portico/card-protocol";

/** A nonce may be answered for so long, by monotonic time: whoever held a command back for longer has nothing in hand. */
export const NONCE_LIFE_MS = 10_000;

/** What became of a command, for whoever sent it. */
export type CommandOutcome =
  | { readonly id: string; readonly outcome: "acted" }
  | {
      readonly id: string;
      readonly outcome: "refused";
      readonly error: CommandRefusal;
      readonly detail: string;
      /** With `ClockUncertain`: 16 bytes in hex that the same command may answer within {@link NONCE_LIFE_MS}. Else null. */
      readonly nonce: string | null;
    };
