import { z } from "@hono/zod-openapi";
import { bytesToHex, hexToBytes, ok } from "@portico/card-protocol";
import { challengePhone, type EnrolledPhone, enrolPhone } from "../../phones/phone-keys.ts";
import { listLostPhones, LOSS_CHANNELS, type PhoneState, readPhone, reportPhoneLost } from "../../phones/phone-loss.ts";
import { refuse } from "../../core/refusal.ts";
import { CREDENTIAL_STATES } from "../../store/schema.ts";
import { changed, published, route } from "../route.ts";
import { credentialId, entityId, hexBytes, page, pageOf, pageQuery, text, time, timeOf, validity, validityFrom } from "../schemas.ts";
import { personId } from "./persons.ts";

const state = z.enum(CREDENTIAL_STATES);
const publicKey = hexBytes(32, 32).openapi({ description: "Ed25519, made on the phone", example: "c050c563".repeat(8) });
const nonce = hexBytes(32, 32).openapi({ description: "What `phone-challenges` answered", example: "5f2c1a9e".repeat(8) });
const phone = z
  .object({
    person: entityId,
    lostSince: time.nullable().openapi({ description: "Null: it is not reported lost" }),
    held: z.array(z.object({ credential: credentialId, state, publicKey })).openapi({ description: "What the phone's own key signs for" }),
    issued: z.array(z.object({ credential: credentialId, state })).openapi({ description: "What issued passes stand for" }),
    passesUntil: time
      .nullable()
      .openapi({ description: "Until when an issued pass may still be taken by a door that has heard nothing since; null: none was issued" }),
  })
  .openapi("Phone");
const enrolled = z
  .object({
    credential: credentialId.openapi({ description: "What the phone signs for: passes H and HC bear it" }),
    ended: z.array(credentialId).openapi({ description: "Credentials that ended with it" }),
    issuedCredential: credentialId
      .nullable()
      .openapi({ description: "What issued passes stand for until the doors know the key: see publish; null: the person has none" }),
  })
  .openapi("EnrolledPhone");
const enrolBody = z
  .strictObject({
    publicKey,
    nonce,
    proof: hexBytes(64, 512).openapi({ description: "Signed record of kind 4 over nonce, person and key: docs/card-format.md", example: "84".repeat(64) }),
    validity,
    replaces: credentialId.nullable().openapi({ description: "The held credential in use that ends with this one; null: there is none" }),
  })
  .openapi("PhoneEnrolment");
const lostPhone = z.object({ person: entityId, lostSince: time, passesUntil: phone.shape.passesUntil.unwrap() }).openapi("LostPhone");
const lossBody = z
  .strictObject({
    channel: z.enum(LOSS_CHANNELS).openapi({ description: "Where it was reported" }),
    identityCheck: text(1, 200).openapi({ description: "How it was made sure who reports it; stands in the audit" }),
  })
  .openapi("PhoneLoss");

const phoneJson = ({ person, lostSince, held, issued, passesUntil }: PhoneState): z.output<typeof phone> => ({
  person,
  lostSince: lostSince === null ? null : timeOf(lostSince),
  held: held.map((one) => ({ ...one, publicKey: bytesToHex(one.publicKey) })),
  issued: issued.map((one) => ({ ...one })),
  passesUntil: passesUntil === null ? null : timeOf(passesUntil),
});
const enrolledJson = ({ ended, ...rest }: EnrolledPhone): z.output<typeof enrolled> => ({ ...rest, ended: [...ended] });

export const phoneRoutes = {
  "GET /v1/persons/{id}/phone": route({
    scope: "people:read",
    action: null,
    summary: "What a person's phone may: its keys, what issued passes stand for, whether it is lost",
    params: personId,
    answer: phone,
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params }) => {
      const found = await readPhone(cloud.database.queries, params.id);
      return found === undefined ? refuse("PersonUnknown", params.id) : ok(phoneJson(found));
    },
  }),
  "POST /v1/persons/{id}/phone-challenges": route({
    scope: "phones:write",
    action: "phone challenge",
    changes: false,
    summary: "A challenge for a phone to sign with the key that it enrols; it is good once, for 5 minutes",
    params: personId,
    answer: z.object({ nonce, expiresAt: time }).openapi("PhoneChallenge"),
    status: 201,
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params }) => {
      const made = await challengePhone(cloud, params.id);
      return made.ok ? ok({ nonce: bytesToHex(made.value.nonce), expiresAt: timeOf(made.value.expiresAt) }) : made;
    },
  }),
  "POST /v1/persons/{id}/phone-keys": route({
    scope: "phones:write",
    action: "phone enrol",
    summary: "Enrol a phone's own key, with proof that the phone holds it: the phone then signs its passes off-line",
    description:
      "A person has one key in use. Until the doors know it (`publish`) the phone shows issued passes. Lifts a loss of the phone and suspensions of the QR (rule 4.5): what was suspended is replaced, never revived. A frozen QR stays frozen (rule 2.5).",
    params: personId,
    body: enrolBody,
    example: { publicKey: "c050c563".repeat(8), nonce: "5f2c1a9e".repeat(8), proof: "84".repeat(64), validity: { from: null, until: null }, replaces: null },
    answer: changed(enrolled),
    status: 201,
    refusals: ["PersonUnknown", "RequestMalformed", "PossessionRefused", "PhoneKeyUsed", "CredentialFrozen", "PhoneKeyActive"],
    act: async (call, { params, body }) => {
      // Hex that its schema has judged.
      const bytes = { publicKey: hexToBytes(body.publicKey)!, nonce: hexToBytes(body.nonce)!, proof: hexToBytes(body.proof)! };
      const enrolment = { ...bytes, validity: validityFrom(body.validity), replaces: body.replaces };
      return published(call, await enrolPhone(call.cloud, call.note, params.id, enrolment), enrolledJson);
    },
  }),
  "POST /v1/persons/{id}/report-phone-lost": route({
    scope: "phones:write",
    action: "phone report-lost",
    summary: "A phone is lost: its key and the passes that it holds die, the QR is suspended; the physical card goes on (rule 4.5)",
    description: "All sessions of the person end with it. Again changes nothing. Enrolling another phone lifts it.",
    params: personId,
    body: lossBody,
    example: { channel: "hotline", identityCheck: "called back on the number of the staff list" },
    answer: changed(phone),
    refusals: ["PersonUnknown"],
    act: async (call, { params, body }) => published(call, await reportPhoneLost(call.cloud, call.note, params.id, body), phoneJson),
  }),
  "GET /v1/lost-phones": route({
    scope: "people:read",
    action: null,
    summary: "Whose phone is lost, and no other enrolled since",
    query: pageQuery,
    answer: pageOf(lostPhone),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit } }) => {
      const found = await listLostPhones(cloud.database.queries, after ?? "", limit);
      const items = found.map((each) => ({ person: each.person, lostSince: timeOf(each.lostSince), passesUntil: timeOf(each.passesUntil) }));
      return ok(page(items, limit, ({ person }) => person));
    },
  }),
};
