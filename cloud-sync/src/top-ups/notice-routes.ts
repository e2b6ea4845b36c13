import { Hono } from "hono";
import type { Cloud } from "../cloud.ts";
import { keepNotice } from "./provider-notices.ts";
import type { TopUpDesk } from "./top-up-desk.ts";
import { digestOf } from "./top-up-rows.ts";

/** A notice is some kilobytes. */
const NOTICE_BYTES_MAX = 64 * 1024;

/**
 * `POST /provider-notices/<provider>`: what providers say by themselves. Nothing of it is believed before its signature holds; then it is kept as it came, acted on, and
 * only then answered, so that a provider says it again where anything went wrong.
 */
export function noticeRoutes(cloud: Cloud, topUps: TopUpDesk, onFailure: (error: unknown) => void): Hono {
  const app = new Hono();
  app.onError((error, { body }) => {
    onFailure(error);
    return body(null, 500);
  });
  app.post("/provider-notices/:provider", async ({ req, body }) => {
    const provider = topUps.provider(req.param("provider"));
    if (provider === undefined) return body(null, 404);
    const content = await textOf(req.raw);
    if (content === undefined) return body(null, 413);
    const read = provider.readNotice({ header: (name) => req.header(name), body: content });
    if (!read.ok) return body(null, 401);
    const { ref } = read.value;
    const notice = { provider: provider.id, digest: digestOf(content), ref, received_at: Math.floor(cloud.nowMs() / 1000), content };
    const isNew = await keepNotice(cloud.database.queries, notice);
    if (read.value.of === "refund") await topUps.refunds.hear(provider.id, ref, read.value.said);
    else await topUps.hear(provider, ref, read.value.said, isNew);
    return new Response(provider.taken.body === "" ? null : provider.taken.body, { status: provider.taken.status });
  });
  return app;
}

/** Undefined: it is longer than it may be, of which no more is read than shows it. */
async function textOf({ body }: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > NOTICE_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
