import { type Clock, type Random, unixSeconds } from "@portico/card-protocol";
import { Hono } from "hono";
import type { Cloud } from "../cloud.ts";
import { ControllerEntrance } from "../controller-entrance.ts";
import type { Publisher } from "../expansion/publisher.ts";
import { type CloudFeed, openCloudFeed, openUnsignedPublishing } from "../feed/cloud-feed.ts";
import type { FeedKeysFound } from "../feed/feed-key-files.ts";
import { feedRoutes } from "../feed/feed-routes.ts";
import type { StreamEnv } from "../feed/feed-stream.ts";
import { AppliedBook, type FeedFork } from "../fleet/applied-book.ts";
import { enrolmentRoutes } from "../fleet/enrolment-routes.ts";
import { fleetRoutes } from "../fleet/fleet-routes.ts";
import { type PassKey, passKeyOf } from "../passes/pass-key.ts";
import { type LogInProviders, NO_PROVIDERS } from "../login/log-in.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { type ApiTrouble, makeApi } from "./api.ts";

/** What a cloud tells of itself while it answers. */
export type FrontReport =
  /** A request met a mistake of ours. */
  | ({ readonly kind: "trouble" } & ApiTrouble)
  /** A controller holds another content under a version than this cloud has published. */
  | ({ readonly kind: "fork" } & FeedFork)
  /** An expansion failed: changes wait for the next. */
  | { readonly kind: "unpublished"; readonly error: string };

/** What the whole of a cloud's HTTP is made of. */
export interface FrontNeeds {
  readonly cloud: Cloud;
  readonly signing: FeedKeysFound;
  readonly clock: Pick<Clock, "after">;
  /** For jitter alone. */
  readonly random: Random;
  readonly onReport: (report: FrontReport) => void;
  /** What the campus offers; undefined: what docs/services.md describes. */
  readonly services?: ServiceDocument;
  /** Who vouches for those who log in; undefined: nobody, so nobody logs in. */
  readonly logIn?: LogInProviders;
}

/** Everything that answers HTTP, without a socket. */
export interface CloudFront {
  /** @param env  node's own answer where there is a socket */
  readonly fetch: (request: Request, env?: StreamEnv) => Response | Promise<Response>;
  readonly publisher: Publisher;
  /** Undefined: nothing signs it. */
  readonly feed: CloudFeed | undefined;
  /** Says goodbye to whoever follows the feed; then nothing new is begun. */
  hangUp(): Promise<void>;
}

/** Puts together what a cloud answers: the API for its callers, and what controllers ask for. Both the program and the simulator's cloud stand on it. */
export async function cloudFront({ cloud, signing, clock, random, onReport, ...given }: FrontNeeds): Promise<CloudFront> {
  const onFailure = (error: unknown): void => onReport({ kind: "unpublished", error: error instanceof Error ? error.message : String(error) });
  const { services = loadServiceDocument(CAMPUS_SERVICES_FILE), logIn = NO_PROVIDERS } = given;
  const feed = signing.keys === undefined ? undefined : await openCloudFeed(cloud, signing.keys, clock, random, onFailure);
  const publishing = feed ?? openUnsignedPublishing(cloud, clock, onFailure);
  const { publisher } = publishing;
  const passKey = (): PassKey | undefined =>
    signing.keys && passKeyOf(signing.keys.trustList, [signing.keys.signer], unixSeconds(Math.floor(cloud.nowMs() / 1000)));
  const api = makeApi({ cloud, publisher, passKey, services, logIn, onTrouble: (trouble) => onReport({ kind: "trouble", ...trouble }) });
  const app = new Hono<{ Bindings: StreamEnv }>();
  const entrance = new ControllerEntrance(cloud);
  if (feed !== undefined) {
    app.route("/", feedRoutes({ cloud, feed, entrance }));
    const keys = () => feed.sequencer.keys;
    app.route("/", enrolmentRoutes({ cloud, keys }));
    const book = new AppliedBook({ cloud, keys, onFork: (fork) => onReport({ kind: "fork", ...fork }) });
    feed.streams.onLeft((controller) => void book.left(controller).catch(onFailure));
    app.route("/", fleetRoutes({ book, entrance }));
  }
  app.all("*", ({ req }) => api.fetch(req.raw));
  publisher.poke(); // what was waiting when the cloud went down
  return { fetch: (request, env = {}) => app.fetch(request, env), publisher, feed, hangUp: () => publishing.close() };
}
