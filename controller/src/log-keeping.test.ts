import { type ControllerEvent, eventOf, type EventName, makeEventBatch, nextLink, CHAIN_START, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogConfiguration } from "./configuration/configuration.ts";
import { LogKeeping } from "./log-keeping.ts";
import { checkpointsOf } from "./log-parts.ts";
import { rigConfiguration } from "./rig/rig-configuration.ts";
import { RigStore } from "./rig/rig-store.ts";
import { LogShortening } from "./store/log-shortening.ts";
import type { VerifyStep } from "./store/event-log.ts";

const signer = nodeSigner(new Uint8Array(32).fill(8));
const DAY_S = 86_400;
const EXIT = eventOf("RequestToExit", { door: "library" });
const FORCED = eventOf("DoorForcedOpen", { door: "library" });
const denied = eventOf("AccessDenied", { accessPoint: "gate-1-in", reason: "PassReplayed", detail: "", credential: "00112233445566ff", presentation: "H", counter: 1, signedAt: unixSeconds(1), pass: new Uint8Array(96), uncertaintyS: 1, listVersion: 1 }); // prettier-ignore

let rig: RigStore;
let shortening: LogShortening;
let keeping: LogKeeping | undefined;
let freeBytes: number;
/** Events happened so many seconds before the rig's time. */
beforeEach(() => {
  rig = new RigStore();
  freeBytes = 1e12;
  shortening = new LogShortening(rig.store.database, (from, record) =>
    makeEventBatch("campus-east", { controller: "gate-house", from, records: [record] }, signer),
  );
  keeping = undefined;
});
afterEach(() => {
  keeping?.close();
  rig.end();
});

function record(count: number, event: ControllerEvent = EXIT, daysAgo: number | null = 0): void {
  rig.store.database.transaction("durable", () => {
    const at = daysAgo === null ? null : unixSeconds(rig.now() - daysAgo * DAY_S);
    for (let nth = 0; nth < count; nth++) rig.store.events.append(event, { at, ms: 0 });
  });
}
/** The newest 1,000 stay in any case. */
const recordNewest = (): void => record(1_000, EXIT, null);

interface Kept extends Partial<Pick<LogConfiguration, "bytesMax" | "keepFreeBytes">> {
  readonly days?: readonly (readonly [EventName, number])[];
  /** The cloud has so many, and so many were sent; undefined: there is none. */
  readonly upload?: readonly [acknowledged: number, sent: number];
}
/** One round, from its beginning to its end. */
async function keep({ bytesMax = 1e12, keepFreeBytes = 0, days = [], upload }: Kept): Promise<void> {
  keeping = new LogKeeping({
    policy: { bytesMax, keepFreeBytes, keepDays: new Map(days) },
    shortening,
    last: () => rig.store.events.last(),
    settle: () => rig.store.settle(),
    upload: () => upload && { acknowledged: rig.store.upload.endBefore(upload[0]), acknowledgedAt: null, sentSeq: upload[1] },
    freeBytes: () => freeBytes,
    now: () => rig.clock.eventTime().at,
    clock: rig.time,
    onEvent: (event) => rig.recorder.event(event),
  });
  keeping.start();
  await rig.time.pass(110_000);
  keeping.close();
}

/** The log's rows in front of the newest, neighbours of one name together. */
function rows(): string[] {
  const told: [string, number][] = [];
  for (const { name, record: read } of rig.store.events.read({ after: 0, limit: 1_000_000 })) {
    if (!read.ok) throw new Error(read.detail);
    const { event } = read.value;
    const label = event.name === "GapRecord" ? `gap ${event.fields.firstSeq}-${event.fields.lastSeq} (${event.fields.kinds})` : name;
    const last = told.at(-1);
    if (last?.[0] === label) last[1]++;
    else told.push([label, 1]);
  }
  return told.map(([label, count]) => (count === 1 ? label : `${count} ${label}`));
}
const verdict = (): VerifyStep => [...rig.store.events.verify()].at(-1)!;
const gapsSigned = (): boolean[] => {
  const configuration = { ...rigConfiguration({ folder: rig.folder }), site: { id: "campus-east", timeZone: "UTC" } };
  const signed = checkpointsOf({ configuration, store: rig.store, signer });
  const whole = verdict();
  return whole.kind === "whole" ? whole.gaps.map(({ lastSeq }) => signed(lastSeq)) : [];
};

describe("time", () => {
  test("events whose time is over go, each kind in its own, and the chain holds over what is signed in their place", async () => {
    record(3, EXIT, 40);
    record(1, denied, 40);
    record(2, EXIT, 40);
    record(2, FORCED, 40);
    record(1, EXIT, 5);
    recordNewest();
    await keep({ days: [["RequestToExit", 30], ["DoorForcedOpen", 60]] }); // prettier-ignore
    expect(rows()).toEqual([
      "gap 1-3 (RequestToExit 3)",
      "AccessDenied",
      "gap 5-6 (RequestToExit 2)",
      "2 DoorForcedOpen",
      "1001 RequestToExit",
      "LogShortened",
    ]);
    expect([verdict().kind, gapsSigned()]).toEqual(["whole", [true, true]]);
    expect(rig.named("LogShortened").map(({ fields }) => fields)).toEqual([{ cause: "their time was over", dropped: 5, unsent: 0 }]);
    await keep({ days: [["AccessDenied", 1]] });
    expect(rows()[0], "neighbouring GapRecords become one").toBe("gap 1-6 (AccessDenied 1, RequestToExit 5)");
    expect([verdict().kind, gapsSigned()]).toEqual(["whole", [true]]);
  });

  test("what the cloud has not acknowledged waits for it, and what happened at an unknown time stays", async () => {
    record(4, EXIT, 40);
    record(2, EXIT, null);
    recordNewest();
    await keep({ days: [["RequestToExit", 30]], upload: [3, 5] });
    expect(rows().slice(0, 2)).toEqual(["gap 1-3 (RequestToExit 3)", "1003 RequestToExit"]);
  });

  test("a run of any length becomes one GapRecord", async () => {
    record(900, EXIT, 40);
    record(1, FORCED, 40);
    recordNewest();
    await keep({ days: [["RequestToExit", 30]] });
    expect(rows().slice(0, 2)).toEqual(["gap 1-900 (RequestToExit 900)", "DoorForcedOpen"]);
    expect([verdict().kind, gapsSigned()]).toEqual(["whole", [true]]);
  });

  test("while no clock knows the time nothing is over", async () => {
    record(4, EXIT, 40);
    recordNewest();
    rig.hostErrorMs = 0;
    const { days } = { days: [["RequestToExit", 30]] as const };
    keeping = new LogKeeping({ policy: { bytesMax: 1e12, keepFreeBytes: 0, keepDays: new Map(days) }, shortening, last: () => rig.store.events.last(), settle: () => rig.store.settle(), upload: () => undefined, freeBytes: () => 1e12, now: () => null, clock: rig.time, onEvent: () => {} }); // prettier-ignore
    keeping.start();
    await rig.time.pass(200_000);
    expect(rows()[0]).toBe("1004 RequestToExit");
  });
});

describe("room", () => {
  const SMALL = 1;
  test("when the disk is short, what the cloud has goes first, then what it has not, each by rank; denials are the last to go", async () => {
    for (let nth = 0; nth < 2; nth++) {
      record(200, EXIT);
      record(100, FORCED);
      record(100, denied);
    }
    recordNewest();
    const parts = ["sent RequestToExit", "sent DoorForcedOpen", "sent AccessDenied", "unsent RequestToExit", "unsent DoorForcedOpen", "unsent AccessDenied"];
    const left = (): number[] => {
      const events = rig.store.events.read({ after: 0, limit: 800 }).filter(({ seq }) => seq <= 800);
      return parts.map((part) => events.filter(({ seq, name }) => `${seq <= 400 ? "sent" : "unsent"} ${name}` === part).length);
    };
    // Pages are what counts, so how far it goes is seen by asking for a little less each time.
    const whole = left();
    const begun = new Set<string>();
    for (let share = 0.99; share > 0.1; share -= 0.04) {
      await keep({ bytesMax: shortening.size().used * share, upload: [400, 400] });
      const now = left();
      const last = now.findLastIndex((count, nth) => count < whole[nth]!);
      if (last >= 0) begun.add(parts[last]!);
      expect(now.slice(0, Math.max(last, 0)), `${parts[last]} went while others stood`).toEqual(parts.slice(0, Math.max(last, 0)).map(() => 0));
    }
    expect([...begun].at(-1)).toBe("unsent AccessDenied");
    expect([begun.size >= 2, verdict().kind, gapsSigned().every(Boolean)]).toEqual([true, "whole", true]);
  });

  test("what is on its way to the cloud stays as it was sent, whatever the disk says", async () => {
    record(300, EXIT);
    recordNewest();
    await keep({ bytesMax: SMALL, upload: [100, 200] });
    expect(rows().slice(0, 3)).toEqual(["gap 1-100 (RequestToExit 100)", "100 RequestToExit", "gap 201-300 (RequestToExit 100)"]);
    expect(rig.named("LogShortened").map(({ fields }) => fields)).toContainEqual({ cause: "the disk was short", dropped: 200, unsent: 100 });
    expect(verdict().kind).toBe("whole");
  });

  test("without a cloud everything may go but the newest, open grants, unwritten passes and what the doors' modes go by", async () => {
    const mode = (door: string) => eventOf("DoorModeChanged", { door, mode: "LockedDown", by: "wang", reason: "" });
    record(50, EXIT);
    record(1, mode("library"));
    record(50, EXIT);
    record(1, eventOf("FireInput", { door: "library", active: true }));
    record(50, EXIT);
    recordNewest();
    await keep({ bytesMax: SMALL });
    expect(rows().slice(0, 5)).toEqual([
      "gap 1-50 (RequestToExit 50)",
      "DoorModeChanged",
      "gap 52-101 (RequestToExit 50)",
      "FireInput",
      "gap 103-152 (RequestToExit 50)",
    ]);
    expect([[...rig.store.events.doorModes()], [...rig.store.events.fires()], verdict().kind]).toEqual([[["library", "LockedDown"]], ["library"], "whole"]);
  });

  test("an open grant and everything behind it stays", async () => {
    record(50, EXIT);
    rig.load();
    record(1, eventOf("AccessGranted", { accessPoint: "gate-1-in", credential: "00112233445566ff", presentation: "card", holder: 1, counter: null, signedAt: null, pass: null, accessProfile: "a", uncertaintyS: 1, listVersion: 1, replayGroup: "g" })); // prettier-ignore
    record(50, EXIT);
    recordNewest();
    await keep({ bytesMax: SMALL });
    expect(rows().slice(0, 3)).toEqual(["gap 1-50 (RequestToExit 50)", "ListLoaded", "AccessGranted"]);
    expect(rig.store.events.openGrants()).toEqual([{ seq: 52, accessPoint: "gate-1-in" }]);
  });

  test("a full disk is short of room although the database is small", async () => {
    record(300, EXIT);
    recordNewest();
    freeBytes = 1_000_000;
    await keep({ keepFreeBytes: 900_000 });
    expect(rows()[0]).toBe("1300 RequestToExit");
    freeBytes = 0;
    await keep({ keepFreeBytes: 900_000 });
    expect(rows()[0]).toBe("gap 1-300 (RequestToExit 300)");
  });

  test("a record that somebody altered is kept as evidence", async () => {
    record(20, EXIT);
    recordNewest();
    rig.store.database.prepare<[]>("DROP TRIGGER event_is_final").run();
    rig.store.database.prepare<[]>("UPDATE event SET record = x'00' WHERE seq = 20").run();
    await keep({ bytesMax: SMALL });
    expect(rig.store.events.event(20)?.record.ok).toBe(false);
  });
});

test("nothing but a GapRecord deletes an event, and one that nobody signed is found", async () => {
  record(20, EXIT, 40);
  recordNewest();
  expect(() => rig.store.database.prepare<[]>("DELETE FROM event WHERE seq = 3").run()).toThrow("an event is never deleted");
  await keep({ days: [["RequestToExit", 30]] });
  expect(gapsSigned()).toEqual([true]);
  rig.store.database.prepare<[]>("DELETE FROM event_checkpoint").run();
  expect(gapsSigned()).toEqual([false]);
});

test("whatever is dropped in whatever order, the chain holds to the same end and every event is counted once", async () => {
  const names = [EXIT, FORCED, denied];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 12 }),
      async (kinds, ranges) => {
        const other = new RigStore();
        for (const kind of kinds) other.store.events.append(names[kind]!, { at: null, ms: 0 });
        const end = other.store.events.last();
        const dropping = new LogShortening(other.store.database, (from, bytes) => makeEventBatch("s", { controller: "c", from, records: [bytes] }, signer));
        for (const [from, length] of ranges) dropping.drop({ firstRow: from, lastRow: from + length }, "a test");
        let [chain, counted] = [CHAIN_START, 0];
        for (const { bytes } of other.store.events.read({ after: 0, limit: 1_000 })) {
          const link = nextLink(chain, bytes, nodeSha256);
          if (link.kind === "broken") throw new Error(link.detail);
          counted += link.end.seq - chain.seq;
          chain = link.end;
        }
        expect([chain, counted, [...other.store.events.verify()].at(-1)!.kind]).toEqual([end, kinds.length, "whole"]);
        await Promise.resolve();
        other.end();
      },
    ),
    { numRuns: 60 },
  );
});
