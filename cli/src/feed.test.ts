import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, encodeFrame, kidBytes, makeHead, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { ControllerStatus } from "@portico/controller";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import type { RecordedSurroundings } from "./recorded-surroundings.ts";
import { SERVED_SITE, type ServedCloud, serveCloud } from "./served-cloud.ts";
import { json as answering, standIn } from "./stand-in-controller.ts";

const CONTROLLER_SEED = new Uint8Array(32).fill(0x51);
/** The seed that a served cloud signs with. */
const CLOUD_SEED = new Uint8Array(32).fill(0x73);

let folder: string;
let served: ServedCloud;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  served = await serveCloud(folder);
  mkdirSync(join(folder, "machine"));
  writeFileSync(join(folder, "machine", "controller.key"), CONTROLLER_SEED, { mode: 0o600 });
  writeFileSync(
    join(folder, "portico.toml"),
    `[site]
id = "${SERVED_SITE}"
trust_list = "trust-list.cose"
root_keys = ["${bytesToHex(served.root.publicKey)}"]
root_version = 1
root_threshold = 1
[controller]
id = "gate-house"
data = "machine"
[cloud]
url = "${served.url}"
zones = ["east"]
`,
  );
});
afterEach(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

const machine = ["--config", "portico.toml"];
const json = (text: string): Record<string, unknown>[] => text.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
async function letIn(): Promise<void> {
  const { CloudClient } = await import("@portico/cloud-sync");
  const surroundings = served.surroundings();
  const signer = nodeSigner(new Uint8Array(32).fill(0x72));
  const client = new CloudClient({
    url: served.url,
    signer,
    nowMs: () => surroundings.now() * 1000,
    randomBytes: surroundings.randomBytes,
    fetch: surroundings.fetch,
  });
  const made = await client.ask("PUT /v1/controllers/{id}", {
    params: { id: "gate-house" },
    body: { publicKey: bytesToHex(nodeSigner(CONTROLLER_SEED).publicKey), zones: ["east"] },
  });
  if (!made.ok) throw new Error(made.problem.detail);
}
/** Runs until a line that holds this is written, then Ctrl-C. */
async function until(text: string, surroundings: RecordedSurroundings, ...words: string[]) {
  surroundings.onOut = () => void (surroundings.out.includes(text) && surroundings.interrupt());
  return surroundings.run(...words);
}

test("feed tail shows each frame, verified from the pinned roots on, and keeps the stream; feed verify judges it again", async () => {
  await letIn();
  const tailed = await until('"head","partition":"zone/east"', served.surroundings(), "feed", "tail", "--from-start", "--out", "east.frames", ...machine);
  expect([tailed.exitCode, tailed.err]).toEqual([0, ""]);
  expect(
    json(tailed.out)
      .filter(({ kind }) => kind !== "zoneKeys")
      .slice(0, 3),
  ).toMatchObject([
    { kind: "hello", site: SERVED_SITE },
    { kind: "trustList", sequence: 1 },
    { kind: "manifest", partition: "global" },
  ]);
  const verified = await served.surroundings().run("feed", "verify", "east.frames", "east.frames", ...machine);
  expect([verified.exitCode, verified.err]).toEqual([0, expect.stringMatching(/^\d+ frames of 2 streams hold\n$/)]);
  const byList = await served.surroundings().run("feed", "verify", "east.frames", "--site", SERVED_SITE, "--list", join("cloud", "trust-lists", "1.cose"));
  expect(byList.exitCode).toBe(0);
  expect((await until("keepalive", served.surroundings(), "feed", "tail", "--out", "east.frames", "--from-start", ...machine)).err).toContain(
    "this is there already",
  );
});

test("a cloud that told two doors different things is proven by two heads", async () => {
  await letIn();
  await until('"head","partition":"zone/east"', served.surroundings(), "feed", "tail", "--from-start", "--out", "east.frames", ...machine);
  const [head] = json((await served.surroundings().run("feed", "verify", "east.frames", ...machine)).out).filter(({ kind, partition }) => kind === "head" && partition === "zone/east"); // prettier-ignore
  const { epoch, version, issued } = head as { epoch: number; version: number; issued: number };
  const other = makeHead(SERVED_SITE, { partition: "zone/east", epoch, version, digest: new Uint8Array(32), publish: 9, issued: unixSeconds(issued), expires: unixSeconds(issued + 600), globalVersion: 0, trustListSequence: 1 }, kidBytes(1), nodeSigner(CLOUD_SEED)); // prettier-ignore
  writeFileSync(join(folder, "west.frames"), encodeFrame({ kind: "head", record: other }));
  const forked = await served.surroundings().run("feed", "verify", "east.frames", "west.frames", ...machine);
  expect([forked.exitCode, forked.err]).toEqual([
    1,
    expect.stringMatching(/^portico: FeedFork: zone\/east 1:\d+ has the digests .*\non: west\.frames, frame \d+\nnext: keep these files: they prove it/),
  ]);
  expect(forked.out).toContain(bytesToHex(other));
});

test("feed snapshot fetches a zone as the controller may, verifies it, counts it and writes it", async () => {
  await letIn();
  const snapshot = await served.surroundings().run("feed", "snapshot", "east", "--out", "east.jsonl", ...machine);
  expect([snapshot.exitCode, snapshot.err]).toEqual([0, ""]);
  expect(json(snapshot.out)).toMatchObject([{ partition: "zone/east", epoch: 1, counts: { zoneKey: 1 }, bytesPerCredential: null }]);
  expect(json(readFileSync(join(folder, "east.jsonl"), "utf8"))).toMatchObject([{ table: "zoneKey", generation: 1 }]);
  expect(await served.surroundings().run("feed", "snapshot", "west", ...machine)).toMatchObject({ exitCode: 2, err: expect.stringContaining("choose of global, zone/east") }); // prettier-ignore
});

test("a controller that the cloud does not let in is told so", async () => {
  expect(await served.surroundings().run("feed", "tail", "--from-start", ...machine)).toMatchObject({ exitCode: 3, err: expect.stringMatching(/^portico: the feed ended: the cloud does not take the controller's key/) }); // prettier-ignore
});

const status = (validUntil: number): Partial<ControllerStatus> => ({
  controller: "gate-house",
  trustList: { sequence: 4, validUntil },
  feed: { connection: "connected", detail: "", sinceS: 9, partitions: [{ partition: "zone/east", epoch: 1, version: 7, publish: 40, issued: 1_799_999_990, expires: 1_800_000_590, freshness: "fresh", since: 1_799_999_990, next: null }] } as unknown as ControllerStatus["feed"] & object, // prettier-ignore
});
test.each([
  [200, ""],
  [29, "portico: the trust list ends in 29 days\nnext: portico key rotate drafts the next one for the root holders\n"],
  [-2, "portico: the trust list ended 2 days ago: doors go by the stale policy\nnext: portico key rotate drafts the next one for the root holders\n"],
])("feed status shows each partition, and a trust list with %i days to go: %s", async (days, warning) => {
  const there = await standIn(answering(status(1_800_000_000 + days * 86_400)));
  onTestFinished(there.end);
  const shown = await there.run({ isTty: true }, "feed", "status");
  expect([shown.exitCode, shown.err]).toEqual([0, warning]);
  expect(shown.out).toMatch(
    /^feed +connected\ntrust list +sequence 4, (valid|expires soon|stale), until .*\nPARTITION +VERSION +PUBLISH +VOUCHED FOR +STATE\nzone\/east +1:7 +40 +.* +fresh\n$/,
  );
});

test("feed status of a cloud says how many controllers have applied a publication, and who is missing", async () => {
  await letIn();
  const asking = ["feed", "status", "--cloud", served.url, "--key", join("desk", "operator.key")];
  const told = await served.surroundings().run(...asking);
  expect([told.exitCode, json(told.out)]).toMatchObject([0, [{ applied: 0, of: 1, missing: [{ id: "gate-house" }], forks: [] }]]);
  const shown = await served.surroundings({ isTty: true }).run(...asking, "--publish", "1");
  expect(shown.out).toMatch(/^publication +1\napplied +0 of 1 controllers\nmissing +1, first gate-house; portico controller lag\n$/);
});
