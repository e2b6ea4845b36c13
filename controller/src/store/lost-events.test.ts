import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventOf, type EventFields, SetupError, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { simulatedClock } from "@portico/firmware-ts";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { peopleList } from "../rig/people.ts";
import { eventsOf } from "../rig/rig-store.ts";
import { readChainMark } from "./chain-mark.ts";
import { ControllerStore } from "./controller-store.ts";

const at = (second: number): { readonly at: ReturnType<typeof unixSeconds>; readonly ms: number } => ({ at: unixSeconds(1_800_000_000 + second), ms: 0 });
const [FILE, WAL, MARK, KEY] = ["controller.db", "controller.db-wal", "controller.db-mark", "zone.key"] as const;
const FRAME = 24 + 4096;
let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  folder = join(root, "data");
});

const file = (name: string): string => join(folder, name);

function opened(bootId = "boot 1"): ControllerStore {
  const store = ControllerStore.open({
    folder,
    zone: "Asia/Shanghai",
    clock: simulatedClock(),
    randomBytes: (length) => new Uint8Array(length).fill(7),
    bootId,
  });
  onTestFinished(() => store.close());
  return store;
}

function started(bootId = "boot 1", second: number | null = 0): ControllerStore {
  const store = opened(bootId);
  store.start({ bootId, version: "0.1.0", configurationHash: "c0ffee", time: second === null ? { at: null, ms: 0 } : at(second) });
  store.begun();
  return store;
}

const set = (store: ControllerStore, mode: EventFields<"DoorModeChanged">["mode"]): number =>
  store.events.append(eventOf("DoorModeChanged", { door: "library", mode, by: "wang", reason: "" }), at(1));

/** A run that locks a door six times, then locks it down, and is killed: the folder is what it leaves, its last event number 8. */
function killed(): void {
  const store = started();
  for (let times = 0; times < 6; times++) set(store, "Locked");
  expect(set(store, "LockedDown")).toBe(8);
  kill(store);
}

/** The files as they are now are what the next start finds. */
function kill(store: ControllerStore): void {
  const left = join(root, "left");
  cpSync(folder, left, { recursive: true });
  store.close();
  rmSync(folder, { recursive: true });
  cpSync(left, folder, { recursive: true });
  rmSync(left, { recursive: true });
}

function flip(path: string, byte: number): void {
  const bytes = readFileSync(path);
  bytes[byte]! ^= 1;
  writeFileSync(path, bytes);
}

/** What a start is refused with. The files stay as they are. */
function refusal(open: () => unknown): SetupError {
  const contents = (): string[] =>
    [FILE, WAL, MARK].flatMap((name) => {
      if (!existsSync(file(name)) || !statSync(file(name)).isFile() || statSync(file(name)).size === 0) return [];
      return [
        `${name} ${createHash("sha256")
          .update(readFileSync(file(name)))
          .digest("hex")}`,
      ];
    });
  const before = contents();
  try {
    open();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    expect(contents(), "the files are left as they were").toEqual(before);
    return error;
  }
  throw new Error("it starts");
}

/** The gaps that starts owned up to. */
function gapsOf(store: ControllerStore): EventFields<"AuditGap">[] {
  return eventsOf(store).flatMap((event) => (event.name === "AuditGap" ? [event.fields] : []));
}

test("what a killed run left is there, and no gap is", () => {
  killed();
  const store = started();
  expect([store.events.doorModes().get("library"), store.events.last().seq, gapsOf(store)]).toEqual(["LockedDown", 9, []]);
  expect([...store.events.verify()].at(-1)).toMatchObject({ kind: "whole", records: 9 });
});

describe("while the machine stayed up, a start is refused", () => {
  test("whose WAL has a flipped bit in front of its last commit", () => {
    killed();
    flip(file(WAL), 32 + 2 * FRAME + 500);
    const { what, where } = refusal(opened);
    expect([what, where]).toEqual([expect.stringMatching(/damaged: frame 3 of \d+ does not hold, and there are commits behind it/), file(WAL)]);
  });

  test("whose WAL has one in the last commit", () => {
    killed();
    flip(file(WAL), readFileSync(file(WAL)).length - 500);
    expect(refusal(opened).what).toMatch(/the log ends at event 7, but had come to 8, and the machine has been up ever since/);
  });

  test("whose WAL is gone", () => {
    killed();
    rmSync(file(WAL));
    expect(refusal(opened).what).toMatch(/the log ends at event 1, but had come to 8/);
  });

  test("whose WAL is cut off", () => {
    killed();
    truncateSync(file(WAL), 32 + 5 * FRAME);
    expect(refusal(opened).what).toMatch(/the log ends at event \d, but had come to 8/);
  });

  test("whose database is gone and the WAL is not", () => {
    killed();
    rmSync(file(FILE));
    expect(refusal(opened)).toMatchObject({ what: "there is a WAL without its database", where: file(WAL) });
  });

  test("whose log has another event where the mark was set", () => {
    killed();
    const [ours, other] = [join(root, "ours"), join(root, "other")];
    cpSync(folder, ours, { recursive: true });
    rmSync(folder, { recursive: true });
    const store = started();
    for (let times = 0; times < 9; times++) set(store, "Locked");
    kill(store);
    cpSync(folder, other, { recursive: true });
    cpSync(join(ours, MARK), file(MARK));
    expect(refusal(opened).what).toMatch(/event 8 is not the one that the log had come to/);
  });

  test("but not one whose last commit was never marked: a kill came into it", () => {
    const store = started();
    set(store, "LockedDown");
    store.events.append(eventOf("RequestToExit", { door: "library" }), at(2)); // quick: on its way to the disk
    kill(store);
    truncateSync(file(WAL), readFileSync(file(WAL)).length - 10);
    const next = started();
    expect([next.events.doorModes().get("library"), gapsOf(next)]).toEqual(["LockedDown", []]);
  });
});

describe("behind a power cut a start goes on", () => {
  test("and owns up to what the disk had said it had kept, beside the usual window", () => {
    killed();
    truncateSync(file(WAL), 32 + 5 * FRAME);
    const store = started("boot 2", 60);
    const [lost, window] = gapsOf(store);
    expect(lost).toEqual({
      cause: expect.stringMatching(/the log ends at event \d, but had come to 8/),
      firstSeq: expect.any(Number),
      lastSeq: 8,
      windowMs: 59_000,
    });
    expect(window).toEqual({ cause: "power cut", firstSeq: null, lastSeq: null, windowMs: 200 });
    expect([...store.events.verify()].at(-1)).toMatchObject({ kind: "whole" });
    kill(store);
    expect(gapsOf(started("boot 2", 70)), "once").toHaveLength(2);
  });

  test("and does not know how long ago that was while the clock is not trusted", () => {
    killed();
    rmSync(file(WAL));
    expect(gapsOf(started("boot 2", null))).toMatchObject([{ lastSeq: 8, windowMs: U32_MAX }, { cause: "power cut" }]);
  });

  test("with nothing but the usual window where a commit is torn that was never marked", () => {
    const store = started();
    set(store, "LockedDown");
    for (let times = 0; times < 4; times++) store.events.append(eventOf("RequestToExit", { door: "library" }), at(2));
    kill(store);
    flip(file(WAL), readFileSync(file(WAL)).length - 3 * FRAME + 500); // the disk took later pages first
    const next = started("boot 2");
    expect(gapsOf(next).map(({ cause }) => cause)).toEqual(["power cut"]);
    expect(next.events.doorModes().get("library")).toBe("LockedDown");
  });

  test("in the first run, before it was in the file itself", () => {
    const store = opened();
    store.start({ bootId: "boot 1", version: "0.1.0", configurationHash: "c0ffee", time: at(0) });
    for (let times = 0; times < 3; times++) set(store, "Locked");
    kill(store);
    flip(file(WAL), 32 + 500);
    expect(gapsOf(started("boot 2"))).toEqual([expect.objectContaining({ cause: expect.stringMatching(/^the WAL was torn: frame 1 of/), windowMs: U32_MAX })]);
  });
});

test("an older copy of the database that somebody put there is taken, and the events that it lacks are owned up to", () => {
  const first = started();
  first.stop(at(1));
  cpSync(file(FILE), join(root, "backup"));
  const second = started("boot 1", 10);
  set(second, "Locked");
  second.stop(at(11));
  cpSync(join(root, "backup"), file(FILE));
  expect(gapsOf(started("boot 1", 21))).toEqual([{ cause: "the log ends at event 2, but had come to 5", firstSeq: 3, lastSeq: 5, windowMs: 20_000 }]);
});

describe("a folder without a database", () => {
  test("and without a key is a first start: no gap", () => {
    expect(gapsOf(started())).toEqual([]);
  });

  test("but with the mark of its log says how much is lost", () => {
    started().stop(at(1));
    rmSync(file(FILE));
    expect(gapsOf(started())).toEqual([{ cause: "the database is missing: its log had come to event 2", firstSeq: 1, lastSeq: 2, windowMs: U32_MAX }]);
  });

  test("but with a zone key says that it may have lost all", () => {
    started().stop(at(1));
    for (const name of [FILE, MARK]) rmSync(file(name));
    expect(gapsOf(started())).toEqual([
      { cause: expect.stringMatching(/^there is no database beside the zone key/), firstSeq: null, lastSeq: null, windowMs: U32_MAX },
    ]);
  });
});

describe("a mark", () => {
  test.each<[string, () => void]>([
    ["in one bit", () => flip(file(MARK), "portico-mark 1 0000000002".length - 1)],
    ["to something longer", () => writeFileSync(file(MARK), `${readFileSync(file(MARK), "latin1")}and more`)],
  ])("that was altered %s is owned up to once, and set anew", (_, alter) => {
    started().stop(at(1));
    alter();
    const store = started("boot 1", 5);
    expect(gapsOf(store)).toEqual([{ cause: expect.stringMatching(/^the mark beside the log was altered/), firstSeq: null, lastSeq: null, windowMs: 4_000 }]);
    expect(readChainMark(file(MARK))).toEqual({ ...store.events.last(), hash: new Uint8Array(store.events.last().hash), isSuspended: false });
  });

  test("that is a folder is named", () => {
    started().stop(at(1));
    rmSync(file(MARK));
    mkdirSync(file(MARK));
    expect(refusal(opened)).toMatchObject({ what: "this is not a file", where: file(MARK) });
  });
});

describe("recording that was suspended when a run ended", () => {
  test("is owned up to by the next start, once", () => {
    const store = started();
    store.suspended(true);
    kill(store);
    const next = started("boot 1", 30);
    expect(gapsOf(next)).toEqual([{ cause: "nothing could be recorded when the last run ended", firstSeq: null, lastSeq: null, windowMs: 30_000 }]);
    kill(next);
    expect(gapsOf(started())).toHaveLength(1);
  });

  test("and had gone on before it ended is not", () => {
    const store = started();
    store.suspended(true);
    store.suspended(false);
    kill(store);
    expect(gapsOf(started())).toEqual([]);
  });
});

test("a database on a disk without room for SQLite's shared index is looked at alone, unless its WAL is damaged: then both are left as they were", () => {
  killed();
  symlinkSync("/nowhere/at/all", file("controller.db-shm"));
  flip(file(WAL), 32 + 2 * FRAME + 500);
  refusal(opened);
  flip(file(WAL), 32 + 2 * FRAME + 500);
  const store = started();
  expect([store.events.doorModes().get("library"), gapsOf(store)]).toEqual(["LockedDown", []]);
});

describe("the zone key that is missing", () => {
  test("beside a list that knows cards keeps the controller from starting: a new key would find none of them", () => {
    const store = started();
    store.list.load(peopleList(store.zoneKey), store.events, at(1), { by: "wang", reason: "" });
    store.stop(at(2));
    rmSync(file(KEY));
    const { what, where, remedy } = refusal(opened);
    expect([what, where]).toEqual([
      expect.stringMatching(/^the zone key is missing, and without it none of the \d+ cards of the list can be found$/),
      file(KEY),
    ]);
    expect(remedy).toMatch(/Restore the file from the backup.*head -c 32 \/dev\/urandom/);
    expect(existsSync(file(KEY))).toBe(false);
  });

  test("beside a list without cards is made anew", () => {
    started().stop(at(1));
    rmSync(file(KEY));
    started();
    expect(existsSync(file(KEY))).toBe(true);
  });
});
