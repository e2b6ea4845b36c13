import { afterEach, beforeEach, expect, test } from "vitest";
import type { NewMessage } from "../core/outbox/message.ts";
import { GIVEN_UP_AFTER_S } from "../core/outbox/message.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import type { CloudDatabase } from "../store/cloud-database.ts";
import { bounceMessage, keepMessages, listMessages, retryMessage, switchKind } from "./outbox.ts";
import { CLAIM_MS, type MessageCarrier, OutboxSender, type OutgoingMessage, type SendOutcome } from "./outbox-sender.ts";

let cloud: CloudRig;
let failures: unknown[];
let told: number;
const senders: OutboxSender[] = [];
beforeEach(async () => {
  [cloud, failures, told] = [await cloudRig(), [], 0];
});
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
  await cloud.close();
});

/** Takes everything, or says what it is told to. */
class Letterbox implements MessageCarrier {
  readonly taken: OutgoingMessage[] = [];
  /** By address; whoever is not named takes everything. */
  answers: Readonly<Record<string, SendOutcome>> = {};
  send(message: OutgoingMessage): Promise<SendOutcome> {
    const answer = this.answers[message.address] ?? { kind: "taken" };
    if (answer.kind === "taken") this.taken.push(message);
    return Promise.resolve(answer);
  }
  close(): void {}
  /** A mailbox shows mail of one Message-ID once. */
  get seen(): string[] {
    return [...new Map(this.taken.map(({ id, subject }) => [id, subject])).values()];
  }
}

function senderOn(carriers: { mail?: MessageCarrier; sms?: MessageCarrier }, database: CloudDatabase = cloud.database): OutboxSender {
  const sender = new OutboxSender({
    cloud: { ...cloud, database },
    carriers,
    clock: { after: () => () => {} },
    random: () => 0.5,
    onTold: () => told++,
    onFailure: (error) => failures.push(error),
  });
  senders.push(sender);
  return sender;
}
const sent = async (sender: OutboxSender): Promise<void> => {
  sender.poke();
  await sender.settled();
};
const message = (nth: number, change: Partial<NewMessage> = {}): NewMessage => ({
  dedupe: `case:BX-${nth}:1:dispatched`,
  kind: "repair.dispatched",
  person: null,
  to: { mail: `p${nth}@example.edu`, phone: "+8613800138000" },
  subject: { zh: `工单 ${nth}`, en: `Case ${nth}` },
  text: { zh: "已派单", en: "Dispatched" },
  parameters: { number: `BX-${nth}` },
  ...change,
});
/** In the order of their causes' names. */
const rows = async () => (await listMessages(cloud.database.queries, { after: "", limit: 100 })).toSorted((one, other) => (one.dedupe < other.dedupe ? -1 : 1));

test("a cause that comes again writes no second message; what its transaction loses is not there", async () => {
  const { database } = cloud;
  await keepMessages(database.queries, cloud, [message(1), message(1), message(2)]);
  await keepMessages(database.queries, cloud, [message(1)]);
  const cut = database.transact(async (queries) => {
    await keepMessages(queries, cloud, [message(3)]);
    throw new Error("the cause failed");
  });
  await expect(cut).rejects.toThrow("the cause failed");
  expect((await rows()).map(({ address, subject, state }) => [address, subject, state])).toEqual([
    ["p1@example.edu", "工单 1 / Case 1", "waiting"],
    ["p2@example.edu", "工单 2 / Case 2", "waiting"],
  ]);
});

test("rule 6.8: who has no mail address gets an SMS, who has neither nothing; without a provider it waits", async () => {
  await keepMessages(cloud.database.queries, cloud, [
    message(1, { to: { mail: null, phone: "+8613900139000" } }),
    message(2, { to: { mail: null, phone: null } }),
    message(3),
  ]);
  const mail = new Letterbox();
  await sent(senderOn({ mail }));
  expect((await rows()).map(({ channel, state, tries }) => [channel, state, tries])).toEqual([
    ["sms", "waiting", 0],
    ["mail", "sent", 0],
  ]);
  const sms = new Letterbox();
  await sent(senderOn({ mail, sms }));
  expect([mail.taken.length, sms.taken.map(({ address, parameters }) => [address, parameters])]).toEqual([1, [["+8613900139000", { number: "BX-1" }]]]);
});

test("a crash between sending and marking sends the same message again: one mail for whoever reads it, and none is lost", async () => {
  await keepMessages(
    cloud.database.queries,
    cloud,
    Array.from({ length: 5 }, (_, nth) => message(nth)),
  );
  const mail = new Letterbox();
  let writes = 0;
  // The store is gone each time behind another write: five are claimed, then marked.
  for (let crashAt = 1; crashAt <= 10; crashAt++) {
    writes = 0;
    const { queries } = cloud.database;
    const dying = new Proxy(queries, {
      get: (target, name) => {
        if (name === "updateTable" && ++writes > crashAt) throw new Error("killed");
        const part = Reflect.get(target, name) as unknown;
        return typeof part === "function" ? (part.bind(target) as unknown) : part;
      },
    });
    await sent(senderOn({ mail }, { ...cloud.database, queries: dying }));
    cloud.pass(CLAIM_MS / 1000);
  }
  await sent(senderOn({ mail }));
  expect((await rows()).every(({ state }) => state === "sent")).toBe(true);
  expect(mail.taken.length).toBeGreaterThan(5);
  expect(mail.seen.toSorted()).toEqual([0, 1, 2, 3, 4].map((nth) => `工单 ${nth} / Case ${nth}`));
});

test("several instances send each message once between them", async () => {
  await keepMessages(
    cloud.database.queries,
    cloud,
    Array.from({ length: 50 }, (_, nth) => message(nth)),
  );
  const boxes = [new Letterbox(), new Letterbox(), new Letterbox()];
  await Promise.all(boxes.map((mail) => sent(senderOn({ mail }))));
  expect(boxes.flatMap(({ taken }) => taken).map(({ subject }) => subject).toSorted()).toEqual((await rows()).map(({ subject }) => subject).toSorted()); // prettier-ignore
  expect(failures).toEqual([]);
});

test("what nobody takes is tried again later and says why; after five days, or where it is refused for good, it has failed, and callers are told once", async () => {
  await keepMessages(cloud.database.queries, cloud, [message(1), message(2)]);
  const mail = new Letterbox();
  const sender = senderOn({ mail });
  mail.answers = { "p1@example.edu": { kind: "later", problem: "450 greylisted" }, "p2@example.edu": { kind: "never", problem: "550 user unknown" } };
  await sent(sender);
  await sent(sender); // neither is due
  expect((await rows()).map(({ state, tries, problem, next_at }) => [state, tries, problem, next_at - cloud.nowMs()])).toEqual([
    ["waiting", 1, "450 greylisted", 2_500],
    ["failed", 0, "550 user unknown", CLAIM_MS],
  ]);
  cloud.pass(GIVEN_UP_AFTER_S);
  await sent(sender);
  const notified = await cloud.database.queries.selectFrom("notification").select(["kind", "body"]).orderBy("nth").execute();
  expect(notified.map(({ kind, body }) => [kind, (JSON.parse(body) as { problem: string }).problem])).toEqual([
    ["message.failed", "550 user unknown"],
    ["message.failed", "not taken for 5 days; at last: 450 greylisted"],
  ]);
  expect([told, mail.taken, JSON.stringify(notified).includes("@")]).toEqual([2, [], false]);
  const [first] = await rows();
  mail.answers = {};
  await done(retryMessage(cloud, NOTE, first!.id));
  await sent(sender);
  expect([mail.taken.map(({ id }) => id), (await rows())[0]!.state]).toEqual([[first!.id], "sent"]);
});

test("a mail that came back has failed, though it was sent", async () => {
  await keepMessages(cloud.database.queries, cloud, [message(1)]);
  await sent(senderOn({ mail: new Letterbox() }));
  const [{ id } = { id: "" }] = await rows();
  expect(await done(bounceMessage(cloud, NOTE, id, "550 mailbox full"))).toMatchObject({ state: "failed", problem: "550 mailbox full" });
  expect(await bounceMessage(cloud, NOTE, id, "again")).toMatchObject({ error: "MessageSettled" });
  expect(await bounceMessage(cloud, NOTE, "none", "again")).toMatchObject({ error: "MessageUnknown" });
});

test("a kind that is switched off is not sent, neither what waited nor what comes, and is not sent late when it is on again", async () => {
  const mail = new Letterbox();
  await keepMessages(cloud.database.queries, cloud, [message(1), message(2, { kind: "repair.finished" })]);
  await done(switchKind(cloud, NOTE, "repair.dispatched", false));
  await done(switchKind(cloud, NOTE, "repair.dispatched", false));
  await keepMessages(cloud.database.queries, cloud, [message(3)]);
  await done(switchKind(cloud, NOTE, "repair.dispatched", true));
  await keepMessages(cloud.database.queries, cloud, [message(4)]);
  await sent(senderOn({ mail }));
  expect((await rows()).map(({ state, problem }) => [state, problem])).toEqual([
    ["off", "its kind is switched off"],
    ["sent", ""],
    ["off", "its kind is switched off"],
    ["sent", ""],
  ]);
});
