import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type KeyUsage, type RandomBytes, readOwnTrustList, sameBytes, SetupError, type Signer, type TrustList } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier, readSecretFile, type SecretFile } from "@portico/card-protocol/node";
import type { FeedKeys } from "./feed-keys.ts";

/** The cloud's own key, and the folder of the trust lists that the root holders have signed, oldest to newest by their sequence. */
export const SIGNING_KEY_FILE = "signing.key";
export const TRUST_LISTS_FOLDER = "trust-lists";
const SEED_BYTES = 32;

/** What a cloud can sign with: everything, or why nothing. */
export type FeedKeysFound = { readonly keys: FeedKeys } | { readonly keys: undefined; readonly publicKey: Uint8Array; readonly missing: string };

/**
 * Reads the cloud's signing key, made where there is none, and its trust lists. The feed is signed when the newest list lets this key sign it.
 *
 * @throws SetupError for a key that others may read, and for a trust list that is none
 */
export function readFeedKeys(dataFolder: string, site: string, randomBytes: RandomBytes): FeedKeysFound {
  const signer = readSigningKey(dataFolder, randomBytes);
  const lists = readTrustLists(join(dataFolder, TRUST_LISTS_FOLDER), site);
  const newest = lists.at(-1);
  const none = (missing: string): FeedKeysFound => ({ keys: undefined, publicKey: signer.publicKey, missing });
  if (newest === undefined) return none(`there is no trust list in ${join(dataFolder, TRUST_LISTS_FOLDER)}`);
  const [feed, time] = [kidOf(newest.list, signer, "feed"), kidOf(newest.list, signer, "time")];
  if (feed === undefined) return none(`trust list ${newest.list.sequence} does not let the cloud's key sign the feed`);
  if (time === undefined) return none(`trust list ${newest.list.sequence} does not let the cloud's key sign the time`);
  const trustLists = lists.map(({ list, bytes }) => ({ sequence: list.sequence, bytes }));
  return { keys: { kid: feed, signer, time: { kid: time, signer }, trustList: newest.list, trustLists } };
}

/** @throws SetupError where others may read it, or it is none */
export function readSigningKey(dataFolder: string, randomBytes: RandomBytes): Signer {
  const file: SecretFile = {
    path: join(dataFolder, SIGNING_KEY_FILE),
    what: "the cloud's signing key",
    bytes: SEED_BYTES,
    whenRead: "If somebody may have read it, make a new one and have the root holders retire the old.",
    whenBroken: "Restore the file from the backup.",
  };
  return nodeSigner(readSecretFile(file, randomBytes));
}

function readTrustLists(folder: string, site: string): { readonly list: TrustList; readonly bytes: Uint8Array }[] {
  if (!existsSync(folder)) return [];
  const lists = readdirSync(folder)
    .filter((name) => name.endsWith(".cose"))
    .map((name) => {
      const path = join(folder, name);
      const bytes = new Uint8Array(readFileSync(path));
      const read = readOwnTrustList(site, bytes, nodeVerifier);
      if (!read.ok)
        throw new SetupError(
          `this is no trust list of ${site}: ${read.error}, ${read.detail}`,
          path,
          "Take it out of the folder; get it anew from the root holders.",
        );
      return { list: read.value, bytes };
    })
    .sort((a, b) => a.list.sequence - b.list.sequence);
  const twice = lists.find(({ list }, nth) => nth > 0 && lists[nth - 1]!.list.sequence === list.sequence);
  if (twice !== undefined)
    throw new SetupError(`there are two trust lists of sequence ${twice.list.sequence}`, folder, "Keep the one that the controllers have.");
  return lists;
}

const kidOf = (list: TrustList, { publicKey }: Signer, usage: KeyUsage): number | undefined =>
  [...list.keys.values()].find((key) => key.status === "active" && key.usages.includes(usage) && sameBytes(key.publicKey, publicKey))?.kid;
