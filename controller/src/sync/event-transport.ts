import { type ChainEnd, hexToBytes } from "@portico/card-protocol";
import type { Answer } from "./cloud-answer.ts";

/** What the cloud makes of a batch of events. */
export type EventsAnswer =
  /** Everything up to `end` is durable there. */
  | { readonly kind: "acknowledged"; readonly end: ChainEnd }
  /** It takes none of it. `error` is a refusal's name; `end`: how far its own copy of this log reaches, where it says so. */
  | { readonly kind: "refused"; readonly error: string; readonly detail: string; readonly end?: ChainEnd }
  /** Whether it was taken is not known. */
  | { readonly kind: "unreachable"; readonly detail: string; readonly retryAfterS?: number };

/** The way up. Two: HTTP, and one in the same program. */
export interface EventTransport {
  /** Hands over a signed batch. Never rejects. */
  sendEvents(batch: Uint8Array): Promise<EventsAnswer>;
}

/** An answer of `POST /v1/events` as it came over HTTP: `{ seq, hash }`, or problem details that may hold the same under `end`. */
export function eventsAnswerOf({ status, body, retryAfterS }: Answer): EventsAnswer {
  const json = jsonOf(body);
  const [end, told] = [endOf(json), endOf(json["end"])];
  if (status === 200 && end !== undefined) return { kind: "acknowledged", end };
  const { reason, detail } = json;
  if (status >= 400 && status < 500 && status !== 401 && typeof reason === "string")
    return { kind: "refused", error: reason, detail: typeof detail === "string" ? detail : "", ...(told === undefined ? {} : { end: told }) };
  return { kind: "unreachable", detail: `the cloud answered ${status}`, ...(retryAfterS === undefined ? {} : { retryAfterS }) };
}

function jsonOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof read === "object" && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function endOf(value: unknown): ChainEnd | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { seq, hash } = value as { readonly seq?: unknown; readonly hash?: unknown };
  const bytes = typeof hash === "string" ? hexToBytes(hash) : undefined;
  return typeof seq === "number" && Number.isInteger(seq) && seq >= 0 && bytes?.length === 32 ? { seq, hash: bytes } : undefined;
}
