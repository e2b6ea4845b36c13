import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  const publicKey = Buffer.from(nodeSigner(new Uint8Array(32).fill(9)).publicKey).toString("hex");
  for (const id of ["gate-house", "library"])
    await cloud.client.ask("PUT /v1/controllers/{id}", { params: { id }, body: { publicKey: id === "library" ? publicKey : Buffer.from(nodeSigner(new Uint8Array(32).fill(8)).publicKey).toString("hex"), zones: ["east"] } }); // prettier-ignore
});
afterEach(() => cloud.end());

test("a cloud that has gone back names who holds more than it has published, and the way out", async () => {
  expect((await cloud.run(["controller", "list"], { isTty: true })).err).toBe("");
  await cloud.cloud.database.queries
    .insertInto("controller_applied")
    .values({ controller: "gate-house", feed_partition: "zone/east", epoch: 1, version: 70, publish: 90, at: 1 })
    .execute();
  const next = "next: portico feed epoch bump --adopt: docs/operating.md, A cloud that comes back from a backup\n";
  const holds = /^portico: holds more than this cloud has published: gate-house zone\/east 1:70 \(1:\d+ here\)\n/m;
  for (const words of [
    ["controller", "list"],
    ["controller", "lag"],
  ]) {
    const { exitCode, err } = await cloud.run(words, { isTty: true });
    expect([exitCode, err]).toEqual([0, expect.stringMatching(holds)]);
    expect(err).toContain(next);
    expect(err).not.toContain("library zone");
  }
  const status = await cloud.run(["feed", "status", "--cloud", "https://cloud.example"]);
  expect([status.exitCode, status.err]).toEqual([1, expect.stringMatching(/^portico: 1 controllers hold more than this cloud has published: .*\non: gate-house zone\/east 1:70 .*\nnext: portico feed epoch bump --adopt/)]); // prettier-ignore
});
