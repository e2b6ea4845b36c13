import { afterEach, beforeEach, expect, test } from "vitest";
import { CAMPUS_START, type CampusCloud, campusCloud } from "./campus-cloud.ts";

let rig: CampusCloud;
beforeEach(async () => {
  rig = await campusCloud();
  await rig.json("person", "add", "--name", "张三", "--account", ZHANG, "--audience", "student");
});
afterEach(() => rig.end());

const ZHANG = "zhang@example.edu";
const withQr = () => rig.json("credential", "add", "--person", ZHANG, "--kind", "qr");

test("passes are issued with their times, one behind the other, and read back as T of the person's credential", async () => {
  await rig.trust();
  const credential = (await withQr())[0]!["id"];
  const passes = await rig.json("pass", "issue", ZHANG, "--for", "90");
  expect(passes.map(({ signedAt, expiresAt }) => [signedAt, expiresAt])).toEqual([
    ["2026-09-01T00:00:00Z", "2026-09-01T00:00:30Z"],
    ["2026-09-01T00:00:30Z", "2026-09-01T00:01:00Z"],
    ["2026-09-01T00:01:00Z", "2026-09-01T00:01:30Z"],
  ]);
  const { out } = await rig.run(["pass", "inspect", String(passes[0]!["text"])]);
  expect(JSON.parse(out)).toMatchObject({ kind: "T", credentialId: credential });
  const table = await rig.surroundings({ isTty: true }).run("pass", "issue", ZHANG);
  expect(table.out).toMatch(/^SHOW FROM +UNTIL +PASS\n20\d\d-.* +CP1:.{147}\n$/);
});

test("as codes each stands until its time is over, and Ctrl-C ends it", async () => {
  await rig.trust();
  await withQr();
  const shown = rig.surroundings({ isTty: true });
  shown.onWait = () => shown.passTime();
  const { exitCode, err } = await shown.run("pass", "issue", ZHANG, "--qr", "--for", "90");
  expect([exitCode, err.match(/\d of 3, good until/g)]).toEqual([0, ["1 of 3, good until", "2 of 3, good until", "3 of 3, good until"]]);
  expect([shown.out.split("\u001b[2J").length - 1, shown.now()]).toEqual([3, CAMPUS_START + 60]);
  const ended = rig.surroundings({ isTty: true });
  ended.onWait = () => ended.interrupt();
  expect((await ended.run("pass", "issue", ZHANG, "--qr", "--for", "90")).err).not.toContain("2 of 3");
});

test("rule 4.5: to whom a phone is lost no pass is issued, nor without a credential that shows them, nor by a cloud that may not sign any", async () => {
  expect(await rig.run(["pass", "issue", ZHANG])).toMatchObject({ exitCode: 1, err: expect.stringContaining("PassKeyMissing") });
  await rig.trust();
  expect(await rig.run(["pass", "issue", ZHANG])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/PassNotTaken, rule 2\.3.*\non: person .*\nnext: /),
  });
  await withQr();
  await rig.json("phone", "lost", ZHANG, "--channel", "guard", "--identity-check", "staff card seen");
  expect(await rig.run(["pass", "issue", ZHANG])).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("PhoneLost, rule 4.5") });
  expect(await rig.run(["pass", "issue", ZHANG, "--for", "601"])).toMatchObject({ exitCode: 2 });
});
