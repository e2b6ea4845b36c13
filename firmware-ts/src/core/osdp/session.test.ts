import { expect, test } from "vitest";
import { nodeAes128 } from "../../osdp/node-aes.ts";
import { decodeFrame, encodeFrame, type OsdpFrame, type ReceivedFrame, SCS } from "./frame.ts";
import { encodeReply, type OsdpReply } from "./reply.ts";
import { clientCryptogram, encryptPayload, frameMac, initialReplyMac, SCBK_D, serverCryptogram, sessionKeys } from "./secure-channel.ts";
import { heardSession, isOpen, NEW_SESSION, nextHandshake, sealed, type Session, type SessionPolicy, usableScbk } from "./session.ts";

const SCBK = Uint8Array.from({ length: 16 }, (_, index) => 3 * index + 1);
const A = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const B = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);
const SECURE: SessionPolicy = { kind: "secure", scbk: SCBK };
const IDENTITY = { vendor: Uint8Array.of(1, 2, 3), model: 1, version: 1, serial: 7, firmware: [1, 0, 0] } as const;

function received(frame: Omit<OsdpFrame, "address" | "direction" | "sequence" | "check">, mac?: (covered: Uint8Array) => Uint8Array): ReceivedFrame {
  const read = decodeFrame(encodeFrame({ address: 0, direction: "reply", sequence: 1, check: "crc", ...frame }, mac));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
const clear = (reply: OsdpReply, security?: OsdpFrame["security"]): ReceivedFrame =>
  received({ ...encodeReply(reply), ...(security === undefined ? {} : { security }) });
const nak = (reason: number): ReceivedFrame => clear({ kind: "nak", reason, detail: new Uint8Array() });
const capabilities = (aes: number): ReceivedFrame => clear({ kind: "capabilities", records: [{ function: 9, compliance: aes, count: aes }] });
const hear = (session: Session, policy: SessionPolicy, frame: ReceivedFrame) => heardSession(nodeAes128, session, policy, frame);

/** A session that has sent its challenge. */
function challenged(policy: SessionPolicy): Session {
  const identified = hear(NEW_SESSION, policy, clear({ kind: "id", identity: IDENTITY })).session;
  const known = hear(identified, policy, capabilities(1)).session;
  return nextHandshake(known, policy, A)!.session;
}

const cryptogram = (key: Uint8Array, flag: number): ReceivedFrame =>
  clear(
    { kind: "clientCryptogram", clientId: new Uint8Array(8), random: B, cryptogram: clientCryptogram(nodeAes128, sessionKeys(nodeAes128, key, A), A, B) },
    { type: SCS.clientCryptogram, content: Uint8Array.of(flag) },
  );
const firstMac = (key: Uint8Array, flag = 1): ReceivedFrame => {
  const keys = sessionKeys(nodeAes128, key, A);
  const mac = initialReplyMac(nodeAes128, keys, serverCryptogram(nodeAes128, keys, A, B));
  return clear({ kind: "initialMac", mac }, { type: SCS.initialMac, content: Uint8Array.of(flag) });
};
const proving = (policy: SessionPolicy, key: Uint8Array, flag: number): Session => hear(challenged(policy), policy, cryptogram(key, flag)).session;
const secure = (): Session => hear(proving(SECURE, SCBK, 1), SECURE, firstMac(SCBK)).session;

/** A secure session that has sent a poll, and a PD's answer to it. */
function polled(reply: OsdpReply, spoil: (mac: Uint8Array) => Uint8Array = (mac) => mac) {
  const { session } = sealed(nodeAes128, secure(), 0, 1, { kind: "poll" });
  if (session.kind !== "secure") throw new Error("not secure");
  const { keys, commandMac } = session;
  const { code, payload } = encodeReply(reply);
  const body = payload.length === 0 ? payload : encryptPayload(nodeAes128, keys, payload, commandMac);
  const security = { type: payload.length === 0 ? SCS.replyMac : SCS.replyEncrypted, content: new Uint8Array() };
  return { session, frame: received({ code, payload: body, security }, (covered) => spoil(frameMac(nodeAes128, keys, covered, commandMac))) };
}

test("ID, CAP, CHLNG, SCRYPT, secure: in that order, with the blocks that name the key", () => {
  const first = nextHandshake(NEW_SESSION, SECURE, A);
  expect([first?.command, first?.security]).toEqual([{ kind: "id" }, undefined]);
  const identified = hear(NEW_SESSION, SECURE, clear({ kind: "id", identity: IDENTITY }));
  expect(nextHandshake(identified.session, SECURE, A)?.command).toEqual({ kind: "capabilities" });
  const known = hear(identified.session, SECURE, capabilities(1));
  expect(nextHandshake(known.session, SECURE, A)).toMatchObject({
    command: { kind: "challenge", random: A },
    security: { type: 0x11, content: Uint8Array.of(1) },
  });
  const next = hear(challenged(SECURE), SECURE, cryptogram(SCBK, 1));
  expect(next.step).toMatchObject({ command: { kind: "serverCryptogram" }, security: { type: 0x13, content: Uint8Array.of(1) } });
  const open = hear(next.session, SECURE, firstMac(SCBK));
  expect([open.session.kind, isOpen(open.session), open.session.portrait.identity, open.refusal]).toEqual(["secure", true, IDENTITY, undefined]);
});

test("an answer whose MAC holds is opened, and the next command's MAC hangs on it", () => {
  const card: OsdpReply = { kind: "raw", reader: 0, format: 0, bits: 8, content: Uint8Array.of(0xa5) };
  const { session, frame } = polled(card);
  const heard = hear(session, SECURE, frame);
  expect([heard.reply, heard.session.kind, heard.refusal]).toEqual([card, "secure", undefined]);
  const [before, after] = [sealed(nodeAes128, session, 0, 2, { kind: "poll" }).bytes, sealed(nodeAes128, heard.session, 0, 2, { kind: "poll" }).bytes];
  expect(after).not.toEqual(before);
});

test("clear is only for whoever asked for it in so many words", () => {
  const identified = hear(NEW_SESSION, { kind: "clear" }, clear({ kind: "id", identity: IDENTITY })).session;
  expect(hear(identified, { kind: "clear" }, capabilities(0)).session.kind).toBe("clear");
  expect(hear(identified, SECURE, capabilities(0))).toMatchObject({ session: { kind: "lost" }, refusal: { reason: "SecureChannelUnsupported" } });
});

test.each<readonly [string, string, () => ReturnType<typeof hear>]>([
  ["SCBK-D from a PD that has a key of its own made for it", "DefaultKeyOffered", () => hear(challenged(SECURE), SECURE, cryptogram(SCBK_D, 0))],
  ["SCBK-D said to be the own key", "KeyWrong", () => hear(challenged(SECURE), SECURE, cryptogram(SCBK_D, 1))],
  ["another key", "KeyWrong", () => hear(challenged(SECURE), SECURE, cryptogram(new Uint8Array(16), 1))],
  ["no such security block", "SecureChannelUnsupported", () => hear(challenged(SECURE), SECURE, nak(5))],
  ["conditions not met", "KeyNotAccepted", () => hear(challenged(SECURE), SECURE, nak(6))],
  ["a cryptogram without its block", "ReplyMalformed", () => hear(challenged(SECURE), SECURE, clear({ kind: "ack" }))],
  ["the panel's cryptogram refused", "KeyNotAccepted", () => hear(proving(SECURE, SCBK, 1), SECURE, firstMac(SCBK, 0xff))],
  ["a first MAC of another key", "KeyNotAccepted", () => hear(proving(SECURE, SCBK, 1), SECURE, firstMac(SCBK_D))],
  ["a NAK in place of the first MAC", "KeyNotAccepted", () => hear(proving(SECURE, SCBK, 1), SECURE, nak(6))],
  [
    "a card in clear in a secure session",
    "ClearTextReply",
    () => hear(secure(), SECURE, clear({ kind: "raw", reader: 0, format: 0, bits: 8, content: Uint8Array.of(1) })),
  ],
  ["a NAK in clear in a secure session", "SessionLost", () => hear(secure(), SECURE, nak(6))],
  [
    "a MAC that does not hold",
    "MacWrong",
    () => {
      const { session, frame } = polled({ kind: "ack" }, (mac) => mac.map((byte) => byte ^ 1));
      return hear(session, SECURE, frame);
    },
  ],
  ["an ACK where PDID belongs", "ReplyMalformed", () => hear(NEW_SESSION, SECURE, clear({ kind: "ack" }))],
])("%s ends the session", (_, reason, heard) => {
  const { session, reply, refusal } = heard();
  expect([session.kind, reply, refusal?.reason]).toEqual(["lost", undefined, reason]);
});

test("a replayed answer is none: its MAC was for another place in the chain", () => {
  const { session, frame } = polled({ kind: "raw", reader: 0, format: 0, bits: 8, content: Uint8Array.of(0xa5) });
  const later = sealed(nodeAes128, hear(session, SECURE, frame).session, 0, 2, { kind: "poll" }).session;
  expect(hear(later, SECURE, frame)).toMatchObject({ session: { kind: "lost" }, refusal: { reason: "MacWrong" } });
});

test("install mode takes SCBK-D, and no other key", () => {
  const install: SessionPolicy = { kind: "install" };
  expect(
    nextHandshake(hear(hear(NEW_SESSION, install, clear({ kind: "id", identity: IDENTITY })).session, install, capabilities(1)).session, install, A),
  ).toMatchObject({
    security: { content: Uint8Array.of(0) },
  });
  expect(hear(proving(install, SCBK_D, 0), install, firstMac(SCBK_D)).session.kind).toBe("secure");
  expect(hear(challenged(install), install, cryptogram(SCBK, 1)).refusal?.reason).toBe("KeyWrong");
});

test("a key that everybody knows, is short, or is no key at all is not given to a PD", () => {
  expect(usableScbk(SCBK)).toEqual({ ok: true, value: SCBK });
  for (const key of [SCBK_D, new Uint8Array(16), new Uint8Array(16).fill(0x55), SCBK.subarray(1)]) expect(usableScbk(key)).toMatchObject({ ok: false });
});
