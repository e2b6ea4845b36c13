import type { Clock } from "@portico/card-protocol";
import type { RunningCloud } from "@portico/cloud-sync";
import type { Failures } from "./failures.ts";

type Fetch = RunningCloud["fetch"];

/** What stands before the cloud of a sandbox. */
export interface GateParts {
  readonly failures: Failures;
  readonly clock: Pick<Clock, "after">;
  /** By which the cloud judges signatures, ms. */
  readonly callersNowMs: () => number;
  /** Undefined while the cloud is made anew. */
  readonly cloud: () => Fetch | undefined;
}

const UNAVAILABLE = 503;
/** While a sandbox is made anew. */
const RESET_RETRY_S = 2;

/** The way from a backend to the cloud of a sandbox. Without a failure that is on, a request passes as it is. */
export class Gate {
  readonly #parts: GateParts;
  readonly #under = new Set<Promise<unknown>>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  readonly fetch: Fetch = (request, env) => {
    const answering = this.#answer(request, env);
    this.#under.add(answering);
    const over = (): void => void this.#under.delete(answering);
    answering.then(over, over);
    return answering;
  };

  /** Resolves when no request is on its way. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#under);
  }

  async #answer(request: Request, env: Parameters<Fetch>[1]): Promise<Response> {
    const { failures, clock, cloud, callersNowMs } = this.#parts;
    const slow = failures.get("slow");
    if (slow !== undefined) await new Promise<void>((resolve) => void clock.after(slow["ms"]!, resolve));
    const retryAfterS = failures.get("unavailable")?.["retryAfter"];
    if (failures.spend("unavailable")) return unavailable("The sandbox was told to be out of reach.", retryAfterS!);
    const fetch = cloud();
    if (fetch === undefined) return unavailable("The sandbox is being made anew.", RESET_RETRY_S);
    const isSigned = request.headers.has("signature-input");
    if (isSigned && failures.spend("nonce-replayed")) await (await fetch(request.clone(), {})).arrayBuffer();
    const response = await fetch(request, env);
    if (isSigned && failures.get("clock-skew") !== undefined) response.headers.set("date", new Date(callersNowMs()).toUTCString());
    return response;
  }
}

/** As a proxy says it: about nothing of the campus. RFC 9457 §4.2.1, RFC 9110 §10.2.3. */
const unavailable = (detail: string, retryAfterS: number): Response =>
  new Response(JSON.stringify({ type: "about:blank", title: "Service Unavailable", status: UNAVAILABLE, detail }), {
    status: UNAVAILABLE,
    headers: { "content-type": "application/problem+json", "retry-after": String(retryAfterS) },
  });
