import type { z } from "@hono/zod-openapi";
import { bytesToHex, type RandomBytes, type Signer } from "@portico/card-protocol";
import type { Problem } from "./problem.ts";
import type { RouteName, ROUTES } from "./routes.ts";
import { signRequest } from "./signing.ts";

type Schemas<R extends RouteName, Part extends "params" | "query" | "body"> = NonNullable<(typeof ROUTES)[R][Part]>;
type Sent<K extends string, S extends z.ZodType> = [S] extends [never]
  ? unknown
  : Partial<z.input<S>> extends z.input<S>
    ? { readonly [_ in K]?: z.input<S> }
    : { readonly [_ in K]: z.input<S> };
/** What a route is asked with: params, query and body exactly where its schemas have them. */
export type RouteParts<R extends RouteName> = Sent<"params", Schemas<R, "params">> & Sent<"query", Schemas<R, "query">> & Sent<"body", Schemas<R, "body">>;
export type RouteAnswer<R extends RouteName> = z.output<(typeof ROUTES)[R]["answer"]>;

/** What came back: the answer, or the problem that says no. Trouble on the way there is thrown. */
export type Outcome<R extends RouteName> =
  | { readonly ok: true; readonly status: number; readonly value: RouteAnswer<R> }
  | { readonly ok: false; readonly status: number; readonly problem: Problem };

/** Where a client asks, and as whom. */
export interface CloudClientOptions {
  /** `https://cloud.example.edu`, without a path. */
  readonly url: string;
  readonly signer: Signer;
  readonly nowMs: () => number;
  readonly randomBytes: RandomBytes;
  /** `fetch`, or the API itself where no socket is wanted. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** What stands beside the parts. */
export interface AskedWith {
  /** For the audit, in any characters. */
  readonly reason?: string;
  /** POST: the same request is done once. */
  readonly idempotencyKey?: string;
}

/** Asks the API of a cloud, with types and signatures. */
export class CloudClient {
  readonly #options: CloudClientOptions;

  constructor(options: CloudClientOptions) {
    this.#options = options;
  }

  async ask<R extends RouteName>(route: R, parts: RouteParts<R>, also: AskedWith = {}): Promise<Outcome<R>> {
    const response = await this.#options.fetch(await this.request(route, parts, also));
    const body: unknown = await response.json();
    const { status } = response;
    return response.ok ? { ok: true, status, value: body as RouteAnswer<R> } : { ok: false, status, problem: body as Problem };
  }

  /** The signed request that {@link ask} sends. */
  request<R extends RouteName>(route: R, parts: RouteParts<R>, { reason, idempotencyKey }: AskedWith = {}): Promise<Request> {
    const { url, signer, nowMs, randomBytes } = this.#options;
    const [method, path] = route.split(" ") as [string, string];
    const { params, query, body } = parts as { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown };
    const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params![name]!));
    const asked = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
    const search = asked.map(([name, value], nth) => `${nth === 0 ? "?" : "&"}${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join("");
    const headers = {
      ...(reason === undefined ? {} : { "portico-reason": encodeURIComponent(reason) }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    };
    // A body that is text already is JSON lines: no other route takes text.
    const sent = typeof body === "string" ? { headers: { ...headers, "content-type": "application/x-ndjson" }, body } : { headers, body: JSON.stringify(body) };
    return signRequest(
      { method, url: `${url}${target}${search}`, ...(body === undefined ? { headers } : sent) },
      { signer, created: Math.floor(nowMs() / 1000), nonce: bytesToHex(randomBytes(16)) },
    );
  }
}
