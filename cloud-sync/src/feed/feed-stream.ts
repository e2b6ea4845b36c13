import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { FeedSink } from "./feed-hub.ts";

/** Bytes that may wait for one subscriber; whoever lets more wait is dropped, and comes back to be told what it missed. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const HEADERS = { "content-type": "application/cbor-seq", "cache-control": "no-store" } as const;

/** Where a request came in over a socket, node's own answer to it; without a socket nothing. */
export interface StreamEnv {
  readonly outgoing?: ServerResponse;
}

type Subscribe = (sink: FeedSink) => Promise<() => void>;

/** An answer that stays open. Over a socket it is written to the socket itself: a web stream between costs every subscriber of every version its turns. */
export const openStream = (outgoing: ServerResponse | undefined, subscribe: Subscribe): Response =>
  outgoing === undefined ? new Response(webStream(subscribe), { headers: HEADERS }) : socketStream(outgoing, subscribe);

function socketStream(outgoing: ServerResponse, subscribe: Subscribe): Response {
  let isOver = false;
  outgoing.writeHead(200, HEADERS);
  outgoing.flushHeaders();
  const leave = subscribe({
    write: (bytes) => {
      if (isOver || outgoing.destroyed) return false;
      outgoing.write(bytes);
      return outgoing.writableLength < WAITING_BYTES_MAX;
    },
    end: () => {
      if (isOver) return;
      isOver = true;
      // Whoever lets so much wait does not read the end either.
      if (outgoing.writableLength < WAITING_BYTES_MAX) outgoing.end();
      else outgoing.destroy();
    },
  });
  leave.catch((error: unknown) => outgoing.destroy(error as Error));
  outgoing.once("close", () => {
    isOver = true;
    void leave.then((act) => act()).catch(() => {}); // told above
  });
  return RESPONSE_ALREADY_SENT;
}

function webStream(subscribe: Subscribe): ReadableStream<Uint8Array> {
  let leave: Promise<() => void> | undefined;
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(stream) {
        leave = subscribe({
          write: (bytes) => {
            if (isOver) return false;
            stream.enqueue(bytes);
            return (stream.desiredSize ?? 0) > 0;
          },
          end: () => {
            if (!isOver) stream.close();
            isOver = true;
          },
        });
        leave.catch((error: unknown) => {
          isOver = true;
          stream.error(error);
        });
      },
      async cancel() {
        isOver = true;
        (await leave)?.();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES_MAX }),
  );
}
