import { randomBytes } from "node:crypto";
import {
  AliyunSmsCarrier,
  openSqlite,
  keepMessages,
  type NewMessage,
  OutboxSender,
  type OutgoingMessage,
  type SmtpSettings,
  SmtpCarrier,
} from "@portico/cloud-sync";
import { SmsStandIn } from "@portico/simulator";
import { expect, onTestFinished, test } from "vitest";
import { MailStandIn } from "./mail-stand-in.ts";

const LOGIN = { user: "servicedesk", password: "correct horse" };
const NOW_MS = 1_788_220_800_000;
const outgoing = (change: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  id: "01990246-a5d0-7000-8000-0123456789ab",
  kind: "repair.dispatched",
  address: "zhang@connect.example.edu",
  subject: "工单 BX-2026-000001 已派单 / Case BX-2026-000001 was dispatched",
  text: "您好：\n已派单。\n\nDispatched.",
  parameters: { number: "BX-2026-000001" },
  ...change,
});

async function mailServer(change: Partial<SmtpSettings> = {}): Promise<{ readonly server: MailStandIn; readonly carrier: SmtpCarrier }> {
  const server = await MailStandIn.start(LOGIN);
  const from = { name: "Campus Service Desk", address: "servicedesk@example.edu" };
  const carrier = new SmtpCarrier({ host: "127.0.0.1", port: server.port, security: "none", login: LOGIN, from, ...change });
  onTestFinished(async () => {
    carrier.close();
    await server.close();
  });
  return { server, carrier };
}

test("rule 6.8: mail comes from Campus Service Desk, in both languages, and says that a machine wrote it", async () => {
  const { server, carrier } = await mailServer();
  expect(await carrier.send(outgoing())).toEqual({ kind: "taken" });
  expect(server.received).toEqual([
    {
      messageId: "<01990246-a5d0-7000-8000-0123456789ab@example.edu>",
      from: '"Campus Service Desk" <servicedesk@example.edu>',
      to: "zhang@connect.example.edu",
      subject: "工单 BX-2026-000001 已派单 / Case BX-2026-000001 was dispatched",
      text: "您好：\n已派单。\n\nDispatched.\n",
      autoSubmitted: "auto-generated",
    },
  ]);
});

test("a recipient who is none ends a mail; a full server, a wrong password, no encryption and no server do not, and no problem tells the address", async () => {
  const { server, carrier } = await mailServer();
  server.faults.push({ at: "RCPT", code: 550, text: "5.1.1 <zhang@connect.example.edu> user unknown" });
  expect(await carrier.send(outgoing())).toEqual({ kind: "never", problem: "550 5.1.1 <…> user unknown" });
  server.faults.push({ at: "RCPT", code: 452, text: "4.2.2 mailbox full" });
  expect(await carrier.send(outgoing())).toMatchObject({ kind: "later", problem: expect.stringContaining("452 4.2.2 mailbox full") });
  server.faults.push({ at: "DATA", code: 554, text: "5.7.1 content refused" });
  expect(await carrier.send(outgoing())).toEqual({ kind: "never", problem: "554 5.7.1 content refused" });
  const wrong = await mailServer({ login: { ...LOGIN, password: "guessed" } });
  expect(await wrong.carrier.send(outgoing())).toMatchObject({ kind: "later", problem: expect.stringContaining("535") });
  const plain = await mailServer({ security: "starttls" });
  expect(await plain.carrier.send(outgoing())).toMatchObject({ kind: "later" });
  expect(plain.server.received).toEqual([]);
  const gone = await mailServer();
  await gone.server.close();
  expect(await gone.carrier.send(outgoing())).toMatchObject({ kind: "later", problem: expect.stringContaining("ECONNREFUSED") });
});

test("rule 6.8: where a server's word of having taken a mail is lost it comes twice with one Message-ID, and the mailbox holds one of each", async () => {
  const { server, carrier } = await mailServer();
  const database = await openSqlite(":memory:");
  let nowMs = NOW_MS;
  const cloud = { site: "demo", timeZone: "Asia/Shanghai", database, nowMs: () => nowMs, randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const sender = new OutboxSender({ cloud, carriers: { mail: carrier }, clock: { after: () => () => {} }, random: () => 0.5, onTold() {}, onFailure(error) { throw error; } }); // prettier-ignore
  const names = (text: string) => ({ zh: text, en: text });
  const message = (kind: string): NewMessage => ({ dedupe: `case:BX-1:1:${kind}`, kind, person: null, to: { mail: "zhang@example.edu", phone: null }, subject: names(kind), text: names(kind), parameters: {} }); // prettier-ignore
  await keepMessages(database.queries, cloud, [message("dispatched"), message("finished"), message("dispatched")]);
  server.faults.push({ at: "answer lost", code: 451, text: "connection lost" }, { at: "answer lost", code: 451, text: "connection lost" });
  for (let round = 0; round < 3; round++) {
    sender.poke();
    await sender.settled();
    nowMs += 60_000;
  }
  expect([server.received.length, server.mailbox.toSorted()]).toEqual([4, ["dispatched", "finished"]]);
  await sender.close();
  await database.close();
});

test("an SMS goes by its template and is signed; what the provider says decides whether it is tried again", async () => {
  const account = { keyId: "LTAI-test", secret: "s3cret", signName: "示例校园", templates: new Map([["SMS_1", ["number"]]]) };
  const standIn = await SmsStandIn.start(account, () => NOW_MS);
  onTestFinished(() => standIn.server.close());
  const settings = {
    url: standIn.server.url,
    key: { id: account.keyId, secret: account.secret },
    signName: account.signName,
    templates: new Map([["repair.dispatched", "SMS_1"]]),
  };
  const reach = {
    fetch,
    deadline: () => AbortSignal.timeout(5_000),
    nowMs: () => NOW_MS,
    randomBytes: (length: number) => new Uint8Array(randomBytes(length)),
  };
  const carrier = new AliyunSmsCarrier(settings, reach);
  const sms = outgoing({ address: "+8613800138000" });
  expect(await carrier.send(sms)).toEqual({ kind: "taken" });
  expect(standIn.sent).toEqual([{ phone: "13800138000", template: "SMS_1", parameters: { number: "BX-2026-000001" }, outId: sms.id }]);
  expect(await carrier.send({ ...sms, address: "+85291234567" })).toEqual({ kind: "taken" });
  expect(standIn.sent[1]!.phone).toBe("85291234567");
  expect(await carrier.send({ ...sms, kind: "repair.eaten" })).toEqual({ kind: "later", problem: "no SMS template is named for repair.eaten" });
  standIn.codes.push("isv.MOBILE_NUMBER_ILLEGAL", "isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH");
  expect([await carrier.send(sms), await carrier.send(sms), await carrier.send(sms)].map(({ kind }) => kind)).toEqual(["never", "later", "later"]);
  const forger = new AliyunSmsCarrier({ ...settings, key: { ...settings.key, secret: "guessed" } }, reach);
  expect(await forger.send(sms)).toEqual({ kind: "later", problem: "the SMS provider says SignatureDoesNotMatch" });
  for (const fault of ["status500", "noJson", "hangUp", "endless"] as const) {
    standIn.server.fail("/", fault);
    expect((await carrier.send(sms)).kind, fault).toBe("later");
  }
});
