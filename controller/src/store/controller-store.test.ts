import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type ControllerEvent, describeEvent, eventOf, type EventRecord, monotonicMs, unixSeconds, SetupError } from "@portico/card-protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControllerStore, type ControllerStoreOptions } from "./controller-store.ts";
import type { LoggedEvent, VerifyStep } from "./event-log.ts";
import { RecordingFailed } from "./recording-failed.ts";

const clock: Clock = { monotonic: () => monotonicMs(0), wall: () => "untrusted", after: () => () => {} };
const time = { at: unixSeconds(1_790_000_000), ms: 250 };
const CREDENTIAL = "00112233445566ff";

let folder: string;
let open: ControllerStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  open = [];
});
afterEach(() => {
  for (const store of open) store.close();
  rmSync(folder, { recursive: true });
});

function opened(options: Partial<ControllerStoreOptions> = {}): ControllerStore {
  const store = ControllerStore.open({ folder, zone: "Asia/Shanghai", clock, randomBytes: (length) => new Uint8Array(length).fill(7), ...options });
  open.push(store);
  return store;
}

const granted = (counter = 1): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint: "gate-1-in",
    credential: CREDENTIAL,
    presentation: "H",
    holder: 5,
    counter,
    signedAt: unixSeconds(100 + counter),
    pass: new Uint8Array(96).fill(0xaa),
    accessProfile: "gates",
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: "main-gate/entry",
  });
const start = (store: ControllerStore, bootId = "boot-1"): ReturnType<ControllerStore["start"]> =>
  store.start({ bootId, version: "0.1.0", configurationHash: "c0ffee", time });
const recordOf = (event: LoggedEvent): EventRecord => {
  if (!event.record.ok) throw new Error(event.record.detail);
  return event.record.value;
};
const names = (store: ControllerStore, after = 0): string[] => store.events.read({ after, limit: 100 }).map((event) => recordOf(event).event.name);
const verdict = (store: ControllerStore): VerifyStep => [...store.events.verify()].at(-1)!;
/** What was on the disk when the machine lost power: a copy of the files in use. */
function afterPowerCut(): string {
  const copy = mkdtempSync(join(folder, "copy-"));
  for (const file of ["controller.db", "controller.db-wal", "zone.key"]) cpSync(join(folder, file), join(copy, file));
  return copy;
}

describe("a decision", () => {
  test("is recorded and its pass spent, both at once", () => {
    const store = opened();
    expect(store.recordDecision(granted(9), time)).toBe(1);
    expect(recordOf(store.events.event(1)!)).toMatchObject({ seq: 1, at: time.at, ms: 250, event: granted(9) });
    expect(store.spent.last(CREDENTIAL, "H", "main-gate/entry")).toEqual({ counter: 9, signedAt: 109 });
  });

  test("spends within its own class, group and credential alone", () => {
    const store = opened();
    store.recordDecision(granted(9), time);
    expect(store.spent.last(CREDENTIAL, "T", "main-gate/entry")).toBeUndefined();
    expect(store.spent.last(CREDENTIAL, "H", "main-gate/exit")).toBeUndefined();
    expect(store.spent.last("00112233445566fe", "H", "main-gate/entry")).toBeUndefined();
    store.recordDecision(granted(10), time);
    expect(store.spent.last(CREDENTIAL, "H", "main-gate/entry")?.counter).toBe(10);
  });

  test("that cannot be recorded spends nothing and leaves no number out", () => {
    const store = opened();
    store.recordDecision(granted(1), time);
    const broken = eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: -1 });
    expect(() => store.recordDecision(broken, time)).toThrow(RangeError);
    expect(store.spent.last(CREDENTIAL, "H", "main-gate/entry")?.counter).toBe(1);
    expect(store.recordDecision(granted(3), time)).toBe(2);
    expect(verdict(store)).toMatchObject({ kind: "whole", records: 2 });
  });

  test("on a full disk fails by a name of its own: nothing recorded, nothing spent; a fresh start with room goes on where the chain ended", () => {
    opened().close();
    const store = opened({ pagesMax: 60 });
    let count = 0;
    const record = (): void => {
      for (;;) store.recordDecision(granted(++count), time);
    };
    expect(record).toThrow(RecordingFailed);
    expect(store.spent.last(CREDENTIAL, "H", "main-gate/entry")?.counter).toBe(count - 1);
    expect(store.events.last().seq).toBe(count - 1);
    expect(() => store.recordDecision(granted(count), time)).toThrow(RecordingFailed);
    store.close();
    const roomy = opened();
    expect(roomy.recordDecision(granted(count), time)).toBe(count);
    expect(verdict(roomy)).toMatchObject({ kind: "whole", records: count });
  });

  test("what was spent and recorded is there after a power cut", () => {
    const store = opened();
    for (let i = 1; i <= 50; i++) store.recordDecision(granted(i), time);
    const survivor = opened({ folder: afterPowerCut() });
    expect(survivor.spent.last(CREDENTIAL, "H", "main-gate/entry")?.counter).toBe(50);
    expect(verdict(survivor)).toMatchObject({ kind: "whole", records: 50 });
  });
});

describe("a start", () => {
  test("behind an orderly stop is clean, the first one too", () => {
    const first = opened();
    expect(start(first)).toEqual({ cause: "clean", interrupted: 0 });
    first.stop(time);
    const second = opened();
    expect(start(second, "boot-2")).toEqual({ cause: "clean", interrupted: 0 });
    expect(names(second)).toEqual(["ControllerStarted", "ControllerStopped", "ControllerStarted"]);
  });

  test("within the same boot of the machine, without a stop, follows a crash: nothing was lost", () => {
    const first = opened();
    start(first);
    first.close();
    const second = opened();
    expect(start(second).cause).toBe("crash");
    expect(names(second)).toEqual(["ControllerStarted", "ControllerStarted"]);
  });

  test("in another boot, without a stop, follows a power cut: the window that it may have taken is owned up to", () => {
    const first = opened();
    start(first);
    first.close();
    const second = opened();
    expect(start(second, "boot-2").cause).toBe("power cut");
    expect(names(second)).toEqual(["ControllerStarted", "AuditGap", "ControllerStarted"]);
    expect(recordOf(second.events.event(2)!).event.fields).toEqual({ cause: "power cut", firstSeq: null, lastSeq: null, windowMs: 200 });
  });

  test("closes each grant of which nobody knows whether somebody passed, once", () => {
    const first = opened();
    start(first);
    const taken = first.recordDecision(granted(1), time);
    const open = first.recordDecision(granted(2), time);
    const notTaken = first.recordDecision(granted(3), time);
    first.events.append(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: taken }), time);
    first.events.append(eventOf("AccessNotTaken", { accessPoint: "gate-1-in", grantedSeq: notTaken, cause: "timeout" }), time);
    expect(first.events.openGrants()).toEqual([{ seq: open, accessPoint: "gate-1-in" }]);
    first.close();
    const second = opened();
    expect(start(second)).toEqual({ cause: "crash", interrupted: 1 });
    const last = recordOf(second.events.event(second.events.last().seq)!);
    expect(last.event).toEqual(eventOf("AccessNotTaken", { accessPoint: "gate-1-in", grantedSeq: open, cause: "restart" }));
    second.close();
    expect(start(opened()).interrupted).toBe(0);
  });
});

describe("the event log", () => {
  test("tells who listens of each event once it is committed, and never of one that was undone", () => {
    const store = opened();
    const heard: number[] = [];
    const stop = store.events.onEvent(({ seq }) => heard.push(seq));
    store.database.transaction("quick", () => {
      store.events.append(eventOf("ControllerStopped", {}), time);
      store.events.append(eventOf("ControllerStopped", {}), time);
      expect(heard).toEqual([]);
    });
    expect(() =>
      store.database.transaction("quick", () => {
        store.events.append(eventOf("ControllerStopped", {}), time);
        throw new RangeError("no");
      }),
    ).toThrow("no");
    store.events.append(eventOf("ControllerStopped", {}), time);
    stop();
    store.events.append(eventOf("ControllerStopped", {}), time);
    expect(heard).toEqual([1, 2, 3]);
  });

  test("is read in order, from behind any event, by name, source and credential", () => {
    const store = opened();
    store.recordDecision(granted(), time);
    store.events.append(eventOf("DoorForcedOpen", { door: "library" }), { at: null, ms: 0 });
    store.events.append(eventOf("DoorNormal", { door: "library" }), time);
    const seqs = (filter: object): number[] => store.events.read({ after: 0, limit: 10, ...filter }).map(({ seq }) => seq);
    expect(seqs({})).toEqual([1, 2, 3]);
    expect(seqs({ after: 1, limit: 1 })).toEqual([2]);
    expect(seqs({ name: "DoorNormal" })).toEqual([3]);
    expect(seqs({ source: "library" })).toEqual([2, 3]);
    expect(seqs({ source: "library", name: "DoorForcedOpen" })).toEqual([2]);
    expect(seqs({ credential: CREDENTIAL })).toEqual([1]);
    expect(seqs({ credential: "not a credential" })).toEqual([]);
    expect(recordOf(store.events.event(2)!)).toMatchObject({ at: null, ms: 0 });
    expect(store.events.event(4)).toBeUndefined();
    expect(describeEvent(recordOf(store.events.event(2)!).event)).toBe("Door library was opened without being released.");
  });

  test("lets no event be deleted or changed", () => {
    const store = opened();
    store.recordDecision(granted(), time);
    const run = (sql: string) => (): unknown => store.database.prepare<[]>(sql).run();
    expect(run("DELETE FROM event")).toThrow(/never deleted/);
    expect(run("UPDATE event SET at = 0")).toThrow(/never changed/);
    expect(run("INSERT OR REPLACE INTO event SELECT * FROM event")).toThrow(/never deleted/);
  });

  test("verifies in stretches, over more events than one holds", () => {
    const store = opened();
    store.database.transaction("quick", () => {
      for (let i = 0; i < 2500; i++) store.events.append(eventOf("RequestToExit", { door: "library" }), time);
    });
    expect([...store.events.verify()]).toMatchObject([
      { records: 1000, of: 2500 },
      { records: 2000, of: 2500 },
      { kind: "whole", records: 2500, gaps: [] },
    ]);
  });

  test.each([
    ["the record", "UPDATE event SET record = (SELECT record FROM event WHERE seq = 3) WHERE seq = 2", { seq: 2, cause: "SequenceBroken" }],
    [
      "a byte of a record",
      "UPDATE event SET record = CAST(substr(record, 1, length(record) - 1) || x'00' AS BLOB) WHERE seq = 2",
      { seq: 2, cause: "EventMalformed" },
    ],
    [
      "the name beside it",
      "UPDATE event SET name = 'DoorNormal' WHERE seq = 2",
      { seq: 2, cause: "EventMalformed", detail: "column name differs from the record" },
    ],
    ["the time beside it", "UPDATE event SET at = at + 1 WHERE seq = 2", { seq: 2, detail: "column at differs from the record" }],
    ["the source beside it", "UPDATE event SET source = 'x' WHERE seq = 2", { seq: 2, detail: "column source differs from the record" }],
    ["the credential beside it", "UPDATE event SET credential = x'00' WHERE seq = 2", { seq: 2, detail: "column credential differs from the record" }],
    ["the hash", "UPDATE event SET hash = zeroblob(32) WHERE seq = 2", { seq: 2, detail: "column hash differs from the record" }],
    ["nothing, but one is missing", "DELETE FROM event WHERE seq = 2", { seq: 2, cause: "SequenceBroken" }],
  ])("names the first event that somebody with the file in hand has changed: %s", (_, sql, expected) => {
    const store = opened();
    for (let i = 0; i < 4; i++) store.recordDecision(granted(), time);
    store.database.prepare<[]>("DROP TRIGGER event_is_kept").run();
    store.database.prepare<[]>("DROP TRIGGER event_is_final").run();
    store.database.prepare<[]>(sql).run();
    expect(verdict(store)).toMatchObject({ kind: "broken", ...expected });
  });
});

test("a data folder belongs to one controller at a time", () => {
  opened();
  expect(() => opened()).toThrow(SetupError);
});

test("a data folder that cannot be made is named with a remedy", () => {
  const file = join(folder, "file");
  writeFileSync(file, "in the way");
  expect(() => opened({ folder: join(file, "portico") })).toThrow(SetupError);
});
