import type { ChargeRefusal, CheckTrace, DenyReason } from "@portico/card-protocol";
import type { EventLine, FloorTrace } from "./event-rows.ts";

/** Why an access was granted or denied: every check in order. */
export interface EventExplanation {
  readonly event: EventLine;
  readonly outcome: "granted" | "denied";
  /** Null where access was granted. Of a ChargeRefused: why nothing was charged. */
  readonly denial: {
    readonly reason: DenyReason | ChargeRefusal;
    readonly en: string;
    readonly zh: string;
    readonly remedy: string;
    readonly remedyZh: string;
  } | null;
  readonly checks: readonly CheckTrace[];
  /** In a lift what became of each of its floors; absent: it is no lift. */
  readonly floors?: readonly FloorTrace[];
  /** What the checks were run against, e.g. `the pass in the event and list 12, which has not changed since`. */
  readonly basis: string;
  readonly basisZh: string;
}
