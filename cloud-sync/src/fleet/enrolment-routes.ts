import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import type { Cloud } from "../cloud.ts";
import { readController } from "../controllers.ts";
import { askEnrolment, enrolmentState, proveEnrolment } from "../enrolment.ts";
import type { FeedKeys } from "../feed/feed-keys.ts";
import type { StreamEnv } from "../feed/feed-stream.ts";

/** What the enrolment's routes answer from. */
export interface EnrolmentRoutesNeeds {
  readonly cloud: Cloud;
  /** Those in force. */
  readonly keys: () => FeedKeys;
}

/** No body here is longer. */
const BODY_BYTES_MAX = 2_048;
/** After so many seconds the next may be taken. */
const COME_BACK_S = 60;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const asked = z.strictObject({ publicKey: hex(32), commitment: hex(32) });
const shown = z.strictObject({ salt: hex(16), proof: z.string().regex(/^(?:[0-9a-f]{2}){1,512}$/) });

/** What a machine asks that wants to be a controller: unsigned, bounded, and worth nothing until an operator says yes. docs/feed-and-events.md, "Enrolment". */
export function enrolmentRoutes({ cloud, keys }: EnrolmentRoutesNeeds): Hono<{ Bindings: StreamEnv }> {
  const app = new Hono<{ Bindings: StreamEnv }>();

  app.post("/v1/controllers/:id/enrolment", async ({ req, env }) => {
    const body = await jsonBodyOf(req.raw, asked, BODY_BYTES_MAX);
    if (body === undefined) return problemAnswer("RequestMalformed", "body: publicKey and commitment, 64 hex digits each");
    const commitment = hexToBytes(body.commitment)!;
    const asker = env.outgoing?.req.socket.remoteAddress ?? "without a socket";
    const made = await askEnrolment(cloud, { controller: req.param("id"), publicKey: hexToBytes(body.publicKey)!, commitment, asker });
    if (!made.ok) return problemAnswer(made.error, made.detail, made.error === "TooManyAsk" ? { "retry-after": String(COME_BACK_S) } : {});
    const { id, nonce } = made.value;
    const trustLists = keys().trustLists.map(({ bytes }) => bytesToHex(bytes));
    return answer({ enrolment: id, site: cloud.site, nonce: bytesToHex(nonce), trustLists }, 201);
  });

  app.post("/v1/controllers/:id/enrolment/:enrolment/proof", async ({ req }) => {
    const body = await jsonBodyOf(req.raw, shown, BODY_BYTES_MAX);
    if (body === undefined) return problemAnswer("RequestMalformed", "body: salt, 32 hex digits, and proof, a possession record in hex");
    const proof = { salt: hexToBytes(body.salt)!, proof: hexToBytes(body.proof)! };
    const made = await proveEnrolment(cloud, keys().trustList.roots, req.param("enrolment"), proof);
    return made.ok ? answer({ state: "waiting", until: made.value.until }) : problemAnswer(made.error, made.detail);
  });

  app.get("/v1/controllers/:id/enrolment/:enrolment", async ({ req }) => {
    const controller = req.param("id");
    const state = await enrolmentState(cloud, controller, req.param("enrolment"));
    if (state === undefined) return problemAnswer("EnrolmentUnknown");
    return answer(state === "approved" ? { state, zones: (await readController(cloud.database.queries, controller))?.zones ?? [] } : { state });
  });
  return app;
}

const answer = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", "cache-control": "no-store" } });
