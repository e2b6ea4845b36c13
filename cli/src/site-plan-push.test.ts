import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, CAMPUS_SITE, campusCloud } from "./campus-cloud.ts";
import { templateSheet } from "./core/site-plan/sheet-columns.ts";
import type { CommandRecord } from "./recorded-surroundings.ts";

const BASE = `[site]
id = "${CAMPUS_SITE}"
trust_list = "trust-list.cose"
root_keys = ["${bytesToHex(nodeSigner(new Uint8Array(32).fill(1)).publicKey)}"]
root_threshold = 1
[cloud]
url = "https://cloud.example.edu"
takes_configuration = true
[[wire]]
id = "readers"
serial = "/dev/ttyS1"
[[wire]]
id = "relays"
serial = "/dev/ttyS2"
`;
let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.trust();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  await enroll("library-house", 8);
  writeFileSync(join(cloud.folder, "base.toml"), BASE);
  writeFileSync(join(cloud.folder, "site.csv"), templateSheet());
});
afterEach(() => cloud.end());

const enroll = (id: string, seed: number) =>
  cloud.client.ask("PUT /v1/controllers/{id}", { params: { id }, body: { publicKey: bytesToHex(nodeSigner(new Uint8Array(32).fill(seed)).publicKey), zones: ["east"] } }); // prettier-ignore
async function plan(...words: string[]): Promise<CommandRecord> {
  const surroundings = cloud.surroundings({ isTty: true, columns: 200 });
  surroundings.onWait = () => surroundings.passTime();
  return surroundings.run("site", "plan", ...words);
}
const push = (...words: string[]): Promise<CommandRecord> => plan("push", "site.csv", "--wait", "0", ...words);
/** What a controller says of the newest configuration. */
async function says(controller: string, change: { readonly error?: string; readonly isRunning?: boolean } = {}): Promise<void> {
  const { epoch, number, hash } = await cloud.cloud.database.queries
    .selectFrom("controller_configuration")
    .selectAll()
    .where("controller", "=", controller)
    .executeTakeFirstOrThrow();
  const row = {
    controller,
    takes: 1,
    running: change.isRunning === true ? hash : null,
    epoch,
    number: number!,
    error: change.error ?? null,
    detail: change.error === undefined ? "" : "why",
    at: 1,
  };
  await cloud.cloud.database.queries.deleteFrom("controller_configuration_told").where("controller", "=", controller).execute();
  await cloud.cloud.database.queries.insertInto("controller_configuration_told").values(row).execute();
}

test("a push sends what differs, says who has it, and leaves alone who had it; whom the cloud does not know is named, and follows later", async () => {
  const planned = await push("--plan");
  expect([planned.exitCode, planned.out]).toEqual([0, expect.stringMatching(/gate-house +controller +- +planned\nlibrary-house +controller +- +planned\n/)]);
  expect(planned.err).toContain("2 controllers of 2 would be sent another configuration; nothing was sent\n");

  const first = await push("--reason", "the campus begins");
  expect(first.exitCode).toBe(1);
  expect(first.out).toMatch(/gate-house +- +before +the cloud has no such controller: portico controller enroll\nlibrary-house +\d+ +now +not heard yet\n/);
  await says("library-house");
  await enroll("gate-house", 9);
  const second = await push();
  expect([second.exitCode, second.out]).toEqual([
    0,
    expect.stringMatching(/gate-house +\d+ +now +not heard yet\nlibrary-house +\d+ +before +taken; from its next start on\n/),
  ]);
  expect(second.err).toContain("1 sent, 1 left as they are: 0 run on it, 1 have taken it, 1 are not heard, 0 refused it\n");
  await says("library-house", { isRunning: true });
  await says("gate-house", { error: "ConfigurationForeign" });
  const third = await push();
  expect([third.exitCode, third.out]).toEqual([
    1,
    expect.stringMatching(/gate-house +\d+ +before +refused +ConfigurationForeign: why\nlibrary-house +\d+ +before +runs on it\n/),
  ]);
});

test("what would change is told in words of the sheet, against the cloud too; one controller may go first", async () => {
  await enroll("gate-house", 9);
  await push();
  expect(await plan("diff", "site.csv", "--against", "cloud")).toMatchObject({ exitCode: 0, err: expect.stringContaining("nothing would change") });
  writeFileSync(join(cloud.folder, "site.csv"), templateSheet().replace(",secure,", ",safe,").replace(":4001/1:0,,,", ":4001/1:2,,,"));
  const diff = await plan("diff", "site.csv", "--against", "cloud");
  expect([diff.exitCode, diff.out]).toEqual([
    1,
    expect.stringMatching(/gate-house +gate-1 +lock +\S+:0 +\S+:2\nlibrary-house +library +fail_mode +secure +safe\n/),
  ]);
  expect((await push("--only", "library-house")).err).toContain("1 sent, 0 left as they are");
  expect((await plan("diff", "site.csv", "--against", "cloud")).out).not.toContain("library-house");
  expect(await push("--only", "nobody")).toMatchObject({ exitCode: 2, err: expect.stringContaining("the sheet has no such controller") });
});
