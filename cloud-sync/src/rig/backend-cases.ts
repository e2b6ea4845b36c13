import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { makePossession } from "@portico/card-protocol/phone";
import type { passRoutes } from "../api/routes/passes.ts";
import type { phoneRoutes } from "../api/routes/phones.ts";
import { SHOWN_QR } from "./api-campus.ts";
import { answered, ENDLESS, valueOf } from "./api-rig.ts";
import { cardAfter, type CaseWorld, CONTROLLER_KEY, frozenPhone, NO_CREDENTIAL, one, personOf, type RouteCases, UNKNOWN } from "./case-world.ts";

const alumnusOf = async (world: CaseWorld): Promise<string> => {
  const id = await personOf(world, "alumna@example.edu");
  await answered(
    world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "alumni" }, body: { validity: ENDLESS, sponsor: null } }),
  );
  await answered(world.client.ask("POST /v1/persons/{id}/credentials", { params: { id }, body: SHOWN_QR }));
  return id;
};
/** Passes of the person, behind something that stands in the way. */
const passesAfter = (before: (world: CaseWorld) => unknown, of: (world: CaseWorld) => string | Promise<string> = ({ person }) => person) => ({
  parts: async (world: CaseWorld) => {
    await before(world);
    return { params: { id: await of(world) }, body: { forS: 30 } };
  },
});
export const lose = ({ client, person }: CaseWorld) => answered(client.ask("POST /v1/persons/{id}/report-phone-lost", { params: { id: person }, body: LOSS }));
const suspend = ({ client, phone }: CaseWorld) => answered(client.ask("POST /v1/credentials/{id}/suspend", { params: { id: phone } }));
const LOSS = { channel: "guard", identityCheck: "staff card" } as const;
const DUE = "2026-09-01T12:00:00Z";
const loanOf = (number = "0badcafe") => ({ number, desk: "C1", dueAt: DUE });
const lentOf = async ({ client, person }: CaseWorld): Promise<string> =>
  (await valueOf(client.ask("POST /v1/persons/{id}/lent-cards", { params: { id: person }, body: loanOf() }))).credential;
const lending = (body: ReturnType<typeof loanOf>, before: (world: CaseWorld) => unknown = () => {}) => ({
  parts: async (world: CaseWorld) => {
    await before(world);
    return { params: { id: world.person }, body };
  },
});

/** What the mini program's backend asks for. */
export const BACKEND_CASES: RouteCases<keyof typeof phoneRoutes | keyof typeof passRoutes> = {
  "GET /v1/persons/{id}/phone": { good: { parts: ({ person }) => ({ params: { id: person } }) }, refused: { PersonUnknown: one({ id: UNKNOWN }) } },
  "POST /v1/persons/{id}/phone-challenges": {
    good: { parts: ({ person }) => ({ params: { id: person } }) },
    refused: { PersonUnknown: one({ id: UNKNOWN }) },
  },
  "POST /v1/persons/{id}/phone-keys": {
    good: { parts: async (world) => ({ params: { id: world.person }, body: await enrolmentBody(world, "a") }) },
    refused: {
      PersonUnknown: { parts: async (world) => ({ params: { id: UNKNOWN }, body: await enrolmentBody(world, "a") }) },
      RequestMalformed: {
        parts: async (world) => ({ params: { id: world.person }, body: { ...(await enrolmentBody(world, "a")), publicKey: "00".repeat(32) } }),
      },
      PossessionRefused: { parts: async (world) => ({ params: { id: world.person }, body: { ...(await enrolmentBody(world, "a")), publicKey: CONTROLLER_KEY } }) }, // prettier-ignore
      PhoneKeyUsed: { parts: async (world) => (await enrolled(world, "a"), { params: { id: world.person }, body: await enrolmentBody(world, "a") }) },
      CredentialFrozen: { parts: async (world) => (await frozenPhone(world), { params: { id: world.person }, body: await enrolmentBody(world, "a") }) },
      PhoneKeyActive: { parts: async (world) => (await enrolled(world, "a"), { params: { id: world.person }, body: await enrolmentBody(world, "b") }) },
    },
  },
  "POST /v1/persons/{id}/report-phone-lost": {
    good: { parts: ({ person }) => ({ params: { id: person }, body: LOSS }) },
    refused: { PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: LOSS }) } },
  },
  "GET /v1/lost-phones": { good: { parts: async (world) => (await lose(world), { query: {} }) }, refused: {} },
  "POST /v1/persons/{id}/passes": {
    good: { parts: ({ person }) => ({ params: { id: person }, body: { forS: 600 } }) },
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: { forS: 30 } }) },
      PhoneLost: passesAfter(lose),
      CredentialFrozen: passesAfter(frozenPhone),
      CredentialSuspended: passesAfter(suspend),
      CredentialNotValid: passesAfter(({ client, phone }) => answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: phone } }))),
      PassNotTaken: passesAfter(
        () => {},
        (world) => personOf(world, "new@example.edu"),
      ),
      CardNotForYou: passesAfter(() => {}, alumnusOf),
      PassKeyMissing: passesAfter(({ loseKey }) => loseKey()),
    },
  },
  "POST /v1/passes": {
    good: { parts: ({ person }) => ({ body: { persons: [person, UNKNOWN], forS: 30 } }) },
    refused: { PassKeyMissing: { parts: ({ person, loseKey }) => (loseKey(), { body: { persons: [person], forS: 30 } }) } },
  },
  "POST /v1/persons/{id}/lent-cards": {
    good: lending(loanOf()),
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: loanOf() }) },
      RequestMalformed: lending({ ...loanOf(), dueAt: "2026-09-02T00:00:01Z" }),
      CredentialFrozen: lending(loanOf(), (world) => cardAfter("freeze").parts(world)),
      AlreadyLent: lending(loanOf("0bad"), lentOf),
      NumberTaken: lending(loanOf("04010203")),
    },
  },
  "POST /v1/lent-cards/{id}/return": {
    good: { parts: async (world) => ({ params: { id: await lentOf(world) } }) },
    refused: { LentCardUnknown: one({ id: NO_CREDENTIAL }) },
  },
  "GET /v1/lent-cards": { good: { parts: async (world) => (await lentOf(world), { query: { state: "out" as const } }) }, refused: {} },
};

/** What a phone with a key of this name sends to enrol it. */
export async function enrolmentBody({ client, person, site }: Pick<CaseWorld, "client" | "person" | "site">, name: string, replaces: string | null = null) {
  const signer = nodeSigner(nodeSha256(Buffer.from(`phone ${name}`)));
  const { nonce } = await answered(client.ask("POST /v1/persons/{id}/phone-challenges", { params: { id: person } }));
  const proof = makePossession(site, { nonce: hexToBytes(nonce)!, person }, signer);
  return { publicKey: bytesToHex(signer.publicKey), nonce, proof: bytesToHex(proof), validity: ENDLESS, replaces };
}
async function enrolled(world: CaseWorld, name: string): Promise<string> {
  return (await valueOf(world.client.ask("POST /v1/persons/{id}/phone-keys", { params: { id: world.person }, body: await enrolmentBody(world, name) }))).credential; // prettier-ignore
}
