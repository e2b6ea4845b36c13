import { afterEach, beforeEach, expect, test } from "vitest";
import { plainPerson } from "../rig/api-campus.ts";
import { type ApiRig, apiRig } from "../rig/api-rig.ts";
import { ANSWER_LIFE_S } from "./kept-answers.ts";

let rig: ApiRig;
beforeEach(async () => void (rig = await apiRig()));
afterEach(() => rig.close());

const KEY = { idempotencyKey: "order-66-0001" };
const people = async (): Promise<number> => (await rig.cloud.database.queries.selectFrom("person").select("id").execute()).length;
const create = (name: string, also: { readonly idempotencyKey?: string; readonly reason?: string } = KEY, client = rig.backend.client) =>
  client.ask("POST /v1/persons", { body: { ...plainPerson(null), name } }, also);

test("the same request with the same key is done once and answered the same, for a day, also after a restart", async () => {
  const first = await create("a");
  expect(first.status).toBe(201);
  rig.restart();
  rig.cloud.pass(ANSWER_LIFE_S - 1);
  expect(await create("a")).toEqual(first);
  expect(await people()).toBe(1);
  rig.cloud.pass(1);
  const later = await create("a");
  expect([later.status, await people()]).toEqual([201, 2]);
});

test("another request with the same key is refused: another body, reason or path; another caller's key is another", async () => {
  await create("a");
  for (const other of [
    create("b"),
    create("a", { ...KEY, reason: "why" }),
    rig.backend.client.ask("POST /v1/zones/{id}/rotate-key", { params: { id: "east" } }, KEY),
  ])
    expect(await other).toMatchObject({ status: 409, problem: { reason: "IdempotencyKeyReused", detail: "key order-66-0001 came with another request" } });
  const { client } = await rig.caller("other", ["people:write"]);
  expect((await create("b", KEY, client)).status).toBe(201);
  expect(await people()).toBe(2);
});

test("twins that come together are done once, and both hear the one answer", async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => create("a")));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect([answers[0]!.status, await people()]).toEqual([201, 1]);
  const others = await Promise.all([create("b", { idempotencyKey: "order-66-0002" }), create("c", { idempotencyKey: "order-66-0002" })]);
  expect(others.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
});

test("a refusal is kept like any answer; what is malformed is not", async () => {
  const ask = () => rig.backend.client.ask("POST /v1/zones/{id}/rotate-key", { params: { id: "east" } }, KEY);
  const refused = await ask();
  expect(refused).toMatchObject({ status: 404, problem: { reason: "ZoneUnknown" } });
  await rig.backend.client.ask("PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "East" } } });
  expect(await ask()).toEqual(refused);
  const malformed = { idempotencyKey: "order-66-0003" };
  expect((await create("", malformed)).status).toBe(400);
  expect((await create("a", malformed)).status).toBe(201);
  expect(await create("a", { idempotencyKey: "short" })).toMatchObject({ status: 400, problem: { errors: [{ in: "header", pointer: "/idempotency-key" }] } });
});

test("a request that was cut off is not done again behind its caller's back", async () => {
  const { queries } = rig.cloud.database;
  await queries.schema.alterTable("person").renameTo("elsewhere").execute();
  expect((await create("a")).status).toBe(500);
  await queries.schema.alterTable("elsewhere").renameTo("person").execute();
  expect(await create("a")).toMatchObject({ status: 409, problem: { reason: "AnswerUnknown" } });
  expect(await people()).toBe(0);
  expect((await create("a", { idempotencyKey: "order-66-0002" })).status).toBe(201);
});

test("answers are kept no longer than they are owed", async () => {
  for (let nth = 0; nth < 3; nth++) await create(`${nth}`, { idempotencyKey: `order-66-000${nth}` });
  rig.cloud.pass(ANSWER_LIFE_S);
  await create("last");
  expect(await rig.cloud.database.queries.selectFrom("kept_answer").select("idempotency_key").execute()).toEqual([{ idempotency_key: KEY.idempotencyKey }]);
});
