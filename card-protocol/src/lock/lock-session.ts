import { concatBytes } from "../bytes.ts";
import { encodeCbor } from "../cbor.ts";
import type { Sha256 } from "../event-chain.ts";
import type { RandomBytes } from "../random.ts";
import type { AgreementKey } from "./agreement-key.ts";
import { CHALLENGE_BYTES } from "./unlock-grant.ts";

/** What a session is computed with; node's stands in `@portico/card-protocol/node`. */
export interface SessionCrypto {
  readonly sha256: Sha256;
  /** HKDF-SHA256. RFC 5869. */
  hkdf(secret: Uint8Array, salt: Uint8Array, purpose: Uint8Array, length: number): Uint8Array;
  /** ChaCha20-Poly1305, the tag of 16 bytes behind. RFC 8439. @param nonce  12 bytes */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, additional: Uint8Array): Uint8Array;
  /** Undefined: it was not sealed so. */
  open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array, additional: Uint8Array): Uint8Array | undefined;
  /** An X25519 key from 32 unpredictable bytes. */
  agreementKey(secret: Uint8Array): AgreementKey;
}

/** Between whom a session is: what both sides were given at commissioning. */
export interface SessionParties {
  readonly site: string;
  readonly lock: string;
  readonly controller: string;
  /** X25519, 32 bytes each. */
  readonly controllerKey: Uint8Array;
  readonly lockKey: Uint8Array;
}

/** Frames by their first byte. docs/lock-profile.md, Frames. */
export const LOCK_FRAME = { hello: 1, welcome: 2, sealed: 3, open: 4, opened: 5, bye: 6 } as const;
/** Why a lock has no session with somebody: the reason of a bye. */
export const BYE_REASON = { notUnderstood: 1, notAuthentic: 2, tooMany: 3 } as const;
export const SESSION_NONCE_BYTES = 16;
const TAG_BYTES = 16;
const HELLO_BYTES = 1 + 32 + SESSION_NONCE_BYTES;
const WELCOME_BYTES = HELLO_BYTES + CHALLENGE_BYTES + TAG_BYTES;
const PURPOSE = Uint8Array.from("portico lock keys 1", (letter) => letter.charCodeAt(0));

/** Two keys and two counters: what each side says is sealed, in order, once. */
export interface LockSession {
  /** The next sealed frame. */
  seal(message: Uint8Array): Uint8Array;
  /** The message of the other side's next sealed frame. Undefined: it is not that; the session is over and opens nothing more. */
  open(frame: Uint8Array): Uint8Array | undefined;
}

/** The controller's side of a beginning. */
export interface SessionBeginning {
  /** 49 bytes. */
  readonly hello: Uint8Array;
  /** Undefined: it is no welcome of the lock whose key this is. */
  welcomed(welcome: Uint8Array): { readonly session: LockSession; readonly challenge: Uint8Array } | undefined;
}

/** Begins a session with a lock. @param own  the controller's static key */
export function beginSession(parties: SessionParties, own: AgreementKey, crypto: SessionCrypto, randomBytes: RandomBytes): SessionBeginning {
  const fresh = crypto.agreementKey(randomBytes(32));
  const hello = concatBytes([Uint8Array.of(LOCK_FRAME.hello), fresh.publicKey, randomBytes(SESSION_NONCE_BYTES)]);
  return {
    hello,
    welcomed(welcome) {
      if (welcome.length !== WELCOME_BYTES || welcome[0] !== LOCK_FRAME.welcome) return undefined;
      const ephemeral = welcome.slice(1, 33);
      const [ee, se, es] = [fresh.agree(ephemeral), own.agree(ephemeral), fresh.agree(parties.lockKey)];
      if (ee === undefined || se === undefined || es === undefined) return undefined;
      const keys = sessionKeys(parties, hello, welcome.subarray(1, HELLO_BYTES), concatBytes([ee, se, es]), crypto);
      const session = lockSession(keys.controller, keys.lock, keys.transcript, crypto);
      const challenge = session.open(concatBytes([Uint8Array.of(LOCK_FRAME.sealed), welcome.subarray(HELLO_BYTES)]));
      return challenge === undefined ? undefined : { session, challenge };
    },
  };
}

/**
 * A lock's answer to a hello. Whoever said it is known only by his first sealed frame.
 *
 * @param own        the lock's static key
 * @param challenge  16 unpredictable bytes
 * @returns undefined for what is no hello
 */
export function answerSession(
  parties: SessionParties,
  own: AgreementKey,
  hello: Uint8Array,
  challenge: Uint8Array,
  crypto: SessionCrypto,
  randomBytes: RandomBytes,
): { readonly welcome: Uint8Array; readonly session: LockSession } | undefined {
  if (hello.length !== HELLO_BYTES || hello[0] !== LOCK_FRAME.hello) return undefined;
  const ephemeral = hello.slice(1, 33);
  const fresh = crypto.agreementKey(randomBytes(32));
  const [ee, se, es] = [fresh.agree(ephemeral), fresh.agree(parties.controllerKey), own.agree(ephemeral)];
  if (ee === undefined || se === undefined || es === undefined) return undefined;
  const head = concatBytes([fresh.publicKey, randomBytes(SESSION_NONCE_BYTES)]);
  const keys = sessionKeys(parties, hello, head, concatBytes([ee, se, es]), crypto);
  const session = lockSession(keys.lock, keys.controller, keys.transcript, crypto);
  const box = session.seal(challenge).subarray(1);
  return { welcome: concatBytes([Uint8Array.of(LOCK_FRAME.welcome), head, box]), session };
}

interface SessionKeys {
  readonly controller: Uint8Array;
  readonly lock: Uint8Array;
  readonly transcript: Uint8Array;
}

/** @param head  of the welcome: ephemeral key and nonce */
function sessionKeys(parties: SessionParties, hello: Uint8Array, head: Uint8Array, secret: Uint8Array, crypto: SessionCrypto): SessionKeys {
  const { site, lock, controller, controllerKey, lockKey } = parties;
  const transcript = crypto.sha256(encodeCbor(["portico lock 1", site, lock, controller, controllerKey, lockKey, hello, head.slice(0, 32), head.slice(32)]));
  const keys = crypto.hkdf(secret, transcript, PURPOSE, 64);
  return { controller: keys.slice(0, 32), lock: keys.slice(32), transcript };
}

function lockSession(sealKey: Uint8Array, openKey: Uint8Array, transcript: Uint8Array, crypto: SessionCrypto): LockSession {
  let sealed = 0;
  let opened = 0;
  let isOver = false;
  return {
    seal: (message) => concatBytes([Uint8Array.of(LOCK_FRAME.sealed), crypto.seal(sealKey, nonceOf(sealed++), message, transcript)]),
    open(frame) {
      if (isOver || frame[0] !== LOCK_FRAME.sealed || frame.length < 1 + TAG_BYTES) return undefined;
      const message = crypto.open(openKey, nonceOf(opened++), frame.subarray(1), transcript);
      isOver = message === undefined;
      return message;
    },
  };
}

/** 4 bytes 0, then the count as u64 little-endian. No session lives for 2⁵³ frames. */
function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, count >>> 0, true);
  view.setUint32(8, Math.floor(count / 0x1_0000_0000), true);
  return nonce;
}
