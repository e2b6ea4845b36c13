import { decodeCbor, encodeCbor } from "./cbor.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";

/** What a controller is to be run with from its next start on: kind 12, `[1, controller, epoch, number, issued, text]`. docs/feed-and-events.md, By file. */
export interface ConfigurationRecord {
  /** Controller id, 1..64 characters. */
  readonly controller: string;
  /** Of the trust list by which it was signed. */
  readonly epoch: number;
  /** Counts up within an epoch: the number of the change by which the cloud signed it. */
  readonly number: number;
  readonly issued: UnixSeconds;
  /** Of `portico.toml`, UTF-8; at most {@link CONFIGURATION_BYTES_MAX} bytes, not looked into here. */
  readonly text: Uint8Array;
}

/** A configuration of a hundred doors has some 40 KiB. */
export const CONFIGURATION_BYTES_MAX = 60_000;

/** Why a controller does not take a configuration whose signature holds, in the order of looking. */
export const CONFIGURATION_REFUSAL = {
  ConfigurationForAnother: "it names another controller",
  ConfigurationFastForward: "its epoch is above that of the trust list",
  ConfigurationRollback: "its epoch or number is below that of the one taken last",
  ConfigurationFork: "its number is that of the one taken last, and it says something else",
  ConfigurationInvalid: "it has a mistake: each is named with its line",
  ConfigurationForeign: "it has another site, other root keys, another controller id or another data folder than the one in force",
  ConfigurationNotWritten: "the file in force cannot be replaced",
} as const;
export type ConfigurationRefusal = keyof typeof CONFIGURATION_REFUSAL;
export const CONFIGURATION_REFUSALS = Object.keys(CONFIGURATION_REFUSAL) as ConfigurationRefusal[];

/** Signs a configuration for one controller, by a key of the trust list with usage `feed`. @throws RangeError for a text that is too long */
export function makeConfigurationRecord(
  site: string,
  { controller, epoch, number, issued, text }: ConfigurationRecord,
  kid: Uint8Array,
  signer: Signer,
): Uint8Array {
  if (text.length > CONFIGURATION_BYTES_MAX) throw new RangeError(`a configuration has at most ${CONFIGURATION_BYTES_MAX} bytes`);
  return sign1("configuration", site, kid, encodeCbor([1, controller, epoch, number, issued, text]), signer);
}

/**
 * What a record says whose signature holds. Whether it is this controller's, and newer than what it has, {@link judgeConfiguration} says.
 *
 * @param keyFor  `keysFor(trustList, "feed", wall)`
 */
export function readConfigurationRecord(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<ConfigurationRecord, SignedError> {
  const record = verify1("configuration", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const read = decodeCbor(record.value.payload, RECORD.configuration.bytesMax);
  const [form, controller, epoch, number, issued, text] = (read.ok ? elementsOf(read.value, 6) : undefined) ?? [];
  const isText = text instanceof Uint8Array && text.length <= CONFIGURATION_BYTES_MAX;
  if (form !== 1 || !isWord(controller) || !isU32(epoch) || !isU32(number) || !isU32(issued) || !isText)
    return err("RecordMalformed", "not [1, controller, epoch, number, issued, text]");
  return ok({ controller, epoch, number, issued: unixSeconds(issued), text });
}

/** The configuration that a controller took last. */
export interface TakenConfiguration extends Pick<ConfigurationRecord, "epoch" | "number"> {
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
}

/**
 * Whether a controller may take a configuration.
 *
 * @param record     with the hash of its text
 * @param feedEpoch  of the trust list in force
 * @param last       undefined: it never took one
 * @returns `again` for the very one that was taken last
 */
export function judgeConfiguration(
  record: Pick<ConfigurationRecord, "controller"> & TakenConfiguration,
  controller: string,
  feedEpoch: number,
  last: TakenConfiguration | undefined,
): Result<"newer" | "again", ConfigurationRefusal> {
  const { epoch, number, hash } = record;
  if (record.controller !== controller) return err("ConfigurationForAnother", `for ${record.controller}, and this is ${controller}`);
  if (epoch > feedEpoch) return err("ConfigurationFastForward", `epoch ${epoch}, the trust list's is ${feedEpoch}`);
  if (last === undefined || epoch > last.epoch || (epoch === last.epoch && number > last.number)) return ok("newer");
  const taken = `${epoch}:${number}, taken last ${last.epoch}:${last.number}`;
  if (epoch !== last.epoch || number !== last.number) return err("ConfigurationRollback", taken);
  return hash === last.hash ? ok("again") : err("ConfigurationFork", taken);
}
