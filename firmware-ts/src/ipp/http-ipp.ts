import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Clock, err, ok, type Result } from "@portico/card-protocol";
import type { IppExchange, IppExchangeError } from "./ipp-exchange.ts";
import type { PrinterPlace } from "./printer-uri.ts";

export interface HttpIppOptions {
  readonly place: PrinterPlace;
  readonly clock: Pick<Clock, "after">;
  /** Basic authentication (RFC 7617), where the printer asks for it. */
  readonly login?: { readonly user: string; readonly password: string };
  /** PEM of the authority that the printer's certificate must come from; absent: those of the system. */
  readonly certificateAuthority?: string;
}

/** IPP over HTTP (RFC 8010 §3.4), one connection a request: a print server that was started anew in between is none of its concern. */
export function httpIpp(options: HttpIppOptions): IppExchange {
  return (request, { bytesMax, timeoutMs }) =>
    new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let length = 0;
      let sent: ClientRequest | undefined;
      const settle = (outcome: Result<Uint8Array, IppExchangeError>): void => {
        cancel();
        resolve(outcome);
        sent?.destroy();
      };
      const cancel = options.clock.after(timeoutMs, () => settle(err("TimedOut", `no answer within ${timeoutMs} ms`)));
      const take = (response: IncomingMessage): void => {
        response.on("error", ({ message }) => settle(err("Unreachable", message)));
        const { statusCode: status } = response;
        if (status !== 200) return settle(err(status === 401 || status === 403 ? "NotAuthorized" : "BadReply", `HTTP ${status}`));
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if ((length += chunk.length) > bytesMax) settle(err("BadReply", `an answer of more than ${bytesMax} bytes`));
        });
        response.on("end", () => settle(ok(new Uint8Array(Buffer.concat(chunks)))));
      };
      try {
        sent = start(options, request.length, take);
      } catch (error) {
        // What a socket refuses before it is one, e.g. a certificate that cannot be read.
        return settle(err("Unreachable", error instanceof Error ? error.message : String(error)));
      }
      sent.on("error", ({ message }) => settle(err("Unreachable", message)));
      sent.end(request);
    });
}

function start({ place, login, certificateAuthority }: HttpIppOptions, length: number, take: (response: IncomingMessage) => void): ClientRequest {
  const options: RequestOptions & { ca?: string } = {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/ipp", "content-length": length },
    ...(login === undefined ? {} : { auth: `${login.user}:${login.password}` }),
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
  };
  return place.isSecure ? httpsRequest(place.url, options, take) : httpRequest(place.url, options, take);
}
