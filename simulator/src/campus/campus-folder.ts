import { existsSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { type RandomBytes, sameBytes, type UnixSeconds, SetupError } from "@portico/card-protocol";
import { writeDurably } from "../durable-file.ts";
import { readPhoneFile, readSeedFile, writePhoneFile, writeSeedFile } from "../phone-file.ts";
import { campusConfiguration, type CampusWiring, TRUST_LIST_FILE } from "./campus-configuration.ts";
import { campusTrustList } from "./campus-trust.ts";
import { type Campus, campusOf, type CampusPart } from "./campus.ts";
import { CAMPUS_SECRET_BYTES } from "./derived-bytes.ts";
import { stationFiles } from "./station-configuration.ts";

/** A campus that lives in a folder. */
export interface CampusFolder {
  readonly campus: Campus;
  readonly path: string;
  /** The operator's key, from the folder. */
  readonly operatorKeyFile: string;
  /** The configuration of a part's controller; beside it lie its database and key. */
  readonly configurationOf: (part: CampusPart) => string;
  /** The phone file of a person with a phone. */
  readonly phoneFile: (person: string) => string;
}

const OPERATOR_KEY_FILE = "keys/operator.key";
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const PUBLIC_FILE = 0o644;

/**
 * Opens the folder of a campus, or makes it. Whatever is there is used again: the same people tomorrow.
 * What is missing, after a first start that was cut short, is written; each file is whole or not there. A folder that is made is the owner's alone, and so are
 * keys and phones in any.
 *
 *     keys/campus.key   the one secret that all others are drawn from
 *     keys/*.key        roots, issuer, operator      phones/<person>.json      trust-list.cose
 *
 * @param make         the campus of a secret
 * @param randomBytes  asked once, at the first start
 * @param now          when a trust list is issued that is not there yet
 * @throws SetupError  a key or phone in the folder belongs to another campus, is malformed or readable by others
 */
export function openCampusFolder(path: string, make: (secret: Uint8Array) => Campus, randomBytes: RandomBytes, now: UnixSeconds): CampusFolder {
  const inFolder = (...names: string[]): string => join(path, ...names);
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
  for (const folder of ["keys", "phones"]) mkdirSync(inFolder(folder), { recursive: true, mode: PRIVATE_FOLDER });

  const secretFile = inFolder("keys", "campus.key");
  if (!existsSync(secretFile)) writeSeedFile(secretFile, randomBytes(CAMPUS_SECRET_BYTES));
  const campus = make(readSeedFile(secretFile));

  campus.keys.roots.forEach((seed, index) => keepKey(inFolder("keys", `root-${index + 1}.key`), seed));
  keepKey(inFolder("keys", "issuer.key"), campus.keys.issuer);
  keepKey(inFolder(OPERATOR_KEY_FILE), campus.keys.operator);
  const phoneFile = (person: string): string => inFolder("phones", `${person}.json`);
  for (const { id, phone } of campus.people) {
    if (phone === undefined) continue;
    const { credential, seed, clockErrorS } = phone;
    const file = phoneFile(id);
    if (!existsSync(file)) writePhoneFile({ path: file, site: campus.site, person: id, credential, seed, clockErrorS });
    else if (!sameBytes(readPhoneFile(file).seed, seed)) throw foreign("phone", file);
  }
  const trustList = inFolder(TRUST_LIST_FILE);
  if (!existsSync(trustList)) writeDurably(trustList, campusTrustList(campus, now), PUBLIC_FILE);
  const configurationOf = (part: CampusPart): string => join(partFolder(path, campus, part), "portico.toml");
  return { campus, path, operatorKeyFile: OPERATOR_KEY_FILE, configurationOf, phoneFile };
}

/** The folder of a part's controller: the campus's own for the first, so that commands find it by default, and one below it named by the zone for each other. */
export const partFolder = (path: string, { parts }: Campus, { zone }: CampusPart): string => (zone === parts[0]?.zone ? path : join(path, zone));

/** Writes the configuration of a part's controller for the addresses that its wires have this time. */
export function writeCampusConfiguration({ campus, path, configurationOf }: CampusFolder, part: CampusPart, wiring: Omit<CampusWiring, "trustList">): void {
  const folder = partFolder(path, campus, part);
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const trustList = relative(folder, join(path, TRUST_LIST_FILE));
  const own = campusOf(campus, part);
  for (const [file, text] of stationFiles(own)) writeDurably(join(folder, file), text, PRIVATE_FILE);
  writeDurably(configurationOf(part), campusConfiguration(own, { ...wiring, trustList }), PUBLIC_FILE);
}

function keepKey(file: string, seed: Uint8Array): void {
  if (!existsSync(file)) writeSeedFile(file, seed);
  else if (!sameBytes(readSeedFile(file), seed)) throw foreign("key", file);
}

const foreign = (what: string, file: string): SetupError =>
  new SetupError(`this ${what} belongs to another campus`, file, "put back the file that was there, or remove the whole folder for a new campus");
