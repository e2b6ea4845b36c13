import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a stand-in may be told to do instead of answering as it should: to the next requests of a path, one each. */
export type WireFault = "status500" | "silent" | "hangUp" | "noJson" | "endless";

/** A provider on loopback: whoever asks it speaks HTTP to it, as to the real one. */
export interface ProviderServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Paths that were asked for, in order, without their queries. */
  readonly heard: string[];
  /** The next request of a path meets this. */
  fail(path: string, fault: WireFault): void;
  /** Resolves when a request that will not be answered has come in. */
  silence(): Promise<void>;
  close(): Promise<void>;
}

/** A body that nobody should read to its end. */
const ENDLESS_BYTES = 4 * 1024 * 1024;

/** Serves what answers Requests on a free port of loopback. */
export async function serveProvider(answer: (request: Request) => Response | Promise<Response>): Promise<ProviderServer> {
  const heard: string[] = [];
  const faults = new Map<string, WireFault[]>();
  let waiting: (() => void)[] = [];
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const request = await requestOf(incoming);
      const { pathname } = new URL(request.url);
      heard.push(pathname);
      const fault = faults.get(pathname)?.shift();
      if (fault === "silent") {
        for (const resolve of waiting) resolve();
        waiting = [];
        return;
      }
      if (fault === "hangUp") return void incoming.socket.destroy();
      const response = fault === undefined ? await answer(request) : faultAnswer(fault);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    fail: (path, fault) => void faults.set(path, [...(faults.get(path) ?? []), fault]),
    silence: () => new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function faultAnswer(fault: Exclude<WireFault, "silent" | "hangUp">): Response {
  if (fault === "status500") return new Response("<h1>500</h1>", { status: 500, headers: { "content-type": "text/html" } });
  if (fault === "noJson") return new Response("<h1>Welcome to the hotel</h1>", { headers: { "content-type": "text/html" } });
  return new Response(JSON.stringify({ padding: "x".repeat(ENDLESS_BYTES) }), { headers: { "content-type": "application/json" } });
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = "GET", headers, url = "/" } = incoming;
  const plain = Object.entries(headers).flatMap(([name, value]): [string, string][] => (typeof value === "string" ? [[name, value]] : []));
  const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
  return new Request(`http://${headers.host}${url}`, { method, headers: plain, ...body });
}
