import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFeedFile, FrameReader } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveCloud, type ServedCloud } from "./served-cloud.ts";
import { json, standIn } from "./stand-in-controller.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "portico-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("a zone is exported into a file of its owner's alone: a stream, trust lists first, that ends with signed heads", async () => {
  const cloud: ServedCloud = await serveCloud(folder);
  try {
    const made = await cloud.surroundings().run("feed", "export", "--zone", "east", "--zone", "west", "--out", "east.feed");
    const path = join(folder, "east.feed");
    const bytes = new Uint8Array(readFileSync(path));
    expect([made.exitCode, JSON.parse(made.out), statSync(path).mode & 0o777]).toEqual([
      0,
      { file: path, bytes: bytes.length, zones: ["east", "west"] },
      0o600,
    ]);
    const read = new FrameReader().push(decodeFeedFile(bytes)!.stream);
    expect(read.ok && read.value.map(({ kind }) => kind)).toEqual(["hello", "trustList", "manifest", "head", "manifest", "head"]);
    expect(await cloud.surroundings().run("feed", "export", "--zone", "nowhere", "--out", "x.feed")).toMatchObject({ exitCode: 1, err: expect.stringContaining("ZoneUnknown") }); // prettier-ignore
  } finally {
    await cloud.close();
  }
});

const PARTITIONS = [
  { partition: "global", before: 1, epoch: 1, version: 2, issued: 1_800_000_000 },
  { partition: "zone/east", before: 0, epoch: 1, version: 0, issued: null },
];

test("a file is handed to the running controller by its absolute path; what each partition holds now is a table", async () => {
  const controller = await standIn(json({ partitions: PARTITIONS, refusal: null }));
  const { exitCode, out } = await controller.run({ isTty: true, workingFolder: "/media" }, "feed", "import", "stick/east.feed");
  expect([exitCode, controller.asked]).toEqual([0, [{ route: "POST /v1/feed/import", body: { file: "/media/stick/east.feed" } }]]);
  expect(out).toMatch(/^PARTITION +BEFORE +NOW +VOUCHED FOR\nglobal +1 +2 +2027-01-15 .*\nzone\/east +0 +0 +never\n$/);
  await controller.end();
});

test("what the controller refuses is told by the attack's name, behind what it holds", async () => {
  const refusal = { partition: "global", error: "FeedRollback", detail: "global 1:1, in force global 1:2" };
  const controller = await standIn(json({ partitions: PARTITIONS, refusal }));
  const record = await controller.run({ workingFolder: "/media" }, "feed", "import", "/old.feed");
  expect(record).toEqual({
    exitCode: 1,
    out: PARTITIONS.map((row) => `${JSON.stringify(row)}\n`).join(""),
    err: "portico: FeedRollback: global 1:1, in force global 1:2\non: /old.feed, global\nnext: export a new file: portico feed export; what was in force stays\n",
  });
  await controller.end();
});
