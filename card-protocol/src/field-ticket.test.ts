import { expect, test } from "vitest";
import type { WallTime } from "./clock.ts";
import { type FieldTicket, judgeFieldTicket, makeFieldTicket, readFieldTicket, TICKET_LIFE_MAX_S } from "./field-ticket.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { ok } from "./result.ts";
import { RECORD } from "./signed.ts";
import { unixSeconds } from "./units.ts";

const signer = nodeSigner(new Uint8Array(32).fill(1));
const kid = Uint8Array.of(0, 1);
const now = unixSeconds(1_800_000_000);
const nonce = new Uint8Array(16).fill(8);
const ticket: FieldTicket = {
  id: new Uint8Array(16).fill(3),
  holder: "li.wei",
  controller: "gate-house",
  roles: ["view", "commission"],
  notBefore: now,
  notAfter: unixSeconds(now + TICKET_LIFE_MAX_S),
  nonce,
};
const read = (bytes: Uint8Array, controller = "gate-house") => readFieldTicket(bytes, "demo-campus", controller, () => ok(signer.publicKey), nodeVerifier);

test("a signed ticket reads as it was written", () => {
  for (const given of [ticket, { ...ticket, nonce: null }, { ...ticket, roles: ["view", "guard", "operate", "commission", "admin"] as const }]) {
    const bytes = makeFieldTicket("demo-campus", given, kid, signer);
    expect(read(bytes)).toEqual({ ok: true, value: given });
    expect(bytes.length).toBeLessThanOrEqual(RECORD.fieldTicket.bytesMax);
  }
});

test("a ticket for another controller or of another site opens nothing", () => {
  expect(read(makeFieldTicket("demo-campus", ticket, kid, signer), "library")).toMatchObject({ error: "TicketForAnother" });
  expect(read(makeFieldTicket("other", ticket, kid, signer))).toMatchObject({ error: "SignatureInvalid" });
});

test.each<[string, object]>([
  ["more than eight hours", { notAfter: unixSeconds(now + TICKET_LIFE_MAX_S + 1) }],
  ["no time at all", { notAfter: now }],
  ["no role", { roles: [] }],
  ["a role that nobody knows", { roles: ["view", "root"] }],
  ["a role twice", { roles: ["view", "view"] }],
  ["roles in another order", { roles: ["commission", "view"] }],
  ["a holder with a space", { holder: "li wei" }],
  ["a short nonce", { nonce: new Uint8Array(15) }],
  ["a short id", { id: new Uint8Array(1) }],
])("a ticket with %s cannot be made", (_, change) => {
  expect(() => makeFieldTicket("demo-campus", { ...ticket, ...change }, kid, signer)).toThrow(RangeError);
});

const wall = (by: number, uncertaintyS = 0): WallTime => ({ now: unixSeconds(now + by), uncertaintyS });
test.each<[string, FieldTicket, WallTime, Uint8Array | undefined, string]>([
  ["at its start", ticket, wall(0), undefined, "ok"],
  ["in its last second", ticket, wall(TICKET_LIFE_MAX_S - 1), undefined, "ok"],
  ["at its end", ticket, wall(TICKET_LIFE_MAX_S), undefined, "TicketExpired"],
  ["at its end, by a clock that may be fast", ticket, wall(TICKET_LIFE_MAX_S, 1), undefined, "ok"],
  ["a second early", ticket, wall(-1), undefined, "TicketNotYetValid"],
  ["without a clock, answering the nonce", ticket, "untrusted", nonce, "ok"],
  ["without a clock, answering another nonce", ticket, "untrusted", new Uint8Array(16), "ClockUncertain"],
  ["without a clock and without a nonce", { ...ticket, nonce: null }, "untrusted", nonce, "ClockUncertain"],
])("%s: %o", (_, given, at, openNonce, expected) => {
  const judged = judgeFieldTicket(given, at, openNonce);
  expect(judged.ok ? "ok" : judged.error).toBe(expected);
});
