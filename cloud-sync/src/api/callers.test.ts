import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addApiKey, listApiKeys, readApiKey, revokeApiKey } from "../callers.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import type { Scope } from "./scopes.ts";

let rig: CloudRig;
beforeEach(async () => void (rig = await cloudRig()));
afterEach(() => rig.close());

const { publicKey } = nodeSigner(new Uint8Array(32).fill(7));
const content = { name: "backend", actor: "mini-program", publicKey, scopes: ["people:read", "audit:read", "people:read"] as const };

test("a key is kept with each of its scopes once, and its coming and going are audited", async () => {
  const key = await done(addApiKey(rig, { ...NOTE, action: "key add" }, content));
  expect(key).toEqual({ ...content, id: key.id, scopes: ["audit:read", "people:read"], createdAt: rig.now(), revokedAt: null });
  rig.pass(10);
  await done(revokeApiKey(rig, { ...NOTE, action: "key revoke" }, key.id));
  expect(await listApiKeys(rig.database.queries)).toEqual([{ ...key, revokedAt: rig.now() }]);
  const audit = await rig.database.queries.selectFrom("change_record").select(["action", "target"]).execute();
  expect(audit).toEqual([
    { action: "key add", target: `key ${key.id}` },
    { action: "key revoke", target: `key ${key.id}` },
  ]);
  expect(await revokeApiKey(rig, NOTE, "nobody")).toMatchObject({ ok: false, error: "KeyUnknown" });
});

test("a public key belongs to one caller, also when it is revoked", async () => {
  const key = await done(addApiKey(rig, NOTE, content));
  await done(revokeApiKey(rig, NOTE, key.id));
  expect(await addApiKey(rig, NOTE, { ...content, name: "another" })).toMatchObject({ ok: false, error: "KeyTaken", detail: expect.stringContaining(key.id) });
});

test.each([
  ["no key", { publicKey: new Uint8Array(31) }, "publicKey"],
  ["a key with which anybody can sign", { publicKey: new Uint8Array(32) }, "publicKey"],
  ["no scope", { scopes: [] }, "scopes"],
  ["an unknown scope", { scopes: ["everything" as Scope] }, "scopes"],
  ["a name of nothing", { name: "" }, "name"],
  ["an actor that drives a terminal", { actor: "\u001b[2J" }, "actor"],
])("%s is refused", async (_, change, field) => {
  expect(await addApiKey(rig, NOTE, { ...content, ...change })).toMatchObject({
    ok: false,
    error: "RequestMalformed",
    detail: expect.stringMatching(`^${field}: `),
  });
});

test("a scope that this program does not know any more opens nothing", async () => {
  const { id } = await done(addApiKey(rig, NOTE, content));
  await rig.database.queries.updateTable("api_key").set({ scopes: '["people:read","of an older program"]' }).execute();
  expect((await readApiKey(rig.database.queries, id))!.scopes).toEqual(["people:read"]);
});
