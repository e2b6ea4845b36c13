import { z } from "@hono/zod-openapi";
import { hexToBytes, ok } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { BATCH_AHEAD_MAX_S, type IssuedPasses, issuePasses } from "../../passes/issued-passes.ts";
import { LOAN_MAX_S, LOAN_STATES, lendCard, type LentCard, listLentCards, takeBackCard } from "../../passes/lent-cards.ts";
import { problem, problemOf } from "../problem.ts";
import { changed, published, route } from "../route.ts";
import { credentialId, entityId, hexBytes, page, pageOf, pageQuery, secondsOf, text, time, timeOf } from "../schemas.ts";
import { personId } from "./persons.ts";

/** People in one batch: each may be given twenty passes of 30 s, and all are signed while others wait. */
const BATCH_MAX = 100;

const forS = z.int().min(1).max(BATCH_AHEAD_MAX_S).openapi({ description: "Seconds from now on that the passes shall cover: one behind the other" });
const issued = z
  .object({
    person: entityId,
    credential: credentialId,
    passes: z.array(
      z.object({
        text: z.string().openapi({ description: "What the QR carries, 151 characters", example: `CP1:${"0".repeat(147)}` }),
        signedAt: time.openapi({ description: "Show it from then on" }),
        expiresAt: time.openapi({ description: "Show the next one then" }),
      }),
    ),
  })
  .openapi("IssuedPasses");
const issuedJson = ({ person, credential, passes }: IssuedPasses): z.output<typeof issued> => ({
  person,
  credential,
  passes: passes.map((pass) => ({ text: pass.text, signedAt: timeOf(pass.signedAt), expiresAt: timeOf(pass.expiresAt) })),
});

const lentCard = z
  .object({
    credential: credentialId,
    person: entityId,
    desk: z.string(),
    state: z.enum(LOAN_STATES).openapi({ description: "overdue: its time is over, no door takes it, and the desk has not got it back" }),
    lentAt: time,
    dueAt: time,
    returnedAt: time.nullable(),
  })
  .openapi("LentCard");
const lentCardJson = ({ lentAt, dueAt, returnedAt, ...rest }: LentCard): z.output<typeof lentCard> => ({
  ...rest,
  lentAt: timeOf(lentAt),
  dueAt: timeOf(dueAt),
  returnedAt: returnedAt === null ? null : timeOf(returnedAt),
});

export const passRoutes = {
  "POST /v1/persons/{id}/passes": route({
    scope: "passes:issue",
    action: "pass issue",
    changes: false,
    summary: "Issue passes to a person whose phone has no key of its own at the doors yet: one, or as many as cover up to 10 minutes",
    description: "The same second gives the same pass again. Passes that were issued are no change of the list: doors know their key from the trust list.",
    params: personId,
    body: z.strictObject({ forS }).openapi("PassRequest"),
    example: { forS: 30 },
    answer: issued,
    status: 201,
    refusals: [
      "PersonUnknown",
      "PhoneLost",
      "CredentialFrozen",
      "CredentialSuspended",
      "CredentialNotValid",
      "PassNotTaken",
      "CardNotForYou",
      "PassKeyMissing",
    ],
    act: async ({ cloud, note, passKey }, { params, body }) => {
      const key = passKey();
      if (key === undefined) return refuse("PassKeyMissing");
      const made = await issuePasses(cloud, key, note.actor, params.id, body.forS);
      return made.ok ? ok(issuedJson(made.value)) : made;
    },
  }),
  "POST /v1/passes": route({
    scope: "passes:issue",
    action: "pass issue-batch",
    changes: false,
    summary: `Issue passes to up to ${BATCH_MAX} people at once; each is given passes or told why not`,
    body: z
      .strictObject({
        persons: z
          .array(entityId)
          .min(1)
          .max(BATCH_MAX)
          .refine((ids) => new Set(ids).size === ids.length, "a person stands twice"),
        forS,
      })
      .openapi("PassBatchRequest"),
    example: { persons: ["01990246-a5d0-7000-8000-0123456789ab"], forS: 600 },
    answer: z.object({ issued: z.array(issued), refused: z.array(z.object({ person: entityId, problem })) }).openapi("PassBatch"),
    status: 201,
    refusals: ["PassKeyMissing"],
    act: async ({ cloud, note, passKey }, { body }) => {
      const key = passKey();
      if (key === undefined) return refuse("PassKeyMissing");
      const batch: { issued: z.output<typeof issued>[]; refused: { person: string; problem: z.output<typeof problem> }[] } = { issued: [], refused: [] };
      for (const person of body.persons) {
        const made = await issuePasses(cloud, key, note.actor, person, body.forS);
        if (made.ok) batch.issued.push(issuedJson(made.value));
        else batch.refused.push({ person, problem: problemOf(made.error, { detail: made.detail }) });
      }
      return ok(batch);
    },
  }),
  "POST /v1/persons/{id}/lent-cards": route({
    scope: "cards:lend",
    action: "lent-card lend",
    summary: "Lend a card at a desk for at most 24 hours: it ends by itself, and the person's own card stays as it was",
    params: personId,
    body: z
      .strictObject({
        number: hexBytes(1, 64).openapi({ description: "The canonical bytes of what is read. Never answered, never logged" }),
        desk: text(1, 100),
        dueAt: time.openapi({ description: `At most ${LOAN_MAX_S / 3600} hours ahead` }),
      })
      .openapi("CardLoan"),
    example: { number: "04a1b2c3d4e5f6", desk: "C1 front desk", dueAt: "2026-09-01T18:00:00+08:00" },
    answer: changed(lentCard),
    status: 201,
    refusals: ["PersonUnknown", "RequestMalformed", "CredentialFrozen", "AlreadyLent", "NumberTaken"],
    act: async (call, { params, body }) => {
      const loan = { number: hexToBytes(body.number)!, desk: body.desk, dueAt: secondsOf(body.dueAt, 0) };
      return published(call, await lendCard(call.cloud, call.note, params.id, loan), lentCardJson);
    },
  }),
  "POST /v1/lent-cards/{id}/return": route({
    scope: "cards:lend",
    action: "lent-card return",
    summary: "A lent card is back: it ends at once and can be lent to the next",
    description: "Again changes nothing.",
    params: z.strictObject({ id: credentialId }),
    answer: changed(lentCard),
    refusals: ["LentCardUnknown"],
    act: async (call, { params }) => published(call, await takeBackCard(call.cloud, call.note, params.id), lentCardJson),
  }),
  "GET /v1/lent-cards": route({
    scope: "people:read",
    action: null,
    summary: "Lent cards, or those of one state, such as the overdue ones, or of one person",
    query: pageQuery.extend({ state: z.enum(LOAN_STATES).optional(), person: entityId.optional() }),
    answer: pageOf(lentCard),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit, ...which } }) =>
      ok(page((await listLentCards(cloud, which, after ?? "", limit)).map(lentCardJson), limit, ({ credential }) => credential)),
  }),
};
