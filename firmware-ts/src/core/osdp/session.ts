import { err, ok, type ReaderRefusal, type Result } from "@portico/card-protocol";
import { encodeCommand, type OsdpCommand } from "./command.ts";
import { encodeFrame, OSDP_MAC_BYTES, type ReceivedFrame, SCS, type SecurityBlock } from "./frame.ts";
import { CAPABILITY, type CapabilityRecord, decodeReply, nakText, type OsdpReply, type PdIdentity, REPLY } from "./reply.ts";
import {
  type Aes128,
  clientCryptogram,
  decryptPayload,
  encryptPayload,
  frameMac,
  initialReplyMac,
  isSame,
  SCBK_D,
  serverCryptogram,
  type SessionKeys,
  sessionKeys,
} from "./secure-channel.ts";

/**
 * What commissioning asks of a PD. `secure` the channel is made with its own key, and nothing is said without · `clear` whoever commissions accepts that
 * everybody at the line can read and say anything · `install` the channel is made with SCBK-D, for as long as it takes to give the PD a key.
 */
export type SessionPolicy = { readonly kind: "secure"; readonly scbk: Uint8Array } | { readonly kind: "clear" } | { readonly kind: "install" };

/** Why no session is made, or one ended: the words of the event log. */
export type SessionRefusal = ReaderRefusal;

/** What a PD said of itself on the way. */
export interface PdPortrait {
  readonly identity?: PdIdentity;
  readonly capabilities?: readonly CapabilityRecord[];
}

/** A PD's session; see {@link NEW_SESSION}. */
export type Session = { readonly portrait: PdPortrait } & (
  | { readonly kind: "lost" | "identified" | "known" }
  | { readonly kind: "challenged"; readonly randomA: Uint8Array }
  | { readonly kind: "proving"; readonly keys: SessionKeys; readonly replyMac: Uint8Array }
  | { readonly kind: "clear" }
  | { readonly kind: "secure"; readonly keys: SessionKeys; readonly replyMac: Uint8Array; readonly commandMac: Uint8Array }
);

/**
 * A PD of which nothing is known.
 *
 *     lost ──ID/PDID──▶ identified ──CAP/PDCAP──▶ known ──CHLNG/CCRYPT──▶ challenged ──SCRYPT/RMAC_I──▶ proving ──▶ secure
 *      ▲                                            │ policy clear                                                    │
 *      │                                            └──────────────────────────────────────▶ clear                    │
 *      └── any refusal, any MAC that does not hold, any answer in clear, NAK 4 5 6, off line: from sequence 0 ◀────────┘
 *
 * (`challenged` waits with RND.A for CCRYPT, `proving` for RMAC_I.)
 */
export const NEW_SESSION: Session = { kind: "lost", portrait: {} };

/** True where commands may be sent. */
export const isOpen = ({ kind }: Session): boolean => kind === "clear" || kind === "secure";

/** The next step of the handshake: what to send. Undefined in an open session. */
export interface HandshakeStep {
  readonly session: Session;
  readonly command: OsdpCommand;
  readonly security?: SecurityBlock;
}

const RANDOM_BYTES = 8;
const ACCEPTED = 0x01;
const DEFAULT_KEY = 0x00;
const OWN_KEY = 0x01;

/** @param randomA  8 fresh bytes, used where the step is a challenge */
export function nextHandshake(session: Session, policy: SessionPolicy, randomA: Uint8Array): HandshakeStep | undefined {
  switch (session.kind) {
    case "lost":
      return { session, command: { kind: "id" } };
    case "identified":
      return { session, command: { kind: "capabilities" } };
    case "known":
    case "challenged":
    case "proving": {
      if (policy.kind === "clear") return undefined;
      if (randomA.length !== RANDOM_BYTES) throw new RangeError("RND.A has 8 bytes");
      const security = { type: SCS.challenge, content: Uint8Array.of(policy.kind === "install" ? DEFAULT_KEY : OWN_KEY) };
      return { session: { kind: "challenged", portrait: session.portrait, randomA }, command: { kind: "challenge", random: randomA }, security };
    }
    case "clear":
    case "secure":
      return undefined;
  }
}

/** A command as it goes on the line, and the session behind it. */
export function sealed(
  aes: Aes128,
  session: Session,
  address: number,
  sequence: number,
  command: OsdpCommand,
  security?: SecurityBlock,
): { readonly session: Session; readonly bytes: Uint8Array } {
  const { code, payload } = encodeCommand(command);
  const head = { address, direction: "command", sequence, check: "crc", code } as const;
  if (session.kind !== "secure") return { session, bytes: encodeFrame({ ...head, payload, ...(security === undefined ? {} : { security }) }) };
  const { keys, replyMac } = session;
  const isEncrypted = payload.length > 0;
  let commandMac = session.commandMac;
  const bytes = encodeFrame(
    {
      ...head,
      security: { type: isEncrypted ? SCS.commandEncrypted : SCS.commandMac, content: new Uint8Array() },
      payload: isEncrypted ? encryptPayload(aes, keys, payload, replyMac) : payload,
    },
    (covered) => (commandMac = frameMac(aes, keys, covered, replyMac)),
  );
  return { session: { ...session, commandMac }, bytes };
}

/** An answer to the last command: opened, or why it is none. `step`: a next command of the handshake that must follow at once. */
export interface HeardSession {
  readonly session: Session;
  /** Only in an open session: what the PD says, for whoever asked. */
  readonly reply?: OsdpReply;
  readonly step?: HandshakeStep;
  readonly refusal?: { readonly reason: SessionRefusal; readonly detail: string };
}

/** Judges an answer. Nothing that it says counts in a secure session unless its MAC holds. */
export function heardSession(aes: Aes128, session: Session, policy: SessionPolicy, frame: ReceivedFrame): HeardSession {
  if (session.kind === "secure") return heardSecure(aes, session, frame);
  const read = decodeReply(frame.code, frame.payload);
  if (!read.ok) return session.kind === "clear" ? malformed(session, read) : refused(session, "ReplyMalformed", read.detail);
  const reply = read.value;
  switch (session.kind) {
    case "clear":
      return reply.kind === "nak" && reply.reason >= 4 && reply.reason <= 6 ? refused(session, "SessionLost", nakText(reply.reason)) : { session, reply };
    case "lost":
      if (reply.kind === "id") return { session: { kind: "identified", portrait: { ...session.portrait, identity: reply.identity } } };
      return unexpected(session, reply);
    case "identified":
      if (reply.kind === "capabilities") return heardCapabilities(session, policy, reply.records);
      return unexpected(session, reply);
    case "known":
      return unexpected(session, reply);
    case "challenged":
      return heardCryptogram(aes, session, policy, frame, reply);
    case "proving":
      return heardInitialMac(session, frame, reply);
  }
}

function heardCapabilities(session: Session, policy: SessionPolicy, records: readonly CapabilityRecord[]): HeardSession {
  const portrait: PdPortrait = { ...session.portrait, capabilities: records };
  if (policy.kind === "clear") return { session: { kind: "clear", portrait } };
  const security = records.find((record) => record.function === CAPABILITY.communicationSecurity);
  if (security !== undefined && (security.compliance & 1) === 0)
    return refused({ kind: "lost", portrait }, "SecureChannelUnsupported", "its PDCAP says that it has no AES-128");
  return { session: { kind: "known", portrait } };
}

function heardCryptogram(
  aes: Aes128,
  session: Extract<Session, { kind: "challenged" }>,
  policy: SessionPolicy,
  frame: ReceivedFrame,
  reply: OsdpReply,
): HeardSession {
  if (reply.kind === "nak")
    return reply.reason === 5 || reply.reason === 3
      ? refused(session, "SecureChannelUnsupported", nakText(reply.reason))
      : refused(session, "KeyNotAccepted", nakText(reply.reason));
  if (reply.kind !== "clientCryptogram" || frame.security?.type !== SCS.clientCryptogram) return unexpected(session, reply);
  const isDefault = frame.security.content[0] === DEFAULT_KEY;
  if (isDefault && policy.kind !== "install") return refused(session, "DefaultKeyOffered", "it answers with the key that everybody knows");
  if (policy.kind === "clear") return unexpected(session, reply);
  const scbk = policy.kind === "install" ? SCBK_D : policy.scbk;
  const keys = sessionKeys(aes, scbk, session.randomA);
  if (!isSame(clientCryptogram(aes, keys, session.randomA, reply.random), reply.cryptogram))
    return refused(session, "KeyWrong", policy.kind === "install" ? "it is not in install mode" : "its cryptogram is of another key");
  const cryptogram = serverCryptogram(aes, keys, session.randomA, reply.random);
  const proving: Session = { kind: "proving", portrait: session.portrait, keys, replyMac: initialReplyMac(aes, keys, cryptogram) };
  const security = { type: SCS.serverCryptogram, content: Uint8Array.of(policy.kind === "install" ? DEFAULT_KEY : OWN_KEY) };
  return { session: proving, step: { session: proving, command: { kind: "serverCryptogram", cryptogram }, security } };
}

function heardInitialMac(session: Extract<Session, { kind: "proving" }>, frame: ReceivedFrame, reply: OsdpReply): HeardSession {
  if (reply.kind === "nak") return refused(session, "KeyNotAccepted", nakText(reply.reason));
  if (reply.kind !== "initialMac" || frame.security?.type !== SCS.initialMac) return unexpected(session, reply);
  // Some PDs put the kind of key here, others whether they accept: the MAC itself proves both. 0xFF alone is a refusal.
  if (frame.security.content[0] !== ACCEPTED && frame.security.content[0] !== DEFAULT_KEY)
    return refused(session, "KeyNotAccepted", "it refuses the panel's cryptogram");
  if (!isSame(session.replyMac, reply.mac)) return refused(session, "KeyNotAccepted", "its first MAC is of another key");
  const { portrait, keys, replyMac } = session;
  return { session: { kind: "secure", portrait, keys, replyMac, commandMac: replyMac } };
}

function heardSecure(aes: Aes128, session: Extract<Session, { kind: "secure" }>, frame: ReceivedFrame): HeardSession {
  const { keys, commandMac } = session;
  if (frame.mac === undefined || frame.security === undefined) {
    if (frame.code === REPLY.nak) return refused(session, "SessionLost", nakText(frame.payload[0] ?? 0));
    return refused(session, "ClearTextReply", `reply ${frame.code.toString(16)} without MAC`);
  }
  const replyMac = frameMac(aes, keys, frame.covered, commandMac);
  if (!isSame(replyMac.subarray(0, OSDP_MAC_BYTES), frame.mac)) return refused(session, "MacWrong", `reply ${frame.code.toString(16)}`);
  const isEncrypted = frame.security.type === SCS.replyEncrypted && frame.payload.length > 0;
  const payload = isEncrypted ? decryptPayload(aes, keys, frame.payload, commandMac) : frame.payload;
  if (payload === undefined) return refused(session, "ReplyMalformed", `reply ${frame.code.toString(16)} does not decrypt`);
  const after: Session = { ...session, replyMac };
  const read = decodeReply(frame.code, payload);
  if (!read.ok) return malformed(after, read);
  if (read.value.kind === "nak" && read.value.reason >= 4 && read.value.reason <= 6) return refused(session, "SessionLost", nakText(read.value.reason));
  return { session: after, reply: read.value };
}

/** The chain of MACs is whole, the content is none: the session goes on, and nobody is told of it but by `refusal`. */
const malformed = (session: Session, { detail }: { readonly detail: string }): HeardSession => ({ session, refusal: { reason: "ReplyMalformed", detail } });

const unexpected = (session: Session, reply: OsdpReply): HeardSession =>
  refused(session, "ReplyMalformed", reply.kind === "nak" ? nakText(reply.reason) : `${reply.kind} is no answer to this step`);

const refused = ({ portrait }: Session, reason: SessionRefusal, detail: string): HeardSession => ({
  session: { kind: "lost", portrait },
  refusal: { reason, detail },
});

/** A key that a PD may be given: 16 bytes, not SCBK-D, not all alike. */
export function usableScbk(key: Uint8Array): Result<Uint8Array, "KeyUnusable"> {
  if (key.length !== SCBK_D.length) return err("KeyUnusable", `a SCBK has ${SCBK_D.length} bytes, not ${key.length}`);
  if (isSame(key, SCBK_D)) return err("KeyUnusable", "this is SCBK-D, which everybody knows");
  return key.every((byte) => byte === key[0]) ? err("KeyUnusable", "all its bytes are alike") : ok(key);
}
