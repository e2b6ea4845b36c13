import { bytesToHex, type Command, FrameReader, hexToBytes, ok, readCommand, type Result } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addController } from "../controllers.ts";
import { AppliedBook } from "../fleet/applied-book.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyMemory } from "../keys/signing-key-files.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import type { Changed } from "../mutation.ts";
import { putZone } from "../places.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { CLOUD_SIGNER, rigTrustList } from "../rig/rig-trust.ts";
import { CommandDesk, type CommandEnd, type HeardOutcome } from "./command-desk.ts";
import { standingOrders } from "./zone-orders.ts";

const NONCE = "5a".repeat(16);
const NOTHING = { error: null, detail: "", nonce: null } as const;

let rig: CloudRig;
let desk: CommandDesk;
/** What controllers were sent. */
let sent: { readonly controller: string; readonly command: Command }[];
let connected: string[];
let timers: (() => void)[];
let failures: unknown[];
beforeEach(async () => {
  failures = [];
  rig = await cloudRig();
  [sent, connected, timers] = [[], ["gate-house"], []];
  const keys = await CloudKeys.open(rig, keyMemory(CLOUD_SIGNER, rig.randomBytes));
  await done(installTrustList(rig, NOTE, rigTrustList(1)));
  await keys.refresh();
  await done(putZone(rig, NOTE, "east", { zh: "东", en: "East" }));
  for (const [id, seed] of [["gate-house", 1], ["library-house", 2]] as const) await done(addController(rig, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(seed)).publicKey, zones: ["east"] })); // prettier-ignore
  desk = new CommandDesk(
    rig,
    keys,
    { after: (_, act) => (timers.push(act), () => void (timers = timers.filter((each) => each !== act))) },
    (controller, frame) => {
      if (!connected.includes(controller)) return false;
      const frames = new FrameReader().push(frame);
      const [one] = frames.ok ? frames.value : [];
      const read = readCommand(one?.kind === "command" ? one.record : new Uint8Array(), rig.site, () => ok(CLOUD_SIGNER.publicKey), nodeVerifier);
      if (read.ok) sent.push({ controller, command: read.value });
      return true;
    },
    (error) => failures.push(error),
  );
});
afterEach(async () => {
  expect(failures).toEqual([]);
  await rig.close();
});

const give = (controller = "gate-house") => desk.give({ ...NOTE, actor: "li", reason: "parcel" }, { controller, target: "library", verb: "access" });
const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 10_000) throw new Error("it never came");
    await rig.database.queries.selectFrom("site").select("publish").execute();
  }
};
const end = (made: Result<Changed<CommandEnd>, string>) => (made.ok ? made.value.value : made);

test("a command is signed for one controller and 10 s, says who and why, and the answer waits for what became of it", async () => {
  const given = give();
  await until(() => sent.length === 1);
  const { command } = sent[0]!;
  expect(command).toMatchObject({ controller: "gate-house", target: "library", verb: "access", issued: rig.now(), notAfter: rig.now() + 10, nonce: null, by: "li", reason: "parcel" }); // prettier-ignore
  const id = bytesToHex(command.id);
  await desk.heard("library-house", { ...NOTHING, id, outcome: "refused", error: "OperationRefused" });
  await desk.heard("gate-house", { ...NOTHING, id, outcome: "acted" });
  expect(end(await given)).toEqual({ id, outcome: "acted", error: null, detail: "" });
  await desk.heard("gate-house", { ...NOTHING, id, outcome: "refused", error: "OperationRefused" });
  expect(await rig.database.queries.selectFrom("door_command").select(["outcome", "actor", "reason"]).execute()).toEqual([{ outcome: "acted", actor: "li", reason: "parcel" }]); // prettier-ignore
});

test("a zone's command goes to each controller that follows it, and says which was not heard", async () => {
  const given = desk.giveZone({ ...NOTE, actor: "li", reason: "intruder" }, { zone: "east", verb: "lockdown" });
  await until(() => sent.length === 1);
  expect(sent[0]).toMatchObject({ controller: "gate-house", command: { target: "zone:east", verb: "lockdown", by: "li", reason: "intruder" } });
  await desk.heard("gate-house", { ...NOTHING, id: bytesToHex(sent[0]!.command.id), outcome: "acted" });
  const made = await given;
  expect(made.ok && made.value.value.map(({ controller, outcome }) => [controller, outcome])).toEqual([["gate-house", "acted"], ["library-house", "unheard"]]); // prettier-ignore
  expect(await desk.giveZone(NOTE, { zone: "west", verb: "lockdown" })).toMatchObject({ error: "ZoneUnknown" });
});

/** Fires what was to come later. */
const later = (): void => {
  const due = timers;
  timers = [];
  for (const act of due) act();
};
const back = async (controller: string, sends: number): Promise<void> => {
  connected.push(controller);
  desk.joined(controller);
  later();
  await until(() => sent.length === sends);
};
const standing = async () => (await standingOrders(rig.database.queries)).map(({ zone, verb, waiting }) => [zone, verb, waiting]);
const zone = (verb: "lockdown" | "lockdown-release" | "drill") => desk.giveZone({ ...NOTE, actor: "li", reason: "intruder" }, { zone: "east", verb });
const acted = (nth: number, of: Partial<HeardOutcome> = {}) =>
  desk.heard(sent[nth]!.controller, { ...NOTHING, id: bytesToHex(sent[nth]!.command.id), outcome: "acted", ...of });
const settled = async (waiting: readonly string[]): Promise<void> => {
  let now: unknown;
  await until(() => (void standing().then(([first]) => (now = first?.[2] ?? [])), JSON.stringify(now) === JSON.stringify(waiting)));
};

test("a controller that was away is told of the lockdown when it is back, once, in the name of who gave it; and of its end", async () => {
  const given = zone("lockdown");
  await until(() => sent.length === 1);
  await acted(0);
  await given;
  expect(await standing()).toEqual([["east", "lockdown", ["library-house"]]]);

  await back("library-house", 2);
  expect(sent[1]).toMatchObject({ controller: "library-house", command: { target: "zone:east", verb: "lockdown", by: "li", reason: "intruder", issued: rig.now() } }); // prettier-ignore
  await acted(1);
  await settled([]);
  expect(await standing(), "it lasts").toEqual([["east", "lockdown", []]]);
  desk.joined("library-house");
  desk.joined("gate-house");
  later();

  connected = [];
  expect((await zone("lockdown-release")).ok).toBe(true);
  expect([await standing(), sent.length], "nobody was told twice").toEqual([[["east", "lockdown-release", ["gate-house", "library-house"]]], 2]);
  await back("gate-house", 3);
  await acted(2, { outcome: "refused", error: "OperationRefused", detail: "there is no lockdown of it" });
  await back("library-house", 4);
  await acted(3);
  await settled([]);
  expect(await standing()).toEqual([]);
});

test("an answer that never came, and a refusal that may pass, are asked for again; a controller that came later is told of a lockdown and not of the end of one it never heard of; a drill is not made good", async () => {
  connected = [];
  await zone("drill");
  expect(await standing()).toEqual([]);
  await zone("lockdown");
  await done(addController(rig, NOTE, { id: "new-house", publicKey: nodeSigner(new Uint8Array(32).fill(3)).publicKey, zones: ["east"] }));
  expect(await standing()).toEqual([["east", "lockdown", ["gate-house", "library-house", "new-house"]]]);
  await back("gate-house", 1);
  await acted(0, { outcome: "refused", error: "NotRecorded", detail: "the disk is full" });
  await back("gate-house", 2);
  await acted(1);
  await back("new-house", 3);
  await acted(2);
  await settled(["library-house"]);
  connected = [];
  await zone("lockdown-release");
  await done(addController(rig, NOTE, { id: "newer-house", publicKey: nodeSigner(new Uint8Array(32).fill(4)).publicKey, zones: ["east"] }));
  expect(await standing(), "nobody tells a machine that was never locked").toEqual([
    ["east", "lockdown-release", ["gate-house", "library-house", "new-house"]],
  ]);
});

test("a refusal is told with its reason; an uncertain clock gets its nonce answered, once", async () => {
  const given = give();
  await until(() => sent.length === 1);
  const id = bytesToHex(sent[0]!.command.id);
  rig.pass(4);
  await desk.heard("gate-house", { id, outcome: "refused", error: "ClockUncertain", detail: "", nonce: NONCE });
  expect(sent[1]?.command).toMatchObject({ id: sent[0]!.command.id, nonce: hexToBytes(NONCE), issued: rig.now() });
  await desk.heard("gate-house", { id, outcome: "refused", error: "ClockUncertain", detail: "still", nonce: NONCE });
  expect([end(await given), sent.length]).toEqual([{ id, outcome: "refused", error: "ClockUncertain", detail: "still" }, 2]);
});

test("who is not connected is unheard at once, who does not answer when the command can no longer be carried out", async () => {
  expect(end(await give("library-house"))).toMatchObject({ outcome: "unheard", detail: "it is not connected" });
  const given = give();
  await until(() => sent.length === 1);
  rig.pass(12);
  let isOver = false;
  void given.finally(() => (isOver = true));
  await until(() => {
    const due = timers;
    timers = [];
    for (const act of due) act();
    return isOver;
  });
  expect(end(await given)).toMatchObject({ outcome: "unheard", detail: "no answer came in time" });
});

test("a command to nobody, and one that no key may sign, are refused", async () => {
  expect(await give("nowhere")).toMatchObject({ ok: false, error: "ControllerUnknown" });
  rig.pass(2e8);
  expect(await give()).toMatchObject({ ok: false, error: "CommandUnsigned" });
  expect(sent).toEqual([]);
});

test("of two clouds on one store the one without the controller's stream waits for the other, and not for a controller that neither has", async () => {
  const shared = { ...rig, database: { ...rig.database, isShared: true } };
  const keys = await CloudKeys.open(rig, keyMemory(CLOUD_SIGNER, rig.randomBytes));
  await keys.refresh();
  const clock = { after: (_: number, act: () => void) => (timers.push(act), () => void (timers = timers.filter((each) => each !== act))) };
  const elsewhere = new CommandDesk(
    shared,
    keys,
    clock,
    () => false,
    (error) => failures.push(error),
  );
  const ask = (controller: string) => elsewhere.give({ ...NOTE, actor: "li", reason: "parcel" }, { controller, target: "library", verb: "access" });
  const book = new AppliedBook({ cloud: rig, keys: () => keys.feed().keys!, onFork: () => {}, onFailure: () => {} });
  book.joined("gate-house");
  book.joined("library-house");
  book.left("library-house");
  await book.settled();
  expect(end(await ask("library-house"))).toMatchObject({ outcome: "unheard", detail: "it is not connected" });
  let isOver = false;
  const given = ask("gate-house").finally(() => (isOver = true));
  const open = () => rig.database.queries.selectFrom("door_command").select("id").where("outcome", "is", null).execute();
  let waiting = await open();
  await until(() => (void open().then((rows) => (waiting = rows)), waiting.length === 1));
  await desk.heard("gate-house", { ...NOTHING, id: waiting[0]!.id, outcome: "acted" });
  await until(() => {
    const due = timers;
    timers = [];
    for (const act of due) act();
    return isOver;
  });
  expect(end(await given)).toMatchObject({ outcome: "acted" });
  elsewhere.close();
});
