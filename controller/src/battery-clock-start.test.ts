import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, makeTrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerRig } from "./rig/controller-rig.ts";
import { heldPass, SITE, START } from "./rig/people.ts";
import { openStore } from "./rig/rig-store.ts";

const root = nodeSigner(new Uint8Array(32).fill(1));

let rig: ControllerRig;
beforeEach(() => {
  rig = new ControllerRig({
    clock: 'trusted_by = "time-frames"',
    site: `trust_list = "trust-list.cose"\nroot_keys = ["${bytesToHex(root.publicKey)}"]\nroot_threshold = 1`,
  });
  mkdirSync(join(rig.folder, "data"), { recursive: true, mode: 0o700 });
  const until = unixSeconds(START + 1e8);
  const roots = { version: 1, threshold: 1, keys: [root.publicKey] };
  const list = makeTrustList(SITE, { sequence: 1, issued: unixSeconds(START), validUntil: until, feedEpoch: 1, roots, keys: new Map() }, [root]);
  if (!list.ok) throw new Error(list.detail);
  writeFileSync(join(rig.folder, "trust-list.cose"), list.value);
  rig.load();
  const store = openStore(join(rig.folder, "data"), rig.time);
  store.clockRecord.keep({ ratchet: unixSeconds(rig.now()), trusted: { now: unixSeconds(rig.now()), uncertaintyS: 1 }, batteryAheadS: 0 });
  store.close();
});
afterEach(() => rig.end());

const outcomes = (): unknown[] => rig.reports.flatMap((report) => (report.kind === "judged" ? [report.reason ?? report.outcome] : []));

test("behind a power cut without a network a pass opens the arm by the battery clock's time, and the status says by what", async () => {
  rig.batteryClock = () => unixSeconds(rig.now());
  await rig.start();
  expect(rig.ask("GET /v1/status").clock).toMatchObject({ state: "rtc", uncertaintyS: 2 });
  await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
  expect([outcomes(), rig.boards["gate-1"].relays[0]]).toEqual([["granted"], true]);
});

test("without a battery clock the same pass is refused until somebody vouches for the time", async () => {
  await rig.start();
  expect(rig.ask("GET /v1/status").clock.state).toBe("untrusted");
  await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
  expect([outcomes(), rig.boards["gate-1"].relays[0]]).toEqual([["ClockUntrusted"], false]);
});
