import { type ControllerEvent, eventOf } from "@portico/card-protocol";
import * as fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RETENTION_DAYS, type RetentionDays } from "../core/event-retention.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { DAY_S, type RetentionImage, retentionImage, type RetentionRig, retentionRig } from "../rig/retention-rig.ts";
import { readDroppedBefore, readRetentionRun } from "./event-retention.ts";

const EXIT = eventOf("RequestToExit", { door: "library" });
const FORCED = eventOf("DoorForcedOpen", { door: "library" });
const denied = (credential: string): ControllerEvent =>
  eventOf("AccessDenied", { accessPoint: "gate", reason: "PassReplayed", detail: "", credential, presentation: "H", counter: 5, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 }); // prettier-ignore
const DENIED = denied("00112233445566ff");

let rig: RetentionRig;
let log: MachineLog;
let image: RetentionImage;
beforeAll(async () => {
  rig = await retentionRig();
  image = await retentionImage(rig);
  await rig.cloud.close();
});
beforeEach(async () => {
  rig = await retentionRig(image);
  log = new MachineLog("gate-house", 8);
});
afterEach(() => rig.cloud.close());

const recorded = (...events: readonly ControllerEvent[]): MachineLog => {
  for (const event of events) log.record(event);
  return log;
};
const days = (change: Partial<RetentionDays>): RetentionDays => ({ ...RETENTION_DAYS, ...change });
const audit = () => rig.cloud.database.queries.selectFrom("change_record").select(["actor", "action", "target", "reason"]).where("actor", "=", "retention").execute(); // prettier-ignore

describe("when their time is over", () => {
  test("events go kind by kind, counted from when they came; one checkpoint stands for each hole, and holes that meet become one", async () => {
    await rig.take(recorded(EXIT, EXIT, FORCED, EXIT, DENIED, EXIT, EXIT));
    rig.cloud.pass(184 * DAY_S);
    expect(await rig.run()).toBe("finished");
    expect(await rig.kept()).toEqual(["1 RequestToExit", "2 RequestToExit", "3 DoorForcedOpen", "4 RequestToExit", "5 AccessDenied", "6 RequestToExit", "7 RequestToExit"]); // prettier-ignore
    rig.cloud.pass(DAY_S);
    expect(await rig.run()).toBe("finished");
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-2]", "3 DoorForcedOpen", "[4-4]", "5 AccessDenied", "[6-7]"], "gate-house whole 2+5"]);
    rig.cloud.pass(182 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-2]", "3 DoorForcedOpen", "[4-7]"], "gate-house whole 1+6"]);
    rig.cloud.pass(730 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-7]"], "gate-house whole 0+7"]);
    expect(await rig.cloud.database.queries.selectFrom("event_batch").selectAll().execute(), "nothing is left that a signature is for").toEqual([]);
  });

  test("the chain goes on behind what is gone, to its very end", async () => {
    await rig.take(recorded(EXIT, EXIT));
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect(await rig.take(recorded(EXIT, FORCED), log.batch(3))).toMatchObject({ ok: true, value: { seq: 4 } });
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-2]", "3 RequestToExit", "4 DoorForcedOpen"], "gate-house whole 2+2"]);
  });

  test("each run that dropped something stands in the audit with what it was; one without anything to do does not", async () => {
    await rig.take(recorded(EXIT, DENIED, EXIT));
    await rig.run();
    expect(await audit()).toEqual([]);
    rig.cloud.pass(370 * DAY_S);
    await rig.run();
    expect(await audit()).toEqual([{ actor: "retention", action: "events prune", target: "events", reason: "AccessDenied 1, RequestToExit 2" }]);
    const now = rig.cloud.now();
    const run = await readRetentionRun(rig.cloud.database.queries);
    expect(run).toMatchObject({ startedAt: now, finishedAt: now, dropped: new Map([["RequestToExit", 2], ["AccessDenied", 1]]) }); // prettier-ignore
    const before = await readDroppedBefore(rig.cloud.database.queries);
    expect([before.get("AccessGranted"), before.get("AccessDenied")]).toEqual([now - 184 * DAY_S, now - 366 * DAY_S]);
    expect(await rig.run(), "once a day").toBe("idle");
  });

  test("what a controller dropped itself goes with the events beside it, is counted, and alone it stays", async () => {
    await rig.take(log.fill(9), log.batch(1, 9, { dropped: [3, 5] }));
    const gap = new MachineLog("library", 9).fill(4);
    await rig.take(gap, gap.batch(1, 4, { dropped: [1, 4] }));
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-9]"], "gate-house whole 0+9"]);
    expect([await rig.kept("library"), await rig.verdict("library")]).toEqual([["4 GapRecord"], "library whole 1+0"]);
    expect((await audit())[0]?.reason).toBe("RequestToExit 6");
  });

  test("a GapRecord over the end of a store that was restored from a backup stays, and the chain holds around it, whatever goes", async () => {
    await rig.take(log.fill(10), log.batch(1, 4));
    await rig.take(log, log.batch(1, 10, { dropped: [2, 7] }));
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-4]", "7 GapRecord", "[8-10]"], "gate-house whole 1+7"]);
  });

  test("where the configuration gives a kind another time, the whole chain is looked through again", async () => {
    await rig.take(recorded(EXIT, FORCED, DENIED, EXIT));
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    rig.cloud.pass(DAY_S);
    await rig.run(days({ DoorForcedOpen: 30 }));
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-2]", "3 AccessDenied", "[4-4]"], "gate-house whole 1+3"]);
    expect((await audit()).map(({ reason }) => reason)).toEqual(["RequestToExit 2", "DoorForcedOpen 1"]);
  });

  test("any split into batches, days between them and times of kinds leaves exactly what is not over, in chains that hold, however runs are cut", async () => {
    const KINDS = [EXIT, FORCED, DENIED];
    const piece = fc.record({ kinds: fc.array(fc.nat(2), { minLength: 1, maxLength: 9 }), after: fc.nat(30), isGap: fc.boolean() });
    const step = fc.record({ pieces: fc.array(piece, { minLength: 1, maxLength: 3 }), times: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }), cut: fc.nat(4) }); // prettier-ignore
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        const own = new MachineLog(`door-${nth++}`, 8);
        const model: { name: keyof RetentionDays; at: number; isOver: boolean }[] = [];
        for (const { pieces, times, cut } of steps) {
          for (const { kinds, after, isGap } of pieces) {
            rig.cloud.pass(after * DAY_S);
            const first = own.end().seq + 1;
            for (const kind of kinds) own.record(isGap ? EXIT : KINDS[kind]!);
            const last = own.end().seq;
            expect(await rig.take(own, own.batch(first, last, isGap ? { dropped: [first, last] } : {}))).toMatchObject({ ok: true });
            if (!isGap) for (const kind of kinds) model.push({ name: KINDS[kind]!.name as keyof RetentionDays, at: rig.cloud.now(), isOver: false });
          }
          rig.cloud.pass(DAY_S);
          const policy = days({ RequestToExit: times[0]!, DoorForcedOpen: times[1]!, AccessDenied: times[2]! });
          const retention = rig.retention(policy);
          for (let steps = 0; steps < cut; steps++) await retention.step();
          expect(await rig.verdict(own.controller)).toMatch(/ whole /);
          await rig.run(policy);
          for (const event of model) event.isOver ||= event.at < rig.cloud.now() - policy[event.name] * DAY_S;
          const [kept, verdict] = [await rig.kept(own.controller), await rig.verdict(own.controller)];
          expect(kept.filter((text) => /Exit|Open|Denied/.test(text)).map((text) => text.split(" ")[1])).toEqual(model.filter(({ isOver }) => !isOver).map(({ name }) => name)); // prettier-ignore
          expect(verdict).toMatch(/ whole /);
          expect(kept.join(" "), "holes that meet are one").not.toMatch(/\] \[/);
        }
      }),
      { numRuns: 4 },
    );
  });
});

describe("what stays, though its time is over", () => {
  test("nothing goes while no key may sign, and the run says what it waits for", async () => {
    await rig.take(recorded(EXIT));
    rig.cloud.pass(185 * DAY_S);
    rig.key = undefined;
    expect([await rig.run(), await rig.kept()]).toEqual(["waits", ["1 RequestToExit"]]);
  });

  test.each(["copy_mark", "last_use_mark"] as const)("what was not looked at yet, as %s says", async (mark) => {
    await rig.take(recorded(EXIT));
    await rig.take(recorded(EXIT), log.batch(2));
    await rig.cloud.database.queries.updateTable(mark).set({ batch: 1 }).execute();
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect(await rig.kept()).toEqual(["[1-1]", "2 RequestToExit"]);
  });

  test("what a fork's proof contradicts, with all that was signed in one with it", async () => {
    await rig.take(log.fill(3));
    await rig.take(log.fill(3), log.batch(4));
    await rig.take(log.fill(3), log.batch(7));
    await rig.take(log, log.fork(4).record(FORCED).batch(5));
    expect(rig.forks).toEqual([{ chain: "gate-house", seq: 5 }]);
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect([await rig.kept(), await rig.verdict()]).toEqual([["[1-3]", "4 RequestToExit", "5 RequestToExit", "6 RequestToExit", "[7-9]"], "gate-house whole 3+6"]); // prettier-ignore
  });

  test("an event that was altered, and those beside it: that proves something, and the run tells of it", async () => {
    await rig.take(log.fill(6));
    const { queries } = rig.cloud.database;
    const other = new MachineLog("gate-house", 8).fill(2).record(FORCED).records(3, 3)[0]!;
    await queries.updateTable("controller_event").set({ record: Buffer.from(other) }).where("seq", "=", 3).execute(); // prettier-ignore
    const before = await rig.kept();
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect(await rig.kept()).toEqual(before);
    expect((await readRetentionRun(queries)).broken).toEqual(new Map([["gate-house", "at 3: what stands beside event 3 is another"]]));
    expect((await audit())[0]?.reason).toBe("nothing; kept for it does not hold: gate-house at 3: what stands beside event 3 is another");
  });
});

describe("what follows is missing", () => {
  test("no hole is made up to an end that is not the one that was acknowledged", async () => {
    await rig.take(log.fill(6));
    const { queries } = rig.cloud.database;
    await queries.deleteFrom("controller_event").where("seq", "=", 6).execute();
    rig.cloud.pass(185 * DAY_S);
    await rig.run();
    expect([(await rig.kept()).length, (await readRetentionRun(queries)).broken]).toEqual([5, new Map([["gate-house", "at 6: the chain goes on to 6"]])]);
  });
});

describe("runs", () => {
  test("of long chains go by many steps, each of a few hundred events, and go on where they were interrupted, with another cloud on the same store", async () => {
    for (let nth = 0; nth < 4; nth++) await rig.take(log.fill(150), log.batch(nth * 150 + 1));
    const other = new MachineLog("library", 9).fill(3);
    await rig.take(other);
    rig.cloud.pass(185 * DAY_S);
    const first = rig.retention();
    const came = [await first.step(), await first.step()];
    const between = await rig.kept();
    expect([came, between.length > 100, between[0]]).toEqual([["more", "more"], true, expect.stringMatching(/^\[1-\d+\]$/)]);
    expect(await rig.verdict()).toMatch(/^gate-house whole/);
    expect(await rig.run()).toBe("finished");
    expect([await rig.kept(), await rig.kept("library"), await rig.verdict(), await rig.verdict("library")]).toEqual([["[1-600]"], ["[1-3]"], "gate-house whole 0+600", "library whole 0+3"]); // prettier-ignore
    expect((await audit())[0]?.reason).toBe("RequestToExit 603");
  });

  test("of two instances at one step one is overtaken, and each event is counted once", async () => {
    await rig.take(log.fill(40));
    rig.cloud.pass(185 * DAY_S);
    const [one, two] = [rig.retention(), rig.retention()];
    const came: string[] = [];
    for (let nth = 0; nth < 6; nth++) came.push(...(await Promise.all([one.step(), two.step()])));
    expect(came.filter((each) => each === "finished")).toHaveLength(1);
    expect(came).toContain("elsewhere");
    expect([await rig.kept(), (await audit()).map(({ reason }) => reason)]).toEqual([["[1-40]"], ["RequestToExit 40"]]);
  });
});
