import type { AppliedPartition } from "./applied-reports.ts";
import type { CommandOutcome } from "./command-taker.ts";
import type { EventTransport } from "./event-transport.ts";
import type { FeedTransport } from "./feed-client.ts";
import type { ReportWay } from "./revocation-reporter.ts";

/** A zone's key for card numbers, as the cloud hands it to a controller that has shown its own. */
export interface DeliveredZoneKey {
  readonly zone: string;
  readonly generation: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** The way to the cloud, and what else is asked on it. */
export interface CloudTransport extends FeedTransport, EventTransport, ReportWay {
  /** Tells which versions are applied. True: the cloud has it. */
  applied(partitions: readonly AppliedPartition[]): Promise<boolean>;
  /** A time frame for this nonce; undefined: it could not be had. */
  time(nonce: Uint8Array): Promise<Uint8Array | undefined>;
  /** Has the zones' keys handed over where these generations are not the ones that are known. Resolves when they are here, or could not be had. */
  zoneKeys(generations: ReadonlyMap<string, number>): Promise<void>;
  /** Says what became of a command. Nobody waits for it longer than the cloud does: what does not arrive is not sent again. */
  commandOutcome(outcome: CommandOutcome): Promise<void>;
}
