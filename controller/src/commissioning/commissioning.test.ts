import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes, ok, readCommissioningProtocol } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, expect, test } from "vitest";
import type { CommissioningRow, CommissioningVerb, WalkRow } from "../control/commissioning-rows.ts";
import { ControllerRig } from "../rig/controller-rig.ts";
import { CARD, SITE } from "../rig/people.ts";
import { refused } from "../rig/refused.ts";

let rig: ControllerRig;
afterEach(() => rig.end());

async function started(change: ConstructorParameters<typeof ControllerRig>[0] = {}): Promise<void> {
  rig = new ControllerRig(change);
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  await rig.start();
}

/** Starts again, as another boot where the computer was off meanwhile. */
async function again(bootId = rig.bootId): Promise<void> {
  rig.bootId = bootId;
  await rig.start();
}

interface Said {
  readonly step?: string;
  readonly word?: string;
  readonly remark?: string;
  readonly by?: string;
}
const asked = (verb: CommissioningVerb, said: Said = {}, id = "library"): { readonly row: CommissioningRow; readonly walk: WalkRow } =>
  rig.ask("POST /v1/commissioning/:id/:verb", { params: { id, verb }, body: { by: "wang", step: null, word: null, remark: "", ...said } });
const start = (step: string, id?: string): void => void asked("start", { step }, id);
const say = (word: string, id?: string): void => void asked("answer", { word }, id);
const walk = (id = "library"): WalkRow => rig.ask("GET /v1/commissioning/:id", { params: { id } });
const outcomes = (id?: string): string => walk(id).steps.filter(({ outcome }) => outcome !== "open").map(({ step, outcome }) => `${step} ${outcome}`).join(", "); // prettier-ignore
const row = (id = "library"): CommissioningRow => rig.ask("GET /v1/commissioning").find(({ door }) => door === id)!;
/** Waits long enough that what happened is seen. */
const seen = (): Promise<void> => rig.time.pass(300);
/** What the library's contact, exit button and fire loop are. */
async function input(number: 0 | 1 | 2, closed: boolean): Promise<void> {
  rig.boards.library.inputs[number] = closed;
  await seen();
}

async function contact(): Promise<void> {
  start("contact");
  say("yes");
  await seen();
  await input(0, false);
  await input(0, true);
}
async function strike(): Promise<void> {
  start("strike");
  await rig.time.pass(6_000);
  await input(0, false);
  await input(0, true);
  await rig.time.pass(6_000);
  say("yes");
}

/** Everything that has to pass; what may be left out is. */
async function walkedThrough(): Promise<void> {
  start("reader:library-in");
  await rig.scan("library-in", CARD.nobody);
  await seen();
  expect(walk().under).toMatchObject({ step: "reader:library-in", tells: "at library-in, show a card or code that may pass now" });
  await rig.scan("library-in", CARD.chen);
  await rig.time.pass(6_000);
  await contact();
  await rig.time.pass(6_000);
  await strike();
  start("rex");
  await input(1, true);
  expect(walk().under?.tells).toBe("let go of the button");
  await input(1, false);
  await rig.time.pass(6_000);
  start("fire");
  await input(2, false);
  expect(rig.ask("GET /v1/doors")[0]).toMatchObject({ lock: "Unlocked", fire: true });
  await input(2, true);
  expect(walk().under?.tells).toBe("have it locked again: portico fire relock");
  rig.ask("POST /v1/site/:verb", { params: { verb: "relock" }, body: { by: "li", reason: "", zone: null } });
  await seen();
  for (const { step, isNeeded } of walk().steps) if (!isNeeded) asked("skip", { step, remark: "another day" });
}

test("a door is walked through as the controller sees it, and its protocol is signed by the controller's key", async () => {
  await started();
  expect(row()).toEqual({ door: "library", kind: "door", state: "never", why: "", by: null, at: null, protocol: null, isUnderWay: false });
  expect(asked("begin").walk.steps.map(({ step, isNeeded }) => `${step}${isNeeded ? "" : "?"}`)).toEqual([
    "reader:library-in",
    "contact",
    "strike",
    "rex",
    "fire",
    "power-board:library?",
    "power-controller?",
    "held-open?",
    "forced?",
  ]);

  await walkedThrough();

  start("power-board:library");
  rig.boards.library.isMute = true;
  await rig.time.pass(6_000);
  expect(walk().under).toMatchObject({ words: ["free", "locked"] });
  say("locked");
  rig.boards.library.isMute = false;
  await rig.time.pass(6_000);

  start("held-open");
  await seen();
  await input(0, false);
  await rig.time.pass(20_000);
  await input(0, true);
  asked("skip", { step: "forced", remark: "no key at hand" });
  expect(refused(() => asked("skip", { step: "power-controller", remark: " " }))).toMatchObject({ status: 400 });
  asked("skip", { step: "power-controller", remark: "shown at gate-1" });
  expect(walk().steps.map(({ outcome }) => outcome)).toEqual([...Array.from({ length: 6 }, () => "passed"), "skipped", "passed", "skipped"]);

  const { row: done } = asked("finish", { by: "li.wei" });
  expect(done).toMatchObject({
    state: "commissioned",
    why: "left out: power-controller (shown at gate-1), forced (no key at hand)",
    by: "li.wei",
    at: rig.now(),
  });
  const { record, publicKey, site } = rig.ask("GET /v1/commissioning/:id/protocol", { params: { id: "library" } });
  const bytes = hexToBytes(record!)!;
  const read = readCommissioningProtocol(bytes, site, () => ok(hexToBytes(publicKey)!), nodeVerifier);
  expect(read).toMatchObject({ ok: true, value: { controller: "gate-house", door: "library", by: "li.wei", outcome: "passed" } });
  expect(readCommissioningProtocol(bytes, `${SITE}-2`, () => ok(hexToBytes(publicKey)!), nodeVerifier)).toMatchObject({ ok: false });
  const granted = read.ok ? read.value.steps[0]!.seen : [];
  expect(granted.map(({ text }) => text)).toEqual(["AccessDenied at library-in", "AccessGranted at library-in", "lock of library: Locked"]);
  const exit = read.ok ? read.value.steps.find(({ step }) => step === "rex")!.seen[0]! : undefined;
  expect(rig.ask("GET /v1/events/:seq", { params: { seq: `${exit!.seq}` } })).toMatchObject({ name: "RequestToExit", text: exit!.text });
  expect(rig.ask("GET /v1/doors").map(({ id, commissioning }) => `${id} ${commissioning}`)).toEqual(["library commissioned", "gate-1/entry never", "gate-1/exit never"]); // prettier-ignore

  await rig.stop();
  expect(rig.events().filter(({ name }) => name === "DoorCommissioned")).toMatchObject([
    {
      fields: { door: "library", by: "li.wei", outcome: "passed", passed: 7, skipped: 2, failed: 0, protocol: Buffer.from(nodeSha256(bytes)).toString("hex") },
    },
  ]);
  await again();
  expect(row()).toEqual(done);
});

const under = (id?: string): NonNullable<WalkRow["under"]> => walk(id).under!;
const remarkOf = (step: string): string => walk().steps.find((each) => each.step === step)!.remark;

test("a step fails by another word than the right one, by a contact that is the wrong way round, and by what is not seen in time; it may be repeated, and failed by hand", async () => {
  await started();
  asked("begin");
  await input(0, false); // the contact says open while the door stands shut
  start("contact");
  say("yes");
  await rig.time.pass(10_100);
  expect(remarkOf("contact")).toMatch(/^not seen within 10 s: the contact has to say closed: else closed_means is the wrong way round/);
  start("contact");
  say("no");
  expect([outcomes(), remarkOf("contact")]).toEqual(["contact failed", "wang says no, and yes is right"]);
  await input(0, true);
  await contact();
  expect(outcomes()).toBe("contact passed");
  asked("fail", { step: "rex", remark: "the button sticks" });
  expect(asked("finish").row).toMatchObject({ state: "failed", why: "failed: rex (the button sticks)" });
});

test("a door whose lock is without current otherwise than the configuration says fails, and one that is held down is not moved", async () => {
  await started({ door: 'fail = "safe"' });
  asked("begin");
  start("power-board:library");
  rig.boards.library.isMute = true;
  await rig.time.pass(6_000);
  say("locked");
  expect(remarkOf("power-board:library")).toBe("wang says locked, and free is right");
  rig.boards.library.isMute = false;
  await rig.time.pass(6_000);
  rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "lock-down" }, body: { by: "li", reason: "" } });
  start("strike");
  await seen();
  expect(rig.ask("GET /v1/doors")[0]).toMatchObject({ mode: "LockedDown", lock: "Locked" });
  expect(remarkOf("strike")).toMatch(/^library did not obey: /);
});

test("what has to pass and was left out leaves a door uncommissioned, and so does what nobody came to", async () => {
  await started();
  asked("begin");
  asked("skip", { step: "fire", remark: "the fire panel comes next week" });
  const { why, state } = asked("finish").row;
  expect(state).toBe("incomplete");
  expect(why).toMatch(/^not done: reader:library-in, contact, .*; left out: fire \(the fire panel comes next week\)$/);
});

test("a walk is taken up where it was left, and the step that is under way is as if it had not begun", async () => {
  await started();
  asked("begin");
  await contact();
  start("rex");
  await input(1, true);
  expect(under().seen).toHaveLength(2);
  asked("leave");
  expect([outcomes(), walk().under, row().isUnderWay]).toEqual(["contact passed", null, true]);
  start("strike");
  await rig.stop();
  await again();
  expect([outcomes(), walk().under]).toEqual(["contact passed", null]);
  expect(rig.ask("GET /v1/doors")[0]).toMatchObject({ mode: "Locked" });
  asked("discard");
  expect([outcomes(), row().isUnderWay]).toEqual(["", false]);
});

test("a controller whose supply is taken away and given back has seen it by its boot, and a program that was restarted has not", async () => {
  await started();
  asked("begin");
  start("power-controller");
  rig.crash();
  await again();
  await seen();
  expect(under()).toMatchObject({ step: "power-controller", words: null });
  rig.crash();
  await again("boot 2");
  await seen();
  expect(under()).toMatchObject({ words: ["free", "locked"], seen: [{ text: expect.stringMatching(/^The controller started, .*power cut/) }] });
  say("locked");
  expect(outcomes()).toBe("power-controller passed");
});

test("a part of the configuration that is another since makes a door uncommissioned again, and names itself; a walk through the former one begins anew", async () => {
  await started();
  asked("begin");
  await walkedThrough();
  expect(asked("finish").row).toMatchObject({ state: "commissioned" });
  asked("begin");
  await contact();
  await rig.stop();
  rig.change = { library: "second_person_s = 30" };
  await again();
  expect([row().state, outcomes()]).toEqual(["commissioned", "contact passed"]); // who may pass is no wire
  await rig.stop();
  rig.change = { door: "release_time_ms = 4000", libraryScanner: "gap_ms = 80" };
  await again();
  expect(row()).toMatchObject({ state: "changed", why: "door library was changed, scanner library-in was changed", isUnderWay: false });
  expect([outcomes(), rig.ask("GET /v1/doors")[0]!.commissioning]).toEqual(["", "changed"]);
});

test("a turnstile is one, and its ways are passed by their contacts, however short", async () => {
  await started();
  expect(asked("begin", {}, "gate-1").walk.steps.map(({ step }) => step)).toEqual([
    "reader:gate-1-in",
    "reader:gate-1-out",
    "pass:entry",
    "pass:exit",
    "power-board:gate-1",
    "power-controller",
  ]);
  start("pass:entry", "gate-1");
  await seen();
  expect(under("gate-1").tells).toBe("pass by the entry");
  rig.boards["gate-1"].inputs[0] = true;
  await rig.time.pass(60);
  rig.boards["gate-1"].inputs[0] = false;
  await rig.time.pass(8_000);
  say("yes", "gate-1");
  expect(outcomes("gate-1")).toBe("pass:entry passed");
});

test("what is asked in vain is refused: no such door, step or word, nothing begun, a step that is under way", async () => {
  await started();
  const status = (verb: CommissioningVerb, said?: Said, id?: string): unknown => refused(() => asked(verb, said, id)).status;
  expect([status("begin", {}, "nowhere"), status("start", { step: "rex" })]).toEqual([404, 409]);
  asked("begin");
  expect([status("start", { step: "bell" }), status("answer", { word: "yes" }), status("answer", { word: "maybe" })]).toEqual([404, 409, 400]);
  start("contact");
  expect([status("answer", { word: "free" }), status("finish"), status("begin", { by: "schedule office" })]).toEqual([409, 409, 400]);
});

const LIFT = `[[lift]]
id = "lift-1"
fire = { board = "gate-1", input = 7 }
[[lift.floor]]
id = "g"
always_free = true
[[lift.floor]]
id = "3"
relay = { board = "gate-1", relay = 3 }
button = { board = "gate-1", input = 3 }
`;

test("a floor of a lift is walked by its button and fire loop; one that is always free has nothing to lock", async () => {
  await started({ cabin: "", tables: LIFT });
  rig.boards["gate-1"].inputs[7] = true;
  await seen();
  rig.ask("POST /v1/site/:verb", { params: { verb: "relock" }, body: { by: "li", reason: "", zone: null } });
  const steps = (id: string): readonly string[] => walk(id).steps.map(({ step }) => step);
  expect(steps("lift-1/3")).toEqual(["reader:cabin", "button", "fire", "power-board:gate-1", "power-controller"]);
  expect(steps("lift-1/g")).toEqual(["reader:cabin", "fire", "power-controller"]);
  asked("begin", {}, "lift-1/3");
  start("button", "lift-1/3");
  await seen();
  rig.boards["gate-1"].inputs[3] = true;
  await rig.time.pass(200);
  rig.boards["gate-1"].inputs[3] = false;
  await rig.time.pass(12_000);
  say("yes", "lift-1/3");
  start("fire", "lift-1/3");
  rig.boards["gate-1"].inputs[7] = false;
  await seen();
  rig.boards["gate-1"].inputs[7] = true;
  await rig.time.pass(2_000);
  rig.ask("POST /v1/site/:verb", { params: { verb: "relock" }, body: { by: "li", reason: "", zone: null } });
  await rig.time.pass(1_000);
  expect([outcomes("lift-1/3"), walk("lift-1/3").under]).toEqual(["button passed, fire passed", null]);
});

test("a second bolt is put back whenever its step ends before its time", async () => {
  await started({ door: 'second_bolt = { board = "library", relay = 4 }' });
  const mode = (): string => rig.ask("GET /v1/doors")[0]!.mode;
  asked("begin");
  start("second-bolt");
  await seen();
  expect([mode(), under().words]).toEqual(["DoubleLocked", ["yes", "no"]]);
  asked("leave");
  expect(mode()).toBe("Locked");
  start("second-bolt");
  await seen();
  start("rex");
  expect([mode(), under().step]).toEqual(["Locked", "rex"]);
  start("second-bolt");
  await seen();
  rig.crash();
  await again();
  expect([mode(), walk().under]).toEqual(["Locked", null]);
  start("second-bolt");
  await seen();
  say("no");
  expect([mode(), outcomes()]).toEqual(["Locked", "second-bolt failed"]);
  start("second-bolt");
  await seen();
  say("yes");
  say("yes");
  expect([mode(), outcomes()]).toEqual(["Locked", "second-bolt passed"]);
});
