import type { AppliedPartition } from "./applied-reports.ts";
import type { CommandOutcome } from "./command-outcome.ts";
import type { ConfigurationOutcome } from "./configuration-outcome.ts";
import type { EventTransport } from "./event-transport.ts";
import type { MoneyTransport } from "../money/cloud-money.ts";
import type { FeedTransport } from "./feed-client.ts";
import type { ReportWay } from "./revocation-reporter.ts";

/** The way to the cloud, and what else is asked on it. */
export interface CloudTransport extends FeedTransport, EventTransport, ReportWay, MoneyTransport {
  /** Tells which versions are applied. True: the cloud has it. */
  applied(partitions: readonly AppliedPartition[]): Promise<boolean>;
  /** A time frame for this nonce; undefined: it could not be had. */
  time(nonce: Uint8Array): Promise<Uint8Array | undefined>;
  /** Has the zones' keys handed over where these generations are not the ones that are known. Resolves when they are here, or could not be had. */
  zoneKeys(generations: ReadonlyMap<string, number>): Promise<void>;
  /** Says what became of a command. Nobody waits for it longer than the cloud does: what does not arrive is not sent again. */
  commandOutcome(outcome: CommandOutcome): Promise<void>;
  /** Says what became of a configuration. What does not arrive the cloud learns from the next stream's question. */
  configurationOutcome(outcome: ConfigurationOutcome): Promise<void>;
}
