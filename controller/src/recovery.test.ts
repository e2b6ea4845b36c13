import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, CHAIN_START, type ChainEnd, eventOf, keyId, ok, readEventBatch, sameBytes, verifyPossession } from "@portico/card-protocol";
import { nodeSha256, nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recoverEvents, type Recovered } from "./recovery.ts";
import { RigStore } from "./rig/rig-store.ts";
import { CONTROLLER_KEY_FILE } from "./store/cloud-keys.ts";
import { DATABASE_FILE } from "./store/controller-store.ts";

const SITE = "campus-east";
const NONCE = "5a".repeat(32);
const TOKEN = "7b".repeat(32);
const FORMER_SEED = new Uint8Array(32).fill(4);
const former = nodeSigner(FORMER_SEED);
const successor = nodeSigner(new Uint8Array(32).fill(5));

let rig: RigStore;
let card: string;
/** How far the cloud's copy of the former machine's log goes. */
let end: ChainEnd;
let batches: number;
let isSilent: boolean;
beforeEach(() => {
  rig = new RigStore();
  [end, batches, isSilent] = [CHAIN_START, 0, false];
  for (let nth = 0; nth < 600; nth++) rig.store.events.append(eventOf("RequestToExit", { door: `door-${nth}` }), { at: null, ms: 0 });
  card = join(rig.folder, "card");
});
afterEach(() => rig.end());

/** The machine dies: its card holds what its folder held. */
function die(seed: Uint8Array | null = FORMER_SEED): void {
  mkdirSync(card);
  for (const ending of ["", "-wal"]) copyFileSync(join(rig.folder, `${DATABASE_FILE}${ending}`), join(card, `${DATABASE_FILE}${ending}`));
  if (seed !== null) writeFileSync(join(card, CONTROLLER_KEY_FILE), seed, { mode: 0o600 });
}

/** A cloud that lets the successor in, and takes what the former machine has signed where it follows, or has it already. */
async function cloud(request: Request): Promise<Response> {
  if (isSilent) throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
  const body = new Uint8Array(await request.arrayBuffer());
  const { pathname } = new URL(request.url);
  if (pathname === "/v1/controllers/gate-house/challenge") return Response.json({ nonce: NONCE });
  if (pathname === "/v1/controllers/gate-house/token") {
    const claim = { nonce: new Uint8Array(32).fill(0x5a), person: "gate-house" };
    return verifyPossession(body, SITE, claim, successor.publicKey, nodeVerifier)
      ? Response.json({ token: TOKEN, zones: [] })
      : new Response("{}", { status: 401 });
  }
  expect([pathname, request.headers.get("authorization")]).toEqual(["/v1/events", `Bearer ${TOKEN}`]);
  const read = readEventBatch(body, SITE, (kid) => (sameBytes(kid, keyId(former.publicKey)) ? ok(former.publicKey) : { ok: false, error: "KeyUntrusted", detail: "" }), nodeVerifier, nodeSha256); // prettier-ignore
  if (!read.ok) return Response.json({ reason: "EventForged", detail: read.detail }, { status: 422 });
  batches++;
  const reached = read.value.end;
  if (reached.seq > end.seq) end = reached;
  return Response.json({ seq: end.seq, hash: bytesToHex(end.hash) });
}
const recover = (by = successor): Promise<Recovered> =>
  recoverEvents({ folder: card, url: "http://cloud.virtual", site: SITE, controller: "gate-house", signer: by, fetch: cloud });

test("everything that the dead machine had recorded is handed over in its own name, chain and all, and a second time changes nothing", async () => {
  die();
  const { seq, hash } = rig.store.events.last();
  expect(await recover()).toEqual({ last: seq, uploaded: seq, trouble: null });
  expect([end.seq, bytesToHex(end.hash), batches]).toEqual([seq, bytesToHex(hash), 3]);
  expect(await recover()).toEqual({ last: seq, uploaded: seq, trouble: null });
  expect(end.seq).toBe(seq);
});

test("an altered event ends it by name: what stands in front is handed over, nothing behind", async () => {
  die();
  const sqlite = new Database(join(card, DATABASE_FILE));
  sqlite.exec("DROP TRIGGER event_is_final");
  sqlite.exec("UPDATE event SET record = (SELECT record FROM event WHERE seq = 300) WHERE seq = 301");
  sqlite.close();
  expect(await recover()).toEqual({ last: 300, uploaded: 300, trouble: { error: "SequenceBroken", detail: expect.stringContaining("event 301") } });
  expect(end.seq).toBe(300);
});

test("a machine that the cloud does not know hands over nothing, and a cloud that is silent is told as that", async () => {
  die();
  expect((await recover(nodeSigner(new Uint8Array(32).fill(6)))).trouble?.error).toBe("SignatureRefused");
  isSilent = true;
  expect((await recover()).trouble).toEqual({ error: "CloudSilent", detail: "ECONNREFUSED" });
  expect(end.seq).toBe(0);
});

test("a card without its key, or without a log, is refused with what to do", async () => {
  die(null);
  await expect(recover()).rejects.toThrow("the key of the machine before is not there");
  writeFileSync(join(card, CONTROLLER_KEY_FILE), FORMER_SEED);
  writeFileSync(join(card, DATABASE_FILE), "no database");
  await expect(recover()).rejects.toThrow();
  expect(end.seq).toBe(0);
});
