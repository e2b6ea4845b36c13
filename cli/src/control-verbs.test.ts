import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControllerStatus, DeviceRow, EventExplanation, EventLine, Problem } from "@portico/controller";
import { instantText } from "./time-text.ts";
import { expect, onTestFinished, test } from "vitest";
import { ControllerClient } from "./controller-client.ts";
import { RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";
import { json, lines, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

/** A stand-in that goes with the test. */
async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}

const TTY: RecordedOptions = { isTty: true };
const DENIED: EventLine = {
  seq: 1042,
  at: 1_800_000_000,
  ms: 7,
  name: "AccessDenied",
  source: "gate-1-in",
  severity: "notice",
  text: "gate-1-in refused 0123456789abcdef by H: PassReplayed (counter 7).",
  textZh: "gate-1-in 拒绝凭证 0123456789abcdef（H 码）：PassReplayed（counter 7）。",
  fields: { reason: "PassReplayed" },
  hash: "ab".repeat(32),
};

test("device test is asked for in your name, or another's", async () => {
  const { run, asked } = await standIn(json({ id: "board", passed: true, steps: [] }));
  await run(TTY, "device", "test", "board");
  await run(TTY, "device", "test", "board", "--by", "guard");
  expect(asked.map(({ body }) => body)).toEqual([
    { by: "zhang", reason: "test" },
    { by: "guard", reason: "test" },
  ]);
});

test("device list shows health and counts", async () => {
  const row: DeviceRow = { id: "board", kind: "relay-board", wire: "bus", health: "offline", detail: "no answer", sinceS: 61, counts: { polls: 9, lost: 2 } };
  const { run } = await standIn(json([row]));
  expect((await run(TTY, "device", "list")).out).toBe(
    "DEVICE  KIND         WIRE  HEALTH   SINCE  COUNTS           DETAIL\nboard   relay-board  bus   offline  1m 1s  polls 9, lost 2  no answer\n",
  );
});

test("device test that fails ends with 1 and the failed step's remedy", async () => {
  const steps = [
    { step: "answers", passed: true, detail: "in 4 ms", remedy: "" },
    { step: "has 8 relays", passed: false, detail: "has 4", remedy: "correct relays in portico.toml" },
  ];
  const { run, asked } = await standIn(json({ id: "board", passed: false, steps }));
  expect(await run(TTY, "device", "test", "board")).toEqual({
    exitCode: 1,
    out: "STEP          OUTCOME  DETAIL\nanswers       passed   in 4 ms\nhas 8 relays  failed   has 4\n",
    err: 'portico: step "has 8 relays" failed: has 4\non: device board\nnext: correct relays in portico.toml\n',
  });
  expect(asked[0]!.route).toBe("POST /v1/devices/board/test");
});

const STATUS: ControllerStatus = {
  site: "demo",
  controller: "gate-house",
  version: "0.1.0",
  uptimeS: 90,
  clock: { state: "untrusted", now: null, uncertaintyS: null },
  list: { version: 0, credentials: 0, loadedAt: null },
  trustList: null,
  feed: null,
  upload: { uploaded: 5, uploadedAt: 1_795_000_000, waiting: 2, waitingSince: null, problem: "the cloud answered 503" },
  recordingSuspended: "disk full",
  lastSeq: 7,
  devices: { online: 1, offline: 2 },
  findings: [
    {
      subject: "gate-1-in",
      finding: "ScansUnreadable",
      detail: "40 % of what it hears is no scan",
      detailZh: "40% 不是有效扫码",
      sinceS: 7200,
      remedy: "clean the glass",
      remedyZh: "清洁扫码窗口",
    },
  ],
};

test("status tells clock, list, trust list and recording", async () => {
  const { run } = await standIn(json(STATUS));
  const { out } = await run(TTY, "status");
  expect(out).toContain(
    "clock       untrusted\nlist        none loaded\ntrust list  none\nrecording   suspended: disk full\nuploaded    up to event 5, last at 20",
  );
  expect(out).toContain(
    "\nwaiting     2: the cloud answered 503\ndevices     1 online, 2 offline\nlook at     gate-1-in: ScansUnreadable for 2h 0m: 40 % of what it hears is no scan\n            next: clean the glass\n",
  );
  expect(JSON.parse((await run({}, "status")).out)).toEqual(STATUS);
  expect((await run(TTY, "status", "--lang", "zh")).out).toContain(
    "\n待检查      gate-1-in：ScansUnreadable，已持续 2h 0m：40% 不是有效扫码\n            处理：清洁扫码窗口\n",
  );
});

const AT = 1_795_658_400;
const stale = { partition: "zone/gates", epoch: 1, version: 7, publish: 12, issued: AT - 600, expires: AT, freshness: "stale-ok", since: AT } as const;
const gone: NonNullable<ControllerStatus["feed"]> = {
  connection: "waiting",
  detail: "connect ECONNREFUSED 127.0.0.1:8480",
  sinceS: 192,
  partitions: [
    { ...stale, partition: "global", expires: AT + 600, freshness: "fresh", since: null, next: { freshness: "stale-ok", at: AT + 600 } },
    { ...stale, next: { freshness: "stale-strict", at: AT + 85_800 } },
    { ...stale, partition: "zone/library", issued: null, expires: null, publish: null, version: 0, freshness: "expired", since: null, next: null },
  ],
};

test("status tells of a feed that waits: since when, what each list still counts for, and what it becomes", async () => {
  const { run } = await standIn(json({ ...STATUS, feed: gone }));
  const { out } = await run(TTY, "status");
  expect(out).toContain("list            the cloud's, see feed\n");
  expect(out).toContain(
    [
      "feed            waiting for 3m 12s: connect ECONNREFUSED 127.0.0.1:8480",
      `  global        fresh, version 1:7, vouched for at ${instantText(AT - 600)}`,
      `  zone/gates    stale-ok, version 1:7, vouched for at ${instantText(AT - 600)}`,
      `                everybody passes since ${instantText(AT)}; from ${instantText(AT + 85_800)} on stale-strict: no visitors and no payments`,
      "  zone/library  expired, version 1:0, never vouched for",
      "                nobody is let in, until the cloud is heard",
    ].join("\n"),
  );
});

test("status tells of a cloud that is there and vouches for nothing: STALE, although connected", async () => {
  const { run } = await standIn(json({ ...STATUS, feed: { ...gone, connection: "connected", detail: "" } }));
  expect((await run(TTY, "status")).out).toContain("connected for 3m 12s, and yet STALE: the cloud stands still, or somebody keeps its heads back");
});

test("event tail asks for a range and writes what comes", async () => {
  const { run, asked } = await standIn(lines(DENIED));
  const { exitCode, out } = await run(TTY, "event", "tail", "--after", "1000", "--limit", "5", "--name", "AccessDenied", "--source", "gate-1-in");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^ {3}1042 {2}20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.007 {2}notice {3}gate-1-in refused /);
  expect(asked[0]!.route).toBe("GET /v1/events?limit=5&after=1000&name=AccessDenied&source=gate-1-in");
  expect((await run({}, "event", "tail")).out).toBe(`${JSON.stringify(DENIED)}\n`);
  const zh = await run({ ...TTY, env: { LC_ALL: "zh_CN.UTF-8" } }, "event", "tail");
  expect(zh.out).toMatch(/^ {3}1042 {2}20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.007 {2}提示 {2}gate-1-in 拒绝凭证 /);
  expect(zh.err).toMatch(/^时间按 \S+（本机时区）\n$/);
});

test("event tail --follow shows each event as it comes and ends well at Ctrl-C", async () => {
  const { socket, asked } = await standIn((response) => {
    response.writeHead(200).write(`${JSON.stringify(DENIED)}\n`);
  });
  const surroundings = new RecordedSurroundings();
  surroundings.onOut = () => surroundings.interrupt();
  expect(await surroundings.run("event", "tail", "--follow", "--socket", socket)).toEqual({ exitCode: 0, out: `${JSON.stringify(DENIED)}\n`, err: "" });
  expect(asked[0]!.route).toBe("GET /v1/events?limit=20&follow=1");
});

test("event tail whose controller dies in the middle ends with 3", async () => {
  const { run } = await standIn((response) => {
    response.writeHead(200).write(`${JSON.stringify(DENIED)}\n`, () => response.destroy());
  });
  expect(await run({}, "event", "tail", "--follow")).toMatchObject({ exitCode: 3, err: expect.stringContaining("the controller does not answer") });
});

test("event explain prints every check in order, both sentences and the remedy", async () => {
  const explanation: EventExplanation = {
    event: DENIED,
    outcome: "denied",
    denial: {
      reason: "PassReplayed",
      en: "This pass was already used here.",
      zh: "二维码已使用，请刷新后重试。",
      remedy: "Refresh the code.",
      remedyZh: "请刷新二维码。",
    },
    checks: [
      { check: "signature holds", checkZh: "签名有效", outcome: "passed", detail: "for site demo", detailZh: "站点 demo" },
      {
        check: "not replayed",
        checkZh: "二维码未被使用过",
        outcome: "failed",
        detail: "counter 7, spent 7",
        detailZh: "计数 7，上次 7",
        reason: "PassReplayed",
      },
      { check: "schedule", checkZh: "时段", outcome: "not reached", detail: "", detailZh: "" },
    ],
    basis: "the pass in the event and list 12",
    basisZh: "事件中的二维码和名单 12",
  };
  const { run, asked } = await standIn(json(explanation));
  const { out, err } = await run(TTY, "event", "explain", "1042");
  expect(out.split("\n").slice(2)).toEqual([
    "+ signature holds  passed       for site demo",
    "x not replayed     failed       counter 7, spent 7",
    "  schedule         not reached",
    "",
    "Denied: PassReplayed",
    "  This pass was already used here.",
    "  二维码已使用，请刷新后重试。",
    "  What to do: Refresh the code.",
    "",
  ]);
  expect(err).toMatch(/^judged by the pass in the event and list 12; times in \S+, this computer's zone, those of the checks in the campus's\n$/);
  expect(asked[0]!.route).toBe("GET /v1/events/1042/explain");
  const zh = await run({ ...TTY, env: { LANG: "zh_CN.UTF-8" } }, "event", "explain", "1042");
  expect(zh.out.split("\n").slice(2)).toEqual([
    "+ 签名有效          通过    站点 demo",
    "x 二维码未被使用过  未通过  计数 7，上次 7",
    "  时段              未检查",
    "",
    "拒绝：PassReplayed",
    "  二维码已使用，请刷新后重试。",
    "  处理：请刷新二维码。",
    "",
  ]);
  expect(zh.err).toMatch(/^依据：事件中的二维码和名单 12；时间按 \S+（本机时区），各项检查中的时间按园区时区\n$/);
});

test.each(["0", "x", "1.5", "4294967296"])("event explain %s is wrong usage and asks nobody", async (seq) => {
  expect(await new RecordedSurroundings().run("event", "explain", seq, "--socket", "/nowhere")).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("not the number of an event"),
  });
});

test("event verify ends with 0 where the chain holds and 1 where it breaks", async () => {
  const whole = await standIn(json({ kind: "whole", records: 9, gaps: [{ firstSeq: 3, lastSeq: 5 }], lastHash: "ab", uploaded: 7 }));
  expect(await whole.run(TTY, "event", "verify")).toEqual({
    exitCode: 0,
    out: "the chain holds: 9 events, last hash ab; the cloud has it up to event 7\nGAP FROM  TO\n3         5\n",
    err: "",
  });
  const broken = await standIn(json({ kind: "broken", seq: 7, cause: "HashBroken", detail: "record 6 was altered" }));
  expect(await broken.run(TTY, "event", "verify")).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("on: event 7\n") });
});

test("list load sends an absolute folder and tells what changed", async () => {
  const difference = {
    version: 4,
    digest: "cd",
    tables: { credential: { added: 1, changed: 0, removed: 2 } },
    rows: [{ table: "credential", change: "removed", key: "0123456789abcdef" }],
  };
  const { run, asked } = await standIn(json(difference));
  expect(await run({ isTty: true, workingFolder: "/home/zhang" }, "list", "load", "list")).toEqual({
    exitCode: 0,
    out: "TABLE       ADDED  CHANGED  REMOVED\ncredential  1      0        2\n",
    err: "list version 4 is in force\n",
  });
  expect(asked[0]).toEqual({ route: "POST /v1/list/load", body: { folder: "/home/zhang/list", by: "zhang", reason: "" } });
  const { out } = await run({}, "list", "diff", "/media/list");
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ version: 4, digest: "cd", tables: difference.tables }, difference.rows[0]]);
  expect(asked[1]).toEqual({ route: "POST /v1/list/diff", body: { folder: "/media/list" } });
});

test("a list with mistakes is refused with each of them, by file, row and column", async () => {
  const problem: Problem = {
    type: "/problems/list",
    title: "the list has 1 mistake",
    status: 422,
    detail: "/media/list",
    remedy: "mend the files, then load again",
    problems: [{ file: "grants.csv", row: 7, column: "valid_until", cause: "is 2026-02-30: no such day", remedy: "write 2026-02-28" }],
  };
  const { run } = await standIn(json(problem, 422));
  expect(await run(TTY, "list", "load", "/media/list")).toEqual({
    exitCode: 2,
    out: "",
    err: "grants.csv:7:valid_until: is 2026-02-30: no such day; write 2026-02-28\nportico: the list has 1 mistake\non: /media/list\nnext: mend the files, then load again\n",
  });
});

test("list show names a person's credentials, and refuses one who is not there", async () => {
  const { run, asked } = await standIn(json([]));
  expect(await run(TTY, "list", "show", "--person", "王 小明")).toMatchObject({ exitCode: 1, err: expect.stringContaining("on: person 王 小明\n") });
  expect(asked[0]!.route).toBe(`GET /v1/list/credentials?person=${new URLSearchParams({ p: "王 小明" }).toString().slice(2)}`);
  expect(await run(TTY, "list", "show", "--person", "a", "--credential", "b")).toMatchObject({ exitCode: 2 });
});

test("list show tells times with their zone, and that no list was loaded where there is none", async () => {
  const counts = { credentials: 2, persons: 1, cards: 1, accessProfiles: 1, schedules: 1 };
  const loaded = await standIn(json({ version: 3, digest: "ab", loadedAt: 1_800_000_000, counts }));
  expect((await loaded.run(TTY, "list", "show")).out).toMatch(/version +3\n[^]*credentials +2\n[^]*times in +\S/);
  const none = await standIn(json({ version: 0, digest: "", loadedAt: null, counts }));
  expect(await none.run(TTY, "list", "show")).toMatchObject({ exitCode: 1, out: "", err: expect.stringMatching(/^portico: no list was loaded from files\n/) });
});

test.each([
  [409, 1],
  [503, 1],
  [404, 1],
  [400, 2],
  [422, 2],
])("a refusal with status %d ends with %d and says why", async (status, exitCode) => {
  const problem: Problem = { type: "about:blank", title: "the door is locked down", status, detail: "door library", remedy: "portico door release library" };
  const { run } = await standIn(json(problem, status));
  expect(await run(TTY, "door", "access", "library")).toEqual({
    exitCode,
    out: "",
    err: "portico: the door is locked down\non: door library\nnext: portico door release library\n",
  });
});

test.each<[string, StandInAnswer]>([
  ["text that is not JSON", (response) => void response.end("hello")],
  ["a refusal without a reason", json({}, 500)],
  ["a connection cut off", (response) => void response.socket!.destroy()],
  ["half an answer", (response) => void response.writeHead(200, { "content-length": "99" }).write("[", () => response.destroy())],
])("%s ends with 3", async (_, answer) => {
  const { run } = await standIn(answer);
  expect(await run(TTY, "door", "list")).toMatchObject({ exitCode: 3, out: "" });
});

test("a controller that is silent too long counts as unreachable", async () => {
  const { socket } = await standIn(() => {});
  const client = new ControllerClient(socket, new AbortController().signal, 20);
  await expect(client.ask("GET /v1/doors", {})).rejects.toMatchObject({ exitCode: 3, what: "the controller does not answer: no answer within 0.02 s" });
});

test("Ctrl-C while waiting for an answer ends at once and says what is not known", async () => {
  const surroundings = new RecordedSurroundings();
  const { socket } = await standIn(() => surroundings.interrupt());
  expect(await surroundings.run("door", "access", "library", "--socket", socket)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("next: look whether it was done"),
  });
});

test("without a controller the command ends with 3 and says how to start it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const nobody = await new RecordedSurroundings({ checkout: folder }).run("door", "list");
  expect(nobody).toEqual({ exitCode: 3, out: "", err: expect.stringMatching(/not running\non: .*\.portico\/controller\.sock\nnext: start the controller/) });
  writeFileSync(join(folder, "leftover"), "");
  expect(await new RecordedSurroundings().run("door", "list", "--socket", join(folder, "leftover"))).toMatchObject({
    exitCode: 3,
    err: expect.stringContaining("removing its socket"),
  });
});
