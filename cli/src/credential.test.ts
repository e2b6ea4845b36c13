import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { CloudClient } from "@portico/cloud-sync";
import { seededRandom, seededRandomBytes } from "@portico/firmware-ts";
import { accountDomain, CloudCampus, smallCampus } from "@portico/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

/** The commands of an operator, with chance enough that no request is another's. */
class Operator extends RecordedSurroundings {
  override readonly randomBytes = chance;
}
const chance = seededRandomBytes(seededRandom(5));

let campus: CloudCampus;
let folder: string;
beforeEach(async () => {
  campus = await CloudCampus.open({ make: smallCampus, seed: 1 });
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  writeFileSync(join(folder, "operator.key"), bytesToHex(campus.campus.keys.operator), { mode: 0o600 });
  writeFileSync(
    join(folder, "operator.json"),
    JSON.stringify({ cloud: "http://127.0.0.1:1", key: "operator.key", accountDomain: accountDomain(campus.campus) }),
  );
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await campus.end();
});

/** Whenever the command waits, so much time passes on the campus, too. */
const WAIT_MS = 500;
function run({ noun = "credential", ...options }: { readonly isTty?: boolean; readonly noun?: string }, ...words: string[]): Promise<CommandRecord> {
  const fetch = async (request: Request): Promise<Response> => campus.cloud.fetch(request);
  const operator = new Operator({ ...options, workingFolder: folder, env: { PORTICO_DATA: folder }, now: campus.now(), fetch });
  operator.onWait = () => void campus.clock.pass(WAIT_MS).then(() => operator.passTime());
  return operator.run(noun, ...words);
}
const anyGrant = async (): Promise<string> => String(json({ out: (await run({ noun: "grant" }, "list")).out.split("\n")[0]! })["id"]);
const json = ({ out }: Pick<CommandRecord, "out">): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;
const cardOf = (person: string): string => campus.campus.people.find(({ id }) => id === person)!.card!.credential;
const phoneOf = (person: string): string => campus.campus.people.find(({ id }) => id === person)!.phone!.credential;

test("what somebody opens doors with is listed by account, as a table for people", async () => {
  const { exitCode, out } = await run({ isTty: true }, "list", "--person", "li");
  const [heading, ...rows] = out.trimEnd().split("\n");
  expect([exitCode, heading]).toEqual([0, expect.stringMatching(/^CREDENTIAL +KIND +STATE +SINCE +VALID +SHOWN AS$/)]);
  const shown = new Map(rows.map((row) => row.split(/ {2,}/)).map(([id, ...cells]) => [id, cells.slice(0, 2)]));
  expect(shown).toEqual(new Map([[cardOf("li"), ["card", "active"]], [phoneOf("li"), ["qr", "active"]]])); // prettier-ignore
  expect(out).not.toContain(campus.campus.people.find(({ id }) => id === "li")!.card!.number);
});

test("rule 4.1: a card is reported lost by its person's name, again changes nothing, and rule 4.2: is found again; the answer names the publication", async () => {
  const lost = await run({}, "lost", "--person", "li", "--reason", "left on the bus");
  expect([lost.exitCode, json(lost)]).toEqual([0, expect.objectContaining({ id: cardOf("li"), state: "lost", publish: expect.any(Number) })]);
  const again = await run({}, "lost", cardOf("li"));
  expect(json(again)).toMatchObject({ state: "lost", stateSince: json(lost)["stateSince"] });
  const found = await run({ isTty: true }, "found", "--person", `li@${accountDomain(campus.campus)}`);
  expect(found.out).toMatch(/^state +active since /m);
  expect(found.out).toMatch(/^publication +\d+$/m);
});

test("rule 4.4: the answer says how many controllers have it on their disks, and of one that is offline since when; for that one nobody waits", async () => {
  await campus.clock.pass(10_000); // each has said once what it holds
  expect(json(await run({}, "lost", "--person", "li"))).toMatchObject({ doors: { applied: 2, of: 2, missing: [] } });
  campus.cloud.line("library-house").cut();
  await campus.clock.pass(240_000);
  const found = await run({ isTty: true }, "found", "--person", "li");
  expect(found.out).toMatch(/^controllers +1 of 2 have it on their disks\n +library-house has not: silent, heard last at 20\d\d-/m);
  expect(await run({}, "lost", "--person", "wu")).toMatchObject({ exitCode: 1, err: expect.stringContaining("no credential of kind card") });
});

test("rule 4.4: so does the answer of every change by the API: loss, freeze, unfreeze, a lent card and its return, a lost phone; a refused one says nothing of it", async () => {
  await campus.clock.pass(10_000);
  campus.cloud.line("library-house").cut();
  await campus.clock.pass(240_000);
  const { operator } = campus.campus.keys;
  const fetch = async (request: Request): Promise<Response> => campus.cloud.fetch(request);
  const client = new CloudClient({ url: "http://127.0.0.1:1", signer: nodeSigner(operator), nowMs: () => campus.now() * 1000, randomBytes: chance, fetch });
  const id = cardOf("li");
  const found = await client.ask("GET /v1/credentials/{id}", { params: { id } });
  if (!found.ok) throw new Error(found.problem.detail);
  const { person } = found.value;
  const offline = [{ controller: "library-house", heardAt: expect.stringMatching(/^20\d\d-/) }];
  const told = { ok: true, value: { doors: { of: 2, offline, status: expect.stringMatching(/^\/v1\/feed\/status\?publish=\d+$/) } } };
  const why = { reason: "spoke to her" };
  expect(await client.ask("POST /v1/credentials/{id}/report-lost", { params: { id } }, why)).toMatchObject(told);
  expect(await client.ask("POST /v1/credentials/{id}/return", { params: { id } }, why)).toMatchObject(told);
  expect(await client.ask("POST /v1/credentials/{id}/freeze", { params: { id } }, why)).toMatchObject(told);
  const asking = { type: "unfreeze", category: "校园卡", description: "", place: null, beacons: null, form: { credential: id }, reporter: { person } };
  const opened = await client.ask("POST /v1/cases", { body: asking }, why);
  if (!opened.ok) throw new Error(opened.problem.detail);
  expect(await client.ask("POST /v1/credentials/{id}/unfreeze", { params: { id }, body: { case: opened.value.value.id } }, why)).toMatchObject(told);
  const dueAt = new Date((campus.now() + 3_600) * 1000).toISOString().replace(".000Z", "Z");
  const lent = await client.ask("POST /v1/persons/{id}/lent-cards", { params: { id: person }, body: { number: "0badcafe", desk: "C1", dueAt } }, why);
  expect(lent).toMatchObject(told);
  expect(await client.ask("POST /v1/persons/{id}/report-phone-lost", { params: { id: person }, body: { channel: "hotline", identityCheck: "called back" } }, why)).toMatchObject(told); // prettier-ignore
  await campus.clock.pass(5_000);
  const again = await client.ask("POST /v1/credentials/{id}/report-lost", { params: { id } }, why);
  if (!again.ok) throw new Error(again.problem.detail);
  await campus.clock.pass(5_000);
  const asked = await client.ask("GET /v1/feed/status", { query: { publish: again.value.publish! } });
  expect(asked).toMatchObject({ ok: true, value: { applied: 1, of: 2, missing: [{ id: "library-house", state: "silent" }] } });
  const refused = await client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: phoneOf("li") } }, why);
  expect([refused.ok, JSON.stringify(refused).includes("doors")]).toEqual([false, false]);
});

test("rule 4.4: a person at a terminal reads it behind a lost phone, a lent card and its return", async () => {
  await campus.clock.pass(10_000);
  campus.cloud.line("library-house").cut();
  await campus.clock.pass(240_000);
  const told = /^change \d+, publication \d+: 1 of 2 controllers have it on their disks\nlibrary-house has not: silent, heard last at 20\d\d-/;
  const card = (...words: string[]) => run({ isTty: true, noun: "card" }, ...words, "--reason", "own card at home");
  expect((await card("lend", "li", "--number", "0badcafe", "--desk", "C1")).err).toMatch(told);
  expect((await card("take-back", "--person", "li")).err).toMatch(told);
  expect((await run({ isTty: true, noun: "phone" }, "lost", "li", "--channel", "guard", "--identity-check", "staff card seen")).err).toMatch(told);
});

test("rule 4.4: a person at a terminal reads it behind every change, one that moves grants too", async () => {
  await campus.clock.pass(10_000);
  campus.cloud.line("library-house").cut();
  await campus.clock.pass(240_000);
  const { err } = await run({ isTty: true, noun: "group" }, "put", "class-9", "--zh", "一班", "--en", "Class 1");
  expect(err).toMatch(/^change \d+, publication \d+: \d of 2 controllers have it on their disks\n/);
  const ended = await run({ isTty: true, noun: "grant" }, "end", await anyGrant(), "--reason", "left");
  expect(ended.err).toMatch(/^change \d+, publication \d+: 1 of 2 controllers have it on their disks\nlibrary-house has not: silent, heard last at 20\d\d-/);
});

test("rule 4.3: loss concerns the card alone: a phone is refused as one, and what helps is said", async () => {
  expect(await run({}, "lost", phoneOf("li"))).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/^portico: .*CardOnly.*\non: credential [0-9a-f]{16}\nnext: .+\n$/),
  });
  expect(await run({}, "lost", "--person", "wang")).toMatchObject({ exitCode: 1, err: expect.stringContaining("this person has no credential of kind card") });
});

test("rule 2.4: a phone is frozen with the evidence, and rule 2.5: unfrozen by a case; without either it stays as it is", async () => {
  expect(await run({}, "freeze", "--person", "wu")).toMatchObject({ exitCode: 1, err: expect.stringContaining("ReasonRequired") });
  expect(json(await run({}, "freeze", "--person", "wu", "--reason", "screenshot seen"))).toMatchObject({ id: phoneOf("wu"), state: "frozen" });
  expect(await run({}, "unfreeze", "--person", "wu", "--reason", "spoke to her")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--case") });
  const invented = await run({}, "unfreeze", "--person", "wu", "--case", "JD-2026-000042", "--reason", "spoke to her");
  expect([invented.exitCode, invented.err]).toEqual([1, expect.stringContaining("CaseUnknown")]);
  const asked = await run({ noun: "case" }, "open", "--type", "unfreeze", "--category", "校园卡", "--set", `credential=${phoneOf("wu")}`, "--person", "wu", "--reason", "she called"); // prettier-ignore
  const { id: number } = json(asked) as { id: string };
  expect(json(await run({}, "unfreeze", "--person", "wu", "--case", number, "--reason", "spoke to her"))).toMatchObject({ state: "active" });
  expect(json(await run({ noun: "case" }, "show", number))).toMatchObject({ state: { id: "unfrozen" }, results: { credential: phoneOf("wu") } });
});

test("a card is added, is one of two from then on, and is taken away for good", async () => {
  const plate = await run({}, "add", "--person", "li", "--kind", "plate", "--number", "无车牌");
  expect([plate.exitCode, plate.err]).toEqual([2, expect.stringContaining("no plate was read")]);
  const added = await run({}, "add", "--person", "li", "--kind", "card", "--number", "04A1B2C3D4E5F6", "--until", "2027-06-30T23:59:00+08:00");
  expect([added.exitCode, json(added)]).toEqual([
    0,
    expect.objectContaining({ kind: "card", state: "active", validity: { from: null, until: "2027-06-30T15:59:00Z" } }),
  ]);
  expect(added.out).not.toMatch(/04a1b2c3d4e5f6/i);
  const id = String(json(added)["id"]);
  const two = await run({}, "lost", "--person", "li");
  expect(two).toMatchObject({ exitCode: 1, err: expect.stringContaining("this person has 2 credentials of kind card") });
  expect(two.err).toContain(`${id}  active`);
  expect(json(await run({}, "remove", id, "--reason", "broken"))).toMatchObject({ removed: true, publish: expect.any(Number) });
  expect(await run({}, "show", id)).toMatchObject({ exitCode: 1, err: expect.stringContaining("CredentialUnknown") });
  expect(json(await run({}, "show", cardOf("li")))).toMatchObject({ id: cardOf("li"), state: "active" });
});

test.each([
  [["lost"], "neither an id nor --person"],
  [["lost", "0011223344556677", "--person", "li"], "an id and --person"],
  [["show", "li"], "16 hex digits"],
  [["add", "--person", "li", "--kind", "card", "--until", "tomorrow"], "A time such as"],
])("%j ends with 2 and says what is wanted", async (words, said) => {
  expect(await run({}, ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(said) });
});
