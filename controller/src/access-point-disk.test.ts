import { afterEach, beforeEach, expect, test } from "vitest";
import { CARD, CREDENTIAL } from "./rig/people.ts";
import { outcomeOf, ReaderRig } from "./rig/reader-rig.ts";

let rig: ReaderRig;
beforeEach(() => {
  rig = new ReaderRig();
  rig.load();
});
afterEach(() => rig.end());

test("on a full disk nobody is let in: the lock is not asked, the light is red, and what is told has no number", () => {
  rig.fillDisk();
  const judged = rig.show(rig.pass("zhang"));
  expect(judged).toMatchObject({
    decision: { kind: "denied", reason: "Other", check: "decision recorded", detail: "the disk refuses to record" },
    seq: undefined,
    credential: CREDENTIAL.zhang,
  });
  expect(outcomeOf(rig.show(CARD.chen))).toBe("Other: decision recorded");
  expect([rig.grants, rig.lights]).toEqual([[], ["AccessDenied", "AccessDenied"]]);
  expect(rig.recorder.suspension).toMatchObject({ cause: expect.stringMatching(/^SQLITE_FULL/), denied: 2 });
});

test("whoever is refused for a reason of their own hears that reason, on a full disk too", () => {
  rig.fillDisk();
  expect(outcomeOf(rig.show(rig.pass("zhang", { ageS: 60 })))).toBe("PassExpired: pass holds");
  expect(outcomeOf(rig.show("garbage"))).toBe("PassMalformed: pass holds");
});

test("it ends by itself, and the pass that was refused for the disk's sake is still good", () => {
  rig.fillDisk();
  const text = rig.pass("zhang");
  rig.show(text);
  expect(rig.store.spent.last(CREDENTIAL.zhang, "H", "main-gate/entry")).toBeUndefined();
  rig.freeDisk();
  rig.time.advance(5_000);
  expect(rig.recorder.suspension).toBeUndefined();
  expect(outcomeOf(rig.show(text))).toBe("granted");
  expect(
    rig
      .events()
      .slice(1)
      .map(({ name }) => name),
  ).toEqual(["RecordingSuspended", "RecordingResumed", "AccessGranted"]);
  expect(rig.named("RecordingResumed")[0]?.fields).toEqual({ outageMs: 5_000, denied: 1 });
  expect(rig.grants).toHaveLength(1);
});

test("the first who comes when there is room again is let in, without waiting for anything", () => {
  rig.fillDisk();
  rig.show(rig.pass("zhang"));
  rig.freeDisk();
  expect(outcomeOf(rig.show(rig.pass("li")))).toBe("granted");
  expect(rig.grants).toMatchObject([{ grantedSeq: rig.store.events.last().seq }]);
});

test("counts of refused scans that fall due on a full disk are written afterwards", () => {
  rig.show("garbage");
  rig.fillDisk();
  rig.time.advance(60_000);
  expect(rig.named("ScansRefused")).toEqual([]);
  rig.freeDisk();
  rig.time.advance(5_000);
  expect(rig.named("ScansRefused")).toMatchObject([{ fields: { reason: "PassMalformed", count: 1 } }]);
});

test("the chain of events holds over a suspension", () => {
  rig.show(rig.pass("zhang"));
  rig.fillDisk();
  rig.show(rig.pass("li"));
  rig.freeDisk();
  rig.show(rig.pass("wang"));
  expect([...rig.store.events.verify()].at(-1)).toMatchObject({ kind: "whole" });
});

test("in a lift nobody rides on a full disk; a grant is never written without its floors, nor they without it", () => {
  rig.end();
  rig = new ReaderRig({ capability: "ride", floors: ["2", "3"].map((floor) => ({ floor, accessPoint: `lift-1/${floor}`, refusal: undefined })) });
  rig.load({ floors: ["lift-1/3"] });
  rig.fillDisk();
  expect(outcomeOf(rig.show(CARD.chen))).toBe("Other: decision recorded");
  rig.freeDisk();
  rig.time.advance(5_000);
  expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
  expect(rig.grants).toMatchObject([{ floors: ["3"] }]);
  expect(rig.logAtGrant[0]?.slice(-2)).toEqual(["AccessGranted", "FloorsGranted"]);
  expect(rig.named("FloorsGranted")).toMatchObject([{ fields: { floors: "3", refused: "", grantedSeq: rig.store.events.last().seq - 1 } }]);
});
