import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TokenFault } from "../src/providers/oidc-stand-in.ts";
import { type LogInBench, logInBench, REDIRECT, said, sessionIn } from "./log-in-bench.ts";

let bench: LogInBench;
beforeEach(async () => void (bench = await logInBench()));
afterEach(() => bench.close());

const STUDENT = "zhang@connect.example.edu";
const HOTLINE = expect.stringContaining("IT 服务热线");
const weChatLogIn = (code: string, phoneCode: string | null = null) => bench.backend.ask("POST /v1/log-in/wechat", { body: { code, phoneCode } });
const refusal = (status: number, reason: string, rule?: string) => ({ ok: false, status, problem: { reason, ...(rule && { rule, caseCategory: "校园卡", contact: HOTLINE }) } }); // prettier-ignore

test("rule 1.1: what the mini program was opened with comes back with the session as it went in, known or not; what no code can carry is refused", async () => {
  await bench.person({ account: STUDENT }, "student");
  for (const [scene, opens] of [
    ["repairs", "repairs"],
    ["a=1&b=%E9%97%A8 门?", null],
  ] as const) {
    const { url } = await said(bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT, scene } }));
    const opened = await said(bench.backend.ask("POST /v1/log-in/oidc/finish", { body: await bench.oidc.logIn(url) }));
    expect(opened).toMatchObject({ opens, session: { scene } });
    expect(await said(bench.backend.ask("GET /v1/sessions/{id}", { params: { id: sessionIn(opened) } }))).toMatchObject({ scene });
    expect(await said(bench.backend.ask("GET /v1/scenes/{scene}", { params: { scene } }))).toEqual({ scene, service: opens });
  }
  for (const scene of ["", "x".repeat(129), "a\nb"])
    expect(await bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT, scene } })).toMatchObject(refusal(400, "RequestMalformed"));
});

test("rule 1.2: staff, students and family log in with the campus account; whom the campus does not know, and who has left, is refused, also with an open session", async () => {
  const student = await bench.person({ account: STUDENT }, "student");
  const opened = await said(bench.campusLogIn("ZHANG@connect.example.edu"));
  expect(opened.session).toMatchObject({ person: student, login: "campus", audiences: ["student", "public"] });
  const read = () => bench.backend.ask("GET /v1/sessions/{id}", { params: { id: sessionIn(opened) } });
  expect(await said(read())).toEqual(opened.session);
  expect(opened.token).not.toBe(opened.session.id);
  expect(await bench.campusLogIn("nobody@example.edu")).toMatchObject(refusal(403, "AccountUnknown", "1.2"));
  await said(bench.backend.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: student, audience: "student" } }));
  expect(await read()).toMatchObject(refusal(403, "StatusEnded", "1.2"));
  expect(await bench.campusLogIn(STUDENT)).toMatchObject(refusal(403, "StatusEnded", "1.2"));
});

test("rule 1.3: others log in by the phone number that they show to WeChat, once; without login one looks, and what writes is refused", async () => {
  const entry = (id: string, session?: string, writes: "yes" | "no" = "yes") =>
    bench.backend.ask("GET /v1/services/{id}/entry", { params: { id }, query: { writes, ...(session && { session }) } });
  expect(await said(entry("campus-map-public", undefined, "no"))).toEqual({ service: "campus-map-public", may: "use", rule: "9.1" });
  expect(await said(entry("individual-visits", undefined, "no"))).toMatchObject({ may: "read", rule: "1.3" });
  expect(await entry("individual-visits")).toMatchObject({ status: 403, problem: { reason: "LoginRequired", rule: "1.3", contact: HOTLINE } });
  expect(await entry("repairs")).toMatchObject({ status: 403, problem: { reason: "LoginRequired", rule: "1.3", caseCategory: "IT", contact: HOTLINE } });
  expect(await weChatLogIn(bench.weChat.loginCode("o-1"))).toMatchObject(refusal(422, "PhoneProofRequired", "1.3"));
  const opened = await said(weChatLogIn(bench.weChat.loginCode("o-1"), bench.weChat.phoneCode("13800138000")));
  expect(opened.session).toMatchObject({ login: "phone", audiences: ["visitor", "public"] });
  for (const id of ["individual-visits", "repairs"]) expect(await said(entry(id, sessionIn(opened)))).toMatchObject({ may: "use" });
  const again = await said(weChatLogIn(bench.weChat.loginCode("o-1")));
  expect(again.session.person).toBe(opened.session.person);
  expect(await said(bench.backend.ask("GET /v1/persons/{id}", { params: { id: again.session.person } }))).toMatchObject({
    phone: "+8613800138000",
    account: null,
  });
});

test("rule 1.4: one table of service and audience answers by who one is and how one logged in, with the rule's number, and refuses with it", async () => {
  await bench.person({ account: STUDENT, phone: "+8613800138001" }, "student");
  await bench.person({ account: "li@example.edu" }, "staff");
  const campus = sessionIn(await said(bench.campusLogIn(STUDENT)));
  const staff = sessionIn(await said(bench.campusLogIn("li@example.edu")));
  const phone = sessionIn(await said(weChatLogIn(bench.weChat.loginCode("o-1"), bench.weChat.phoneCode("13800138001"))));
  const table = async (session?: string) =>
    Object.fromEntries(
      (await said(bench.backend.ask("GET /v1/services", { query: { ...(session && { session }) } }))).items.map(({ id, verdict }) => [id, verdict]),
    );
  const [asStudent, asStaff, byPhone, asNobody] = [await table(campus), await table(staff), await table(phone), await table()];
  expect(asStudent["counselling"]).toEqual({ may: "use", rule: "19.1", reason: null, loginNeeded: null });
  expect(asStaff["counselling"]).toEqual({ may: "nothing", rule: "19.1", reason: "ServiceNotForYou", loginNeeded: null });
  expect(byPhone["counselling"]).toMatchObject({ may: "nothing", reason: "LoginRequired", loginNeeded: "campus" });
  expect(asNobody["counselling"]).toMatchObject({ may: "nothing", reason: "LoginRequired", loginNeeded: "campus" });
  expect(await bench.backend.ask("GET /v1/services/{id}/entry", { params: { id: "counselling" }, query: { session: staff } })).toMatchObject({
    status: 403,
    problem: { reason: "ServiceNotForYou", rule: "19.1", detail: expect.stringContaining("学生（校园统一账号登录）") },
  });
});

test("rule 1.5: equal prefixes of two domains are two people at the log-in too; an account of another domain is refused, whatever it looks like", async () => {
  const student = await bench.person({ account: STUDENT }, "student");
  const staff = await bench.person({ account: "zhang@example.edu" }, "staff");
  expect((await said(bench.campusLogIn(STUDENT))).session.person).toBe(student);
  expect((await said(bench.campusLogIn("zhang@example.edu"))).session.person).toBe(staff);
  for (const account of ["zhang@example.edu.evil.example", "zhang@evil-example.edu", "zhang@sub.example.edu", "zhang@example.edu@evil.example"])
    expect(await bench.campusLogIn(account)).toMatchObject({ ok: false, status: 403, problem: { rule: expect.stringMatching(/^1\.[25]$/) } });
  expect(await bench.campusLogIn("zhang@evil.example")).toMatchObject(refusal(403, "AccountDomainRefused", "1.5"));
});

test("rule 1.6: a family account logs in while its sponsor's status holds, and is refused with the session that it has when it ends", async () => {
  const sponsor = await bench.person({ account: "wei@example.edu" }, "staff");
  const child = await bench.person({ account: "child@example.edu" });
  const body = { validity: { from: null, until: null }, sponsor };
  await said(bench.backend.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: child, audience: "family" }, body }));
  const opened = await said(bench.campusLogIn("child@example.edu"));
  expect(opened.session.audiences).toEqual(["family", "public"]);
  await said(bench.backend.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: sponsor, audience: "staff" } }));
  expect(await bench.campusLogIn("child@example.edu")).toMatchObject(refusal(403, "SponsorEnded", "1.6"));
  const query = { session: sessionIn(opened) };
  expect(await bench.backend.ask("GET /v1/services/{id}/entry", { params: { id: "gates" }, query })).toMatchObject(refusal(403, "SponsorEnded", "1.6"));
});

test("rule 1.7: every service names its contact; every refusal of a rule of the campus says whom to ask and which case to open", async () => {
  await bench.person({ account: "li@example.edu" }, "staff");
  const session = sessionIn(await said(bench.campusLogIn("li@example.edu")));
  const { items } = await said(bench.backend.ask("GET /v1/services", { query: { session } }));
  expect(items.length).toBeGreaterThan(25);
  for (const { id, contact, sentence } of items) {
    expect([contact.names.zh.length > 0, contact.phone ?? contact.mail ?? contact.place], id).toEqual([true, expect.anything()]);
    expect(sentence.zh, id).toContain(contact.names.zh);
  }
  const refused = items.filter(({ verdict }) => verdict.may === "nothing");
  expect(refused.map(({ id }) => id)).toContain("guest-room");
  for (const { id, contact, caseCategory, verdict } of refused)
    expect(await bench.backend.ask("GET /v1/services/{id}/entry", { params: { id }, query: { session } })).toMatchObject({
      status: 403,
      problem: { rule: verdict.rule, contact: expect.stringContaining(contact.names.zh), ...(caseCategory && { caseCategory: caseCategory.id }) },
    });
});

describe("an ID token", () => {
  const FAULTS: readonly TokenFault[] = ["wrongIssuer", "wrongAudience", "severalAudiences", "wrongParty", "wrongNonce", "noNonce", "expired", "old", "notYet", "foreignKey", "unsigned", "hmacOfPublicKey", "changed", "unverifiedMail", "noMail"]; // prettier-ignore
  test.each(FAULTS)("with %s opens nothing, and the next whole one does", async (fault) => {
    await bench.person({ account: STUDENT }, "student");
    await bench.person({ account: "dean@example.edu" }, "staff");
    bench.oidc.tokenFault = fault;
    expect(await bench.campusLogIn(STUDENT)).toMatchObject(refusal(403, "LogInRefused", "1.2"));
    expect(await bench.campusLogIn(STUDENT)).toMatchObject({ ok: true });
  });

  test("is taken from a provider whose clock is a minute off, not more", async () => {
    await bench.person({ account: STUDENT }, "student");
    const { url } = await said(bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
    const body = await bench.oidc.logIn(url);
    bench.oidc.clockOffS = 59;
    expect(await bench.backend.ask("POST /v1/log-in/oidc/finish", { body })).toMatchObject({ ok: true });
    bench.oidc.clockOffS = 62;
    expect(await bench.campusLogIn(STUDENT)).toMatchObject(refusal(403, "LogInRefused", "1.2"));
  });

  test("signed with a key that came a moment ago is taken; keys that were withdrawn are not believed for longer than ten minutes", async () => {
    await bench.person({ account: STUDENT }, "student");
    await said(bench.campusLogIn(STUDENT));
    bench.pass(60);
    bench.oidc.rotateKey(true);
    await said(bench.campusLogIn(STUDENT));
    const fetches = () => bench.oidc.server.heard.filter((path) => path === "/jwks").length;
    expect(fetches()).toBe(2);
    bench.oidc.rotateKey(false);
    // A key that nobody knows fetches them anew once in a while, not at each log-in.
    for (let nth = 0; nth < 3; nth++) expect(await bench.campusLogIn(STUDENT)).toMatchObject(refusal(403, "LogInRefused", "1.2"));
    expect(fetches()).toBe(2);
    bench.pass(600);
    await said(bench.campusLogIn(STUDENT));
    expect(fetches()).toBe(3);
  });
});

describe("a log-in at the campus account", () => {
  const begin = () => said(bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
  const finish = (body: { code: string; state: string }) => bench.backend.ask("POST /v1/log-in/oidc/finish", { body });
  beforeEach(async () => void (await bench.person({ account: STUDENT }, "student")));

  test("is ended once: a state or a code that comes again is refused, and neither works with another's", async () => {
    const [first, second] = [await bench.oidc.logIn((await begin()).url), await bench.oidc.logIn((await begin()).url)];
    // The code of one with the state of the other: PKCE ties them.
    expect(await finish({ code: first.code, state: second.state })).toMatchObject(refusal(403, "LogInRefused", "1.2"));
    expect(await finish(first)).toMatchObject(refusal(403, "LogInRefused", "1.2"));
    const third = await bench.oidc.logIn((await begin()).url);
    expect(await finish(third)).toMatchObject({ ok: true });
    expect(await finish(third)).toMatchObject(refusal(409, "LogInAttemptUnknown", "1.2"));
    expect(await finish({ code: third.code, state: (await bench.oidc.logIn((await begin()).url)).state })).toMatchObject(refusal(403, "LogInRefused", "1.2"));
  });

  test("that took more than ten minutes, or that nobody began, is refused", async () => {
    const back = await bench.oidc.logIn((await begin()).url);
    bench.pass(600);
    expect(await finish(back)).toMatchObject(refusal(409, "LogInAttemptUnknown", "1.2"));
    expect(await finish({ code: "c", state: "s" })).toMatchObject(refusal(409, "LogInAttemptUnknown", "1.2"));
  });

  test.each(["status500", "hangUp", "noJson", "endless", "silent"] as const)(
    "fails closed where the provider is %s, and says nothing of its secrets",
    async (fault) => {
      for (const path of ["/.well-known/openid-configuration", "/token", "/jwks"]) {
        const own = await logInBench();
        await own.person({ account: STUDENT }, "student");
        own.oidc.server.fail(path, fault);
        if (path.startsWith("/.well")) {
          expect(await own.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } })).toMatchObject(refusal(503, "LogInUnavailable"));
        } else {
          const { url } = await said(own.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
          const body = await own.oidc.logIn(url);
          const outcome = await own.backend.ask("POST /v1/log-in/oidc/finish", { body });
          expect(outcome).toMatchObject(refusal(503, "LogInUnavailable"));
          expect(JSON.stringify(outcome)).not.toContain("s3cret");
        }
        await own.close();
      }
    },
  );

  test("is not begun where the provider says that it is somebody else, nor for an address that is not ours", async () => {
    bench.oidc.saysIssuer = "https://id.elsewhere.example";
    expect(await bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } })).toMatchObject(refusal(503, "LogInUnavailable"));
    for (const redirectUri of ["https://evil.example/log-in", `${REDIRECT}/`, "http://127.0.0.1:5000/log-in"])
      expect(await bench.backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri } })).toMatchObject(refusal(400, "RequestMalformed"));
  });
});

describe("a session", () => {
  test("ends after seven days, when it is logged out, and with all others of its person", async () => {
    const person = await bench.person({ account: STUDENT }, "student");
    const read = async (id: string) => (await bench.backend.ask("GET /v1/sessions/{id}", { params: { id } })).status;
    const [first, second, third] = [await bench.campusLogIn(STUDENT), await bench.campusLogIn(STUDENT), await bench.campusLogIn(STUDENT)].map((opened) => (opened.ok ? sessionIn(opened.value) : "")) as [string, string, string]; // prettier-ignore
    expect([await read(first), await read(second), await read(third)]).toEqual([200, 200, 200]);
    await said(bench.backend.ask("DELETE /v1/sessions/{id}", { params: { id: first } }));
    expect([await read(first), await read(second)]).toEqual([404, 200]);
    expect(await said(bench.backend.ask("DELETE /v1/persons/{id}/sessions", { params: { id: person } }))).toMatchObject({ value: { sessions: 2 } });
    expect([await read(second), await read(third)]).toEqual([404, 404]);
    const last = await said(bench.campusLogIn(STUDENT));
    bench.pass(7 * 86_400 - 1);
    expect(await read(sessionIn(last))).toBe(200);
    bench.pass(1);
    expect(await read(sessionIn(last))).toBe(404);
  });

  test("is neither found by its token in a path, nor taken for none where it has ended", async () => {
    await bench.person({ account: STUDENT }, "student");
    const { token } = await said(bench.campusLogIn(STUDENT));
    expect(await bench.backend.ask("GET /v1/sessions/{id}", { params: { id: token } })).toMatchObject(refusal(404, "SessionUnknown"));
    const query = { session: "0".repeat(64) };
    expect(await bench.backend.ask("GET /v1/services", { query })).toMatchObject(refusal(404, "SessionUnknown"));
  });
});

describe("a log-in by WeChat", () => {
  const show = (pure: string) => bench.weChat.phoneCode(pure);

  test("takes each code once, for five minutes", async () => {
    const [code, phone] = [bench.weChat.loginCode("o-1"), show("13800138000")];
    await said(weChatLogIn(code, phone));
    expect(await weChatLogIn(code)).toMatchObject({ ...refusal(403, "WeChatRefused", "1.3"), problem: { detail: expect.stringContaining("40163") } });
    const late = bench.weChat.loginCode("o-1");
    bench.pass(300);
    expect(await weChatLogIn(late)).toMatchObject({ ...refusal(403, "WeChatRefused", "1.3"), problem: { detail: expect.stringContaining("40029") } });
    expect(await weChatLogIn(bench.weChat.loginCode("o-2"), phone)).toMatchObject(refusal(403, "WeChatRefused", "1.3"));
  });

  test.each([
    ["/sns/jscode2session", 40029, "WeChatRefused"],
    ["/sns/jscode2session", 40163, "WeChatRefused"],
    ["/sns/jscode2session", 40226, "WeChatRefused"],
    ["/sns/jscode2session", 45011, "LogInUnavailable"],
    ["/sns/jscode2session", -1, "LogInUnavailable"],
    ["/cgi-bin/stable_token", 40125, "LogInUnavailable"],
    ["/wxa/business/getuserphonenumber", 40029, "WeChatRefused"],
    ["/wxa/business/getuserphonenumber", -1, "LogInUnavailable"],
  ] as const)("%s with errcode %i is %s; the next log-in is not harmed", async (path, errcode, reason) => {
    bench.weChat.fail(path, errcode);
    const outcome = await weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000"));
    expect(outcome).toMatchObject({ ok: false, problem: { reason, detail: expect.stringContaining(`errcode ${errcode}`) } });
    expect(await weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000"))).toMatchObject({ ok: true });
  });

  test("asks for a new token where WeChat has ended the one that it gave, once", async () => {
    await said(weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000")));
    bench.weChat.endToken();
    await said(weChatLogIn(bench.weChat.loginCode("o-2"), show("13800138001")));
    bench.pass(7200);
    await said(weChatLogIn(bench.weChat.loginCode("o-3"), show("13800138002")));
    expect(bench.weChat.server.heard.filter((path) => path === "/cgi-bin/stable_token").length).toBe(3);
    for (const errcode of [40001, 40001]) bench.weChat.fail("/wxa/business/getuserphonenumber", errcode);
    expect(await weChatLogIn(bench.weChat.loginCode("o-4"), show("13800138003"))).toMatchObject(refusal(503, "LogInUnavailable"));
  });

  test.each(["status500", "hangUp", "noJson", "endless", "silent"] as const)(
    "fails closed where WeChat is %s, and says nothing of its secrets",
    async (fault) => {
      bench.weChat.server.fail("/sns/jscode2session", fault);
      const outcome = await weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000"));
      expect(outcome).toMatchObject(refusal(503, "LogInUnavailable"));
      expect(JSON.stringify(outcome)).not.toMatch(/0123456789abcdef|secret=/);
    },
  );

  test("a number whose owner has another WeChat account is not handed over; an operator who ends the owner's log-ins lets it go on", async () => {
    const owner = await bench.person({ phone: "+8613800138000" }, "student");
    const opened = await said(weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000")));
    expect(opened.session.person).toBe(owner);
    expect(opened.session.login).toBe("phone");
    expect(await weChatLogIn(bench.weChat.loginCode("o-2"), show("13800138000"))).toMatchObject(refusal(409, "PhoneBelongsToAnother", "1.3"));
    const other = await bench.person({ phone: "+8613800138009" });
    expect(await weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138009"))).toMatchObject(refusal(409, "PhoneBelongsToAnother", "1.3"));
    await said(bench.backend.ask("DELETE /v1/persons/{id}/sessions", { params: { id: owner } }));
    expect((await said(weChatLogIn(bench.weChat.loginCode("o-2"), show("13800138000")))).session.person).toBe(owner);
    expect((await said(weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138009")))).session.person).toBe(other);
  });

  test("a number that two people have is nobody's; a foreign number keeps its country", async () => {
    await bench.person({ phone: "+8613800138000" });
    await bench.person({ phone: "+8613800138000" });
    expect(await weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000"))).toMatchObject(refusal(409, "PhoneAmbiguous", "1.3"));
    const { session } = await said(weChatLogIn(bench.weChat.loginCode("o-2"), bench.weChat.phoneCode("61234567", "852")));
    expect(await said(bench.backend.ask("GET /v1/persons/{id}", { params: { id: session.person } }))).toMatchObject({ phone: "+85261234567" });
  });

  test("two log-ins of one new phone at once make one person", async () => {
    const both = await Promise.all([1, 2].map(() => said(weChatLogIn(bench.weChat.loginCode("o-1"), show("13800138000")))));
    expect(new Set(both.map(({ session }) => session.person)).size).toBe(1);
    expect((await said(bench.backend.ask("GET /v1/persons", { query: { phone: "+8613800138000" } }))).items.length).toBe(1);
  });
});
