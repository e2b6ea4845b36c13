import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { acceptTrustList, err, ok, readOwnTrustList, type Result, SetupError, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";

/** A list that stands in the store. */
export interface KeptTrustList {
  readonly list: TrustList;
  /** As signed. */
  readonly bytes: Uint8Array;
}

/** Every list since the first, oldest first. */
export const keptTrustLists = ({ database, site }: Pick<Cloud, "database" | "site">): Promise<KeptTrustList[]> => trustListsIn(database.queries, site);

/** The same, within a transaction. */
export async function trustListsIn(queries: Queries, site: string): Promise<KeptTrustList[]> {
  const rows = await queries.selectFrom("trust_list").select("bytes").orderBy("sequence").execute();
  return rows.map(({ bytes }) => {
    const read = readOwnTrustList(site, new Uint8Array(bytes), nodeVerifier);
    if (!read.ok) throw new SetupError(`a trust list in the store is none of ${site}: ${read.error}, ${read.detail}`, "trust_list", "Restore the store.");
    return { list: read.value, bytes: new Uint8Array(bytes) };
  });
}

/**
 * Takes up a list that follows the newest one: signed by the roots that are in force, and what else a controller would ask of it. The very list that is in
 * force changes nothing.
 *
 * @param judge  what else speaks against it
 */
export function installTrustList<E extends string = never>(
  cloud: Cloud,
  note: ChangeNote,
  bytes: Uint8Array,
  judge: (list: TrustList, queries: Queries) => Promise<Result<null, E>> = () => Promise.resolve(ok(null)),
): Promise<Result<Changed<TrustList>, "TrustListRefused" | E>> {
  return mutate<TrustList, "TrustListRefused" | E>(cloud, { ...note, target: "trust list" }, async ({ queries, now }) => {
    const newest = await queries.selectFrom("trust_list").select("bytes").orderBy("sequence", "desc").limit(1).executeTakeFirst();
    const accepted = followsOn(cloud.site, newest === undefined ? undefined : new Uint8Array(newest.bytes), bytes);
    if (!accepted.ok) return accepted;
    const { list, isNew } = accepted.value;
    if (!isNew) return ok(list);
    const judged = await judge(list, queries);
    if (!judged.ok) return judged;
    await queries
      .insertInto("trust_list")
      .values({ sequence: list.sequence, bytes: Buffer.from(bytes), installed_at: now })
      .execute();
    return ok(list);
  });
}

/** Whether a list may follow the newest one. The first is believed by its own word: controllers have its roots pinned. */
export function followsOn(
  site: string,
  newest: Uint8Array | undefined,
  bytes: Uint8Array,
): Result<{ readonly list: TrustList; readonly isNew: boolean }, "TrustListRefused"> {
  const refused = ({ error, detail }: { readonly error: string; readonly detail: string }) => err("TrustListRefused", `${error}: ${detail}`);
  if (newest === undefined) {
    const read = readOwnTrustList(site, bytes, nodeVerifier);
    return read.ok ? ok({ list: read.value, isNew: true }) : refused(read);
  }
  const current = readOwnTrustList(site, newest, nodeVerifier);
  if (!current.ok) return refused(current);
  const accepted = acceptTrustList(current.value, bytes, { site, pinnedRoots: current.value.roots, verifier: nodeVerifier });
  return accepted.ok ? ok({ list: accepted.value, isNew: accepted.value !== current.value }) : refused(accepted);
}

/**
 * Takes up what lies in the folder and is newer than the store, oldest first.
 *
 * @returns how many there were
 * @throws SetupError for a file that is no trust list, or does not follow
 */
export async function takeTrustListFiles(cloud: Cloud, folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  const newest = await cloud.database.queries.selectFrom("trust_list").select("sequence").orderBy("sequence", "desc").limit(1).executeTakeFirst();
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".cose"))
    .map((name) => readListFile(cloud.site, join(folder, name)))
    .sort((a, b) => a.list.sequence - b.list.sequence);
  const twice = files.find(({ list }, nth) => nth > 0 && files[nth - 1]!.list.sequence === list.sequence);
  if (twice !== undefined)
    throw new SetupError(`there are two trust lists of sequence ${twice.list.sequence}`, folder, "Keep the one that the controllers have.");
  const waiting = files.filter(({ list }) => list.sequence > (newest?.sequence ?? 0));
  for (const { path, bytes } of waiting) {
    const note: ChangeNote = { actor: "root holders", action: "trust-list install", target: "", reason: `file ${path}` };
    const installed = await installTrustList(cloud, note, bytes);
    if (!installed.ok) throw new SetupError(`the trust list does not follow: ${installed.detail}`, path, "Get it anew from the root holders.");
  }
  return waiting.length;
}

function readListFile(site: string, path: string): KeptTrustList & { readonly path: string } {
  const bytes = new Uint8Array(readFileSync(path));
  const read = readOwnTrustList(site, bytes, nodeVerifier);
  if (read.ok) return { list: read.value, bytes, path };
  const what = `this is no trust list of ${site}: ${read.error}, ${read.detail}`;
  throw new SetupError(what, path, "Take it out of the folder; get it anew from the root holders.");
}
