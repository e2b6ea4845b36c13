import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { attachToCase, readAttachment } from "../../cases/attach-case.ts";
import { ATTACHMENT_BYTES_MAX } from "../../cases/case-type-file.ts";
import { listCases, readWholeCase } from "../../cases/case-answer.ts";
import type { KeptCase } from "../../cases/case-row.ts";
import { actingAs, type Coming, lawOf, mayOpen, rolesIn, whoComes, whoIsKnown } from "../../cases/coming-as.ts";
import { moveCase } from "../../cases/move-case.ts";
import { openCase, typeMeant } from "../../cases/open-case.ts";
import { teamsOf } from "../../cases/teams.ts";
import { refuse } from "../../core/refusal.ts";
import type { Within } from "../../delegation/authority.ts";
import type { CaseAttachmentTable } from "../../store/case-tables.ts";
import type { Queries } from "../../store/cloud-database.ts";
import { type Call, changed, published, route } from "../route.ts";
import { entityId, listId, page, pageOf, pageQuery, phoneField, text, timeOf, whole } from "../schemas.ts";
import {
  caseAttachment,
  caseId,
  caseJson,
  caseSummary,
  caseTypeAnswer,
  caseTypeJson,
  comingAs,
  longText,
  saidPlace,
  summaryJson,
  wholeCase,
} from "./case-schemas.ts";

const DESCRIPTION_MAX = 4_000;
const params = z.strictObject({ id: caseId });
const openBody = z
  .strictObject({
    type: listId.optional().openapi({ description: "Where several types take the category; else the one for reports" }),
    category: text(1, 64).openapi({ example: "水" }),
    description: longText(DESCRIPTION_MAX),
    place: saidPlace.nullable().openapi({ description: "As it was said by hand; null: not said" }),
    beacons: saidPlace.nullable().openapi({ description: "What beacons say: heard indoors in C1 to C7, and never needed (rule 6.6)" }),
    form: z.record(z.string(), z.string()),
    reporter: comingAs.nullable().openapi({ description: "Null: the desk's own" }),
  })
  .openapi("CaseOpening");
const stepBody = z
  .strictObject({
    transition: text(1, 32).openapi({ example: "dispatch" }),
    as: comingAs.nullable().openapi({ description: "Whoever it is done for; null: whoever asks, as the desk or a member of the team" }),
    text: longText(DESCRIPTION_MAX).optional(),
    rating: z.int().min(1).max(5).optional(),
    team: listId.optional(),
    place: saidPlace.optional(),
    category: text(1, 64).optional(),
  })
  .openapi("CaseStep");
const caller = { person: entityId.optional(), phone: phoneField.unwrap().optional() };

const nowOf = ({ cloud }: Call): number => Math.floor(cloud.nowMs() / 1000);

async function told(call: Call, coming: Coming | undefined, { row }: Pick<KeptCase, "row">): Promise<z.output<typeof wholeCase>> {
  const { queries } = call.cloud.database;
  const found = (await readWholeCase(queries, row.id))!;
  return caseJson(queries, lawOf(call), found, await rolesIn(call, queries, coming, found), actingAs(call, coming), nowOf(call));
}

/** A delegated administrator is asked about the cases of his teams alone, and acts as nobody else. */
async function ofOwnTeams({ cloud, apiKey }: Call, team: string | null | undefined): Promise<Within> {
  const operator = apiKey?.operator ?? null;
  const mine = operator === null ? [] : await teamsOf(cloud.database.queries, operator);
  return team !== null && team !== undefined && mine.includes(team) ? "anywhere" : "elsewhere";
}
const teamOfCase = async ({ cloud }: Call, id: string): Promise<string | null> =>
  (await cloud.database.queries.selectFrom("campus_case").select("team").where("id", "=", id).executeTakeFirst())?.team ?? null;

/** Base64 is a third longer, and something stands around it. */
const ATTACHMENT_BODY_MAX = Math.ceil((ATTACHMENT_BYTES_MAX * 4) / 3) + 64 * 1024;
const attachBody = z
  .strictObject({
    as: comingAs.nullable().openapi({ description: "Whoever attaches it; null: whoever asks" }),
    name: text(1, 100).openapi({ example: "leak.jpg" }),
    type: text(3, 100).openapi({ description: "What it is said to be; its content decides", example: "image/jpeg" }),
    content: z.base64().min(4).openapi({ description: "Its bytes, Base64 (RFC 4648 §4)" }),
  })
  .openapi("NewAttachment");
const attachmentJson = ({ sha256, name, type, bytes, at, role }: CaseAttachmentTable) => ({ sha256, name, type, bytes, at: timeOf(at), role });

export const caseRoutes = {
  "GET /v1/case-types": route({
    scope: "cases:read",
    action: null,
    within: async () => "anywhere",
    summary: "Every type of case: categories, form, states, and who may do what in which",
    answer: pageOf(caseTypeAnswer),
    refusals: [],
    act: async (call) => ok(whole(call.caseTypes.map((type) => caseTypeJson(lawOf(call), type)))),
  }),
  "POST /v1/cases": route({
    scope: "cases:write",
    action: "case open",
    changes: false,
    summary: "Report something, or apply for something: it gets a number and goes to the team that takes it",
    description: "For whom a type is its campus service says (rules 1.4 and 6.3); who is refused hears whom to ask.",
    body: openBody,
    example: {
      category: "水",
      description: "三楼茶水间漏水",
      place: { area: "C1", text: "3 楼茶水间" },
      beacons: null,
      form: {},
      reporter: { person: "01990246-a5d0-7000-8000-0123456789ab" },
    },
    answer: z.object({ value: wholeCase, change: z.int() }),
    status: 201,
    refusals: [
      "CaseCategoryUnknown",
      "CaseTypeUnknown",
      "CaseNotYours",
      "CaseDescriptionRequired",
      "CaseFormRefused",
      "CredentialUnknown",
      "CaseNotForThis",
      "SessionUnknown",
      "PersonUnknown",
      "StatusEnded",
      "SponsorEnded",
      "LoginRequired",
      "ServiceNotForYou",
      "ServiceWithheld",
    ],
    act: async (call, { body }) => {
      const law = lawOf(call);
      const type = typeMeant(law, body.type, body.category);
      if (!type.ok) return type;
      const coming = body.reporter === null ? undefined : await whoComes(call, body.reporter);
      if (coming?.ok === false) return coming;
      const refusal = coming && mayOpen(law, type.value, body.category, coming.value.asker);
      if (refusal !== undefined) return refusal;
      const { category, description, place, beacons, form } = body;
      const opening = {
        category,
        description,
        place,
        beacons,
        form,
        reporter: coming?.value.reporter ?? null,
        role: coming === undefined ? "desk" : "reporter",
      } as const;
      const made = await openCase(call.cloud, call.note, law, type.value, opening);
      return made.ok ? ok({ value: await told(call, coming?.value, made.value.value), change: made.value.change }) : made;
    },
  }),
  "GET /v1/cases": route({
    scope: "cases:read",
    action: null,
    within: (call, { query }) => ofOwnTeams(call, query.team),
    summary: "Cases, the newest first: somebody's own (rule 6.5), a team's, those of a state",
    query: pageQuery.extend({
      ...caller,
      team: listId.optional(),
      type: listId.optional(),
      category: text(1, 64).optional(),
      state: text(1, 64).optional(),
      open: z.enum(["yes", "no"]).optional().openapi({ description: "Whether anything is left to be done" }),
    }),
    answer: pageOf(caseSummary),
    refusals: [],
    act: async (call, { query: { after, limit, open, ...which } }) => {
      const before = after === undefined ? undefined : Number(/-(\d+)$/.exec(after)?.[1] ?? after);
      const asked = { ...which, isOpen: open === undefined ? undefined : open === "yes", before: Number.isSafeInteger(before) ? before : undefined, limit };
      const found = await listCases(call.cloud.database.queries, lawOf(call), asked, nowOf(call));
      return ok(page(found.map((kept) => summaryJson(lawOf(call), kept, nowOf(call))), limit, ({ id }) => id)); // prettier-ignore
    },
  }),
  "GET /v1/cases/{id}": route({
    scope: "cases:read",
    action: null,
    within: async (call, { params: { id } }) => ofOwnTeams(call, await teamOfCase(call, id)),
    summary: "One case with its whole history, and what whoever asks may do now",
    params,
    query: z.strictObject(caller).openapi({ description: "For whom `may` is told; neither: for the caller itself" }),
    answer: wholeCase,
    refusals: ["CaseUnknown", "PersonUnknown"],
    act: async (call, { params: { id }, query: { person, phone } }) => {
      const as = person !== undefined ? { person } : phone !== undefined ? { phone } : undefined;
      const coming = as && (await whoIsKnown(call, as));
      if (coming?.ok === false) return coming;
      const { queries } = call.cloud.database;
      const row = await queries.selectFrom("campus_case").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? refuse("CaseUnknown", id) : ok(await told(call, coming?.value, { row }));
    },
  }),
  "POST /v1/cases/{id}/steps": route({
    scope: "cases:write",
    more: ["cases:decide"],
    action: "case step",
    within: async (call, { params: { id }, body }) => ofOwnTeams(call, body.as === null ? await teamOfCase(call, id) : null),
    summary: "Do something in a case: what its type's table allows, and nothing else",
    description: "All that a step does, such as unfreezing a code, is one transaction with it; `publish` says by which publication a list carries it.",
    params,
    body: stepBody,
    example: { transition: "dispatch", as: null, team: "plumbers" },
    answer: changed(wholeCase),
    refusals: [
      "CaseUnknown",
      "CaseTransitionUnknown",
      "CaseNotYours",
      "CaseWindowOver",
      "CaseTransitionRefused",
      "CaseDemandMissing",
      "CaseSameApprover",
      "TeamUnknown",
      "CaseCategoryUnknown",
      "CaseTypeUnknown",
      "CaseEffectRefused",
      "PersonUnknown",
      "SessionUnknown",
      "StatusEnded",
      "SponsorEnded",
    ],
    act: async (call, { params: { id }, body }) => {
      const coming = body.as === null ? undefined : await whoComes(call, body.as);
      if (coming?.ok === false) return coming;
      const { transition, text: said = "", rating = null, team = null, place = null, category = null } = body;
      const made = await moveCase(call.cloud, { ...call.note, action: `case ${transition}` }, lawOf(call), id, {
        transition,
        rolesIn: (kept, queries) => rolesIn(call, queries, coming?.value, kept),
        actor: actingAs(call, coming?.value),
        text: said,
        rating,
        team,
        place,
        category,
      });
      if (!made.ok) return made;
      const value = await told(call, coming?.value, made.value.value);
      return published(call, ok({ value, change: made.value.change }), (each) => each);
    },
  }),
  "POST /v1/cases/{id}/attachments": route({
    scope: "cases:write",
    action: "case attach",
    changes: false,
    within: async (call, { params: { id }, body }) => ofOwnTeams(call, body.as === null ? await teamOfCase(call, id) : null),
    summary: "Attach a picture or document to a case; what it is its content says",
    description: "The same bytes again change nothing. How many, how large and of which types each case type says.",
    params,
    body: attachBody,
    bodyBytesMax: ATTACHMENT_BODY_MAX,
    example: { as: null, name: "dot.png", type: "image/png", content: "iVBORw0KGgo=" },
    answer: z.object({ value: caseAttachment, change: z.int() }),
    status: 201,
    refusals: [
      "CaseUnknown",
      "CaseNotYours",
      "CaseTransitionRefused",
      "AttachmentTooLarge",
      "AttachmentTypeRefused",
      "AttachmentsFull",
      "PersonUnknown",
      "SessionUnknown",
      "StatusEnded",
      "SponsorEnded",
    ],
    act: async (call, { params: { id }, body: { as, name, type, content } }) => {
      const coming = as === null ? undefined : await whoComes(call, as);
      if (coming?.ok === false) return coming;
      const rolesOf = (kept: KeptCase, queries: Queries) => rolesIn(call, queries, coming?.value, kept);
      const bytes = new Uint8Array(Buffer.from(content, "base64"));
      const made = await attachToCase(call.cloud, call.note, lawOf(call), call.attachments, id, { name, type, bytes, rolesIn: rolesOf });
      return made.ok ? ok({ value: attachmentJson(made.value.value), change: made.value.change }) : made;
    },
  }),
  "GET /v1/cases/{id}/attachments/{sha256}": route({
    scope: "cases:read",
    action: null,
    within: async (call, { params: { id } }) => ofOwnTeams(call, await teamOfCase(call, id)),
    summary: "One attachment with its bytes, as JSON: no browser opens it by itself",
    params: z.strictObject({ id: caseId, sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits") }),
    answer: caseAttachment.extend({ content: z.string().openapi({ description: "Base64" }) }),
    refusals: ["AttachmentUnknown"],
    act: async ({ cloud, attachments }, { params: { id, sha256 } }) => {
      const found = await readAttachment(cloud.database.queries, attachments, id, sha256);
      return found === undefined
        ? refuse("AttachmentUnknown", sha256)
        : ok({ ...attachmentJson(found.row), content: Buffer.from(found.bytes).toString("base64") });
    },
  }),
};
