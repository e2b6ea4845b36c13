import type { ControllerReport } from "@portico/controller";
import { simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { ReaderTurns } from "./reader-turns.ts";
import { judgedReport as judged } from "./rig/judged-report.ts";

const acted: ControllerReport = { kind: "acted", grantedSeq: 1, accessPoint: "gate-1-in", device: "gate-1", frame: null, afterMs: 1 };

/** Readers that keep what left them; one whose wire is cut says so. */
function reading({ isCut = false } = {}) {
  const clock = simulatedClock();
  const readers = new ReaderTurns(clock);
  const left: string[] = [];
  const scan = (read: string, mark?: string, accessPoint = "gate-1-in"): Promise<boolean> =>
    readers.scan(accessPoint, read, mark, () => {
      if (!isCut) left.push(read);
      return Promise.resolve(!isCut);
    });
  return { clock, readers, left, scan };
}

test("a report bears the mark of the scan that it judges, once, and no other report bears one", async () => {
  const { readers, scan } = reading();
  expect(await scan("A", "mine")).toBe(true);
  expect([readers.markOf(acted), readers.markOf(judged("gate-2-in"))]).toEqual([undefined, undefined]);
  expect([readers.markOf(judged()), readers.markOf(judged())]).toEqual(["mine", undefined]);
});

test("the next scan before a reader leaves when the one before is answered, so that answers are not mistaken; another reader does not wait", async () => {
  const { clock, readers, left, scan } = reading();
  await scan("A", "mine");
  const second = scan("B", "theirs");
  await scan("C", "elsewhere", "gate-2-in");
  await clock.settle();
  expect(left).toEqual(["A", "C"]);
  expect(readers.markOf(judged())).toBe("mine");
  expect(await second).toBe(true);
  expect([left, readers.markOf(judged()), readers.markOf(judged("gate-2-in"))]).toEqual([["A", "C", "B"], "theirs", "elsewhere"]);
});

test("a scan that nobody answers is over after 3 s", async () => {
  const { clock, readers, left, scan } = reading();
  await scan("A", "mine");
  const second = scan("B", "theirs");
  await clock.pass(2_999);
  expect(left).toEqual(["A"]);
  await clock.pass(1);
  await second;
  expect([left, readers.markOf(judged())]).toEqual([["A", "B"], "theirs"]);
});

test("the same text again is the same scan, has no answer of its own and holds nobody up, until 3 s have passed without it", async () => {
  const { clock, readers, left, scan } = reading();
  await scan("A", "first");
  readers.markOf(judged());
  await clock.pass(2_000);
  await scan("A", "again");
  await scan("B", "theirs");
  expect([left, readers.markOf(judged())]).toEqual([["A", "A", "B"], "theirs"]);
  await clock.pass(3_000);
  await scan("A", "anew");
  expect(readers.markOf(judged())).toBe("anew");
});

test("what leaves no reader waits for nothing, and what fails is thrown to whoever held it", async () => {
  const { readers, scan } = reading({ isCut: true });
  expect([await scan("A", "mine"), await scan("B", "theirs")]).toEqual([false, false]);
  expect(readers.markOf(judged())).toBeUndefined();
  await expect(readers.scan("gate-1-in", "C", "mine", () => Promise.reject(new Error("EIO")))).rejects.toThrow("EIO");
  expect(readers.markOf(judged())).toBeUndefined();
});

test("closed, nobody waits any more", async () => {
  const { readers, left, scan } = reading();
  await scan("A", "mine");
  const second = scan("B", "theirs");
  readers.close();
  await second;
  expect(left).toEqual(["A", "B"]);
});
