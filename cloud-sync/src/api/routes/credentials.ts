import { z } from "@hono/zod-openapi";
import { CREDENTIAL_KINDS, hexToBytes, bytesToHex, ok } from "@portico/card-protocol";
import { lawOf } from "../../cases/coming-as.ts";
import { unfreezeByCase } from "../../cases/unfreeze-by-case.ts";
import { refuse } from "../../core/refusal.ts";
import { type Credential, credentialsOf, issueCredential, readCredential, removeCredential, setCredentialState } from "../../credentials.ts";
import { readPerson } from "../../people.ts";
import { isPhoneLost } from "../../phones/phone-loss.ts";
import { CREDENTIAL_STATES, type CredentialState } from "../../store/schema.ts";
import { type Call, changed, gone, nothing, published, reasonMissing, route } from "../route.ts";
import { credentialId, entityId, hexBytes, pageOf, secondsOf, time, timeOf, validity, validityFrom, validityJson, whole } from "../schemas.ts";
import { caseId } from "./case-schemas.ts";
import { personId } from "./persons.ts";

const publicKey = hexBytes(32, 32).nullable().openapi({ description: "Kind qr: the phone's own Ed25519 key; null: it shows issued passes" });
const takesIssuedUntil = time.nullable().openapi({ description: "Beside a publicKey: issued passes signed before this instant are taken too" });
const kind = z.enum(CREDENTIAL_KINDS);
const credential = z
  .object({ id: credentialId, person: entityId, kind, state: z.enum(CREDENTIAL_STATES), stateSince: time, validity, publicKey, takesIssuedUntil })
  .openapi("Credential");
const issueBody = z
  .strictObject({
    kind,
    validity,
    publicKey,
    takesIssuedUntil,
    number: hexBytes(1, 64)
      .nullable()
      .openapi({ description: "Of card, plate, ID card and face: the canonical bytes of what is read. Never answered, never logged" }),
  })
  .openapi("CredentialContent");
const oneId = z.strictObject({ id: credentialId });
const caseBody = z.strictObject({
  case: caseId.nullable().openapi({ description: "Number of the case that asks for it; whoever takes a call opens one, of type unfreeze" }),
});

const credentialJson = ({ id, person, kind: what, state, stateSince, ...rest }: Credential): z.output<typeof credential> => ({
  id,
  person,
  kind: what,
  state,
  stateSince: timeOf(stateSince),
  validity: validityJson(rest.validity),
  publicKey: rest.publicKey === null ? null : bytesToHex(rest.publicKey),
  takesIssuedUntil: rest.takesIssuedUntil === null ? null : timeOf(rest.takesIssuedUntil),
});

/** Loss and return concern the physical card alone (rule 4.3). A credential's kind never changes, so it may be read before. */
async function cardOnly({ cloud }: Call, id: string) {
  const found = await readCredential(cloud.database.queries, id);
  return found !== undefined && found.kind !== "card" ? refuse("CardOnly", `credential ${id} is of kind ${found.kind}`) : undefined;
}

/** Only another phone lifts what a lost one stopped (rule 4.5). */
async function phoneLost({ cloud }: Call, id: string) {
  const { queries } = cloud.database;
  const found = await readCredential(queries, id);
  return found?.kind === "qr" && (await isPhoneLost(queries, found.person)) ? refuse("PhoneLost", `person ${found.person}`) : undefined;
}

/** Into a state by a way that needs no case: one that is frozen has none but unfreezing. */
async function moved(call: Call, id: string, state: CredentialState, from: readonly CredentialState[]) {
  const result = await setCredentialState(call.cloud, call.note, id, state, null, from);
  if (result.ok) return published(call, result, credentialJson);
  return result.error === "CaseRequired" ? refuse("StateRefused", "frozen") : refuse(result.error, result.detail);
}

export const credentialRoutes = {
  "POST /v1/persons/{id}/credentials": route({
    scope: "credentials:write",
    action: "credential issue",
    summary: "Give a person a credential",
    description: "A new key or a new card is always a new credential.",
    params: personId,
    body: issueBody,
    example: { kind: "card", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: "04a1b2c3d4e5f6" },
    answer: changed(credential),
    status: 201,
    refusals: ["PersonUnknown", "NumberTaken", "RequestMalformed", "PossessionRequired"],
    act: async (call, { params, body }) => {
      if (body.publicKey !== null) return refuse("PossessionRequired");
      const content = {
        kind: body.kind,
        validity: validityFrom(body.validity),
        publicKey: bytesOf(body.publicKey),
        takesIssuedUntil: body.takesIssuedUntil === null ? null : secondsOf(body.takesIssuedUntil, 0),
        number: bytesOf(body.number),
      };
      return published(call, await issueCredential(call.cloud, call.note, params.id, content), credentialJson);
    },
  }),
  "GET /v1/persons/{id}/credentials": route({
    scope: "people:read",
    action: null,
    summary: "A person's credentials",
    params: personId,
    answer: pageOf(credential),
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params }) => {
      const { queries } = cloud.database;
      if ((await readPerson(queries, params.id)) === undefined) return refuse("PersonUnknown", params.id);
      return ok(whole((await credentialsOf(queries, params.id)).map(credentialJson)));
    },
  }),
  "GET /v1/credentials/{id}": route({
    scope: "people:read",
    action: null,
    summary: "One credential",
    params: oneId,
    answer: credential,
    refusals: ["CredentialUnknown"],
    act: async ({ cloud }, { params }) => {
      const found = await readCredential(cloud.database.queries, params.id);
      return found === undefined ? refuse("CredentialUnknown", params.id) : ok(credentialJson(found));
    },
  }),
  "POST /v1/credentials/{id}/report-lost": route({
    scope: "credentials:write",
    action: "credential report-lost",
    summary: "A physical card is lost: doors refuse it as soon as they know (rule 4.1)",
    description: "Again changes nothing. The QR of the same person goes on working (rule 4.3).",
    params: oneId,
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused", "CardOnly"],
    act: async (call, { params }) => (await cardOnly(call, params.id)) ?? moved(call, params.id, "lost", ["active"]),
  }),
  "POST /v1/credentials/{id}/return": route({
    scope: "credentials:write",
    action: "credential return",
    summary: "A lost card is back (rule 4.2)",
    description: "Again changes nothing. A frozen or suspended card stays as it is.",
    params: oneId,
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused", "CardOnly"],
    act: async (call, { params }) => (await cardOnly(call, params.id)) ?? moved(call, params.id, "active", ["lost"]),
  }),
  "POST /v1/credentials/{id}/freeze": route({
    scope: "credentials:freeze",
    action: "credential freeze",
    summary: "Freeze a credential; the reason is the evidence (rule 2.4)",
    params: oneId,
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused", "ReasonRequired"],
    act: async (call, { params }) => reasonMissing(call) ?? moved(call, params.id, "frozen", ["active", "lost", "suspended"]),
  }),
  "POST /v1/credentials/{id}/unfreeze": route({
    scope: "credentials:freeze",
    action: "credential unfreeze",
    summary: "Unfreeze a credential by a case (rule 2.5)",
    params: oneId,
    body: caseBody,
    example: { case: "JD-2026-000042" },
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused", "CaseRequired", "CaseUnknown", "CaseNotForThis", "ReasonRequired"],
    act: async (call, { params, body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      if (body.case === null) return published(call, await setCredentialState(call.cloud, call.note, params.id, "active", null, ["frozen"]), credentialJson);
      const note = { ...call.note, reason: `case ${body.case}: ${call.note.reason}` };
      return published(call, await unfreezeByCase(call.cloud, note, lawOf(call), params.id, body.case), credentialJson);
    },
  }),
  "POST /v1/credentials/{id}/suspend": route({
    scope: "credentials:write",
    action: "credential suspend",
    summary: "Suspend a credential until it is cleared",
    params: oneId,
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused"],
    act: async (call, { params }) => moved(call, params.id, "suspended", ["active"]),
  }),
  "POST /v1/credentials/{id}/clear": route({
    scope: "credentials:write",
    action: "credential clear",
    summary: "Lift a suspension",
    params: oneId,
    answer: changed(credential),
    refusals: ["CredentialUnknown", "StateRefused", "PhoneLost"],
    act: async (call, { params }) => (await phoneLost(call, params.id)) ?? moved(call, params.id, "active", ["suspended"]),
  }),
  "DELETE /v1/credentials/{id}": route({
    scope: "credentials:write",
    action: "credential remove",
    summary: "Take a credential away for good: it stays revoked in every zone",
    params: oneId,
    answer: changed(gone),
    refusals: ["CredentialUnknown"],
    act: async (call, { params }) => published(call, await removeCredential(call.cloud, call.note, params.id), nothing),
  }),
};

/** Hex that its schema has judged. */
const bytesOf = (hex: string | null): Uint8Array | null => (hex === null ? null : hexToBytes(hex)!);
