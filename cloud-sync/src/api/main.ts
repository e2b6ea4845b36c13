import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { bytesToHex, isSiteId, SetupError } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { Expander } from "../expansion/expander.ts";
import { Publisher } from "../expansion/publisher.ts";
import { ControllerEntrance } from "../controllers.ts";
import { openCloudFeed } from "../feed/cloud-feed.ts";
import { readFeedKeys } from "../feed/feed-key-files.ts";
import { feedRoutes, isFeedPath } from "../feed/feed-routes.ts";
import { openSqlite } from "../store/cloud-database.ts";
import { type ApiTrouble, makeApi } from "./api.ts";
import { type ListenPlace, serveApi } from "./serve.ts";

/** The store's file within the data folder. */
export const STORE_FILE = "cloud.db";

/** Which cloud, and where its file lies. */
export interface CloudPlace {
  readonly dataFolder: string;
  /** `[a-z0-9-]{1,32}`. */
  readonly site: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** What a running cloud tells. */
export type CloudReport =
  | { readonly kind: "started"; readonly site: string; readonly url: string }
  /** Nothing signs the feed: controllers hear nothing. `publicKey`: what the root holders have to put into a trust list, in hex. */
  | { readonly kind: "unsigned"; readonly missing: string; readonly publicKey: string }
  /** A request met a mistake of ours. */
  | ({ readonly kind: "trouble" } & ApiTrouble)
  /** An expansion failed: changes wait for the next. */
  | { readonly kind: "unpublished"; readonly error: string };

export interface CloudRunOptions extends CloudPlace {
  readonly listen: ListenPlace;
  readonly onReport: (report: CloudReport) => void;
  /** Aborted: stop in order. */
  readonly interrupted: AbortSignal;
}

/**
 * A cloud on this machine's clock and store. Whoever opened it closes its database.
 *
 * @throws SetupError for a site or time zone that is none, and where the store cannot be opened
 */
export async function openCloud({ dataFolder, site, timeZone }: CloudPlace): Promise<Cloud> {
  if (!isSiteId(site)) throw new SetupError("this is no site id", `--site ${site}`, "Give 1 to 32 of a-z, 0-9 and hyphen.");
  if (!isTimeZone(timeZone)) throw new SetupError("there is no such time zone", `--time-zone ${timeZone}`, "Give an IANA name, such as Asia/Shanghai.");
  const database = await openSqlite(join(dataFolder, STORE_FILE));
  return { site, timeZone, database, nowMs: () => Date.now(), randomBytes: (length) => new Uint8Array(randomBytes(length)) };
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}

/**
 * The store alone, for the keys of callers: of these, site and time zone say nothing. Whoever opened it closes its database.
 *
 * @throws SetupError where it cannot be opened, as while a cloud runs on it
 */
export const openStore = (dataFolder: string): Promise<Cloud> => openCloud({ dataFolder, site: "-", timeZone: "UTC" });

/**
 * Runs a cloud until it is interrupted: requests on their way are answered, then the store is closed.
 *
 * @throws SetupError where something must be put right first
 */
export async function runCloud({ listen, onReport, interrupted, ...place }: CloudRunOptions): Promise<void> {
  const cloud = await openCloud(place);
  try {
    const onFailure = (error: unknown): void => onReport({ kind: "unpublished", error: error instanceof Error ? error.message : String(error) });
    const found = readFeedKeys(place.dataFolder, cloud.site, cloud.randomBytes);
    const feed = found.keys === undefined ? undefined : await openCloudFeed(cloud, found.keys, { after }, chance, onFailure);
    const publisher = feed?.publisher ?? new Publisher(new Expander(cloud), () => {}, onFailure);
    const api = makeApi({ cloud, publisher, onTrouble: (trouble) => onReport({ kind: "trouble", ...trouble }) });
    const forControllers = feed === undefined ? undefined : feedRoutes(cloud, feed, new ControllerEntrance(cloud));
    const serving = await serveApi((request) => (forControllers !== undefined && isFeedPath(request.url) ? forControllers : api).fetch(request), listen);
    publisher.poke(); // what was waiting when the cloud went down
    onReport({ kind: "started", site: cloud.site, url: serving.url });
    if (found.keys === undefined) onReport({ kind: "unsigned", missing: found.missing, publicKey: bytesToHex(found.publicKey) });
    await new Promise<void>((resolve) => {
      interrupted.addEventListener("abort", () => resolve(), { once: true });
      if (interrupted.aborted) resolve();
    });
    await feed?.close();
    await serving.close();
    await publisher.settled();
  } finally {
    await cloud.database.close();
  }
}

function after(delayMs: number, act: () => void): () => void {
  const timer = setTimeout(act, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

/** For jitter alone. */
const chance = (): number => randomInt(2 ** 32) / 2 ** 32;
