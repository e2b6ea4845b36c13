import { afterEach, beforeEach, expect, test } from "vitest";
import { cloudClientFor } from "./cloud-client.ts";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import type { CommandRecord } from "./recorded-surroundings.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
});
afterEach(() => cloud.end());

const as = (who: string, ...words: readonly string[]): Promise<CommandRecord> => cloud.run(words, {}, who);
const done = async (record: Promise<CommandRecord>): Promise<Record<string, unknown>> => {
  const { exitCode, out, err } = await record;
  expect([exitCode, err]).toEqual([0, ""]);
  return JSON.parse(out) as Record<string, unknown>;
};

test("an operator is made, let in by a key, asks with it, and ends; what it may not is refused by name", async () => {
  expect(await done(as("li", "operator", "add", "liwei", "--name", "李卫", "--role", "guard", "--reason", "gate 1"))).toMatchObject({
    id: "liwei",
    role: "guard",
  });
  await done(as("li", "operator", "key", "liwei", "--public-key", cloud.keyFile("liwei"), "--reason", "laptop"));
  expect(await as("liwei", "operator", "list")).toMatchObject({ exitCode: 1, err: expect.stringContaining("(ScopeMissing, scope operators:read)") });
  const table = await cloud.run(["operator", "list"], { isTty: true, columns: 200 });
  expect(table.out).toMatch(/^OPERATOR +NAME +ROLE +ACCOUNT +UNTIL +ENDED\nliwei +李卫 +guard/);
  expect(await done(as("li", "operator", "end", "liwei", "--reason", "has left"))).toMatchObject({
    operator: { endedAt: expect.any(String) },
    delegations: 0,
    grants: 0,
  });
  expect(await as("liwei", "operator", "list")).toMatchObject({ exitCode: 2, err: expect.stringContaining("SignatureRefused") });
  expect(await as("li", "operator", "add", "liwei", "--name", "another", "--reason", "again")).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("IdTaken"),
  });
});

test("places are delegated up to a date, seen by whoever holds them, not passed on unless allowed, and ended with their parts", async () => {
  const client = await cloudClientFor(cloud.surroundings(), {});
  await client.ask("zone", "PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "East" } } });
  for (const id of ["warden", "deputy"]) {
    await done(as("li", "operator", "add", id, "--name", id, "--reason", "hall"));
    await done(as("li", "operator", "key", id, "--public-key", cloud.keyFile(id), "--reason", "hall"));
  }
  const delegate = (who: string, to: string, until: string, ...more: string[]) =>
    as(who, "operator", "delegate", to, "--zone", "east", "--capability", "pass", "--until", until, "--reason", "hall east", ...more);
  const { id } = await done(delegate("li", "warden", "2106-01-01T00:00:00Z"));
  expect(await delegate("warden", "deputy", "2105-01-01T00:00:00Z")).toMatchObject({ exitCode: 1, err: expect.stringContaining("MayNotDelegate") });
  await done(delegate("li", "warden", "2106-01-01T00:00:00Z", "--may-delegate"));
  expect(await delegate("warden", "deputy", "2106-01-02T00:00:00Z")).toMatchObject({ exitCode: 1, err: expect.stringContaining("BeyondYourDate") });
  const part = await done(delegate("warden", "deputy", "2105-01-01T00:00:00Z"));
  expect((await as("deputy", "operator", "delegations")).out.trim().split("\n").map((line) => (JSON.parse(line) as { readonly id: string }).id)).toEqual([part["id"]]); // prettier-ignore
  expect(await done(as("li", "operator", "undelegate", String(part["parent"]), "--reason", "closed"))).toEqual({
    id: part["parent"],
    delegations: 2,
    grants: 0,
  });
  expect(await as("deputy", "operator", "delegations")).toMatchObject({ exitCode: 1, err: expect.stringContaining("ScopeMissing") });
  expect(await as("li", "operator", "undelegate", String(id))).toMatchObject({ exitCode: 0 });
});

test("wrong words are told before anything is asked", async () => {
  for (const [words, what] of [
    [["operator", "delegate", "x", "--zone", "east", "--until", "tomorrow"], "A time such as 2026-09-01"],
    [["operator", "delegate", "x", "--zone", "east", "--until", "2027-07-01", "--capability", "fly"], "One of pass, ride"],
    [["operator", "add", "x"], "required option '--name <name>' not specified"],
  ] as const)
    expect(await as("li", ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(what) });
});
