import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { timingSafeEqual } from "node:crypto";
import { bytesToHex, type Clock, type RandomBytes } from "@portico/card-protocol";
import { type DigestAnswer, digestResponse, readDigestAnswer } from "../core/isapi/digest.ts";
import { boundaryOf, multipartReader } from "../core/isapi/multipart.ts";
import { listeners } from "../listeners.ts";
import { digestHash } from "./http-exchange.ts";

/** How a device shows that it is it. `address`: by where it sends from alone, for devices that know no more. */
export const PUSH_AUTHENTICATIONS = ["digest", "address"] as const;
export type PushAuthentication = (typeof PUSH_AUTHENTICATIONS)[number];

export interface EventListenerOptions {
  /** Of this computer. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The device's own: nobody else is listened to. */
  readonly from: string;
  readonly authentication: PushAuthentication;
  readonly user: string;
  readonly password: string;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly randomBytes: RandomBytes;
}

/** Where one device pushes its events to. */
export interface EventListening {
  /** Called with each body that was believed, before the device is answered. */
  onBody(listener: (bytes: Uint8Array) => void): () => void;
  /** Requests that were not believed, or that were none. */
  readonly refused: number;
  /** Resolves with the port that it listens at; undefined, with `trouble`, where it cannot. */
  readonly ready: Promise<number | undefined>;
  /** Why it does not listen; undefined: it does. */
  readonly trouble: string | undefined;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const PART_BYTES_MAX = 2 * 1024 * 1024;
const BODY_MS = 10_000;
const REALM = "portico";
const NONCE_MS = 300_000;
const NONCES_MAX = 256;
/** A nonce serves so many requests: devices keep it as long as they are let. */
const COUNT_MAX = 10_000;

/**
 * Listens for what one device pushes: a body of JSON or XML, or several parts with pictures among them, whatever the head says. Digest authentication by a
 * nonce of our own; a request that was heard once is not heard again.
 */
export function eventListener(options: EventListenerOptions): EventListening {
  const { address, port, from, authentication, user, password, clock, randomBytes } = options;
  const bodies = listeners<[Uint8Array]>();
  const nonces = new Map<string, { readonly at: number; count: number }>();
  let refused = 0;
  let trouble: string | undefined = "not listening yet";
  const server: Server = createServer({ keepAlive: false, maxHeaderSize: 8_192 }, (request, response) => void receive(request, response));
  const ready = new Promise<number | undefined>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      trouble = `cannot listen at ${address}:${port}: ${error.code ?? error.message}`;
      resolve(undefined);
    });
    server.listen(port, address, () => {
      trouble = undefined;
      server.on("error", () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sender = request.socket.remoteAddress?.replace(/^::ffff:/, "");
    if (sender !== from) return refuse(request, response, 403);
    const bytes = await bodyOf(request, clock);
    if (bytes === undefined) return refuse(request, response, 413);
    if (authentication === "digest" && !isBelieved(request)) {
      const nonce = newNonce();
      const ask = (algorithm: string): string => `Digest realm="${REALM}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"`;
      response.setHeader("www-authenticate", [ask("SHA-256"), ask("MD5")]);
      return refuse(request, response, 401);
    }
    for (const each of partsOf(request.headers["content-type"] ?? "", bytes)) bodies.tell(each);
    response.writeHead(200, { "content-length": 0 }).end();
  }

  function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
    if (status !== 401 || request.headers.authorization !== undefined) refused++;
    response.writeHead(status, { "content-length": 0, connection: "close" }).end();
  }

  function newNonce(): string {
    const now = clock.monotonic();
    for (const [known, { at }] of nonces) if (now - at > NONCE_MS || nonces.size >= NONCES_MAX) nonces.delete(known);
    const nonce = bytesToHex(randomBytes(16));
    nonces.set(nonce, { at: now, count: 0 });
    return nonce;
  }

  function isBelieved({ method = "", url = "", headers }: IncomingMessage): boolean {
    const answer = readDigestAnswer(headers.authorization ?? "");
    const nonce = answer && nonces.get(answer.nonce);
    if (answer === undefined || nonce === undefined || answer.user !== user || answer.uri !== url) return false;
    if (clock.monotonic() - nonce.at > NONCE_MS || answer.count <= nonce.count || answer.count > COUNT_MAX) return false;
    if (!isRight(answer, method)) return false;
    nonce.count = answer.count;
    return true;
  }

  function isRight({ nonce, algorithm, uri, cnonce, count, response }: DigestAnswer, method: string): boolean {
    const challenge = { realm: REALM, nonce, opaque: undefined, algorithm, auth: true, stale: false };
    const right = Buffer.from(digestResponse(challenge, { method, uri, user, password, cnonce, count }, digestHash));
    const told = Buffer.from(response);
    return right.length === told.length && timingSafeEqual(right, told);
  }

  return {
    onBody: bodies.add,
    get refused() {
      return refused;
    },
    ready,
    get trouble() {
      return trouble;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** What a device says in a body: pictures, and parts that are nothing but a name, are left out. */
function partsOf(contentType: string, bytes: Uint8Array): readonly Uint8Array[] {
  const first = /^\s*--([^\r\n]{1,70})\r?\n/.exec(Buffer.from(bytes.subarray(0, 128)).toString("latin1"))?.[1];
  const boundary = first === undefined ? undefined : (boundaryOf(contentType) ?? first);
  if (boundary === undefined) return [bytes];
  const reader = multipartReader(first!.startsWith(boundary) ? boundary : first!, PART_BYTES_MAX);
  return [...reader.push(bytes), ...reader.end()].filter((part) => !part.contentType.startsWith("image/")).map((part) => part.bytes);
}

function bodyOf(request: IncomingMessage, clock: Pick<Clock, "after">): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const settle = (bytes: Uint8Array | undefined): void => {
      cancel();
      resolve(bytes);
    };
    const cancel = clock.after(BODY_MS, () => settle(undefined));
    request.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length <= BODY_BYTES_MAX) pieces.push(piece);
      else settle(undefined);
    });
    request.on("end", () => settle(Buffer.concat(pieces)));
    request.on("error", () => settle(undefined));
    request.on("close", () => settle(undefined));
  });
}
