import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { bytesToHex } from "@portico/card-protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asking, ControllerRig } from "../rig/controller-rig.ts";
import { CARD, challengedPass, CREDENTIAL, heldPass, KEY } from "../rig/people.ts";
import { openStore } from "../rig/rig-store.ts";
import type { EventLine } from "./event-rows.ts";
import type { ListDifference } from "./list-rows.ts";
import type { Problem } from "./control-api.ts";
import { serveControl } from "./control-server.ts";
import { Refusal } from "./refusal.ts";
import { refused } from "../rig/refused.ts";

const BY = { by: "wang", reason: "drill" };

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig();
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  await rig.start();
});
afterEach(() => rig.end());

/** Reads a stream of events to its end. */
async function eventLines(query: Readonly<Record<string, string>> = {}): Promise<EventLine[]> {
  const lines: EventLine[] = [];
  let isEnded = false;
  rig.ask("GET /v1/events", { query }).start(
    (line) => lines.push(line),
    () => (isEnded = true),
  );
  expect(await rig.time.until(() => isEnded, 1_000)).toBe(true);
  return lines;
}
const seqs = async (query: Readonly<Record<string, string>> = {}): Promise<number[]> => (await eventLines(query)).map(({ seq }) => seq);

describe("GET /v1/status", () => {
  test("tells of site, clock, list, events and devices", async () => {
    await rig.time.pass(4_600);
    expect(rig.ask("GET /v1/status")).toEqual({
      site: "campus-east",
      controller: "gate-house",
      version: "0.0.0",
      uptimeS: 5,
      clock: { state: "synchronised", now: rig.now(), uncertaintyS: 1 },
      list: { version: 1, credentials: 5, loadedAt: null },
      trustList: null,
      feed: null,
      upload: null,
      recordingSuspended: null,
      lastSeq: 3,
      devices: { online: 5, offline: 0 },
      findings: [],
    });
    rig.wire("library").cut();
    rig.wire("library-in").cut();
    expect(rig.ask("GET /v1/status").devices).toEqual({ online: 3, offline: 2 });
  });
});

describe("POST /v1/doors/:id/:act", () => {
  const act = (id: string, word: string, body: unknown = BY): unknown => rig.ask("POST /v1/doors/:id/:act", { params: { id, act: word }, body });
  const modes = (): string[] => rig.ask("GET /v1/doors").map(({ id, mode }) => `${id} ${mode}`);

  test("moves a door, and answers with how it is then", async () => {
    expect(act("library", "unlock")).toMatchObject({ id: "library", mode: "Unlocked", lock: "Unlocked", sinceS: 0, lastEvent: "DoorModeChanged" });
    await rig.time.pass(100);
    expect(rig.boards.library.relays[0]).toBe(true);
    expect((await eventLines({ name: "DoorModeChanged" })).map(({ fields }) => fields)).toEqual([
      { door: "library", mode: "Unlocked", by: "wang", reason: "drill" },
    ]);
  });

  test("lets one person through one way", async () => {
    expect(act("gate-1/entry", "access")).toMatchObject({ id: "gate-1/entry", mode: "Accessed" });
    await rig.time.pass(50);
    expect(rig.boards["gate-1"].relays.slice(0, 2)).toEqual([true, false]);
    expect(refused(() => act("gate-1/exit", "access"))).toMatchObject({ status: 409, title: "The door cannot do that now: somebody is coming the other way" });
  });

  test("on a turnstile concerns both of its ways, but for one passage, which goes one way", () => {
    expect(act("gate-1", "lock-down")).toMatchObject({ id: "gate-1/entry", mode: "LockedDown" });
    expect(modes()).toEqual(["library Locked", "gate-1/entry LockedDown", "gate-1/exit LockedDown"]);
    expect(refused(() => act("gate-1", "access"))).toMatchObject({ status: 400, remedy: "Name the way: gate-1/entry or gate-1/exit." });
    act("gate-1", "release");
    expect(modes()).toEqual(["library Locked", "gate-1/entry Locked", "gate-1/exit Locked"]);
  });

  test("on a turnstile secures the way that it can, whatever the other way answers, and says which did not", () => {
    act("gate-1/entry", "lock-down");
    const { status, detail, remedy } = refused(() => act("gate-1", "block"));
    expect([status, detail, remedy]).toEqual([409, "door gate-1/entry, block; done at gate-1/exit", "portico door release gate-1/entry"]);
    expect(modes()).toEqual(["library Locked", "gate-1/entry LockedDown", "gate-1/exit Blocked"]);
  });

  test("releases the way that is held, and refuses where neither is", () => {
    act("gate-1/exit", "lock-down");
    expect(act("gate-1", "release")).toMatchObject({ id: "gate-1/entry", mode: "Locked" });
    expect(modes()[2]).toBe("gate-1/exit Locked");
    expect(refused(() => act("gate-1", "release"))).toMatchObject({ status: 409, remedy: "portico door list says what it is doing." });
  });

  test.each<[string, string, string, unknown, number]>([
    ["a door that is not there", "lab", "lock", BY, 404],
    ["the beginning of an id", "gate", "lock", BY, 404],
    ["no id", "", "lock", BY, 404],
    ["an act that is none", "library", "open-sesame", BY, 404],
    ["nobody who asks", "library", "unlock", null, 400],
    ["somebody without a name", "library", "unlock", { by: "" }, 400],
    ["a reason of any length", "library", "unlock", { by: "wang", reason: "x".repeat(201) }, 400],
    ["a name that is none", "library", "unlock", { by: 7 }, 400],
  ])("refuses %s and moves nothing", async (_, id, word, body, status) => {
    const before = rig.boards.library.writes.length;
    expect(refused(() => act(id, word, body))).toMatchObject({ status, remedy: expect.stringMatching(/\.$/) });
    await rig.time.pass(100);
    expect([modes()[0], rig.boards.library.writes.length]).toEqual(["library Locked", before]);
  });

  test("refuses what a held mode does not take", () => {
    act("library", "lock-down");
    expect(refused(() => act("library", "unlock"))).toMatchObject({ status: 409, detail: "door library, unlock", remedy: "portico door release library" });
    expect(refused(() => act("library", "access"))).toMatchObject({ status: 409 });
  });
});

describe("access points and devices", () => {
  test("are listed as they were commissioned", () => {
    expect(rig.ask("GET /v1/access-points")).toEqual([
      {
        id: "gate-1-in",
        opens: "gate-1/entry",
        scanner: "gate-1-in",
        enabled: true,
        egress: false,
        demandsChallenge: false,
        challengeOn: null,
        challengeDark: null,
        replayGroup: expect.stringContaining("main-gate"),
        zone: null,
        freshness: "fresh",
        since: null,
        next: null,
      },
      expect.objectContaining({ id: "gate-1-out", opens: "gate-1/exit", egress: true }),
      expect.objectContaining({ id: "library-in", opens: "library" }),
    ]);
  });

  test("a challenge is shown, is good for one pass at that reader, and followed by another", async () => {
    const { challenge, shownMs } = rig.ask("POST /v1/access-points/:id/challenge", { params: { id: "gate-1-in" } });
    expect([challenge, shownMs]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), 4_000]);
    await rig.scan("gate-1-in", challengedPass("zhang", rig.now(), Uint8Array.from(Buffer.from(challenge, "hex"))));
    expect(rig.reports.at(-2)).toMatchObject({ kind: "judged", outcome: "granted", presentation: "HC" });
    expect(rig.ask("POST /v1/access-points/:id/challenge", { params: { id: "gate-1-in" } }).challenge).not.toBe(challenge);
    expect(refused(() => rig.ask("POST /v1/access-points/:id/challenge", { params: { id: "nowhere" } })).status).toBe(404);
  });

  test("devices tell of health, since when, and counts", async () => {
    await rig.scan("library-in", "garbage");
    rig.wire("gate-1").cut();
    await rig.time.pass(2_000);
    const rows = rig.ask("GET /v1/devices");
    expect(rows.find(({ id }) => id === "library-in")).toMatchObject({
      kind: "scanner",
      wire: "library-in",
      health: "online",
      detail: "",
      counts: { scans: 1, unreadable: 0, outages: 0 },
    });
    expect(rows.find(({ id, kind }) => id === "gate-1" && kind === "relay-board")).toMatchObject({
      health: "offline",
      detail: "unplugged",
      sinceS: 2,
      counts: { outages: 1 },
    });
  });

  test("a test of a device says step by step what it shows, and moves nothing", () => {
    const testOf = (id: string): unknown => rig.ask("POST /v1/devices/:id/test", { params: { id }, body: BY });
    const before = rig.boards.library.writes.length;
    expect(testOf("library")).toMatchObject({ passed: true, steps: [{ passed: true }, { passed: true }, { passed: true, detail: "closed: 0, 2 of 8" }] });
    expect(testOf("library-in")).toMatchObject({
      passed: false,
      steps: [{ passed: true }, { step: "something was scanned", passed: false, detail: "0 scans, 0 unreadable since the start" }],
    });
    rig.wire("library").cut();
    expect(testOf("library")).toMatchObject({
      passed: false,
      steps: [{ step: "wire library is open", passed: false, detail: "unplugged" }, { passed: false }, { passed: false }],
    });
    expect(rig.boards.library.writes).toHaveLength(before);
    expect(refused(() => testOf("nothing")).status).toBe(404);
    expect(refused(() => rig.ask("POST /v1/devices/:id/test", { params: { id: "library" }, body: {} })).status).toBe(400);
  });
});

/** So many cards that nobody knows, each an event: more than 250 a minute would only be counted. */
async function strangers(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (i % 250 === 249) await rig.time.pass(61_000);
    await rig.scan("library-in", (0x1000_0000 + i).toString(16));
  }
}

describe("GET /v1/events", () => {
  /** Ten events of the library's exit button behind the three of the start. */
  async function pressed(times = 10): Promise<void> {
    for (let i = 0; i < times; i++) {
      rig.boards.library.inputs[1] = true;
      await rig.time.pass(5_200);
      rig.boards.library.inputs[1] = false;
      await rig.time.pass(200);
    }
  }

  test("without a word gives the newest, at most so many; behind a number gives a range, oldest first", async () => {
    await pressed(3);
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await seqs({ limit: "2" })).toEqual([5, 6]);
    expect(await seqs({ after: "1", limit: "2" })).toEqual([2, 3]);
    expect(await seqs({ after: "6" })).toEqual([]);
    expect(await seqs({ after: "0", limit: "100000" })).toHaveLength(6);
  });

  test("chooses by name and source, in a range and among the newest", async () => {
    await pressed(3);
    await rig.scan("library-in", CARD.nobody);
    expect(await seqs({ name: "RequestToExit" })).toEqual([4, 5, 6]);
    expect(await seqs({ name: "RequestToExit", limit: "2" })).toEqual([5, 6]);
    expect(await seqs({ source: "library-in" })).toEqual([7]);
    expect(await seqs({ source: "library", after: "4" })).toEqual([5, 6]);
    expect(await seqs({ source: "library", name: "AccessDenied" })).toEqual([]);
  });

  test("gives more than a portion holds, whole and in order, while scans are judged in between", async () => {
    await strangers(450);
    const all = await seqs({ after: "0", limit: "100000" });
    expect(all).toEqual(Array.from({ length: 453 }, (_, i) => i + 1));
    expect(await seqs({ limit: "401" })).toEqual(all.slice(-401));
    expect(await seqs({ after: "3", limit: "201" })).toEqual(all.slice(3, 204));
    const lines: number[] = [];
    let isEnded = false;
    rig.ask("GET /v1/events", { query: { after: "0", limit: "100000" } }).start(
      ({ seq }) => lines.push(seq),
      () => (isEnded = true),
    );
    expect([lines.length, isEnded]).toEqual([200, false]);
    await rig.scan("library-in", "20000000");
    await rig.time.until(() => isEnded, 1_000);
    expect(lines).toHaveLength(454);
  });

  test("followed, gives the newest and then each as it is recorded, without a gap and only what was asked for, until it is stopped", async () => {
    const lines: string[] = [];
    const stop = rig.ask("GET /v1/events", { query: { follow: "1", limit: "1" } }).start(
      ({ seq, name }) => lines.push(`${seq} ${name}`),
      () => lines.push("end"),
    );
    const denied: number[] = [];
    rig.ask("GET /v1/events", { query: { follow: "1", name: "AccessDenied", source: "library-in" } }).start(
      ({ seq }) => denied.push(seq),
      () => denied.push(-1),
    );
    await pressed(1);
    await rig.scan("library-in", CARD.nobody);
    stop();
    await pressed(1);
    expect([lines, denied]).toEqual([["3 ClockChanged", "4 RequestToExit", "5 AccessDenied"], [5]]);
  });

  test("followed from behind a number, leaves nothing out between what was there and what comes", async () => {
    await pressed(3);
    const heard: number[][] = [[], []];
    rig.ask("GET /v1/events", { query: { follow: "1", after: "2", limit: "100000" } }).start(
      ({ seq }) => heard[0]!.push(seq),
      () => {},
    );
    rig.ask("GET /v1/events", { query: { follow: "1", after: "2", limit: "2" } }).start(
      ({ seq }) => heard[1]!.push(seq),
      () => {},
    );
    await pressed(1);
    expect(heard).toEqual([
      [3, 4, 5, 6, 7],
      [5, 6, 7],
    ]);
  });

  test("followed by a slow reader, leaves out nothing that is recorded while it reads what was there", async () => {
    await strangers(297);
    const lines: number[] = [];
    let take = (): void => {};
    rig.ask("GET /v1/events", { query: { follow: "1", limit: "300" } }).start(
      ({ seq }) => lines.push(seq),
      () => {},
      (callback) => (take = callback),
    );
    for (let i = 0; i < 5; i++) await rig.scan("library-in", (0x2000_0000 + i).toString(16));
    take();
    await rig.time.pass(10);
    await rig.scan("library-in", CARD.nobody);
    expect(lines).toEqual(Array.from({ length: 306 }, (_, i) => i + 1));
  });

  test("reaches a reader over the socket whole, though it is more than lies ready for it at once", async () => {
    await strangers(2_600);
    const socket = join(rig.folder, "asked.sock");
    const control = await serveControl(socket, rig.controller.answers);
    const read = { bytes: 0, lines: 0, isDone: false };
    request({ socketPath: socket, path: "/v1/events?after=0&limit=100000", agent: false }, (response) => {
      response.on("data", (chunk: Buffer) => {
        read.bytes += chunk.length;
        read.lines += chunk.toString("latin1").split("\n").length - 1;
      });
      response.on("close", () => (read.isDone = true));
    }).end();
    while (!read.isDone) {
      await rig.time.settle();
      await turnOfLoop();
    }
    await control.close();
    expect([read.lines, read.bytes > 1024 * 1024]).toEqual([2_603, true]);
  });

  test("waits with the next portion until its reader has taken this one, and reads nothing for one that is gone", async () => {
    await strangers(450);
    const lines: number[] = [];
    let take = (): void => {};
    const stop = rig.ask("GET /v1/events", { query: { after: "0", limit: "100000" } }).start(
      ({ seq }) => lines.push(seq),
      () => {},
      (callback) => (take = callback),
    );
    await rig.time.pass(1_000);
    expect(lines).toHaveLength(200);
    take();
    await rig.time.pass(10);
    expect(lines).toHaveLength(400);
    take();
    stop();
    await rig.time.pass(10);
    expect(lines).toHaveLength(400);
  });

  test.each<[Readonly<Record<string, string>>, RegExp]>([
    [{ after: "-1" }, /after = -1/],
    [{ after: "x" }, /after = x/],
    [{ after: "4294967296" }, /after/],
    [{ limit: "0" }, /limit = 0/],
    [{ limit: "100001" }, /limit/],
    [{ limit: "1e3" }, /limit = 1e3/],
    [{ follow: "2" }, /follow = 2/],
    [{ name: "Door" }, /^Door$/],
  ])("refuses %j", (query, detail) => {
    expect(refused(() => rig.ask("GET /v1/events", { query }))).toMatchObject({ status: 400, detail: expect.stringMatching(detail) });
  });

  test("a line holds the event's fields as text and numbers, its sentence and its hash", async () => {
    await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
    const [line] = await eventLines({ name: "AccessGranted" });
    expect(line).toMatchObject({
      seq: 4,
      at: rig.now(),
      name: "AccessGranted",
      source: "gate-1-in",
      severity: "notice",
      text: `gate-1-in let credential ${CREDENTIAL.zhang} in by H, as gates allows.`,
      fields: { credential: CREDENTIAL.zhang, pass: expect.stringMatching(/^[0-9a-f]{192}$/) },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(rig.ask("GET /v1/events/:seq", { params: { seq: "4" } })).toEqual(line);
  });
});

describe("one event", () => {
  test.each(["0", "x", "4294967296", "1.5", ""])("of a number that is none is 400: %j", (seq) => {
    expect(refused(() => rig.ask("GET /v1/events/:seq", { params: { seq } })).status).toBe(400);
  });

  test("that is not there is 404 and says which is the last", () => {
    expect(refused(() => rig.ask("GET /v1/events/:seq", { params: { seq: "99" } }))).toMatchObject({
      status: 404,
      remedy: "The last one is 3: portico event tail.",
    });
    expect(refused(() => rig.ask("GET /v1/events/:seq/explain", { params: { seq: "99" } })).status).toBe(404);
  });

  test("is explained where it is a decision", async () => {
    await rig.scan("gate-1-in", heldPass("zhang", rig.now() - 60));
    const explanation = rig.ask("GET /v1/events/:seq/explain", { params: { seq: "4" } });
    expect(explanation).toMatchObject({ event: { seq: 4, name: "AccessDenied" }, outcome: "denied", denial: { reason: "PassExpired" } });
    expect(explanation.checks.find(({ outcome }) => outcome === "failed")).toMatchObject({
      check: "pass holds",
      detail: expect.stringMatching(/^not after its time: 30 s too late/),
    });
    expect(refused(() => rig.ask("GET /v1/events/:seq/explain", { params: { seq: "2" } }))).toMatchObject({
      status: 409,
      detail: expect.stringContaining("ControllerStarted"),
    });
  });
});

describe("POST /v1/events/verify", () => {
  test("tells that the chain holds", async () => {
    const verdict = rig.controller.answers["POST /v1/events/verify"](asking());
    await rig.time.pass(10);
    expect(await verdict).toEqual({ kind: "whole", records: 3, gaps: [], uploaded: null, lastHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("names the first event that somebody with the file in hand has changed", async () => {
    await rig.stop();
    const store = openStore(join(rig.folder, "data"), rig.time);
    store.database.prepare<[]>("DROP TRIGGER event_is_final").run();
    store.database.prepare<[]>("UPDATE event SET source = 'nobody' WHERE seq = 2").run();
    store.close();
    await rig.start();
    const verdict = rig.controller.answers["POST /v1/events/verify"](asking());
    await rig.time.pass(10);
    expect(await verdict).toEqual({ kind: "broken", seq: 2, cause: "EventMalformed", detail: "column source differs from the record" });
    expect(refused(() => rig.ask("GET /v1/events/:seq/explain", { params: { seq: "2" } })).status).toBe(409);
  });

  test("that a stop comes into reads nothing more and harms nobody", async () => {
    await strangers(1_100);
    let isTold = false;
    void Promise.resolve(rig.controller.answers["POST /v1/events/verify"](asking())).then(() => (isTold = true));
    rig.ask("GET /v1/events", { query: { after: "0", limit: "100000" } }).start(
      () => {},
      () => {},
    );
    rig.crash();
    await rig.time.pass(10_000);
    expect([isTold, rig.time.pending]).toEqual([false, 0]);
  });
});

describe("the list", () => {
  const FILES: Readonly<Record<string, string>> = {
    "people.csv": "person,flags\nzhang,\nchen,\n",
    "credentials.csv": `credential,person,kind,public_key\n${CREDENTIAL.zhang},zhang,qr,${bytesToHex(KEY.zhang.publicKey)}\n`,
    "cards.csv": `person,number,format\nchen,${CARD.chen},uid-hex\n`,
    "access-profiles.csv": "profile,access_points,capability,schedule\ngates,gate-1-in gate-1-out library-in,pass,always\n",
    "grants.csv": "person,profile\nzhang,gates\nchen,gates\n",
    "schedules.csv": "schedule,days,start,end\n",
    "special-days.csv": "group,date\n",
    "calendar.csv": "date,kind\n",
  };
  function folderOf(change: Readonly<Record<string, string>> = {}): string {
    const folder = join(rig.folder, "list");
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries({ ...FILES, ...change })) writeFileSync(join(folder, file), text);
    return folder;
  }
  /** An answer takes its time, or is refused. */
  async function answered<T>(answer: T | Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = Promise.resolve(answer).finally(() => (isSettled = true));
    settled.catch(() => {});
    expect(await rig.time.until(() => isSettled, 60_000)).toBe(true);
    return settled;
  }
  const load = (folder: string, body: unknown = { folder, ...BY }): Promise<ListDifference> =>
    answered(rig.controller.answers["POST /v1/list/load"](asking({ body })));
  const diff = (folder: string): Promise<ListDifference> => answered(rig.controller.answers["POST /v1/list/diff"](asking({ body: { folder } })));
  async function problemOf(attempt: Promise<unknown>): Promise<Problem> {
    const failure: unknown = await attempt.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure instanceof Refusal) return failure.problem;
    throw failure ?? new Error("nothing was refused");
  }

  test("is compared with a folder without a change, loaded from it, and loaded again without one", async () => {
    const folder = folderOf();
    const difference = await diff(folder);
    expect(difference).toMatchObject({ version: 2, tables: { credential: { added: 1, removed: 4 } } });
    expect(rig.ask("GET /v1/list").version).toBe(1);
    expect(await load(folder)).toEqual(difference);
    const loadedAt = rig.now();
    expect(rig.ask("GET /v1/list")).toMatchObject({ version: 2, digest: difference.digest, loadedAt, counts: { credentials: 2, cards: 1 } });
    expect(await diff(folder)).toMatchObject({ version: 2, digest: difference.digest, rows: [] });
    expect(await load(folder)).toMatchObject({ version: 2 });
    expect((await eventLines({ name: "ListLoaded" })).map(({ fields }) => [fields["version"], fields["by"], fields["reason"]])).toEqual([
      [1, "wang", ""],
      [2, "wang", "drill"],
    ]);
    await rig.scan("library-in", CARD.chen);
    expect(rig.reports.find(({ kind }) => kind === "judged")).toMatchObject({ outcome: "granted" });
  });

  test("is not touched by a folder with mistakes: 422 with each of them, and no card number among them", async () => {
    const folder = folderOf({ "grants.csv": "person,profile\nnobody,gates\n", "cards.csv": `person,number,format\nchen,${CARD.damaged},uid-hex\n` });
    for (const route of [load, diff]) {
      const problem = await problemOf(route(folder));
      expect([problem.status, problem.title, problem.detail]).toEqual([422, "2 mistakes in the list files, so nothing was loaded", folder]);
      expect(problem.problems).toMatchObject([
        { file: "cards.csv", row: 2, column: "number" },
        { file: "grants.csv", row: 2, column: "person" },
      ]);
      expect(JSON.stringify(problem)).not.toContain(CARD.damaged);
    }
    expect(rig.ask("GET /v1/list")).toMatchObject({ version: 1, counts: { credentials: 5 } });
  });

  test.each<[string, unknown, number]>([
    ["a folder that is not there", { folder: "/nowhere/list", ...BY }, 404],
    ["a path that is not absolute", { folder: "list", ...BY }, 400],
    ["nothing", undefined, 400],
    ["nobody who loads it", { folder: "/" }, 400],
  ])("is not loaded from %s", async (_, body, status) => {
    expect((await problemOf(load("", body))).status).toBe(status);
  });

  test("shows the credentials of a person or one credential, without key and number", () => {
    const of = (query: Readonly<Record<string, string>>): unknown => rig.ask("GET /v1/list/credentials", { query });
    expect(of({ person: "zhang" })).toEqual([
      {
        credential: CREDENTIAL.zhang,
        holder: 1,
        kind: "qr",
        suspension: null,
        validFrom: 1_780_000_000,
        validUntil: 1_880_000_000,
        takes: ["H", "HC"],
        takesIssuedUntil: null,
        flags: [],
        partySize: null,
        accessProfiles: [{ accessProfile: "gates", validFrom: 1_780_000_000, validUntil: 1_880_000_000 }],
      },
    ]);
    expect(of({ credential: CREDENTIAL.chen })).toMatchObject([{ kind: "card", holder: 5 }]);
    expect([of({ person: "nobody" }), of({ credential: "zz" })]).toEqual([[], []]);
    for (const query of [{}, { person: "zhang", credential: CREDENTIAL.zhang }]) expect(refused(() => of(query)).status).toBe(400);
  });
});
