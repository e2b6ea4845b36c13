import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { AUDIENCES } from "../../core/audience.ts";
import { beginOidc, finishOidc, logInByWeChat, openCampusSession } from "../../login/log-in.ts";
import { endSession, endSessionsOf, type OpenedSession, readSession, type Session } from "../../login/sessions.ts";
import { openScene } from "../../services/scene.ts";
import { type Call, changed, gone, nothing, published, route } from "../route.ts";
import { audience, entityId, text, time, timeOf } from "../schemas.ts";

/** SHA-256 of a token: the token itself stands in no path, where proxies would keep it. */
export const sessionId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits")
  .openapi({ description: "SHA-256 of the session's token, in hex", example: "9f86d081884c7d65".repeat(4) });
const scene = text(1, 128).nullable().default(null).openapi({
  description: "What the mini program was opened with: carried through, whatever it says (rule 1.1)",
  example: "sports-hall",
});
const session = z
  .object({
    id: sessionId,
    person: entityId,
    login: z.enum(["phone", "campus"]).openapi({ description: "How the person made itself known (rules 1.2 and 1.3)" }),
    audiences: z.array(audience).openapi({ description: "Those that hold now" }),
    scene: z.string().nullable(),
    openedAt: time,
    until: time,
  })
  .openapi("Session");
const opened = z
  .object({
    token: z.string().openapi({ description: "Told this once; the cloud keeps its hash alone" }),
    session,
    opens: z.string().nullable().openapi({ description: "The service that the scene leads to; null: none, so the home page" }),
  })
  .openapi("OpenedSession");

const sessionJson = ({ id, person, login, audiences, scene: given, openedAt, until }: Session): z.output<typeof session> => ({
  id,
  person,
  login,
  audiences: AUDIENCES.filter((each) => audiences.has(each)),
  scene: given,
  openedAt: timeOf(openedAt),
  until: timeOf(until),
});
const openedJson = ({ services }: Call, made: OpenedSession): z.output<typeof opened> => ({
  token: made.token,
  session: sessionJson(made.session),
  opens: made.session.scene === null ? null : openScene(services, made.session.scene).service,
});

export const logInRoutes = {
  "POST /v1/log-in/oidc/begin": route({
    scope: "sessions:write",
    action: "log-in begin",
    changes: false,
    keepsAnswer: false,
    summary: "Begin a log-in at the campus account (rule 1.2)",
    description: "The browser goes to `url` (OpenID Connect, authorization code with PKCE) and comes back to `redirectUri` with `code` and `state`.",
    body: z.strictObject({ redirectUri: text(1, 1000), scene }),
    example: { redirectUri: "https://app.example.edu/log-in", scene: null },
    answer: z.object({ url: z.string(), until: time }),
    refusals: ["LogInNotSetUp", "RequestMalformed", "LogInUnavailable"],
    act: async ({ cloud, logIn }, { body }) => {
      const begun = await beginOidc(cloud, logIn, { ...body, operatorKey: null });
      return begun.ok ? ok({ url: begun.value.url, until: timeOf(begun.value.until) }) : begun;
    },
  }),
  "POST /v1/log-in/oidc/finish": route({
    scope: "sessions:write",
    action: "log-in finish",
    changes: false,
    keepsAnswer: false,
    summary: "End a log-in at the campus account, and open a session",
    body: z.strictObject({ code: text(1, 4000), state: text(1, 200) }),
    example: { code: "SplxlOBeZQQYbYS6WxSbIA", state: "af0ifjsldkj" },
    answer: opened,
    status: 201,
    refusals: [
      "LogInNotSetUp",
      "LogInAttemptUnknown",
      "LogInUnavailable",
      "LogInRefused",
      "AccountDomainRefused",
      "AccountUnknown",
      "StatusEnded",
      "SponsorEnded",
    ],
    act: async (call, { body }) => {
      const found = await finishOidc(call.cloud, call.logIn, body, false);
      if (!found.ok) return found;
      const made = await openCampusSession(call.cloud, found.value);
      return made.ok ? ok(openedJson(call, made.value)) : made;
    },
  }),
  "POST /v1/log-in/wechat": route({
    scope: "sessions:write",
    action: "log-in wechat",
    changes: false,
    keepsAnswer: false,
    summary: "Log in by WeChat, and open a session (rule 1.3)",
    description: "`code` comes of `wx.login`. A WeChat account that is not known yet shows its phone number: `phoneCode` comes of the button `getPhoneNumber`.",
    body: z.strictObject({ code: text(1, 200), phoneCode: text(1, 200).nullable().default(null), scene }),
    example: { code: "0a3Xy1000Zc0", phoneCode: null, scene: null },
    answer: opened,
    status: 201,
    refusals: ["LogInNotSetUp", "LogInUnavailable", "WeChatRefused", "PhoneProofRequired", "PhoneAmbiguous", "PhoneBelongsToAnother"],
    act: async (call, { body }) => {
      const made = await logInByWeChat(call.cloud, call.logIn, call.note, body);
      if (!made.ok) return made;
      if (made.value.change !== null) await call.publisher.published(made.value.change);
      return ok(openedJson(call, made.value));
    },
  }),
  "GET /v1/sessions/{id}": route({
    scope: "sessions:read",
    action: null,
    summary: "Whose a session is, and what holds of that person now",
    description: "Judged anew at each reading: who has left since has no session any more.",
    params: z.strictObject({ id: sessionId }),
    answer: session,
    refusals: ["SessionUnknown", "StatusEnded", "SponsorEnded"],
    act: async ({ cloud }, { params }) => {
      const found = await readSession(cloud, params.id);
      return found.ok ? ok(sessionJson(found.value)) : found;
    },
  }),
  "DELETE /v1/sessions/{id}": route({
    scope: "sessions:write",
    action: "session end",
    summary: "Log out",
    params: z.strictObject({ id: sessionId }),
    answer: changed(gone),
    refusals: ["SessionUnknown"],
    act: async (call, { params }) => published(call, await endSession(call.cloud, call.note, params.id), nothing),
  }),
  "DELETE /v1/persons/{id}/sessions": route({
    scope: "sessions:write",
    action: "session end-all",
    summary: "Log a person out everywhere, and forget which WeChat account is theirs",
    description: "For a phone that is lost, and for a phone number that has got a new owner.",
    params: z.strictObject({ id: entityId }),
    answer: changed(z.object({ sessions: z.int().openapi({ description: "So many were open" }) })),
    refusals: ["PersonUnknown"],
    act: async (call, { params }) => published(call, await endSessionsOf(call.cloud, call.note, params.id), (counts) => counts),
  }),
};
