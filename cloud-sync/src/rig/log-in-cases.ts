import { sessionIdOf } from "../login/sessions.ts";
import { plainPerson } from "./api-campus.ts";
import { answered, ENDLESS, valueOf } from "./api-rig.ts";
import { type CaseWorld, one, type RouteCases, UNKNOWN, WHY } from "./case-world.ts";
import { operatorCases, type OperatorRoute } from "./operator-cases.ts";
import { backFrom, REDIRECT } from "./rig-providers.ts";
/** Somebody who comes back from the campus account's provider. */
const back = (account: string, before?: (world: CaseWorld) => Promise<unknown>) => ({
  parts: async (world: CaseWorld) => {
    await before?.(world);
    const { url } = await answered(world.client.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
    return { body: backFrom(url, account) };
  },
});
const weChat = (code: string, phoneCode: string | null = null) => ({ parts: () => ({ body: { code, phoneCode } }) });
/** A person with a phone number. */
const withPhone = ({ client }: CaseWorld, digits: string) =>
  answered(client.ask("POST /v1/persons", { body: { ...plainPerson(null), phone: `+86${digits}` } }));
const PHONE = "13800138000";
/** A session of the campus's student, or of another account. */
const sessionOf = async (world: CaseWorld, account = STUDENT): Promise<string> =>
  sessionIdOf((await answered(world.client.ask("POST /v1/log-in/oidc/finish", await back(account).parts(world)))).token);
const leave = async ({ client }: CaseWorld, id: string, audience: "student" | "staff" = "student"): Promise<void> =>
  void (await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id, audience } })));
const STUDENT = "zhang@connect.example.edu";
/** A child of the student. */
const child = async ({ client, person }: CaseWorld): Promise<void> => {
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("family@example.edu") }));
  const body = { validity: ENDLESS, sponsor: person };
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "family" }, body }));
};
/** The student vouches for it no longer. */
const childLeftAlone = async (world: CaseWorld): Promise<void> => {
  await child(world);
  await leave(world, world.person);
};
/** With a session whose person has left since, or whose sponsor has. */
const afterLeaving = async (world: CaseWorld): Promise<string> => {
  const session = await sessionOf(world);
  await leave(world, world.person);
  return session;
};
const afterSponsorLeft = async (world: CaseWorld): Promise<string> => {
  await child(world);
  const session = await sessionOf(world, "family@example.edu");
  await leave(world, world.person);
  return session;
};
const NO_SESSION = "0".repeat(64);

type LogInRoute =
  | "POST /v1/log-in/oidc/begin"
  | "POST /v1/log-in/oidc/finish"
  | "POST /v1/log-in/wechat"
  | "GET /v1/sessions/{id}"
  | "DELETE /v1/sessions/{id}"
  | "DELETE /v1/persons/{id}/sessions"
  | "GET /v1/services"
  | "GET /v1/services/{id}"
  | "GET /v1/services/{id}/entry"
  | "GET /v1/scenes/{scene}";
async function withholdPrinting({ client, person }: CaseWorld): Promise<void> {
  const subject = { kind: "person", id: person } as const;
  const what = { kind: "everywhere", capability: "print" } as const;
  await answered(client.ask("POST /v1/grants", { body: { subject, effect: "withhold", what, validity: ENDLESS, source: { kind: "operator" } } }, WHY));
}
/** Log-ins, sessions, the campus services that they open, and operators. */
export const logInCases: RouteCases<LogInRoute | OperatorRoute> = {
  ...operatorCases,
  "POST /v1/log-in/oidc/begin": {
    good: { parts: () => ({ body: { redirectUri: REDIRECT, scene: "repairs" } }) },
    refused: {
      LogInNotSetUp: { parts: () => ({ body: { redirectUri: REDIRECT } }), providers: "none" },
      RequestMalformed: { parts: () => ({ body: { redirectUri: "https://elsewhere.example/log-in" } }) },
      LogInUnavailable: { parts: () => ({ body: { redirectUri: REDIRECT } }), providers: "down" },
    },
  },
  "POST /v1/log-in/oidc/finish": {
    good: back(STUDENT),
    refused: {
      LogInNotSetUp: { parts: () => ({ body: { code: "c", state: "s" } }), providers: "none" },
      LogInAttemptUnknown: { parts: () => ({ body: { code: "c", state: "s" } }) },
      LogInUnavailable: back("down"),
      LogInRefused: back("spent"),
      AccountDomainRefused: back("zhang@elsewhere.example"),
      AccountUnknown: back("nobody@example.edu"),
      StatusEnded: back(STUDENT, (world) => leave(world, world.person)),
      SponsorEnded: back("family@example.edu", childLeftAlone),
    },
  },
  "POST /v1/log-in/wechat": {
    good: weChat("open-1", PHONE),
    refused: {
      LogInNotSetUp: { ...weChat("open-1"), providers: "none" },
      LogInUnavailable: weChat("busy"),
      WeChatRefused: weChat("spent"),
      PhoneProofRequired: weChat("open-1"),
      PhoneAmbiguous: { parts: async (world) => (await withPhone(world, PHONE), await withPhone(world, PHONE), weChat("open-1", PHONE).parts()) },
      PhoneBelongsToAnother: {
        parts: async (world) => (await answered(world.client.ask("POST /v1/log-in/wechat", weChat("open-1", PHONE).parts())), weChat("open-2", PHONE).parts()),
      },
    },
  },
  "GET /v1/sessions/{id}": {
    good: { parts: async (world) => ({ params: { id: await sessionOf(world) } }) },
    refused: {
      SessionUnknown: one({ id: NO_SESSION }),
      StatusEnded: { parts: async (world) => ({ params: { id: await afterLeaving(world) } }) },
      SponsorEnded: { parts: async (world) => ({ params: { id: await afterSponsorLeft(world) } }) },
    },
  },
  "DELETE /v1/sessions/{id}": {
    good: { parts: async (world) => ({ params: { id: await sessionOf(world) } }) },
    refused: { SessionUnknown: one({ id: NO_SESSION }) },
  },
  "DELETE /v1/persons/{id}/sessions": {
    good: { parts: async (world) => (await sessionOf(world), { params: { id: world.person } }) },
    refused: { PersonUnknown: one({ id: UNKNOWN }) },
  },
  "GET /v1/services": {
    good: { parts: async (world) => ({ query: { session: await sessionOf(world) } }) },
    refused: {
      SessionUnknown: { parts: () => ({ query: { session: NO_SESSION } }) },
      StatusEnded: { parts: async (world) => ({ query: { session: await afterLeaving(world) } }) },
      SponsorEnded: { parts: async (world) => ({ query: { session: await afterSponsorLeft(world) } }) },
    },
  },
  "GET /v1/services/{id}": {
    good: one({ id: "repairs" }),
    refused: {
      ServiceUnknown: one({ id: "none" }),
      SessionUnknown: { parts: () => ({ params: { id: "repairs" }, query: { session: NO_SESSION } }) },
      StatusEnded: { parts: async (world) => ({ params: { id: "repairs" }, query: { session: await afterLeaving(world) } }) },
      SponsorEnded: { parts: async (world) => ({ params: { id: "repairs" }, query: { session: await afterSponsorLeft(world) } }) },
    },
  },
  "GET /v1/services/{id}/entry": {
    good: { parts: async (world) => ({ params: { id: "repairs" }, query: { session: await sessionOf(world) } }) },
    refused: {
      ServiceUnknown: one({ id: "none" }),
      SessionUnknown: { parts: () => ({ params: { id: "repairs" }, query: { session: NO_SESSION } }) },
      StatusEnded: { parts: async (world) => ({ params: { id: "repairs" }, query: { session: await afterLeaving(world) } }) },
      SponsorEnded: { parts: async (world) => ({ params: { id: "repairs" }, query: { session: await afterSponsorLeft(world) } }) },
      LoginRequired: one({ id: "repairs" }),
      ServiceNotForYou: { parts: async (world) => ({ params: { id: "visitor-invitation" }, query: { session: await sessionOf(world) } }) },
      ServiceWithheld: { parts: async (world) => (await withholdPrinting(world), { params: { id: "printing" }, query: { session: await sessionOf(world) } }) },
    },
  },
  "GET /v1/scenes/{scene}": { good: one({ scene: "a=1&b=门" }), refused: {} },
};
