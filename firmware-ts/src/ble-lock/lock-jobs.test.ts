import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type LockJob, lockJobs } from "./lock-jobs.ts";

/** A job that keeps what it was told. */
function job(kind: LockJob["kind"], told: string[] = []): LockJob {
  const settle: LockJob["settle"] = (outcome) => void told.push(outcome.kind === "failed" ? outcome.result.error : "answered");
  return { kind, until: monotonicMs(0), isRepeatable: true, talk: () => Promise.resolve({ kind: "done" }), settle };
}
const drained = (jobs: ReturnType<typeof lockJobs>): LockJob["kind"][] => {
  const kinds: LockJob["kind"][] = [];
  for (let next = jobs.next(); next !== undefined; next = jobs.next()) kinds.push(next.kind);
  return kinds;
};

test("locking goes in front of opening, opening in front of everything else; the others in the order in which they came", () => {
  const jobs = lockJobs();
  for (const kind of ["state", "unlock", "record", "secure", "clock", "secure", "unlock"] as const) jobs.add(job(kind));
  expect(jobs.waiting).toBe(7);
  expect(drained(jobs)).toEqual(["secure", "secure", "unlock", "unlock", "state", "record", "clock"]);
});

test("what is tried again goes in front of those that are as urgent, and behind those that are more so", () => {
  const jobs = lockJobs();
  for (const kind of ["record", "secure"] as const) jobs.add(job(kind));
  jobs.again(job("clock"));
  expect(drained(jobs)).toEqual(["secure", "clock", "record"]);
});

test("only what is more urgent overrules", () => {
  const jobs = lockJobs();
  jobs.add(job("unlock"));
  expect([jobs.isOverruled(job("record")), jobs.isOverruled(job("unlock")), jobs.isOverruled(job("secure"))]).toEqual([true, false, false]);
});

test("something newer takes the place of all of its kind and of no other; an end is told to everybody", () => {
  const jobs = lockJobs();
  const [opening, asking] = [[], []] as [string[], string[]];
  for (const each of [job("unlock", opening), job("state", asking), job("unlock", opening)]) jobs.add(each);
  jobs.supersede("unlock", "another");
  expect([opening, asking, jobs.waiting]).toEqual([["Superseded", "Superseded"], [], 1]);
  jobs.failAll({ ok: false, error: "Disconnected", detail: "closed" });
  expect([asking, jobs.waiting]).toEqual([["Disconnected"], 0]);
});
