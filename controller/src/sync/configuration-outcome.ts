import type { Result, SignedError } from "@portico/card-protocol";

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
