import { err, ok, type Result, sameBytes } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";

/** An answer before it is a Response. */
export interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
}

/** How long an answer is kept for its Idempotency-Key. */
export const ANSWER_LIFE_S = 86_400;
/** How long the answer of another instance is waited for. */
const LOOK_EVERY_MS = 100;
const LOOKS_MAX = 50;
export const IDEMPOTENCY_KEY = /^[A-Za-z0-9_.:-]{8,64}$/;

/**
 * What requests with an Idempotency-Key were answered with, in the store: the same request is answered the same and done once. Twins that come together
 * wait for the first, also where another instance answers it. A row without an answer was cut off by a crash: whether it was done nobody can tell, so it is not done again.
 */
export class KeptAnswers {
  readonly #cloud: Cloud;
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** @param request  SHA-256 of all that was asked */
  async once(
    apiKey: string,
    idempotencyKey: string,
    request: Uint8Array,
    act: () => Promise<Answer>,
  ): Promise<Result<Answer, "IdempotencyKeyReused" | "AnswerUnknown">> {
    const name = `${apiKey} ${idempotencyKey}`;
    for (let twin = this.#running.get(name); twin !== undefined; twin = this.#running.get(name)) await twin.catch(() => {});
    const run = this.#run(apiKey, idempotencyKey, request, act);
    this.#running.set(name, run);
    try {
      return await run;
    } finally {
      this.#running.delete(name);
    }
  }

  async #run(api_key: string, idempotency_key: string, request: Uint8Array, act: () => Promise<Answer>): ReturnType<KeptAnswers["once"]> {
    const { queries, isShared, pause } = this.#cloud.database;
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const isFirst = await this.#cloud.database.transact(async (all) => {
      await all.deleteFrom("kept_answer").where("until", "<=", now).execute();
      const { numInsertedOrUpdatedRows } = await all
        .insertInto("kept_answer")
        .values({ api_key, idempotency_key, request: Buffer.from(request), until: now + ANSWER_LIFE_S, status: null, media_type: null, body: null })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    }, "read committed");
    const row = queries.selectFrom("kept_answer").selectAll().where("api_key", "=", api_key).where("idempotency_key", "=", idempotency_key);
    if (!isFirst) {
      let kept = await row.executeTakeFirstOrThrow();
      // Another instance may be answering it at this moment.
      for (let looks = isShared ? LOOKS_MAX : 0; kept.status === null && looks > 0; looks--) {
        await pause(LOOK_EVERY_MS);
        kept = await row.executeTakeFirstOrThrow();
      }
      if (!sameBytes(new Uint8Array(kept.request), request)) return err("IdempotencyKeyReused", `key ${idempotency_key} came with another request`);
      if (kept.status === null || kept.media_type === null || kept.body === null) return err("AnswerUnknown", `key ${idempotency_key}`);
      return ok({ status: kept.status, mediaType: kept.media_type, body: kept.body });
    }
    const answer = await act();
    await queries
      .updateTable("kept_answer")
      .set({ status: answer.status, media_type: answer.mediaType, body: answer.body })
      .where("api_key", "=", api_key)
      .where("idempotency_key", "=", idempotency_key)
      .execute();
    return ok(answer);
  }
}
