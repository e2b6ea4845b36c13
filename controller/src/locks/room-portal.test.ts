import { readUnlockGrant } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Act, PortalGrant } from "../portal/portal.ts";
import { BenchLock } from "../rig/bench-lock.ts";
import { RigStore } from "../rig/rig-store.ts";
import { RoomPortal, type RoomPortalOptions } from "./room-portal.ts";

const SIGNER = nodeSigner(new Uint8Array(32).fill(3));
const BY = { by: "wang", reason: "moved in" };

let rig: RigStore;
let lock: BenchLock;
let acts: Act[];
let notOpened: string[];
let used: number;
beforeEach(() => {
  rig = new RigStore();
  lock = new BenchLock();
  acts = [];
  notOpened = [];
  used = 0;
});
afterEach(() => rig.end());

const portalWith = (change: Partial<RoomPortalOptions> = {}): RoomPortal =>
  new RoomPortal({
    lock,
    site: "demo",
    controller: "east",
    signer: SIGNER,
    holdMs: 5_000,
    extendedHoldMs: 4_000,
    clock: rig.clock,
    recorder: rig.recorder,
    before: undefined,
    lockdown: undefined,
    onAct: (act) => acts.push(act),
    onNotOpened: (room) => notOpened.push(room),
    onUsed: () => used++,
    ...change,
  });
const grant = (change: Partial<PortalGrant> = {}): PortalGrant =>
  ({ accessPoint: "room-301", grantedSeq: 41, holder: 7, extended: false, ...change }) as PortalGrant;
async function access(portal: RoomPortal, change: Partial<PortalGrant> = {}): Promise<readonly string[]> {
  const before = rig.events().length;
  portal.access(grant(change));
  await rig.time.settle();
  return rig.events().slice(before).map(({ name }) => name); // prettier-ignore
}

test("rule 2.8: a decision opens by a grant over the lock's challenge that names holder, decision and hold, longer for whoever needs it; its log row says nothing new then", async () => {
  const portal = portalWith();
  expect(await access(portal)).toEqual(["AccessTaken"]);
  const challenge = new Uint8Array(16).fill(6);
  const read = () => readUnlockGrant(lock.lastWish!.sign(challenge), "demo", "room-301", SIGNER.publicKey, nodeVerifier);
  expect(read()).toEqual({ ok: true, value: { lock: "room-301", controller: "east", challenge, holder: 7, seq: 41, holdMs: 5_000 } });
  expect([acts, portal.isTold(41), portal.isTold(40), used]).toEqual([
    [{ grantedSeq: 41, device: "room-301", frame: undefined, at: rig.time.monotonic() }],
    true,
    false,
    1,
  ]);
  await access(portal, { extended: true });
  expect(lock.lastWish!.holdMs).toBe(9_000);
  await access(portalWith({ holdMs: 58_000 }), { extended: true });
  expect(lock.lastWish!.holdMs, "a lock holds no longer").toBe(60_000);
});

test("what the lock refuses is no passage: it is told as such, the light says no, and the fault ends with the next that opens", async () => {
  const portal = portalWith();
  lock.troubles.set("unlock", "BoltJammed");
  expect(await access(portal)).toEqual(["DoorFault", "AccessNotTaken"]);
  expect([notOpened, acts, portal.isTold(41)]).toEqual([["room-301"], [], false]);
  expect(await access(portal), "one fault while it lasts").toEqual(["AccessNotTaken"]);
  lock.troubles.clear();
  expect(await access(portal)).toEqual(["DoorFaultCleared", "AccessTaken"]);
});

test("an unlock that another took the place of is nobody's fault", async () => {
  lock.troubles.set("unlock", "Superseded");
  expect(await access(portalWith())).toEqual(["AccessNotTaken"]);
  expect(rig.named("AccessNotTaken")[0]!.fields).toMatchObject({ cause: "superseded", grantedSeq: 41 });
});

test("a lock that does not answer refuses before a pass is spent", () => {
  const portal = portalWith();
  expect(portal.refusal()).toBeUndefined();
  lock.become("offline");
  expect(portal.refusal()).toEqual({ reason: "Other", detail: "the lock room-301 does not answer" });
  expect([portal.row().lock, portal.unsecured()]).toEqual(["Fault", "its lock does not answer"]);
});

test("operators open it once, block it and free it again; held open it is by nobody", async () => {
  const portal = portalWith();
  expect(portal.operatorAccess(BY)).toEqual({ ok: true, value: undefined });
  await rig.time.settle();
  expect([lock.lastWish!.holder, lock.lastWish!.seq]).toEqual([0, rig.store.events.last().seq]);
  for (const operation of ["unlock", "lock-open"] as const) expect(portal.operate(operation, BY)).toMatchObject({ ok: false, error: "OperationRefused" });
  expect(portal.operate("block", BY)).toMatchObject({ ok: true });
  await rig.time.settle();
  expect([lock.asked, portal.row().mode, portal.standing().mode, portal.refusal()?.reason]).toEqual([
    ["unlock", "secure"],
    "Blocked",
    "Blocked",
    "DoorBlocked",
  ]);
  expect(portal.operatorAccess(BY)).toMatchObject({ ok: false, error: "OperationRefused" });
  expect(portal.operate("release", BY)).toMatchObject({ ok: false });
  expect(portal.operate("lock", BY)).toMatchObject({ ok: true });
  expect([portal.row().mode, portal.refusal()]).toEqual(["Locked", undefined]);
});

test("a lockdown throws the bolt and refuses; what secures is obeyed in it, what opens is not; it ends as it came", async () => {
  const portal = portalWith();
  portal.overrule({ kind: "lockdown", of: "wang" } as Parameters<RoomPortal["overrule"]>[0]);
  await rig.time.settle();
  expect([lock.asked, portal.heldBy(), portal.refusal() !== undefined]).toEqual([["secure"], "wang", true]);
  expect(portal.operate("lock", BY)).toMatchObject({ ok: false, error: "OperationRefused" });
  expect([portal.operate("block", BY).ok, portal.operatorAccess(BY).ok]).toEqual([true, false]);
  portal.overrule({ kind: "lockdown", of: undefined } as Parameters<RoomPortal["overrule"]>[0]);
  expect([portal.heldBy(), portal.row().mode]).toEqual([undefined, "Blocked"]);
});

test("without a disk nothing opens and nothing is freed, and what takes access away happens all the same", async () => {
  const portal = portalWith();
  portal.operate("block", BY);
  await rig.time.settle();
  rig.fillDisk();
  lock.asked = [];
  expect(portal.operate("lock-down", BY).ok).toBe(true);
  await rig.time.settle();
  expect(lock.asked).toEqual(["secure"]);
  const open = portalWith();
  expect([open.operatorAccess(BY).ok, lock.asked]).toEqual([false, ["secure"]]);
});

test("it is as it was when the controller went down", () => {
  const portal = portalWith({
    before: { mode: "Blocked", setBy: "operation", setAt: { at: 5, ms: 0 } } as unknown as RoomPortalOptions["before"],
    lockdown: "li",
  });
  expect([portal.row().mode, portal.heldBy()]).toEqual(["Blocked", "li"]);
});
