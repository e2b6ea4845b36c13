import { createHash } from "node:crypto";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  CAMPUS_SERVICES_FILE,
  type Cloud,
  CloudClient,
  CloudKeys,
  cloudFront,
  keyMemory,
  loadServiceDocument,
  OidcClient,
  openSqlite,
  type Outcome,
  type RouteAnswer,
  type RouteName,
  type Scope,
  SCOPES,
  sessionIdOf,
  WeChatClient,
} from "@portico/cloud-sync";
import { OidcStandIn } from "../src/providers/oidc-stand-in.ts";
import { WeChatStandIn } from "../src/providers/wechat-stand-in.ts";

/** 2026-09-01 10:00 at the campus, a Tuesday. */
export const START_S = 1_788_228_000;
export const REDIRECT = "https://app.example.edu/log-in";
const CLIENT = { clientId: "portico", clientSecret: "s3cret/+ &%", redirectUris: [REDIRECT] };
const APP = { appId: "wx1234567890abcdef", appSecret: "0123456789abcdef0123456789abcdef" };
export const SERVICES = loadServiceDocument(CAMPUS_SERVICES_FILE);

/** A cloud in memory whose log-ins go over HTTP to stand-ins of the campus account and of WeChat, with a clock that stands until it is moved. */
export interface LogInBench {
  readonly backend: CloudClient;
  readonly oidc: OidcStandIn;
  readonly weChat: WeChatStandIn;
  pass(seconds: number): void;
  person(content: { account?: string; phone?: string }, ...audiences: ("staff" | "student" | "family")[]): Promise<string>;
  /** As the phone of somebody who logs in at the campus account: begins, goes to the provider, comes back. */
  campusLogIn(account: string): Promise<Outcome<"POST /v1/log-in/oidc/finish">>;
  close(): Promise<void>;
}

export async function logInBench(): Promise<LogInBench> {
  let nowMs = START_S * 1000;
  let count = 0;
  const clock = (): number => nowMs;
  const randomBytes = (length: number): Uint8Array => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () => createHash("sha256").update(`${count++}`).digest()); // prettier-ignore
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
  const [oidc, weChat] = [await OidcStandIn.start(CLIENT, clock, randomBytes), await WeChatStandIn.start(APP, clock, randomBytes)];
  const reach = {
    fetch: (request: Request) => fetch(request),
    nowMs: clock,
    // A provider that is silent has taken too long as soon as it has heard the question.
    deadline: () => {
      const limit = new AbortController();
      void Promise.race([oidc.server.silence(), weChat.server.silence()]).then(() => limit.abort());
      return limit.signal;
    },
  };
  const cloud: Cloud = { site: "demo-campus", timeZone: "Asia/Shanghai", database: await openSqlite(":memory:"), nowMs: clock, randomBytes };
  const troubles: unknown[] = [];
  const { clientId, clientSecret, redirectUris } = CLIENT;
  const domains = ["example.edu", "connect.example.edu"];
  const logIn = {
    oidc: new OidcClient({ issuer: oidc.issuer, clientId, clientSecret, redirectUris, domains, accountClaim: "email" }, reach),
    weChat: new WeChatClient({ ...APP, url: weChat.server.url }, reach),
  };
  const signer = nodeSigner(new Uint8Array(32).fill(7));
  const front = await cloudFront({
    attachmentFolder: "none",
    cloud,
    keys: await CloudKeys.open(cloud, keyMemory(nodeSigner(new Uint8Array(32).fill(8)), randomBytes)),
    clock: { after: () => () => {} },
    random: () => 0.5,
    notificationSigner: signer,
    fetch: reach.fetch,
    onReport: (report) => report.kind === "unsigned" || troubles.push(report),
    services: SERVICES,
    logIn,
  });
  const note = { actor: "test", action: "key add", target: "", reason: "" };
  const added = await addApiKey(cloud, note, { name: "backend", actor: "backend", publicKey: signer.publicKey, scopes: Object.keys(SCOPES) as Scope[] });
  if (!added.ok) throw new Error(added.detail);
  const backend = new CloudClient({ url: "https://cloud.example.edu", signer, nowMs: clock, randomBytes, fetch: (request) => front.fetch(request) });
  return {
    backend,
    oidc,
    weChat,
    pass: (seconds) => void (nowMs += seconds * 1000),
    async person({ account, phone }, ...audiences) {
      const body = { account: account ?? null, name: "张三", phone: phone ?? null, mail: null, flags: [], partySize: 1 };
      const { id } = (await said(backend.ask("POST /v1/persons", { body }))).value;
      for (const audience of audiences)
        await said(backend.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience }, body: { validity: { from: null, until: null }, sponsor: null } })); // prettier-ignore
      return id;
    },
    async campusLogIn(account) {
      const { url } = await said(backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
      oidc.account = account;
      return backend.ask("POST /v1/log-in/oidc/finish", { body: await oidc.logIn(url) });
    },
    async close() {
      await front.hangUp();
      await front.publisher.settled();
      await Promise.all([oidc.server.close(), weChat.server.close(), cloud.database.close()]);
      if (troubles.length > 0) throw new Error(`troubles: ${JSON.stringify(troubles)}`);
    },
  };
}

/** What was answered, which must not have been a refusal. */
export async function said<R extends RouteName>(outcome: Promise<Outcome<R>>): Promise<RouteAnswer<R>> {
  const made = await outcome;
  if (made.ok) return made.value;
  throw new Error(`${made.status} ${made.problem.reason}: ${made.problem.detail}`);
}

/** The id by which a session is read. */
export const sessionIn = (opened: RouteAnswer<"POST /v1/log-in/oidc/finish">): string => sessionIdOf(opened.token);
