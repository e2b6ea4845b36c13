import { eventOf, keysFor, ok, readConfigurationRecord, type Result, SetupError, type SignedError, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Configuration } from "./configuration/configuration.ts";
import { FORMER_ENDING, judgeConfigurationFile, replaceConfiguration, takenLast } from "./configuration/configuration-file.ts";
import type { ConfigurationProblem } from "./configuration/problem.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { Recorder } from "./recorder.ts";
import type { ConfigurationOutcome, HeldConfiguration } from "./sync/configuration-outcome.ts";

/** The cloud takes no longer one. */
const DETAIL_CHARS_MAX = 1_000;

/** What a configuration is taken with. */
export interface ConfigurationNeeds {
  readonly configuration: Configuration;
  readonly trustList: () => TrustList | undefined;
  readonly clock: Pick<ControllerClock, "wall">;
  readonly recorder: Pick<Recorder, "event" | "command">;
}

/** What was taken. */
export interface NextConfiguration {
  readonly epoch: number;
  readonly number: number;
  readonly hash: string;
  readonly file: string;
  readonly former: string;
  /** It is the one that this run is of. */
  readonly isInForce: boolean;
}

export type ConfigurationTaking =
  | { readonly kind: "taken"; readonly next: NextConfiguration }
  /** The one in force stays. */
  | { readonly kind: "refused"; readonly error: string; readonly detail: string; readonly problems: readonly ConfigurationProblem[] }
  /** The log takes nothing, so nothing was changed. */
  | { readonly kind: "unrecorded" };

/** Takes a signed configuration, or says why not; either is recorded. It holds from the next start on. @param by  who brought it */
export function takeConfiguration({ configuration, trustList, clock, recorder }: ConfigurationNeeds, bytes: Uint8Array, by: string): ConfigurationTaking {
  const refused = (error: string, detail: string, problems: readonly ConfigurationProblem[] = []): ConfigurationTaking => {
    recorder.event(eventOf("ConfigurationRefused", { error, detail, by }));
    return { kind: "refused", error, detail, problems };
  };
  let judged: ReturnType<typeof judgeConfigurationFile>;
  try {
    judged = judgeConfigurationFile({ configuration, trustList: trustList(), wall: clock.wall() }, bytes);
  } catch (error) {
    return refused("ConfigurationNotWritten", whyOf(error));
  }
  if (!judged.ok) return refused(judged.error, judged.detail, judged.problems);
  const { epoch, number, hash } = judged.value;
  if (recorder.command(eventOf("ConfigurationTaken", { epoch, number, configurationHash: hash, by })) === undefined) return { kind: "unrecorded" };
  try {
    replaceConfiguration(configuration, judged.value);
  } catch (error) {
    return refused("ConfigurationNotWritten", whyOf(error));
  }
  return {
    kind: "taken",
    next: { epoch, number, hash, file: configuration.file, former: configuration.file + FORMER_ENDING, isInForce: configuration.hash === hash },
  };
}

const whyOf = (error: unknown): string => (error instanceof SetupError ? `${error.what} (${error.where})` : (error as Error).message);

/** Takes what the cloud of the feed sends, each once: what was refused is not asked for again by the same run. */
export class CloudConfigurations {
  readonly #needs: ConfigurationNeeds;
  readonly #onOutcome: (outcome: ConfigurationOutcome) => void;
  #judged: { readonly epoch: number; readonly number: number };

  /** @throws SetupError for a record of what was taken that somebody has altered */
  constructor(needs: ConfigurationNeeds, onOutcome: (outcome: ConfigurationOutcome) => void) {
    this.#needs = needs;
    this.#onOutcome = onOutcome;
    this.#judged = takenLast(needs.configuration.controller.dataFolder) ?? { epoch: 0, number: 0 };
  }

  /** What was taken or refused last, and what this run is of: the cloud sends what is newer. */
  get held(): HeldConfiguration {
    return { epoch: this.#judged.epoch, number: this.#judged.number, running: this.#needs.configuration.hash };
  }

  /** @returns an error where no key of the trust list has signed it: nothing of it is believed, and nothing was recorded */
  readonly take = (bytes: Uint8Array): Result<undefined, SignedError> => {
    const { configuration, trustList, clock } = this.#needs;
    const read = readConfigurationRecord(bytes, configuration.site.id, keysFor(trustList()!, "feed", clock.wall()), nodeVerifier);
    if (!read.ok) return read;
    const { epoch, number } = read.value;
    const taking = takeConfiguration(this.#needs, bytes, "cloud");
    // What could not be recorded is sent again with the next stream.
    if (taking.kind === "unrecorded") return ok(undefined);
    this.#judged = { epoch, number };
    if (taking.kind === "taken") this.#onOutcome({ epoch, number, outcome: "taken" });
    else this.#onOutcome({ epoch, number, outcome: "refused", error: taking.error, detail: taking.detail.slice(0, DETAIL_CHARS_MAX) });
    return ok(undefined);
  };
}
