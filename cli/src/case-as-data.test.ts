import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  CAMPUS_CASES_FOLDER,
  CAMPUS_SERVICES_FILE,
  CloudClient,
  openStore,
  type RunningCloud,
  type Scope,
  SCOPES,
  startCloud,
} from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

const SEED = new Uint8Array(32).fill(7);
const signer = nodeSigner(SEED);
let folder: string;
let cloud: RunningCloud;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(async () => {
  await cloud?.close();
  rmSync(folder, { recursive: true });
});

/** 失物招领: a service, a category and a case type that no line of code knows. */
const SERVICE = {
  id: "lost-property",
  names: { zh: "失物招领", en: "Lost property" },
  rules: ["1.7", "6.1"],
  audience: { rule: "1.3", logins: { staff: "campus", visitor: "phone" } },
  writes: true,
  contact: "it",
  caseCategory: "失物",
  windows: [{ id: "claim", rule: "6.1", from: { of: "completion", offsetS: 0 }, until: { of: "completion", offsetS: 86_400 } }],
  scene: "lost-property",
  shownIn: "allApps",
};
const CATEGORY = { id: "失物", rules: ["6.1"], path: "失物招领", names: { zh: "失物", en: "Lost property" } };
const TYPE = {
  id: "lost",
  names: { zh: "失物招领", en: "Lost property" },
  prefix: "SW",
  rules: ["6.1"],
  service: "lost-property",
  categories: ["失物"],
  opening: { by: ["reporter", "desk"] },
  start: "lost",
  states: [
    { id: "lost", names: { zh: "寻找中", en: "Lost" } },
    { id: "found", names: { zh: "已找到", en: "Found" } },
    { id: "returned", names: { zh: "已领取", en: "Returned" }, isOver: true },
    { id: "given-away", names: { zh: "已移交", en: "Given away" }, isOver: true },
  ],
  transitions: [
    {
      id: "find",
      names: { zh: "找到", en: "Find" },
      rule: "6.1",
      from: ["lost"],
      to: "found",
      by: ["desk"],
      demands: ["text"],
      completes: true,
      messages: ["found"],
    },
    { id: "claim", names: { zh: "领取", en: "Claim" }, rule: "6.1", from: ["found"], to: "returned", by: ["reporter"], window: "claim" },
  ],
  closing: { from: ["found"], to: "given-away", behind: "claim" },
  form: [{ id: "colour", names: { zh: "颜色", en: "Colour" }, kind: "text" }],
  messages: [
    {
      id: "found",
      rule: "6.1",
      names: { zh: "已找到", en: "Found" },
      to: "reporter",
      subject: { zh: "{number} 已找到", en: "{number} was found" },
      text: { zh: "{text}", en: "{text}" },
    },
  ],
};

const startOptions = () => ({
  dataFolder: join(folder, "cloud"),
  site: "demo",
  timeZone: "Asia/Shanghai",
  servicesFile: join(folder, "campus", "campus.json"),
  listen: { host: "127.0.0.1", port: 0 },
  onReport() {},
});
async function started(type: object = TYPE): Promise<CloudClient> {
  const campus = JSON.parse(readFileSync(CAMPUS_SERVICES_FILE, "utf8")) as { services: object[]; caseCategories: object[] };
  const rules = [...SERVICE.rules, "1.3"];
  const own = { ...campus, services: [...campus.services, { ...SERVICE, rules }], caseCategories: [...campus.caseCategories, CATEGORY] };
  cpSync(CAMPUS_CASES_FOLDER, join(folder, "campus", "cases"), { recursive: true });
  writeFileSync(join(folder, "campus", "campus.json"), JSON.stringify(own));
  writeFileSync(join(folder, "campus", "cases", "a-lost.json"), JSON.stringify(type)); // before those of the package
  writeFileSync(join(folder, "mine.key"), bytesToHex(SEED), { mode: 0o600 });
  const store = await openStore(join(folder, "cloud"));
  const note = { actor: "test", action: "key add", target: "", reason: "" };
  await addApiKey(store, note, { name: "desk", actor: "desk", publicKey: signer.publicKey, scopes: Object.keys(SCOPES) as Scope[] });
  await store.database.close();
  cloud = await startCloud(startOptions());
  return new CloudClient({ url: cloud.url, signer, nowMs: cloud.cloud.nowMs, randomBytes: cloud.cloud.randomBytes, fetch });
}
const json = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { nowMs, randomBytes } = cloud.cloud;
  const env = { PORTICO_CLOUD: cloud.url, PORTICO_CLOUD_KEY: join(folder, "mine.key"), PORTICO_DATA: folder };
  const { exitCode, out, err } = await new RecordedSurroundings({ workingFolder: folder, env, now: Math.floor(nowMs() / 1000), randomBytes }).run(...words);
  if (exitCode !== 0) throw new Error(err);
  return JSON.parse(out.split("\n")[0] ?? "{}") as Record<string, unknown>;
};

test("a case type and a service that no code knows come from a file alone, and are driven by API and command line: audience, form, window, message, and only the steps of its table", async () => {
  const client = await started();
  const phone = "+8613900139000";
  const body = { category: "失物", description: "雨伞", place: null, beacons: null, form: { colour: "蓝" }, reporter: { phone } };
  const opened = await client.ask("POST /v1/cases", { body });
  expect(opened).toMatchObject({ ok: true, value: { value: { type: { id: "lost" }, state: { id: "lost" }, form: { colour: "蓝" } } } });
  const { id } = (opened as { value: { value: { id: string } } }).value.value;
  expect(id).toMatch(/^SW-20\d\d-000001$/);
  expect(await client.ask("POST /v1/cases", { body: { ...body, form: {} } })).toMatchObject({ problem: { reason: "CaseFormRefused", caseCategory: "失物" } });
  const step = (transition: string) => client.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { transition, as: { phone } } });
  expect(await step("claim")).toMatchObject({ problem: { reason: "CaseTransitionRefused", rule: "6.1" } });
  expect(await step("rate")).toMatchObject({ problem: { reason: "CaseTransitionUnknown" } });
  expect(await json("case", "act", id, "find", "--text", "在 C1 服务台")).toMatchObject({ state: { id: "found" }, closesAt: expect.any(String) });
  expect(await json("outbox", "list")).toMatchObject({ kind: "lost.found", channel: "sms", why: "no SMS provider is configured" });
  expect(await json("case", "act", id, "claim", "--phone", phone)).toMatchObject({ state: { id: "returned" }, isOver: true });
  expect(await json("case", "type", "list")).toMatchObject({ id: "lost" });
  const answer = await client.ask("GET /v1/services/{id}", { params: { id: "lost-property" }, query: {} });
  expect(answer).toMatchObject({ value: { verdict: { may: "nothing", reason: "LoginRequired" }, caseCategory: { id: "失物" } } });
});

test("a cloud does not start without a type, or a state of one, in which there are cases: it says which, and how many", async () => {
  const client = await started();
  const body = { category: "失物", description: "雨伞", place: null, beacons: null, form: { colour: "蓝" }, reporter: { phone: "+8613900139000" } };
  expect(await client.ask("POST /v1/cases", { body })).toMatchObject({ ok: true });
  const again = async (change: (text: string) => string | undefined): Promise<unknown> => {
    await cloud.close();
    const file = join(folder, "campus", "cases", "a-lost.json");
    const text = change(JSON.stringify(TYPE));
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
    return startCloud(startOptions()).then((other) => (cloud = other)).then(() => undefined, (error: unknown) => error); // prettier-ignore
  };
  const refused = (what: string) => ({
    name: "SetupError",
    what: `cases are kept that nothing defines any more\n${what}`,
    where: join(folder, "campus", "cases"),
  });
  expect(await again((text) => text.replaceAll('"lost"', '"missed"').replace('"id":"missed"', '"id":"lost"'))).toMatchObject(
    refused("state lost of type lost: 1 case"),
  );
  expect(await again(() => undefined)).toMatchObject(refused("type lost: 1 case"));
  expect(await again((text) => text)).toBeUndefined();
});

test("a cloud does not start with half a type: file, place and cause are told", async () => {
  await expect(started({ ...TYPE, start: "nowhere" })).rejects.toMatchObject({
    name: "SetupError",
    what: expect.stringContaining("start: there is no state nowhere"),
    where: expect.stringContaining("a-lost.json"),
  });
  cloud = { close: () => Promise.resolve() } as RunningCloud;
});
