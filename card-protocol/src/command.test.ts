import { expect, test } from "vitest";
import type { WallTime } from "./clock.ts";
import { type Command, judgeCommand, makeCommand, readCommand } from "./command.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { err, ok } from "./result.ts";
import { RECORD } from "./signed.ts";
import { unixSeconds } from "./units.ts";

const signer = nodeSigner(new Uint8Array(32).fill(1));
const kid = Uint8Array.of(0, 1);
const now = unixSeconds(1_800_000_000);
const command: Command = {
  id: new Uint8Array(16).fill(3),
  controller: "gate-house",
  target: "library",
  verb: "access",
  issued: now,
  notAfter: unixSeconds(now + 10),
  nonce: null,
  by: "li.wei",
  reason: "包裹 / parcel",
};
const nonce = new Uint8Array(16).fill(8);
const read = (bytes: Uint8Array) => readCommand(bytes, "demo-campus", () => ok(signer.publicKey), nodeVerifier);
const WIDEST = "图".repeat(64);

test.each([
  command,
  { ...command, nonce },
  { ...command, target: "图书馆", notAfter: unixSeconds(now + 1), reason: "" },
  { ...command, nonce, controller: WIDEST, target: WIDEST, verb: WIDEST, by: WIDEST, reason: "图".repeat(200) },
])("a signed command reads as it was written: %o", (given) => {
  const bytes = makeCommand("demo-campus", given, kid, signer);
  expect(read(bytes)).toEqual({ ok: true, value: given });
  expect(bytes.length).toBeLessThanOrEqual(RECORD.command.bytesMax);
});

test("a command for another controller, of another site, or by an untrusted key is refused", () => {
  const bytes = makeCommand("demo-campus", command, kid, signer);
  expect(judgeCommand(command, "library", wall(0), undefined)).toMatchObject({ error: "CommandForAnother" });
  expect(read(makeCommand("other", command, kid, signer))).toMatchObject({ error: "SignatureInvalid" });
  expect(readCommand(bytes, "demo-campus", () => err("KeyUntrusted"), nodeVerifier)).toMatchObject({ error: "KeyUntrusted" });
});

test.each<[string, Partial<Command>]>([
  ["eleven seconds of life", { notAfter: unixSeconds(now + 11) }],
  ["no life at all", { notAfter: now }],
  ["a short id", { id: new Uint8Array(15) }],
  ["a nonce of 8 bytes", { nonce: new Uint8Array(8) }],
  ["no target", { target: "" }],
  ["a verb of two words", { verb: "open wide" }],
  ["nobody who asks", { by: "" }],
  ["a name of 65 characters", { by: "x".repeat(65) }],
  ["a reason of 201 characters", { reason: "x".repeat(201) }],
])("a command with %s cannot be made", (_, change) => {
  expect(() => makeCommand("demo-campus", { ...command, ...change }, kid, signer)).toThrow(RangeError);
});

const wall = (by: number, uncertaintyS = 0): WallTime => ({ now: unixSeconds(now + by), uncertaintyS });
test.each<[string, Command, WallTime, Uint8Array | undefined, string]>([
  ["at its issue", command, wall(0), undefined, "ok"],
  ["in its last second", command, wall(9), undefined, "ok"],
  ["at its end", command, wall(10), undefined, "CommandExpired"],
  ["at its end, by a clock that may be a second fast", command, wall(10, 1), undefined, "ok"],
  ["a second early", command, wall(-1), undefined, "CommandNotYetValid"],
  ["a second early, by a clock that may be a second slow", command, wall(-1, 1), undefined, "ok"],
  ["by a clock that may be 5 s off", command, wall(0, 5), undefined, "ok"],
  ["by a clock that may be 6 s off", command, wall(0, 6), undefined, "ClockUncertain"],
  ["without a clock", command, "untrusted", nonce, "ClockUncertain"],
  ["without a clock, answering the nonce", { ...command, nonce }, "untrusted", nonce, "ok"],
  ["without a clock, answering another nonce", { ...command, nonce: new Uint8Array(16) }, "untrusted", nonce, "NonceMismatch"],
  ["without a clock, answering a nonce that is no longer open", { ...command, nonce }, "untrusted", undefined, "NonceMismatch"],
  ["in time, answering another nonce", { ...command, nonce: new Uint8Array(16) }, wall(0), nonce, "NonceMismatch"],
  ["late, answering the nonce", { ...command, nonce }, wall(10), nonce, "CommandExpired"],
  ["late by a clock that may be 6 s off, answering the nonce", { ...command, nonce }, wall(10, 6), nonce, "ok"],
])("%s: %o", (_, given, at, openNonce, expected) => {
  const judged = judgeCommand(given, "gate-house", at, openNonce);
  expect(judged.ok ? "ok" : judged.error).toBe(expected);
});
