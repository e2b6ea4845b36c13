import type { RandomBytes } from "@portico/card-protocol";
import {
  type Aes128,
  clientCryptogram,
  decryptPayload,
  encodeFrame,
  encryptPayload,
  frameMac,
  initialReplyMac,
  isSame,
  OSDP_MAC_BYTES,
  type OsdpFrame,
  type ReceivedFrame,
  SCBK_D,
  SCS,
  serverCryptogram,
  type SessionKeys,
  sessionKeys,
} from "@portico/firmware-ts/osdp";

/** Which key a PD has, and whether it still takes the one that everybody knows. */
export interface PdKeys {
  scbk: Uint8Array | undefined;
  installMode: boolean;
}

/** The PD's end of the secure channel. */
export interface PdChannel {
  /** CHLNG: RND.B, cUID and cryptogram; undefined where the PD has no such key. */
  challenged(frame: ReceivedFrame, randomA: Uint8Array): Omit<OsdpFrame, "address" | "sequence" | "check" | "direction"> | undefined;
  /** SCRYPT: the first MAC; undefined where the cryptogram is wrong. */
  proved(cryptogram: Uint8Array): Omit<OsdpFrame, "address" | "sequence" | "check" | "direction"> | undefined;
  /** The payload of a command under a MAC in clear; undefined where MAC or padding do not hold, or there is no session. */
  opened(frame: ReceivedFrame): Uint8Array | undefined;
  /** A reply in the session. */
  sealed(frame: OsdpFrame): Uint8Array;
  drop(): void;
  readonly isOpen: boolean;
}

/** Source: SIA OSDP 2.2 Annex D, from the PD's side. */
export function pdChannel(aes: Aes128, keys: PdKeys, clientId: Uint8Array, randomBytes: RandomBytes): PdChannel {
  let proving: { readonly keys: SessionKeys; readonly randomA: Uint8Array; readonly randomB: Uint8Array; readonly isDefault: boolean } | undefined;
  let open: { readonly keys: SessionKeys; commandMac: Uint8Array; replyMac: Uint8Array } | undefined;

  return {
    challenged(frame, randomA) {
      open = undefined;
      const asksDefault = frame.security?.content[0] === 0;
      // A PD in install mode answers with SCBK-D whatever it is asked with.
      const isDefault = keys.installMode && (asksDefault || keys.scbk === undefined);
      const scbk = isDefault ? SCBK_D : asksDefault ? undefined : keys.scbk;
      if (scbk === undefined) return undefined;
      const session = sessionKeys(aes, scbk, randomA);
      const randomB = randomBytes(8);
      proving = { keys: session, randomA, randomB, isDefault };
      const payload = Uint8Array.of(...clientId, ...randomB, ...clientCryptogram(aes, session, randomA, randomB));
      return { code: 0x76, payload, security: { type: SCS.clientCryptogram, content: Uint8Array.of(isDefault ? 0 : 1) } };
    },
    proved(cryptogram) {
      if (proving === undefined) return undefined;
      const { keys: session, randomA, randomB } = proving;
      proving = undefined;
      const server = serverCryptogram(aes, session, randomA, randomB);
      if (!isSame(server, cryptogram)) return undefined;
      const replyMac = initialReplyMac(aes, session, server);
      open = { keys: session, commandMac: replyMac, replyMac };
      return { code: 0x78, payload: replyMac, security: { type: SCS.initialMac, content: Uint8Array.of(1) } };
    },
    opened(frame) {
      if (open === undefined || frame.mac === undefined) return undefined;
      const commandMac = frameMac(aes, open.keys, frame.covered, open.replyMac);
      if (!isSame(commandMac.subarray(0, OSDP_MAC_BYTES), frame.mac)) return undefined;
      const isEncrypted = frame.security?.type === SCS.commandEncrypted;
      const payload = isEncrypted ? decryptPayload(aes, open.keys, frame.payload, open.replyMac) : frame.payload;
      if (payload !== undefined) open.commandMac = commandMac;
      return payload;
    },
    sealed(frame) {
      if (open === undefined) throw new Error("no session");
      const session = open;
      const isEncrypted = frame.payload.length > 0;
      const security = { type: isEncrypted ? SCS.replyEncrypted : SCS.replyMac, content: new Uint8Array() };
      const payload = isEncrypted ? encryptPayload(aes, session.keys, frame.payload, session.commandMac) : frame.payload;
      return encodeFrame({ ...frame, security, payload }, (covered) => (session.replyMac = frameMac(aes, session.keys, covered, session.commandMac)));
    },
    drop() {
      open = undefined;
      proving = undefined;
    },
    get isOpen() {
      return open !== undefined;
    },
  };
}
