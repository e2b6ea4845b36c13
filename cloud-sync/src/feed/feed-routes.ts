import { bytesToHex, hexToBytes, isPartition, kidBytes, makeTimeFrame, type Partition, unixSeconds } from "@portico/card-protocol";
import { Hono, type Context } from "hono";
import { bodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import type { Cloud } from "../cloud.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import { partitionsOf } from "../controllers.ts";
import type { ConfigurationDesk } from "../fleet/configuration-desk.ts";
import { toldConfigurationOf } from "../fleet/configuration-routes.ts";
import type { CloudFeed } from "./cloud-feed.ts";
import { openStream, type StreamEnv } from "./feed-stream.ts";

/** A controller follows its zones and global. */
const PARTITIONS_MAX = 17;
/** A proof of possession has about 200 bytes. */
const PROOF_BYTES_MAX = 512;
const TIME_NONCE_BYTES = 16;

/** What the feed's routes answer from. */
export interface FeedRoutesNeeds {
  readonly cloud: Cloud;
  readonly feed: CloudFeed;
  readonly entrance: ControllerEntrance;
  readonly configurations: Pick<ConfigurationDesk, "joined">;
}

/** What controllers ask for: a token, the feed, chunks, the time. docs/feed-and-events.md, "Transport". */
export function feedRoutes({ cloud, feed, entrance, configurations }: FeedRoutesNeeds): Hono<{ Bindings: StreamEnv }> {
  const app = new Hono<{ Bindings: StreamEnv }>();
  const who = ({ req }: Pick<Context, "req">) => asking(entrance, req.raw);

  app.post("/v1/controllers/:id/challenge", async (context) => context.json({ nonce: bytesToHex(await entrance.challenge(context.req.param("id"))) }));

  app.post("/v1/controllers/:id/token", async (context) => {
    const [, nonceText = ""] = /^Challenge ([0-9a-f]{64})$/.exec(context.req.header("authorization") ?? "") ?? [];
    const nonce = hexToBytes(nonceText);
    const proof = await bodyOf(context.req.raw, PROOF_BYTES_MAX);
    if (nonce?.length !== 32 || proof === undefined)
      return problemAnswer("RequestMalformed", "authorization: Challenge and its 64 hex digits; body: the proof");
    const admitted = await entrance.admit(context.req.param("id"), nonce, proof);
    if (!admitted.ok) return problemAnswer(admitted.error, admitted.detail);
    const { zones, ...rest } = admitted.value;
    return context.json({ ...rest, zones: zones.map((zone) => ({ ...zone, key: bytesToHex(zone.key) })) }, 200, { "cache-control": "no-store" });
  });

  app.get("/v1/feed", async (context) => {
    const controller = await who(context);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const position = positionOf(context.req.queries("p") ?? []);
    const sequence = Number(context.req.query("t") ?? "0");
    if (position === undefined || !Number.isSafeInteger(sequence))
      return problemAnswer("RequestMalformed", "p: partition:epoch:version, at least one; t: a sequence");
    const foreign = [...position.keys()].find((partition) => !partitionsOf(controller).includes(partition));
    if (foreign !== undefined) return problemAnswer("PartitionForbidden", foreign);
    const waitS = await feed.hub.admission(position);
    if (waitS > 0) return problemAnswer("ComeBackLater", `in ${waitS} s`, { "retry-after": String(waitS) });
    return openStream((context.env as StreamEnv | undefined)?.outgoing, async (given) => {
      const { sink, leave: unwatch } = feed.streams.enter(controller, given);
      const unsubscribe = await feed.hub.subscribe(position, sequence, sink, controller.id);
      const leave = (): void => {
        unwatch();
        unsubscribe();
      };
      try {
        // Behind the subscription: what is planned from now on is told on it.
        const configuration = await configurations.joined(controller.id, toldConfigurationOf(context.req.query("c")));
        if (configuration !== undefined) sink.write(configuration);
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    });
  });

  app.get("/v1/chunk/:sha256", async (context) => {
    const controller = await who(context);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const bytes = await feed.snapshots.find(context.req.param("sha256"), partitionsOf(controller));
    if (bytes === undefined) return problemAnswer("ChunkUnknown");
    return new Response(bytes.slice(), { headers: { "content-type": "application/octet-stream", "cache-control": "private, immutable, max-age=86400" } });
  });

  app.post("/v1/time", async (context) => {
    const controller = await who(context);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const nonce = await bodyOf(context.req.raw, TIME_NONCE_BYTES);
    if (nonce?.length !== TIME_NONCE_BYTES) return problemAnswer("RequestMalformed", "body: a nonce of 16 bytes");
    const { kid, signer } = feed.sequencer.keys.time;
    const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
    const frame = makeTimeFrame(cloud.site, { controller: controller.id, nonce }, now, kidBytes(kid), signer);
    return new Response(frame.slice(), { headers: { "content-type": "application/cose", "cache-control": "no-store" } });
  });
  return app;
}

/** `partition:epoch:version` of each; undefined: one of them is none, or one stands twice. */
function positionOf(texts: readonly string[]): ReadonlyMap<Partition, { readonly epoch: number; readonly version: number }> | undefined {
  if (texts.length === 0 || texts.length > PARTITIONS_MAX) return undefined;
  const position = new Map<Partition, { epoch: number; version: number }>();
  for (const text of texts) {
    const [, partition, epoch, version] = /^(.+):(\d{1,10}):(\d{1,10})$/.exec(text) ?? [];
    if (!isPartition(partition) || position.has(partition)) return undefined;
    position.set(partition, { epoch: Number(epoch), version: Number(version) });
  }
  return position;
}
