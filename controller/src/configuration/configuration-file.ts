import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  bytesToHex,
  type ConfigurationRefusal,
  err,
  judgeConfiguration,
  keysFor,
  ok,
  readConfigurationRecord,
  type Result,
  SetupError,
  type SignedError,
  type TakenConfiguration,
  type TrustList,
  type WallTime,
} from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Configuration } from "./configuration.ts";
import type { ConfigurationProblem } from "./problem.ts";
import { readConfiguration } from "./read-configuration.ts";

/** What a controller remembers of the configuration that it took last, in its data folder. */
const TAKEN_FILE = "configuration-taken.json";
/** What was in force before, beside the file. */
export const FORMER_ENDING = ".former";
const PRIVATE_FILE = 0o600;
const PUBLIC_FILE = 0o644;

/** What a signed file is judged by. */
export interface ConfigurationNeeds {
  /** In force. */
  readonly configuration: Configuration;
  /** Undefined: none is held, and nothing signed is believed. */
  readonly trustList: TrustList | undefined;
  readonly wall: WallTime;
}

/** A configuration that may be taken: it was read to its end. */
export interface BelievedConfiguration extends TakenConfiguration {
  readonly text: Uint8Array;
}
export type ConfigurationDoubt = SignedError | ConfigurationRefusal;
/** Why it is not taken; every mistake of one that cannot be run. */
export type ConfigurationJudgement = Result<BelievedConfiguration, ConfigurationDoubt> & { readonly problems?: readonly ConfigurationProblem[] };

/** Judges a signed file. docs/feed-and-events.md, Configuration by file. Changes nothing. */
export function judgeConfigurationFile({ configuration, trustList, wall }: ConfigurationNeeds, bytes: Uint8Array): ConfigurationJudgement {
  const { site, controller, file } = configuration;
  if (trustList === undefined) return err("KeyUntrusted", "this controller holds no trust list");
  const read = readConfigurationRecord(bytes, site.id, keysFor(trustList, "feed", wall), nodeVerifier);
  if (!read.ok) return read;
  const { text, epoch, number } = read.value;
  const hash = bytesToHex(new Uint8Array(createHash("sha256").update(text).digest()));
  const judged = judgeConfiguration(
    { controller: read.value.controller, epoch, number, hash },
    controller.id,
    trustList.feedEpoch,
    takenLast(controller.dataFolder),
  );
  if (!judged.ok) return judged;
  const next = readAsAtStart(text, file, controller);
  if (!next.ok) {
    const [first] = next.problems;
    return { ...err("ConfigurationInvalid", `${next.problems.length} mistakes, the first in line ${first!.line}: ${first!.cause}`), problems: next.problems };
  }
  const foreign = differenceOf(configuration, next.configuration);
  return foreign === undefined ? ok({ epoch, number, hash, text }) : err("ConfigurationForeign", foreign);
}

/**
 * Puts a configuration in the place of the one in force, which stays beside it. What was taken is remembered first: nothing older is taken from then on, and
 * the same again finishes what was interrupted.
 *
 * @throws an error of the system where it cannot be written: what is in force stays
 */
export function replaceConfiguration({ file, controller: { dataFolder } }: Configuration, { epoch, number, hash, text }: BelievedConfiguration): void {
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : PUBLIC_FILE;
  const unfinished = writtenBeside(file, text, mode);
  try {
    if (existsSync(file) && hashOf(file) !== hash) copyFileSync(file, file + FORMER_ENDING);
    const taken = join(dataFolder, TAKEN_FILE);
    renameSync(writtenBeside(taken, Buffer.from(`${JSON.stringify({ epoch, number, hash })}\n`), PRIVATE_FILE), taken);
    renameSync(unfinished, file);
    syncFolder(dirname(file));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** What was taken last; undefined: nothing yet. @throws SetupError for a file that somebody has altered */
export function takenLast(dataFolder: string): TakenConfiguration | undefined {
  const path = join(dataFolder, TAKEN_FILE);
  if (!existsSync(path)) return undefined;
  const { epoch, number, hash } = JSON.parse(readFileSync(path, "utf8")) as Partial<TakenConfiguration>;
  if (typeof epoch === "number" && typeof number === "number" && typeof hash === "string") return { epoch, number, hash };
  throw new SetupError("this file does not say which configuration was taken last", path, "Restore it from the backup.");
}

/** Relative paths start from the folder in which it is to stand. */
function readAsAtStart(text: Uint8Array, file: string, { dataFolder, socket }: Configuration["controller"]): ReturnType<typeof readConfiguration> {
  const unfinished = writtenBeside(file, text, PRIVATE_FILE);
  try {
    return readConfiguration(unfinished, { dataFolder, socket });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** What whoever signs the feed may not choose. */
function differenceOf(inForce: Configuration, next: Configuration): string | undefined {
  const roots = ({ site: { trust } }: Configuration): string =>
    JSON.stringify(trust === undefined ? null : [trust.roots.version, trust.roots.threshold, trust.roots.keys.map(bytesToHex).toSorted()]);
  if (next.site.id !== inForce.site.id) return `site ${next.site.id}, in force ${inForce.site.id}`;
  if (next.controller.id !== inForce.controller.id) return `controller ${next.controller.id}, in force ${inForce.controller.id}`;
  if (roots(next) !== roots(inForce)) return "other root keys, threshold or root version";
  return next.controller.dataFolder === inForce.controller.dataFolder ? undefined : `data folder ${next.controller.dataFolder}`;
}

function writtenBeside(file: string, bytes: Uint8Array, mode: number): string {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const descriptor = openSync(unfinished, "wx", mode);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return unfinished;
}

const hashOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
