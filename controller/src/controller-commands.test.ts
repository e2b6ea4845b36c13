import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, encodeFrame, kidBytes, makeCommand, makeTrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { asking, ControllerRig } from "./rig/controller-rig.ts";
import { SITE, START } from "./rig/people.ts";
import type { CommandOutcome } from "./sync/command-outcome.ts";
import type { StreamListener } from "./sync/feed-client.ts";

const root = nodeSigner(new Uint8Array(32).fill(1));
const signer = nodeSigner(new Uint8Array(32).fill(2));

let rig: ControllerRig;
let stream: StreamListener;
let outcomes: CommandOutcome[];
beforeEach(async () => {
  rig = new ControllerRig({
    site: `trust_list = "trust-list.cose"\nroot_keys = ["${bytesToHex(root.publicKey)}"]\nroot_threshold = 1`,
    library: '[cloud]\nurl = "http://127.0.0.1:8480"\nzones = ["east"]',
  });
  outcomes = [];
  rig.openCloud = () => ({
    open: (_, listener) => {
      stream = listener;
      return () => {};
    },
    chunk: () => Promise.resolve(undefined),
    time: () => Promise.resolve(undefined),
    applied: () => Promise.resolve(true),
    askMoney: () => Promise.resolve({ outcome: "unreachable", detail: "" }),
    zoneKeys: () => Promise.resolve(),
    sendEvents: () => Promise.resolve({ kind: "unreachable", detail: "no events are taken here" }),
    revocations: () => Promise.resolve(true),
    commandOutcome: (outcome) => Promise.resolve(void outcomes.push(outcome)),
    configurationOutcome: () => Promise.resolve(),
  });
  const key = { kid: 3, publicKey: signer.publicKey, usages: ["command"], notBefore: unixSeconds(0), notAfter: unixSeconds(START + 1e8), ttlS: 0, status: "active" } as const; // prettier-ignore
  const list = makeTrustList(SITE, { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e8), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [root.publicKey] }, keys: new Map([[3, key]]) }, [root]); // prettier-ignore
  if (!list.ok) throw new Error(list.detail);
  mkdirSync(rig.folder, { recursive: true });
  writeFileSync(join(rig.folder, "trust-list.cose"), list.value);
  await begin();
});
afterEach(() => rig.end());

async function begin(): Promise<void> {
  await rig.start();
  await rig.time.pass(1_000);
  stream.onOpen();
}
const command = (verb: string, id: number, change: { readonly target?: string; readonly controller?: string } = {}): Uint8Array =>
  encodeFrame({
    kind: "command",
    record: makeCommand(SITE, { id: new Uint8Array(16).fill(id), controller: "gate-house", target: "library", verb, issued: unixSeconds(rig.now()), notAfter: unixSeconds(rig.now() + 10), nonce: null, by: "li.wei", reason: "parcel", ...change }, kidBytes(3), signer), // prettier-ignore
  });
async function hears(...frames: Uint8Array[]): Promise<void> {
  for (const frame of frames) stream.onBytes(frame);
  await rig.time.pass(500);
}
const STRIKE = 0;

test("a command of the cloud opens the door, by whom and why stands in the log, and the cloud hears of it", async () => {
  await hears(command("access", 1));
  expect(rig.boards.library.relays[STRIKE]).toBe(true);
  expect(outcomes).toEqual([{ id: "01".repeat(16), outcome: "acted" }]);
  await rig.stop();
  const log = rig.events().filter(({ name }) => /^Command|^DoorMode/.test(name));
  expect(log.map(({ name }) => name)).toEqual(["CommandTaken", "DoorModeChanged", "CommandActed"]);
  expect([log[0]?.fields, log[1]?.fields]).toMatchObject([{ door: "library", verb: "access", by: "li.wei", reason: "parcel" }, { mode: "Accessed", by: "li.wei", reason: "parcel" }]); // prettier-ignore
});

test("behind a crash the same command moves nothing; a lock-down holds against whatever else is commanded, until it is released", async () => {
  const unlock = command("unlock", 2);
  await hears(unlock);
  rig.crash();
  await begin();
  await hears(unlock, command("lock-down", 3), command("unlock", 4), command("release", 5, { target: "library", controller: "library-house" }));
  expect(outcomes.map((outcome) => ("error" in outcome ? outcome.error : "acted"))).toEqual(["acted", "CommandReplayed", "acted", "OperationRefused", "CommandForAnother"]); // prettier-ignore
  expect([rig.ask("GET /v1/doors").find(({ id }) => id === "library")?.mode, rig.boards.library.relays[STRIKE]]).toEqual(["LockedDown", false]);
});

test("list files are refused where the cloud has the lists: nobody would be judged by them", async () => {
  for (const route of ["POST /v1/list/diff", "POST /v1/list/load"] as const) {
    const asked = Promise.resolve().then(() => rig.controller.answers[route](asking({ body: { folder: rig.folder, by: "wang", reason: "" } })));
    await expect(asked).rejects.toMatchObject({ problem: { status: 409, detail: "east", remedy: expect.stringContaining("portico grant give") } });
  }
  expect(rig.ask("GET /v1/list").version).toBe(0);
});
