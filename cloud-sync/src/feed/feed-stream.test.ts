import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { serveApi } from "../api/serve.ts";
import type { FeedSink } from "./feed-hub.ts";
import { openStream, type StreamEnv } from "./feed-stream.ts";

interface Followed {
  readonly sink: FeedSink;
  readonly response: IncomingMessage;
  /** Resolves when the stream was left from the reader's side, or its end was seen. */
  readonly left: Promise<void>;
}

/** A stream over a socket, and both of its ends. */
async function followed(subscribe: (sink: FeedSink) => Promise<() => void> = () => Promise.resolve(() => {})): Promise<Followed> {
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  let known: FeedSink | undefined;
  const app = new Hono<{ Bindings: StreamEnv }>().get("/", ({ env }) =>
    openStream(env.outgoing, async (sink) => {
      known = sink;
      const act = await subscribe(sink);
      return () => {
        act();
        leave();
      };
    }),
  );
  const serving = await serveApi((request, env) => app.fetch(request, env), { host: "127.0.0.1", port: 0 });
  const request = get(serving.url, { agent: false });
  request.on("error", () => {});
  onTestFinished(() => {
    request.destroy();
    return serving.close();
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => {});
  return { sink: known!, response, left };
}

test("what is told arrives at once, as it was written; the end is an end", async () => {
  const { sink, response } = await followed();
  expect([response.statusCode, response.headers["content-type"], response.headers["cache-control"]]).toEqual([200, "application/cbor-seq", "no-store"]);
  expect(sink.write(Uint8Array.of(1, 2))).toBe(true);
  expect(await once(response, "data")).toEqual([Buffer.from([1, 2])]);
  expect(sink.write(Uint8Array.of(3))).toBe(true);
  sink.end();
  const rest: Buffer[] = [];
  for await (const chunk of response) rest.push(chunk as Buffer);
  expect(Buffer.concat(rest)).toEqual(Buffer.from([3]));
  expect([response.complete, sink.write(Uint8Array.of(4))]).toEqual([true, false]);
});

test("a reader that goes is left, and hears nothing more", async () => {
  const { sink, response, left } = await followed();
  response.destroy();
  await left;
  expect(sink.write(Uint8Array.of(1))).toBe(false);
});

test("a reader that takes nothing is told so much and no more, then its socket is closed", async () => {
  const { sink, response, left } = await followed();
  response.pause();
  const chunk = new Uint8Array(262_144);
  let written = 0;
  while (sink.write(chunk) && written < 100) written++;
  expect(written).toBeLessThan(100);
  sink.end();
  await left;
  response.resume();
  const [error] = (await once(response, "error")) as [NodeJS.ErrnoException];
  expect([error.code, response.complete]).toEqual(["ECONNRESET", false]);
});

test("a subscription that fails ends its stream in the middle, never as if all had been said", async () => {
  const { response } = await followed(() => Promise.reject(new Error("the store fails")));
  response.resume();
  await new Promise((resolve) => response.once("close", resolve));
  expect(response.complete).toBe(false);
});
