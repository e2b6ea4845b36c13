import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiRig, apiRig } from "../rig/api-rig.ts";
import { NonceBook } from "./nonces.ts";
import { NONCE_LIFE_S } from "./signature-profile.ts";

let rig: ApiRig;
let key: string;
beforeEach(async () => {
  rig = await apiRig();
  key = rig.backend.key.id;
});
afterEach(() => rig.close());

test("of those that are written together each nonce is new once", async () => {
  const book = new NonceBook(rig.cloud);
  const first = book.use(key, "the first one, which keeps the writer busy");
  const together = await Promise.all(["a", "b", "a", "a", "b", "c"].map((nonce) => book.use(key, nonce)));
  expect([await first, ...together]).toEqual([true, true, true, false, false, false, true]);
});

test("a thousand at once are all remembered, and forgotten when their signatures have ended", async () => {
  const book = new NonceBook(rig.cloud);
  const all = Array.from({ length: 1000 }, (_, nth) => `nonce ${nth}`);
  expect(new Set(await Promise.all(all.map((nonce) => book.use(key, nonce))))).toEqual(new Set([true]));
  expect(new Set(await Promise.all(all.map((nonce) => new NonceBook(rig.cloud).use(key, nonce))))).toEqual(new Set([false]));
  rig.cloud.pass(NONCE_LIFE_S + 1);
  await book.use(key, "last");
  expect(await rig.cloud.database.queries.selectFrom("used_nonce").select("nonce").execute()).toEqual([{ nonce: "last" }]);
});

test("a store that fails is told to everybody who waits, and the next are written again", async () => {
  const book = new NonceBook(rig.cloud);
  const { queries } = rig.cloud.database;
  await queries.schema.alterTable("used_nonce").renameTo("elsewhere").execute();
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((nonce) => book.use(key, nonce)));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  await queries.schema.alterTable("elsewhere").renameTo("used_nonce").execute();
  expect(await book.use(key, "a")).toBe(true);
});
