import { err, ok, type Result } from "@portico/card-protocol";

/** How requests leave for a provider of log-ins. */
export interface ProviderReach {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Aborts when an answer has taken too long: a new one for each request. */
  readonly deadline: () => AbortSignal;
  readonly nowMs: () => number;
}

/** What a provider said: its status, and its body where that is JSON of an object. */
export interface ProviderAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Nothing that a provider has to say about one log-in is longer. */
const ANSWER_BYTES_MAX = 262_144;

/**
 * Asks a provider once. Addresses hold secrets of the client, so nothing of them is told: neither in a detail nor in a log.
 *
 * @param what  for people: `WeChat jscode2session`
 */
export async function askProvider(
  { fetch, deadline }: ProviderReach,
  what: string,
  url: string,
  init: { readonly method?: "POST"; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Promise<Result<ProviderAnswer, "LogInUnavailable">> {
  const signal = deadline();
  let text: string | undefined;
  let status: number;
  try {
    // A redirect could carry the client's secret to another host: none is followed.
    const response = await fetch(new Request(url, { ...init, headers: { accept: "application/json", ...init.headers }, redirect: "manual", signal }));
    status = response.status;
    text = await textOf(response);
  } catch {
    return err("LogInUnavailable", `${what}: ${signal.aborted ? "no answer in time" : "cannot be reached"}`);
  }
  if (text === undefined) return err("LogInUnavailable", `${what}: its answer is too long`);
  if (status >= 500 || (status >= 300 && status < 400) || status === 429) return err("LogInUnavailable", `${what}: HTTP ${status}`);
  const body = objectOf(text);
  return body === undefined ? err("LogInUnavailable", `${what}: HTTP ${status}, and no JSON`) : ok({ status, body });
}

/** Undefined: longer than it may be, of which no more is read than shows it. */
async function textOf({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** A text of an answer; undefined where it is something else. */
export const textIn = (body: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = body[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};
