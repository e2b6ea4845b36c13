import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { SetupError } from "@portico/card-protocol";
import type { StreamEnv } from "../feed/feed-stream.ts";

/** Where the API listens. */
export interface ListenPlace {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}
/** Loopback alone: TLS and the rest of the world are a proxy's. */
export const LISTEN_DEFAULT: ListenPlace = { host: "127.0.0.1", port: 8480 };
/** A request that is not complete by then is not waited for. */
const REQUEST_TIME_MS = 30_000;

export interface Serving {
  /** `http://127.0.0.1:8480`. */
  readonly url: string;
  /** No new requests; resolves when those on their way are answered. */
  close(): Promise<void>;
}

/**
 * Answers HTTP/1.1 on a socket.
 *
 * @param fetch  answers one request
 * @throws SetupError when nobody can listen there
 */
export async function serveApi(fetch: (request: Request, env: StreamEnv) => Response | Promise<Response>, { host, port }: ListenPlace): Promise<Serving> {
  let isClosing = false;
  const server = createAdaptorServer({
    async fetch(request, env) {
      const response = await fetch(request, env as StreamEnv);
      // Whoever keeps the connection would keep the server too.
      if (isClosing && response !== RESPONSE_ALREADY_SENT) response.headers.set("connection", "close");
      return response;
    },
    overrideGlobalObjects: false,
    createServer,
    serverOptions: { requestTimeout: REQUEST_TIME_MS },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        server.close(() => resolve());
      }),
  };
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): SetupError {
  const where = `--listen ${host}:${port}`;
  if (cause.code === "EADDRINUSE")
    return new SetupError("the port is in use", where, "Stop what listens there, or name another port with --listen.", { cause });
  if (cause.code === "EACCES") return new SetupError("this user may not open the port", where, "Name a port above 1023 with --listen.", { cause });
  if (cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND")
    return new SetupError("this computer has no such address", where, "Name one of its addresses with --listen.", { cause });
  return new SetupError(`nobody can listen there: ${cause.message}`, where, "Name another place with --listen.", { cause });
}
