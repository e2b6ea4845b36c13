import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/** One request to the cloud. */
export interface CloudRequest {
  readonly method: "GET" | "POST";
  /** With its query. */
  readonly path: string;
  /** The header's value; undefined: none. */
  readonly authorization: string | undefined;
  readonly body: Uint8Array | undefined;
}

/** What comes back: a head, bytes as they come, then the end; or a failure at any moment, and nothing behind it. */
export interface ExchangeListener {
  readonly onHead: (status: number, retryAfterS: number | undefined) => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The answer is whole. */
  readonly onEnd: () => void;
  readonly onFailure: (detail: string) => void;
}

/**
 * Sends one request and tells what comes back, never before it has returned. Two: HTTP over a socket, and a virtual network within one program. Returns the
 * function that gives up; nothing is told behind it.
 */
export type CloudExchange = (request: CloudRequest, listener: ExchangeListener) => () => void;

export interface HttpExchangeOptions {
  /** `http://127.0.0.1:8480` or `https://cloud.example.edu`, without a path. */
  readonly url: string;
  /** PEM of the authority that the cloud's certificate must come from; absent: those of the system. */
  readonly certificateAuthority?: string;
}

/** HTTP/1.1 over a socket, with TLS where the address says so. */
export function httpExchange({ url, certificateAuthority }: HttpExchangeOptions): CloudExchange {
  return ({ method, path, authorization, body }, { onHead, onBytes, onEnd, onFailure }) => {
    let isOver = false;
    const over = (tell: () => void): void => {
      if (isOver) return;
      isOver = true;
      tell();
    };
    const options: RequestOptions & { ca?: string } = {
      method,
      headers: authorization === undefined ? {} : { authorization },
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
    };
    const target = new URL(path, url);
    const take = (response: IncomingMessage): void => {
      if (isOver) return;
      onHead(response.statusCode ?? 0, retryAfterOf(response));
      response.on("data", (bytes: Buffer) => {
        if (!isOver) onBytes(new Uint8Array(bytes));
      });
      response.on("end", () => over(onEnd));
      response.on("error", ({ message }) => over(() => onFailure(message)));
    };
    const sent = target.protocol === "https:" ? httpsRequest(target, options, take) : httpRequest(target, options, take);
    sent.on("error", ({ message }) => over(() => onFailure(message)));
    sent.end(body);
    return () => {
      isOver = true;
      sent.destroy();
    };
  };
}

/** Seconds to stay away, at most an hour; undefined: nothing was said. */
function retryAfterOf(response: IncomingMessage): number | undefined {
  const seconds = Number(response.headers["retry-after"]);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) : undefined;
}
