import { hexToBytes } from "@portico/card-protocol";
import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import { timeOf } from "../api/schemas.ts";
import type { Cloud } from "../cloud.ts";
import type { Publisher } from "../expansion/publisher.ts";
import type { StreamEnv } from "../feed/feed-stream.ts";
import type { LogInProviders } from "./log-in.ts";
import { beginOperatorLogIn, finishOperatorLogIn } from "./operator-log-in.ts";

/** What an operator's log-in answers from. */
export interface OperatorLogInNeeds {
  readonly cloud: Cloud;
  readonly logIn: LogInProviders;
  readonly publisher: Pick<Publisher, "published">;
}

const BODY_BYTES_MAX = 8_192;
const COME_BACK_S = 60;
const beginning = z.strictObject({ redirectUri: z.string().min(1).max(1000), publicKey: z.string().regex(/^[0-9a-f]{64}$/) });
const ending = z.strictObject({ code: z.string().min(1).max(4000), state: z.string().min(1).max(200) });

/** An operator's log-in at the campus account: unsigned, for the key is let in by it. docs/operators.md. */
export function operatorLogInRoutes({ cloud, logIn, publisher }: OperatorLogInNeeds): Hono<{ Bindings: StreamEnv }> {
  const app = new Hono<{ Bindings: StreamEnv }>();

  app.post("/v1/operator-log-in", async ({ req }) => {
    const body = await jsonBodyOf(req.raw, beginning, BODY_BYTES_MAX);
    if (body === undefined) return problemAnswer("RequestMalformed", "body: redirectUri, and publicKey in 64 hex digits");
    const begun = await beginOperatorLogIn(cloud, logIn, { redirectUri: body.redirectUri, publicKey: hexToBytes(body.publicKey)! });
    if (!begun.ok) return problemAnswer(begun.error, begun.detail, begun.error === "TooManyAsk" ? { "retry-after": String(COME_BACK_S) } : {});
    return answer({ url: begun.value.url, until: timeOf(begun.value.until) });
  });

  app.post("/v1/operator-log-in/finish", async ({ req }) => {
    const body = await jsonBodyOf(req.raw, ending, BODY_BYTES_MAX);
    if (body === undefined) return problemAnswer("RequestMalformed", "body: code and state");
    const made = await finishOperatorLogIn(cloud, logIn, body);
    if (!made.ok) return problemAnswer(made.error, made.detail);
    await publisher.published(made.value.change);
    const { operator, until } = made.value.value;
    return answer({ operator: operator.id, role: operator.role, until: timeOf(until) });
  });
  return app;
}

const answer = (value: unknown): Response =>
  new Response(JSON.stringify(value), { headers: { "content-type": "application/json", "cache-control": "no-store" } });
