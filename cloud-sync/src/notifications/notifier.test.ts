import { nodeSigner } from "@portico/card-protocol/node";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addApiKey, type ApiKey, revokeApiKey } from "../callers.ts";
import { setCredentialState } from "../credentials.ts";
import { removePerson } from "../people.ts";
import { type CampusOfOne, campusOfOne } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { NOTIFICATION_LIFE_S, notificationRange, numberNotifications, pruneNotifications, readNotifications } from "./notification.ts";
import { Notifier } from "./notifier.ts";
import { keySet } from "./security-event-token.ts";
import { listWebhooks, putWebhook, removeWebhook, resumeWebhook, tryWebhook } from "./webhooks.ts";

const signer = nodeSigner(new Uint8Array(32).fill(3));
const receiver = nodeSigner(new Uint8Array(32).fill(4));
const URL_OF_RECEIVER = "https://mini.example.edu/portico";

let rig: CloudRig;
let campus: CampusOfOne;
let key: ApiKey;
let notifier: Notifier;
let failures: unknown[];
let sent: Request[];
let answer: (request: Request) => Promise<Response>;
/** What is to happen later: the test lets it. */
let later: { readonly ms: number; readonly act: () => void }[];

beforeEach(async () => {
  rig = await cloudRig();
  campus = await campusOfOne(rig);
  key = await done(addApiKey(rig, NOTE, { name: "backend", actor: "backend", publicKey: receiver.publicKey, scopes: ["notifications:read"] }));
  [failures, sent, later] = [[], [], []];
  answer = () => Promise.resolve(new Response(null, { status: 202 }));
  notifier = start();
});
afterEach(async () => {
  await notifier.close();
  expect(failures).toEqual([]);
  await rig.close();
});

const start = (): Notifier =>
  new Notifier({
    cloud: rig,
    signer,
    random: () => 0.5,
    clock: {
      after(ms, act) {
        const one = { ms, act };
        later.push(one);
        return () => void (later = later.filter((other) => other !== one));
      },
    },
    fetch: (request) => {
      sent.push(request);
      return answer(request);
    },
    onFailure: (error) => failures.push(error),
  });
async function told(): Promise<void> {
  notifier.poke();
  await notifier.settled();
}
/** Lets what waits for so long happen. */
async function passing(ms: number): Promise<void> {
  rig.pass(Math.ceil(ms / 1000));
  for (const one of later.filter((each) => each.ms === ms)) {
    later = later.filter((other) => other !== one);
    one.act();
  }
  await notifier.settled();
}
/** Until somebody waits for news. */
async function waiting(): Promise<void> {
  while (!later.some(({ ms }) => ms === 25_000)) await new Promise(setImmediate);
}
const state = (to: "lost" | "active" | "frozen" | "suspended", caseNumber: string | null = null) =>
  done(setCredentialState(rig, NOTE, campus.card, to, caseNumber));
const hook = (kinds: Parameters<typeof putWebhook>[3]["kinds"] = []) => done(putWebhook(rig, NOTE, key.id, { id: "mini", url: URL_OF_RECEIVER, kinds }));
const hookNow = async () => (await listWebhooks(rig.database.queries))[0]!;
const kindsOf = async (after = 0) => (await readNotifications(rig.database.queries, { after, limit: 100, kinds: [] })).items.map(({ seq, kind }) => `${seq} ${kind}`); // prettier-ignore
const claimsOf = async (request: Request) =>
  (await jwtVerify(await request.clone().text(), createLocalJWKSet(keySet(signer)), { issuer: "urn:portico:demo-campus", audience: key.publicKey.length === 32 ? Buffer.from(key.publicKey).toString("hex") : "", typ: "secevent+jwt", algorithms: ["EdDSA"] })).payload; // prettier-ignore
const kindIn = async (request: Request) => Object.keys((await claimsOf(request))["events"] as object)[0]!.replace(/^.*\//, "");

test("what happens to a credential is told in order, numbered without gaps, each by its name", async () => {
  for (const [to, number] of [["lost"], ["active"], ["frozen"], ["active", "IT-1"], ["suspended"], ["active"]] as const) await state(to, number ?? null);
  await state("active"); // no change, nothing to tell
  expect(await kindsOf(), "unnumbered ones are not told").toEqual([]);
  await told();
  const all = ["lost", "returned", "frozen", "unfrozen", "suspended", "cleared"].map((kind, nth) => `${nth + 1} credential.${kind}`);
  expect(await kindsOf()).toEqual(all);
  expect(await kindsOf(4)).toEqual(all.slice(4));
});

test("a change that is refused tells nobody", async () => {
  expect(await setCredentialState(rig, NOTE, "0123456789abcdef", "lost", null)).toMatchObject({ ok: false });
  await state("frozen");
  expect(await setCredentialState(rig, NOTE, campus.card, "active", null)).toMatchObject({ ok: false, error: "CaseRequired" });
  await told();
  expect(await kindsOf()).toEqual(["1 credential.frozen"]);
});

test("instances that number at the same time leave neither gap nor double", async () => {
  for (let nth = 0; nth < 10; nth++) await state(nth % 2 === 0 ? "suspended" : "active");
  await Promise.all(Array.from({ length: 5 }, () => numberNotifications(rig.database)));
  const rows = await rig.database.queries.selectFrom("notification").select("seq").orderBy("seq").execute();
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, nth) => nth + 1));
  await rig.database.queries.updateTable("notification_number").set({ seq: 40 }).execute();
  await state("suspended");
  expect(await numberNotifications(rig.database)).toBe(false);
  expect(await kindsOf(10)).toEqual(["41 credential.suspended"]);
});

test("a webhook gets a token that any library can verify, for its key alone, once", async () => {
  await hook();
  await state("lost");
  await told();
  expect(sent).toHaveLength(1);
  const [request] = sent;
  expect([request!.url, request!.method, request!.headers.get("content-type"), request!.redirect]).toEqual([URL_OF_RECEIVER, "POST", "application/secevent+jwt", "manual"]); // prettier-ignore
  const { id } = (await readNotifications(rig.database.queries, { after: 0, limit: 1, kinds: [] })).items[0]!;
  expect(await claimsOf(request!)).toEqual({
    iss: "urn:portico:demo-campus",
    aud: Buffer.from(receiver.publicKey).toString("hex"),
    iat: rig.now(),
    jti: id,
    seq: 1,
    sub_id: { format: "opaque", id: campus.person },
    events: { "https://portico.invalid/events/credential.lost": { credential: campus.card, credentialKind: "card", case: null } },
  });
  await told();
  expect([sent.length, await hookNow()]).toEqual([1, expect.objectContaining({ delivered: 1, state: "active", failingSince: null, problem: "" })]);
});

test("it hears what comes after it was made, the kinds that it wants, and its own tests", async () => {
  await state("lost");
  await told();
  await hook(["credential.frozen"]);
  await done(putWebhook(rig, NOTE, key.id, { id: "other", url: `${URL_OF_RECEIVER}/2`, kinds: ["credential.frozen"] }));
  await state("active");
  await state("frozen");
  await done(tryWebhook(rig, NOTE, "mini"));
  await told();
  const heard = await Promise.all(sent.map(async (request) => `${new URL(request.url).pathname} ${await kindIn(request)}`));
  expect(heard.sort()).toEqual(["/portico credential.frozen", "/portico webhook.test", "/portico/2 credential.frozen"]);
  expect((await listWebhooks(rig.database.queries)).map(({ delivered }) => delivered)).toEqual([4, 4]);
  expect(await kindsOf(3), "a test is nobody else's").toEqual([]);
});

test("what is not taken holds up what follows, is tried again with jitter from twice as much, and nothing is lost or out of order", async () => {
  await hook();
  const taken: string[] = [];
  let isUp = false;
  answer = async (request) => {
    if (isUp) taken.push(await kindIn(request));
    return new Response(null, { status: isUp ? 202 : 500 });
  };
  await state("lost");
  await state("active");
  await told();
  expect([sent.length, await hookNow()]).toEqual([
    1,
    expect.objectContaining({ delivered: 0, failingSince: rig.now(), problem: "500: the receiver did not take it" }),
  ]);
  await told();
  expect(sent, "not before its time").toHaveLength(1);
  for (const ms of [1_000, 2_000, 4_000]) {
    expect(later.map((one) => one.ms)).toContain(ms);
    await passing(ms);
  }
  expect(sent).toHaveLength(4);
  isUp = true;
  await state("frozen");
  await passing(8_000);
  expect(taken).toEqual(["credential.lost", "credential.returned", "credential.frozen"]);
  expect(await hookNow()).toMatchObject({ delivered: 3, failingSince: null, problem: "" });
});

test.each([
  [
    "a redirect is not followed",
    () => Promise.resolve(new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } })),
    "302: the receiver did not take it",
  ],
  [
    "nobody is there",
    () => Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) })),
    "the receiver is not there: ECONNREFUSED",
  ],
])("%s", async (_, given, problem) => {
  await hook();
  answer = given;
  await state("lost");
  await told();
  expect(await hookNow()).toMatchObject({ state: "active", delivered: 0, problem });
});

test("a receiver that says nothing is not waited for", async () => {
  await hook();
  const hung = new Promise<void>((resolve) => {
    answer = (request) =>
      new Promise((_, reject) => {
        resolve();
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
      });
  });
  await state("lost");
  notifier.poke();
  await hung;
  await passing(10_000);
  expect(await hookNow()).toMatchObject({ delivered: 0, problem: "no answer within 10 s" });
});

test("a webhook that is gone, or has failed for three days, is stopped; resumed, it goes on where it stopped", async () => {
  await hook();
  answer = () => Promise.resolve(new Response(null, { status: 410 }));
  await state("lost");
  await told();
  expect(await hookNow()).toMatchObject({ state: "stopped", delivered: 0 });
  await state("active");
  await told();
  expect(sent).toHaveLength(1);
  answer = () => Promise.resolve(new Response(null, { status: 503 }));
  await done(resumeWebhook(rig, NOTE, "mini"));
  await told();
  expect(await hookNow()).toMatchObject({ state: "active", problem: "503: the receiver did not take it" });
  rig.pass(3 * 86_400);
  await told();
  expect((await hookNow()).state).toBe("stopped");
  answer = () => Promise.resolve(new Response(null, { status: 200 }));
  await done(resumeWebhook(rig, NOTE, "mini"));
  await told();
  expect(await hookNow()).toMatchObject({ state: "active", delivered: 2, problem: "" });
});

test("a webhook whose key was revoked is told nothing more", async () => {
  await hook();
  await done(revokeApiKey(rig, NOTE, key.id));
  await state("lost");
  await told();
  expect([sent, await hookNow()]).toEqual([[], expect.objectContaining({ state: "stopped", problem: "its key was revoked" })]);
});

test("two instances push each notification once while neither dies", async () => {
  await hook();
  const other = start();
  for (const to of ["lost", "active", "frozen"] as const) await state(to);
  for (const one of [notifier, other]) one.poke();
  await Promise.all([notifier.settled(), other.settled()]);
  await told();
  await other.close();
  expect(await Promise.all(sent.map(kindIn))).toEqual(["credential.lost", "credential.returned", "credential.frozen"]);
});

test("an instance that dies before it has kept that a push was taken is followed by one that pushes again: at least once, with the same jti", async () => {
  await hook();
  await state("lost");
  const dying = notifier;
  const pushed = new Promise<void>((resolve) => {
    answer = (request) =>
      new Promise((_, reject) => {
        resolve();
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
      });
  });
  dying.poke();
  await pushed;
  answer = () => Promise.resolve(new Response(null, { status: 202 }));
  notifier = start();
  await told();
  expect(sent, "nobody else tries it for a minute").toHaveLength(1);
  rig.pass(60);
  await told();
  const [first, second] = await Promise.all(sent.map(claimsOf));
  expect([sent.length, second!.jti]).toEqual([2, first!.jti]);
  await dying.close();
});

test("who waits is woken by news, and answered without any when the time is over or the cloud ends", async () => {
  const woken = notifier.news(0, 25_000);
  await waiting();
  await state("lost");
  await told();
  await woken;
  const late = notifier.news(1, 25_000);
  await waiting();
  await passing(25_000);
  await late;
  const cut = notifier.news(1, 25_000);
  await waiting();
  await notifier.close();
  await cut;
  await notifier.news(1, 25_000);
  expect(
    later.filter(({ ms }) => ms === 25_000),
    "nobody waits any more",
  ).toEqual([]);
});

test("what is older than 30 days goes, and the numbers go on", async () => {
  await state("lost");
  await told();
  rig.pass(NOTIFICATION_LIFE_S);
  await state("active");
  await told();
  rig.pass(1);
  await pruneNotifications(rig.database, rig.now());
  expect([await kindsOf(), await notificationRange(rig.database.queries)]).toEqual([["2 credential.returned"], { seq: 2, gone: 1 }]);
});

test("when a person is taken away, the end of each credential is told", async () => {
  await done(removePerson(rig, NOTE, campus.person));
  await told();
  const { items } = await readNotifications(rig.database.queries, { after: 0, limit: 100, kinds: [] });
  const ends = items.map(({ kind, person, body }) => [kind, person, body["credential"]]);
  expect(ends).toContainEqual(["credential.removed", campus.person, campus.card]);
});

test("a webhook stands on https, or on this machine; another key's stays another's", async () => {
  for (const url of ["http://mini.example.edu/", "ftp://mini.example.edu/", "https://me:secret@mini.example.edu/", "https://mini.example.edu/#a", "mini"])
    expect(await putWebhook(rig, NOTE, key.id, { id: "mini", url, kinds: [] })).toMatchObject({ ok: false, error: "RequestMalformed" });
  for (const url of ["http://127.0.0.1:8081/", "http://localhost/x", "http://[::1]:1/"])
    expect(await putWebhook(rig, NOTE, key.id, { id: "here", url, kinds: [] })).toMatchObject({ ok: true });
  const other = await done(
    addApiKey(rig, NOTE, { name: "o", actor: "o", publicKey: nodeSigner(new Uint8Array(32).fill(5)).publicKey, scopes: ["audit:read"] }),
  );
  expect(await putWebhook(rig, NOTE, other.id, { id: "here", url: URL_OF_RECEIVER, kinds: [] })).toMatchObject({ ok: false, error: "IdTaken" });
  await done(removeWebhook(rig, NOTE, "here"));
  expect(await removeWebhook(rig, NOTE, "here")).toMatchObject({ ok: false, error: "WebhookUnknown" });
});
