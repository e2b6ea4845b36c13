import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

let folder: string;
let asked: string[];
let answers: Record<string, unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  writeFileSync(join(folder, "mine.key"), bytesToHex(new Uint8Array(32).fill(7)), { mode: 0o600 });
  [asked, answers] = [[], {}];
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = async (isTty: boolean, ...words: string[]) =>
  new RecordedSurroundings({
    isTty,
    workingFolder: folder,
    env: { PORTICO_DATA: folder, PORTICO_CLOUD: "http://127.0.0.1:1", PORTICO_CLOUD_KEY: "mine.key" },
    fetch: (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(pathname + search);
      return Promise.resolve(Response.json(answers[pathname + search] ?? answers[pathname]));
    },
  }).run("event", ...words);

const EVENT = { controller: "gate-house", chain: "gate-house~2", seq: 7, at: null, ms: 0, name: "DoorForcedOpen", severity: "alarm", source: "library", text: "Door library was opened.", fields: {}, hash: "ab", receivedAt: "2026-09-01T00:00:00Z", cursor: "3.7" }; // prettier-ignore

test("event list goes from page to page until there is nothing more, and asks for what was chosen", async () => {
  answers["/v1/events?controller=gate-house&names=DoorForcedOpen&from=2026-09-01T00%3A00%3A00Z&after=1.2&limit=100"] = { items: [EVENT], next: "3.9" };
  answers["/v1/events?controller=gate-house&names=DoorForcedOpen&from=2026-09-01T00%3A00%3A00Z&after=3.9&limit=99"] = { items: [], next: null };
  const choice = ["--controller", "gate-house", "--name", "DoorForcedOpen", "--from", "2026-09-01T00:00:00Z", "--after", "1.2"];
  expect(await run(true, "list", ...choice)).toMatchObject({
    exitCode: 0,
    out: "CHAIN         SEQ  TIME           SEVERITY  EVENT\ngate-house~2  7    clock unknown  alarm     Door library was opened.\n",
    err: expect.stringMatching(/^times in /),
  });
  expect(asked).toHaveLength(2);
  expect(await run(false, "list", ...choice)).toEqual({ exitCode: 0, out: `${JSON.stringify(EVENT)}\n`, err: "" });
});

test("event list asks for no more than it was told", async () => {
  answers["/v1/events"] = { items: [EVENT, EVENT], next: "3.9" };
  const { out } = await run(false, "list", "--limit", "2");
  expect([out.split("\n").length - 1, asked]).toEqual([2, ["/v1/events?limit=2"]]);
});

const STATUS = "/v1/controllers/gate-house/events/status";
const VERIFY = "/v1/controllers/gate-house/events/verify";
const chain = {
  chain: "gate-house",
  publicKey: "ab",
  seq: 9,
  hash: "cd",
  receivedAt: "2026-09-01T00:00:00Z",
  gaps: 0,
  missing: 0,
  pruned: 0,
  checkpoints: 0,
  forks: 0,
};
const whole = { chain: "gate-house", holds: true, records: 9, gone: 0, detail: "" };

test("event chain tells machine by machine how far the cloud has the log, and ends with 0 where all of it holds", async () => {
  answers[STATUS] = { items: [chain, { ...chain, chain: "gate-house~2", gaps: 2, missing: 40, pruned: 7, checkpoints: 1 }] };
  answers[VERIFY] = { items: [whole, { ...whole, chain: "gate-house~2" }] };
  const { exitCode, out } = await run(true, "chain", "gate-house");
  const lines = out.split("\n");
  expect([exitCode, lines[0], lines[1], lines[2]]).toEqual([
    0,
    "CHAIN         UP TO  LAST CAME            DROPPED       TIME OVER          FORKS  CHAIN HOLDS",
    expect.stringMatching(/^gate-house {4}9 {6}20.* none {10}none {15}none {3}yes$/),
    expect.stringMatching(/^gate-house~2 .* 40 in 2 gaps {2}7 in 1 checkpoint {2}none {3}yes$/),
  ]);
});

test.each([
  [
    "a chain that breaks",
    { ...whole, holds: false, detail: "HashBroken at 4: record 3 was altered" },
    chain,
    "the chain breaks: HashBroken at 4: record 3 was altered",
  ],
  ["a log that told two stories", whole, { ...chain, forks: 1 }, "the controller's log told two stories"],
])("event chain ends with 1 on %s", async (_, verdict, status, what) => {
  [answers[STATUS], answers[VERIFY]] = [{ items: [status] }, { items: [verdict] }];
  expect(await run(true, "chain", "gate-house")).toMatchObject({ exitCode: 1, err: expect.stringContaining(`portico: ${what}\non: chain gate-house\n`) });
});

test("event copies tells what was found and what was done, page by page", async () => {
  const found = { id: 1, credential: "00112233445566ff", kind: "sameCounter", at: "2026-09-01T00:00:00Z", outcome: "suspended", evidence: "{}" };
  answers["/v1/copies?after=0&limit=1000"] = { items: [found], next: "1" };
  answers["/v1/copies?after=1&limit=1000"] = { items: [{ ...found, id: 2, kind: "capture", outcome: "warned" }], next: null };
  const { exitCode, out } = await run(true, "copies");
  expect([exitCode, out.split("\n").map((line) => line.replace(/ +\d{4}-.*? {2}/, " … "))]).toEqual([
    0,
    [expect.stringMatching(/^CREDENTIAL +FOUND +AT +DONE$/), "00112233445566ff  sameCounter … suspended", "00112233445566ff  capture … warned", ""],
  ]);
});
