import { keepMessages } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  const names = { zh: "已派单", en: "Dispatched" };
  await keepMessages(cloud.cloud.database.queries, cloud.cloud, [
    { dedupe: "case:1:1:dispatched", kind: "repair.dispatched", person: null, to: { mail: "zhang@example.edu", phone: null }, subject: names, text: names, parameters: {} }, // prettier-ignore
    { dedupe: "case:2:1:dispatched", kind: "repair.finished", person: null, to: { mail: null, phone: "+8613800138000" }, subject: names, text: names, parameters: {} }, // prettier-ignore
  ]);
});
afterEach(() => cloud.end());

test("what waits says why, and an address is recognised without being told", async () => {
  const { out } = await cloud.run(["outbox", "list"], { isTty: true, columns: 200 });
  expect(out).toMatch(/^MESSAGE +KIND +BY +TO +STATE +SINCE +NEXT TRY +WHY\n/);
  expect(out).toMatch(/repair\.dispatched +mail +zh…@example\.edu +waiting +\S+ \S+ +no mail server is configured\n/);
  expect(out).toMatch(/repair\.finished +sms +\+86138…00 +waiting +\S+ \S+ +no SMS provider is configured\n/);
  expect((await cloud.json("outbox", "list", "--kind", "repair.finished", "--state", "all")).length).toBe(1);
  expect(await cloud.json("outbox", "list", "--state", "sent")).toEqual([]);
});

test("what came back has failed, and is tried again when somebody says so", async () => {
  const [{ id }] = (await cloud.json("outbox", "list", "--kind", "repair.dispatched")) as [{ id: string }];
  const [bounced] = await cloud.json("outbox", "bounce", id, "--problem", "550 user unknown", "--reason", "returned mail");
  expect(bounced).toMatchObject({ state: "failed", why: "550 user unknown", nextTry: null });
  expect((await cloud.json("outbox", "retry", id, "--reason", "mended"))[0]).toMatchObject({ id, state: "waiting" });
  expect(await cloud.run(["outbox", "retry", "01990246-a5d0-7000-8000-0123456789ab", "--reason", "x"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("MessageUnknown") }); // prettier-ignore
  expect(await cloud.run(["outbox", "off", "repair.eaten", "--reason", "x"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("MessageKindUnknown"),
  });
});
