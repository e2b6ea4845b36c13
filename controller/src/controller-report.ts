import type { CredentialId, DenyReason, Partition, Presentation } from "@portico/card-protocol";
import type { EventLine } from "./control/event-rows.ts";

/**
 * What a controller tells whoever watches it, as it happens: `portico controller run` prints it, one JSON object a line in a pipe. It adds to the events what
 * is not worth recording: how long a relay took and the frame that moved it. Names no person and holds no pass and no card number.
 */
export type ControllerReport =
  /** Everything is built and listens. */
  | { readonly kind: "started"; readonly site: string; readonly controller: string; readonly accessPoints: readonly string[] }
  /** A scan was judged. Its event, where it has one, is recorded. */
  | {
      readonly kind: "judged";
      readonly accessPoint: string;
      /** Unix ms; null while the clock is untrusted. */
      readonly atMs: number | null;
      /** Null where no signature holds: what was scanned may be anything. */
      readonly presentation: Presentation | null;
      /** Null where no signature holds, or no card is known by that number. */
      readonly credential: CredentialId | null;
      readonly outcome: "granted" | "denied";
      /** Which access profile allows it; null where denied. */
      readonly accessProfile: string | null;
      /** Null where granted. */
      readonly reason: DenyReason | null;
      readonly detail: string;
      /** Number of its event; null where it is only counted, or could not be recorded. */
      readonly seq: number | null;
      /** The old system drives the door: this would have been decided, and nothing was moved. */
      readonly shadow: boolean;
      /** How far the phone's clock seems off where time alone was wrong: + fast, − slow; else null. */
      readonly phoneClockOffsetS: number | null;
    }
  /** A board has acknowledged the release of a grant. */
  | {
      readonly kind: "acted";
      readonly grantedSeq: number;
      readonly accessPoint: string;
      readonly device: string;
      /** The frame as hex, lower case; null where the protocol has no single one for it. */
      readonly frame: string | null;
      /** From the scan's last byte to the frame's handing over to the wire. */
      readonly afterMs: number;
    }
  /** A partition of the feed is durably held as a publication of the cloud left it. Told once for each version, and once for each later publication that changed nothing in it. */
  | { readonly kind: "followed"; readonly partition: Partition; readonly epoch: number; readonly version: number; readonly publish: number }
  /** Any other event, as it was recorded: doors, devices, clock, list. Access decisions are told as `judged`. */
  | { readonly kind: "event"; readonly event: EventLine };
