import { readFileSync } from "node:fs";
import { DENY_REASON, DENY_REASONS, encodeEvent, eventOf, unixSeconds, REMEDY } from "@portico/card-protocol";
import type { AccessPointRow, CredentialRow, DoorRow, EventLine } from "@portico/controller";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CAMPUS_START, type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { type RecordedOptions, RecordedSurroundings } from "./recorded-surroundings.ts";
import { json, lines, standIn, type StandIn } from "./stand-in-controller.ts";
import { answerTo } from "./why-words.ts";

const NOW = 1_800_000_000;
const point = (id: string, opens: string, enabled = true): Pick<AccessPointRow, "id" | "opens" | "enabled"> => ({ id, opens, enabled });
const door = (id: string, more: Partial<DoorRow> = {}): DoorRow => ({ id, kind: "door", shadow: false, mode: "Locked", lock: "Locked", physical: "Closed", alarm: "Normal", fire: false, overruled: null, sinceS: 5, lastEvent: null, ...more }); // prettier-ignore
const denied = (seq: number, at: number | null, source: string, fields: EventLine["fields"]): EventLine => ({ seq, at, ms: 0, name: "AccessDenied", source, severity: "notice", text: "", textZh: "", fields, hash: "" }); // prettier-ignore
const refused = (at: number, source: string, reason: string, count: number): EventLine => ({
  ...denied(1, at, source, { reason, count }),
  name: "ScansRefused",
});

const [LI, MA] = ["1eb73f7ee8a4244d", "2eb73f7ee8a4244d"];
const DENIED = [
  denied(7, NOW - 700, "library-in", { reason: "PassReplayed", detail: "", credential: LI, presentation: "H" }),
  denied(8, NOW - 500, "library-in", { reason: "CredentialNotEnabled", detail: "CredentialLost", credential: LI, presentation: "card" }),
  denied(9, NOW - 60, "gate-1-in", { reason: "Unauthorized", detail: "", credential: MA, presentation: "T" }),
  denied(10, null, "gate-1-out", { reason: "ClockUntrusted", detail: "", credential: LI, presentation: "T" }),
];
const REFUSED = [refused(NOW - 30, "library-in", "PassMalformed", 4)];
const REPEATED: EventLine[] = [
  { ...denied(11, NOW - 50, "gate-1-in", { reason: "Unauthorized", credential: MA, deniedSeq: 9, count: 6 }), name: "DenialRepeated" },
];
const CREDENTIALS: readonly Pick<CredentialRow, "credential" | "kind" | "suspension">[] = [{ credential: LI, kind: "card", suspension: "CredentialLost" }];

let controller: StandIn;
let cloud: CampusCloud | undefined;
beforeEach(async () => {
  cloud = undefined;
  controller = await standIn((response, { route }) => {
    if (route === "GET /v1/access-points") return json([point("library-in", "library"), point("gate-1-in", "gate-1/entry"), point("gate-1-out", "gate-1/exit", false)])(response, { route, body: undefined }); // prettier-ignore
    if (route === "GET /v1/doors") return json([door("library", { mode: "Blocked" }), door("gate-1/entry", { lock: "Fault" }), door("gate-1/exit")])(response, { route, body: undefined }); // prettier-ignore
    if (route.startsWith("GET /v1/list/credentials")) return json(route.endsWith("person=li") ? CREDENTIALS : [])(response, { route, body: undefined });
    const named = { AccessDenied: DENIED, ScansRefused: REFUSED, DenialRepeated: REPEATED }[/name=(\w+)/.exec(route)![1]!] ?? [];
    return lines(...named)(response, { route, body: undefined });
  });
});
afterEach(async () => {
  await controller.end();
  await cloud?.end();
});

const IT = "IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn";
const TTY: RecordedOptions = { isTty: true, now: NOW };
const why = (...words: readonly string[]) =>
  controller.run({ ...TTY, workingFolder: controller.folder, env: { PORTICO_DATA: controller.folder } }, "why", ...words);

test("rule 1.7: a door's refusals are told with cause, remedy, what to read out and whom to ask, its counted scans too, and what else is wrong with it", async () => {
  const { exitCode, out, err } = await why("library");
  expect([exitCode, out]).toEqual([0, expect.stringContaining(DENY_REASON.CredentialNotEnabled.zh)]);
  expect(out.split("\n").filter((line) => !line.startsWith(" ") && line !== "")).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}library-in {2}CredentialNotEnabled, card$/),
    expect.stringMatching(/ {2}library-in {2}PassMalformed, 4 times$/),
  ]);
  expect(out).toContain(`  ${DENY_REASON.CredentialNotEnabled.en} (CredentialLost)\n  read out: ${DENY_REASON.CredentialNotEnabled.zh}${REMEDY.ReturnLostCard.zh}\n  what to do: ${DENY_REASON.CredentialNotEnabled.remedy}\n  whom to ask: ${IT}; 报事报修-IT-校园卡\n`); // prettier-ignore
  expect(err).toMatch(/^library is Blocked now\ntimes in /);
});

test("a turnstile is both its directions; what is switched off or does not answer is named; what the clock does not date is not left out", async () => {
  const { out, err } = await why("gate-1");
  expect(out).toMatch(/^clock unknown {2}gate-1-out {2}ClockUntrusted, T\n/);
  expect(out).toContain("gate-1-in  Unauthorized, T");
  expect(err).toMatch(/^gate-1-out is switched off in the configuration\ngate-1\/entry does not answer: portico device list says why\n/);
  expect((await why("gate-1-in")).out.match(/(?<=gate-1-in {2}).*/g)).toEqual(["Unauthorized, T", "Unauthorized, 6 times"]);
});

test("a person of the controller's list is told what was refused to them and nobody else, as far back as asked, and what their cards are", async () => {
  const { out, err } = await why("li");
  expect(out.match(/ {2}\S+ {2}([A-Za-z]+),/g)).toEqual(["  gate-1-out  ClockUntrusted,", "  library-in  CredentialNotEnabled,"]);
  expect(err).toContain(`card ${LI}: CredentialLost\n`);
  expect((await why("li", "--last", "1h")).out).toContain("PassReplayed");
  expect((await why("li", "--last", "1h", "--limit", "1")).out).toMatch(/^2 more before these/m);
  expect(await why("li", "--last", "soon")).toMatchObject({ exitCode: 2 });
  expect(await why("nobody")).toMatchObject({ exitCode: 1, err: expect.stringContaining("no door, access point or person is known by this") });
});

test("a person of the cloud is found by account, and what was not refused is said", async () => {
  cloud = await campusCloud();
  const [zhang] = await cloud.json("person", "add", "--name", "张三", "--account", "zhang@example.edu");
  const body = { kind: "card", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: "01020304" } as const;
  await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id: String(zhang!["id"]) }, body });
  const { exitCode, out, err } = await cloud.run(["why", "zhang@example.edu", "--socket", controller.socket], { isTty: true });
  expect([exitCode, out, err]).toEqual([0, "", "person zhang@example.edu was not refused in the last 10m 0s\n"]);
});

test("where no controller runs the cloud answers alone, for places and people; where one runs what both know is told once", async () => {
  cloud = await campusCloud();
  const { json: ask, run, cloud: kept } = cloud;
  await ask("place", "zone", "east", "--zh", "东区", "--en", "East");
  await ask("place", "put", "gate-1/entry", "--zone", "east", "--zh", "东门进", "--en", "East gate, entry");
  const [zhang] = await ask("person", "add", "--name", "张三", "--account", "zhang@example.edu");
  const body = { kind: "card", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: "01020304" } as const;
  const issued = await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id: String(zhang!["id"]) }, body });
  if (!issued.ok) throw new Error(issued.problem.detail);
  const credential = issued.value.value.id;
  const at = unixSeconds(CAMPUS_START - 60);
  const event = eventOf("AccessDenied", { accessPoint: "gate-1/entry", reason: "Unauthorized", detail: "", credential, presentation: "card", counter: null, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 }); // prettier-ignore
  const record = Buffer.from(encodeEvent({ seq: 1, prevHash: new Uint8Array(32), at, ms: 0, event }));
  const hash = Buffer.alloc(32);
  const { queries } = kept.database;
  await queries.insertInto("event_chain").values({ controller: "gate-house", machine: 1, public_key: hash, seq: 1, hash, received_at: at, gaps: 0, missing: 0 }).execute(); // prettier-ignore
  await queries.insertInto("controller_event").values({ chain: 1, seq: 1, at, ms: 0, name: "AccessDenied", source: "gate-1/entry", credential, record, hash }).execute(); // prettier-ignore
  await queries.insertInto("event_batch").values({ chain: 1, first_seq: 1, new_from: 1, last_seq: 1, signature: Buffer.alloc(64), received_at: at }).execute(); // prettier-ignore
  for (const text of ["gate-1", "gate-1/entry", "zhang@example.edu"]) {
    const told = await run(["why", text, "--socket", "nowhere.sock"]);
    expect([told.exitCode, JSON.parse(told.out)]).toMatchObject([0, { accessPoint: "gate-1/entry", reason: "Unauthorized", credential, by: "card", readOut: DENY_REASON.Unauthorized.zh, help: { remedy: "AskForAccess", contact: IT } }]); // prettier-ignore
  }
  expect(await run(["why", "nobody@example.edu", "--socket", "nowhere.sock"])).toMatchObject({ exitCode: 1 });
  expect(await new RecordedSurroundings({ workingFolder: cloud.folder }).run("why", "gate-1", "--socket", "nowhere.sock")).toMatchObject({ exitCode: 3 });
  DENIED.push(denied(12, at, "gate-1/entry", { reason: "Unauthorized", detail: "", credential, presentation: "card" }));
  const both = await run(["why", "zhang@example.edu", "--socket", controller.socket]);
  DENIED.pop();
  expect(both.out.match(/Unauthorized/g)).toHaveLength(1);
});

test("in Chinese: cause, what to tell, what to do and whom to ask", async () => {
  const { out, err } = await why("library", "--lang", "zh", "--limit", "1");
  expect(out.split("\n").slice(1)).toEqual(["  二维码无法识别，请刷新后重试", `  告知：${DENY_REASON.PassMalformed.zh}`, `  处理：${DENY_REASON.PassMalformed.remedyZh}`, `  联系：${IT}; 报事报修-IT-校园卡`, "", "此前还有 1 条，可用 --limit 显示", ""]); // prettier-ignore
  expect(out).toMatch(/^\S+ \S+ {2}library-in {2}PassMalformed，4 次\n/);
  expect(err).toMatch(/\n时间按 /);
  expect((await why("library", "--lang", "zh")).out).toContain(`  ${DENY_REASON.CredentialNotEnabled.zh.replace("。", "")}：已挂失（CredentialLost）\n`);
});

test("for programs each refusal is a line with cause, remedy and sentence", async () => {
  const { out } = await controller.run({ now: NOW, env: { PORTICO_DATA: controller.folder } }, "why", "gate-1-in", "--limit", "2");
  expect(JSON.parse(out.split("\n")[0]!)).toEqual({ at: NOW - 60, accessPoint: "gate-1-in", reason: "Unauthorized", detail: "", detailZh: "", count: 1, credential: MA, by: "T", ...answerTo("Unauthorized"), help: { remedy: "AskForAccess", en: REMEDY.AskForAccess.en, zh: REMEDY.AskForAccess.zh, caseCategory: "报事报修-IT-智能门禁", contact: IT } }); // prettier-ignore
});

test("every sentence that is read out is the one that docs/deny-reasons.md has under its reason, and is Chinese", () => {
  const document = readFileSync(new URL("../../docs/deny-reasons.md", import.meta.url), "utf8");
  const sections = new Map(document.split(/^## /m).slice(1).map((section): [string, string] => [section.slice(0, section.indexOf("\n")), section])); // prettier-ignore
  expect([...sections.keys()]).toEqual([...DENY_REASONS]);
  for (const reason of DENY_REASONS) {
    const { readOut, remedy } = answerTo(reason);
    expect(sections.get(reason)).toContain(`- Read out: ${readOut}\n`);
    expect(sections.get(reason)).toContain(`- What to do: ${remedy}\n`);
    expect(readOut).toMatch(/^\p{Script=Han}[^a-z]*。$/u);
  }
});
