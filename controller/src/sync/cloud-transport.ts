import type { Result, SignedError } from "@portico/card-protocol";
import type { AppliedPartition } from "./applied-reports.ts";
import type { CommandOutcome } from "./command-taker.ts";
import type { EventTransport } from "./event-transport.ts";
import type { MoneyTransport } from "../money/cloud-money.ts";
import type { FeedTransport } from "./feed-client.ts";
import type { ReportWay } from "./revocation-reporter.ts";

/** A zone's key for card numbers, as the cloud hands it to a controller that has shown its own. */
export interface DeliveredZoneKey {
  readonly zone: string;
  readonly generation: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Which configuration a controller has. */
export interface HeldConfiguration {
  /** Taken or refused last, 0 and 0: none. */
  readonly epoch: number;
  readonly number: number;
  /** SHA-256 of the one that it runs on, lower-case hex. */
  readonly running: string;
}

/** What takes configurations of the cloud. `take`: an error where nobody who may has signed it. */
export interface ConfigurationTakes {
  readonly held: HeldConfiguration;
  readonly take: (record: Uint8Array) => Result<unknown, SignedError>;
}

/** What became of a configuration that the cloud has sent. */
export type ConfigurationOutcome = { readonly epoch: number; readonly number: number } & (
  | { readonly outcome: "taken" }
  | { readonly outcome: "refused"; readonly error: string; readonly detail: string }
);

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
