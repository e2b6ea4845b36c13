import { bytesToHex, type Command, err, hexToBytes, kidBytes, makeCommand, ok, type TrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OperationOutcome } from "../portal/portal.ts";
import { START } from "../rig/people.ts";
import { RigStore, type Trusted } from "../rig/rig-store.ts";
import { NONCE_LIFE_MS } from "./command-outcome.ts";
import { CommandTaker } from "./command-taker.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(7));
const key = { kid: 4, publicKey: signer.publicKey, usages: ["command"], notBefore: unixSeconds(0), notAfter: unixSeconds(START + 1e8), ttlS: 0, status: "active" } as const; // prettier-ignore
const trustList: TrustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e7), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [] }, keys: new Map([[4, key]]) }; // prettier-ignore

let rig: RigStore;
/** What the library's door was asked for. */
let acted: string[];
let answer: () => OperationOutcome;
let taker: CommandTaker;
let nonces: number;
beforeEach(() => begin("system"));
afterEach(() => rig.end());

function begin(trusted: Trusted): void {
  rig = new RigStore({ trusted });
  acted = [];
  nonces = 0;
  answer = () => ok(undefined);
  taker = started();
}
const started = (): CommandTaker =>
  new CommandTaker({
    site: SITE,
    controller: "gate-house",
    clock: rig.clock,
    randomBytes: (length) => new Uint8Array(length).fill(++nonces),
    verifier: nodeVerifier,
    trustList: () => trustList,
    database: rig.store.database,
    recorder: rig.recorder,
    doors: {
      actOf: (target, verb) =>
        target === "library" && verb !== "fly"
          ? { isSecuring: verb === "lock-down", carryOut: ({ by, reason }) => (acted.push(`${verb} by ${by}: ${reason}`), answer()) }
          : undefined,
    },
  });

let given = 0;
const command = (change: Partial<Command> = {}): Command => ({
  id: new Uint8Array(16).fill(++given),
  controller: "gate-house",
  target: "library",
  verb: "access",
  issued: unixSeconds(rig.now()),
  notAfter: unixSeconds(rig.now() + 10),
  nonce: null,
  by: "li.wei",
  reason: "parcel",
  ...change,
});
const signed = (change: Partial<Command> = {}, site = SITE, by = signer): Uint8Array => makeCommand(site, command(change), kidBytes(4), by);
const names = (): string[] => rig.events().map(({ name, fields }) => ("error" in fields ? `${name} ${fields.error}` : name));
const outcome = (record: Uint8Array): string => {
  const taken = taker.take(record);
  return !taken.ok ? taken.error : taken.value.outcome === "acted" ? "acted" : taken.value.error;
};

test("a command is recorded, carried out and answered, with who asked and why", () => {
  const record = signed();
  expect(taker.take(record)).toEqual({ ok: true, value: { id: bytesToHex(new Uint8Array(16).fill(given)), outcome: "acted" } });
  expect([acted, names()]).toEqual([["access by li.wei: parcel"], ["CommandTaken", "CommandActed"]]);
  expect(rig.events()[0]?.fields).toEqual({ door: "library", command: bytesToHex(new Uint8Array(16).fill(given)), verb: "access", by: "li.wei", reason: "parcel" }); // prettier-ignore
});

test("a replayed command is refused as CommandReplayed, also after a reboot", () => {
  const record = signed();
  expect(outcome(record)).toBe("acted");
  expect(outcome(record)).toBe("CommandReplayed");
  taker = started();
  expect(outcome(record)).toBe("CommandReplayed");
  expect(acted).toHaveLength(1);
});

test("a late command is refused as CommandExpired, one from the future as CommandNotYetValid", () => {
  const record = signed();
  rig.time.advance(12_000);
  expect(outcome(record)).toBe("CommandExpired");
  expect(outcome(signed({ issued: unixSeconds(rig.now() + 3), notAfter: unixSeconds(rig.now() + 9) }))).toBe("CommandNotYetValid");
  expect([acted, names()]).toEqual([[], ["CommandRefused CommandExpired", "CommandRefused CommandNotYetValid"]]);
});

test("a command for another controller is refused as CommandForAnother", () => {
  expect(outcome(signed({ controller: "library-house" }))).toBe("CommandForAnother");
  expect([acted, names()]).toEqual([[], ["CommandRefused CommandForAnother"]]);
});

test("a command of another site, or by a key that may not, is believed in nothing and recorded nowhere", () => {
  expect(outcome(signed({}, "campus-west"))).toBe("SignatureInvalid");
  expect(outcome(signed({}, SITE, nodeSigner(new Uint8Array(32).fill(9))))).toBe("SignatureInvalid");
  expect(outcome(makeCommand(SITE, command(), kidBytes(5), signer))).toBe("KeyUntrusted");
  expect([acted, names()]).toEqual([[], []]);
});

test("while the clock is untrusted a command is refused as ClockUncertain, and with the nonce that comes with it taken, once", () => {
  rig.end();
  begin("time-frames");
  const refused = taker.take(signed());
  if (!refused.ok || refused.value.outcome !== "refused" || refused.value.nonce === null) throw new Error("no nonce was handed out");
  expect([refused.value.error, acted]).toEqual(["ClockUncertain", []]);
  const nonce = hexToBytes(refused.value.nonce)!;
  expect(outcome(signed({ nonce: new Uint8Array(16).fill(99) }))).toBe("NonceMismatch");
  expect(outcome(signed({ nonce }))).toBe("acted");
  expect(outcome(signed({ nonce }))).toBe("NonceMismatch");
  expect(acted).toHaveLength(1);
});

test("a nonce is open for 10 s, and forgotten with a reboot", () => {
  rig.end();
  begin("time-frames");
  const handedOut = (): Uint8Array => {
    const refused = taker.take(signed());
    return hexToBytes((refused.ok && refused.value.outcome === "refused" && refused.value.nonce) || "")!;
  };
  let nonce = handedOut();
  rig.time.advance(NONCE_LIFE_MS);
  expect(outcome(signed({ nonce }))).toBe("NonceMismatch");
  nonce = handedOut();
  rig.time.advance(NONCE_LIFE_MS - 1);
  taker = started();
  expect(outcome(signed({ nonce }))).toBe("NonceMismatch");
  expect(acted).toEqual([]);
});

test("a reboot between recording and acting: the command is closed as Interrupted and never carried out", () => {
  const record = signed();
  answer = () => {
    throw new Error("the power went");
  };
  expect(() => taker.take(record)).toThrow("the power went");
  answer = () => ok(undefined);
  acted = [];
  taker = started();
  expect(names()).toEqual(["CommandTaken", "CommandRefused Interrupted"]);
  expect([outcome(record), acted]).toEqual(["CommandReplayed", []]);
  taker = started();
  expect(names().filter((name) => name.endsWith("Interrupted"))).toHaveLength(1);
});

test("what the door refuses, and what there is not, is told as that", () => {
  expect(outcome(signed({ target: "cellar" }))).toBe("CommandUnknown");
  expect(outcome(signed({ verb: "fly" }))).toBe("CommandUnknown");
  answer = () => err("OperationRefused", "LockedDown accepts only its own release");
  expect(outcome(signed({ verb: "unlock" }))).toBe("OperationRefused");
  expect(names()).toEqual(["CommandRefused CommandUnknown", "CommandRefused CommandUnknown", "CommandTaken", "CommandRefused OperationRefused"]);
});

test("on a full disk nothing is opened, and a lock-down happens all the same", () => {
  rig.fillDisk();
  expect(outcome(signed())).toBe("NotRecorded");
  expect(acted).toEqual([]);
  expect(outcome(signed({ verb: "lock-down" }))).toBe("acted");
  expect(acted).toEqual(["lock-down by li.wei: parcel"]);
});
