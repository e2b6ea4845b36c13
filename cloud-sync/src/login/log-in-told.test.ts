import { U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { putOperator } from "../delegation/operators.ts";
import { type NotificationKind, numberNotifications, readNotifications } from "../notifications/notification.ts";
import { type ApiCampus, apiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig } from "../rig/api-rig.ts";
import { done, NOTE } from "../rig/cloud-rig.ts";
import { backFrom, REDIRECT, rigProviders } from "../rig/rig-providers.ts";
import { beginOperatorLogIn, finishOperatorLogIn } from "./operator-log-in.ts";

const ZHANG = "zhang@connect.example.edu";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
let keys: number;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
  keys = 0x30;
});
afterEach(() => rig.close());

async function told(kind: NotificationKind): Promise<(readonly [string | null, object])[]> {
  while (await numberNotifications(rig.cloud.database));
  const { items } = await readNotifications(rig.cloud.database.queries, { after: 0, limit: 100, kinds: [kind] });
  return items.map(({ person, body }) => [person, body] as const);
}
/** An operator's log-in from beginning to end, with a key of its own. */
async function operatorLogIn(account: string): Promise<string> {
  const providers = rigProviders(rig.cloud);
  const begun = await beginOperatorLogIn(rig.cloud, providers, { redirectUri: REDIRECT, publicKey: nodeSigner(new Uint8Array(32).fill(keys++)).publicKey });
  if (!begun.ok) throw new Error(begun.detail);
  const ended = await finishOperatorLogIn(rig.cloud, providers, backFrom(begun.value.url, account));
  return ended.ok ? "let in" : ended.error;
}

test("a person's log-in is told by its session, by campus account and by WeChat alike; a refused one opens none", async () => {
  const logIn = async (account: string) => {
    const { url } = await answered(client.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
    return client.ask("POST /v1/log-in/oidc/finish", { body: backFrom(url, account) });
  };
  const { session } = await answered(logIn(ZHANG));
  expect(await logIn("nobody@example.edu")).toMatchObject({ ok: false, problem: { reason: "AccountUnknown" } });
  const chat = await answered(client.ask("POST /v1/log-in/wechat", { body: { code: "openid-1", phoneCode: "13800000001" } }));
  expect(await told("session.opened")).toEqual([
    [campus.person, { session: session.id, login: "campus", until: Date.parse(session.until) / 1000 }],
    [chat.session.person, { session: chat.session.id, login: "phone", until: Date.parse(chat.session.until) / 1000 }],
  ]);
});

test("rule 4.5: a lost phone holds no session any more, wherever that was opened; who has another logs in anew, and reporting it again leaves that alone", async () => {
  const logIn = async () => {
    const { url } = await answered(client.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
    return (await answered(client.ask("POST /v1/log-in/oidc/finish", { body: backFrom(url, ZHANG) }))).session.id;
  };
  const read = (id: string) => client.ask("GET /v1/sessions/{id}", { params: { id } });
  const [first, second] = [await logIn(), await logIn()];
  const params = { id: (await answered(read(first))).person };
  const report = () => client.ask("POST /v1/persons/{id}/report-phone-lost", { params, body: { channel: "browser", identityCheck: "campus account" } });
  await answered(report());
  for (const id of [first, second]) expect(await read(id)).toMatchObject({ ok: false, problem: { reason: "SessionUnknown" } });
  const anew = await logIn();
  await answered(report());
  expect(await read(anew)).toMatchObject({ ok: true });
});

test("an operator's log-in is told, and one that was refused with the reason: once a minute for the same", async () => {
  expect(await operatorLogIn(ZHANG)).toBe("OperatorUnknown");
  const operator = { id: "zhang", name: "Zhang", account: ZHANG, role: "view", until: unixSeconds(U32_MAX) } as const;
  await done(putOperator(rig.cloud, NOTE, operator));
  expect(await operatorLogIn(ZHANG)).toBe("let in");
  expect(await told("operator.logged-in")).toEqual([[campus.person, { operator: "zhang", until: rig.cloud.now() + 12 * 3600 }]]);
  for (const account of ["spent", "spent", "down"]) await operatorLogIn(account);
  const refusals = [
    [campus.person, { operator: null, reason: "OperatorUnknown" }],
    [null, { operator: null, reason: "LogInRefused" }],
  ];
  expect(await told("operator.log-in-refused"), "a provider that is down has refused nobody").toEqual(refusals);
  rig.cloud.pass(60);
  await operatorLogIn("spent");
  expect(await told("operator.log-in-refused")).toEqual([...refusals, refusals[1]]);
});
