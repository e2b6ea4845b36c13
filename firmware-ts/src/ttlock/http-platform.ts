import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "@portico/card-protocol";
import type { PlatformExchange, PlatformHeard } from "./platform-exchange.ts";

const ANSWER_BYTES_MAX = 1_048_576;
/** What a system calls a connection that never came to be. */
const NEVER_CONNECTED: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/**
 * The platform over HTTPS, one connection a request: TLS to the authorities of the system, whose word it is that this is the platform.
 *
 * @param url  `https://cnapi.ttlock.com`, without a path; in clear to this machine alone, which the configuration sees to
 */
export function httpPlatform(url: URL, clock: Pick<Clock, "after">): PlatformExchange {
  return (path, form, timeoutMs) =>
    new Promise((resolve) => {
      const body = new URLSearchParams(form).toString();
      const chunks: Buffer[] = [];
      let length = 0;
      let sent: ClientRequest | undefined;
      const settle = (heard: PlatformHeard): void => {
        cancel();
        resolve(heard);
        sent?.destroy();
      };
      const cancel = clock.after(timeoutMs, () =>
        settle({ ok: false, error: "TimedOut", detail: `the platform did not answer within ${timeoutMs / 1000} s`, isUnsent: false }),
      );
      const lost = ({ code }: NodeJS.ErrnoException): void =>
        settle({ ok: false, error: "Disconnected", detail: `the platform is not reached (${code ?? "connection lost"})`, isUnsent: NEVER_CONNECTED.has(code) });
      const take = (response: IncomingMessage): void => {
        response.on("error", lost);
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if ((length += chunk.length) > ANSWER_BYTES_MAX)
            settle({ ok: false, error: "BadReply", detail: `the platform's answer is longer than ${ANSWER_BYTES_MAX} bytes`, isUnsent: false });
        });
        response.on("end", () => settle({ ok: true, status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
      };
      const options: RequestOptions = {
        method: "POST",
        agent: false,
        headers: { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body), accept: "application/json" },
      };
      const target = new URL(path, url);
      sent = target.protocol === "https:" ? httpsRequest(target, options, take) : httpRequest(target, options, take);
      sent.on("error", lost);
      sent.end(body);
    });
}
