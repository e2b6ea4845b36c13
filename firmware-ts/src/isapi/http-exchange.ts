import { createHash } from "node:crypto";
import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { type Clock, bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { digestAuthorization, type DigestChallenge, type DigestHash, readDigestChallenge } from "../core/isapi/digest.ts";
import type { DeviceError } from "../device.ts";
import { bodyText } from "./body-text.ts";

/** Where a device is, and as whom it is spoken to. */
export interface HttpPlace {
  readonly host: string;
  readonly port: number;
  /** Absent: clear text. `certificate`: PEM that the device's own has to be, or be signed by, whatever name it carries; absent: the authorities of the system. */
  readonly tls?: { readonly certificate?: string };
  readonly user: string;
  readonly password: string;
}

export interface HttpQuestion {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** An answer, or why there is none. Never rejects. */
export type HttpOutcome =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | { readonly ok: false; readonly error: DeviceError; readonly detail: string };
export type OpenedBody =
  | { readonly ok: true; readonly contentType: string; readonly body: IncomingMessage }
  | { readonly ok: false; readonly error: DeviceError; readonly detail: string; readonly isRefused: boolean };

/** Requests to one device, authenticated by digest. Never rejects; nothing that it says holds the password. */
export interface HttpExchange {
  ask(question: HttpQuestion): Promise<HttpOutcome>;
  /** A body without an end, of an answer 200. */
  open(path: string): Promise<OpenedBody>;
  close(): void;
}

const ANSWER_MS = 5_000;
const ANSWER_BYTES_MAX = 256 * 1024;

/** Hashes of digest authentication by node:crypto. MD5 is what most devices still ask for. */
export const digestHash: DigestHash = (algorithm, text) =>
  createHash(algorithm === "MD5" ? "md5" : "sha256")
    .update(text, "utf8")
    .digest("hex");

type Response = { readonly ok: true; readonly response: IncomingMessage } | { readonly ok: false; readonly error: DeviceError; readonly detail: string };

export function httpExchange(place: HttpPlace, clock: Pick<Clock, "after">, randomBytes: RandomBytes): HttpExchange {
  const { host, port, tls, user, password } = place;
  const underWay = new Set<() => void>();
  let challenge: DigestChallenge | undefined;
  let count = 0;
  let isClosed = false;

  function authorization({ method, path }: HttpQuestion): Record<string, string> {
    if (challenge === undefined) return {};
    const request = { method, uri: path, user, password, cnonce: bytesToHex(randomBytes(8)), count: ++count };
    return { authorization: digestAuthorization(challenge, request, digestHash) };
  }

  function send(question: HttpQuestion): Promise<Response> {
    const { method, path, body } = question;
    if (isClosed) return Promise.resolve({ ok: false, error: "Disconnected", detail: "the driver was closed" });
    return new Promise((resolve) => {
      const options: RequestOptions = {
        host,
        port,
        method,
        path,
        agent: false,
        headers: {
          ...authorization(question),
          ...(body === undefined
            ? {}
            : { "content-type": body.startsWith("<") ? "application/xml" : "application/json", "content-length": Buffer.byteLength(body) }),
        },
      };
      const pinned = tls?.certificate === undefined ? {} : { ca: tls.certificate, checkServerIdentity: () => undefined };
      const request = tls === undefined ? plainRequest(options) : tlsRequest({ ...options, ...pinned });
      const abandon = (): void => void request.destroy();
      const settle = (outcome: Response): void => {
        cancel();
        resolve(outcome);
      };
      const cancel = clock.after(ANSWER_MS, () => {
        settle({ ok: false, error: "TimedOut", detail: `no answer within ${ANSWER_MS / 1000} s` });
        abandon();
      });
      underWay.add(abandon);
      request.on("response", (response) => settle({ ok: true, response }));
      request.on("error", (error: NodeJS.ErrnoException) => settle({ ok: false, error: "Disconnected", detail: error.code ?? error.message }));
      request.on("close", () => {
        underWay.delete(abandon);
        settle({ ok: false, error: "Disconnected", detail: "the connection was closed" });
      });
      request.end(body);
    });
  }

  /** Sent again once where the device asks who speaks. */
  async function sendAsUser(question: HttpQuestion): Promise<Response> {
    const first = await send(question);
    if (!first.ok || first.response.statusCode !== 401) return first;
    const asked = readDigestChallenge(first.response.headers["www-authenticate"] ?? "");
    const wasAnswered = challenge !== undefined && asked?.stale !== true && asked?.nonce === challenge.nonce;
    if (asked === undefined || wasAnswered) return first;
    first.response.resume();
    challenge = asked;
    count = 0;
    return send(question);
  }

  const refusedUser = (response: IncomingMessage): boolean => response.statusCode === 401 || response.statusCode === 403;

  return {
    async ask(question) {
      const sent = await sendAsUser(question);
      if (!sent.ok) return sent;
      const { response } = sent;
      const text = await bodyOf(response, clock);
      if (refusedUser(response)) return { ok: false, error: "BadReply", detail: "the device refuses user or password" };
      if (text === undefined) return { ok: false, error: "BadReply", detail: "the answer was cut off, too long, or no text" };
      return { ok: true, status: response.statusCode ?? 0, text };
    },
    async open(path) {
      const sent = await sendAsUser({ method: "GET", path });
      if (!sent.ok) return { ...sent, isRefused: false };
      const { response } = sent;
      if (response.statusCode === 200) return { ok: true, contentType: response.headers["content-type"] ?? "", body: response };
      response.destroy();
      const isRefused = refusedUser(response);
      return {
        ok: false,
        error: "BadReply",
        detail: isRefused ? "the device refuses user or password" : `the device answers ${response.statusCode}`,
        isRefused,
      };
    },
    close() {
      isClosed = true;
      for (const abandon of underWay) abandon();
    },
  };
}

/** The whole body of an answer, within a time; undefined where it is not whole. */
function bodyOf(response: IncomingMessage, clock: Pick<Clock, "after">): Promise<string | undefined> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const settle = (text: string | undefined): void => {
      cancel();
      resolve(text);
    };
    const giveUp = (): void => {
      settle(undefined);
      response.destroy();
    };
    const cancel = clock.after(ANSWER_MS, giveUp);
    response.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length > ANSWER_BYTES_MAX) giveUp();
      else pieces.push(piece);
    });
    response.on("end", () => settle(response.complete ? bodyText(Buffer.concat(pieces)) : undefined));
    response.on("error", () => settle(undefined));
    response.on("close", () => settle(undefined));
  });
}
