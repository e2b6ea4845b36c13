import { type CredentialId, err, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { CounterBlocks, type CounterError, type CounterStore, HeldCredential } from "@portico/card-protocol/phone";
import type { IssuedPass } from "./pass-issuer.ts";

/** Why a phone shows nothing: see `CounterError`; or its wallet holds no pass of this time. */
export type PhoneError = CounterError | "WalletEmpty";

/** A phone as a door sees it: a screen with a code on it. */
export interface VirtualPhone {
  readonly credential: CredentialId;
  /** Puts a new code on the screen. Nothing is signed without a stored counter. */
  show(): Result<string, PhoneError>;
  /** A picture of what is on the screen, to be shown later by whoever has it; undefined while nothing is. */
  screenshot(): string | undefined;
}

/** A phone with a key of its own. */
export interface HeldPhone extends VirtualPhone {
  /** Puts the answer to a reader's challenge, 8 bytes, on the screen. */
  answer(challenge: Uint8Array): Result<string, PhoneError>;
}

/** A phone that shows passes which an issuer has made. */
export interface WalletPhone extends VirtualPhone {
  /** Adds passes of this credential; those that are over are dropped. */
  load(passes: readonly IssuedPass[]): void;
}

interface PhoneTime {
  /** The right time. */
  readonly now: () => UnixSeconds;
  /** How far this phone is off: + fast, − slow. Default 0. */
  readonly clockErrorS?: number;
}

export interface HeldPhoneOptions extends PhoneTime {
  readonly site: string;
  readonly credential: CredentialId;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** Of this key alone: a file, or memory. */
  readonly counters: CounterStore;
}

/** A phone that signs passes H and HC by itself, off-line. */
export function heldPhone({ site, credential, seed, counters, now, clockErrorS = 0 }: HeldPhoneOptions): HeldPhone {
  const held = new HeldCredential({ site, credentialId: credential, signer: nodeSigner(seed), counters: new CounterBlocks(counters) });
  let screen: string | undefined;
  const phoneTime = (): UnixSeconds => unixSeconds(now() + clockErrorS);
  const put = (made: ReturnType<HeldCredential["pass"]>): Result<string, PhoneError> => {
    if (!made.ok) return made;
    screen = made.value.text;
    return ok(screen);
  };
  return {
    credential,
    show: () => put(held.pass(phoneTime())),
    answer: (challenge) => put(held.answer(challenge, phoneTime())),
    screenshot: () => screen,
  };
}

export interface WalletPhoneOptions extends PhoneTime {
  readonly credential: CredentialId;
}

/** A phone without a key at the doors: shows the newest pass that has begun. */
export function walletPhone({ credential, now, clockErrorS = 0 }: WalletPhoneOptions): WalletPhone {
  let passes: readonly IssuedPass[] = [];
  let screen: string | undefined;
  return {
    credential,
    load: (more) => void (passes = [...passes, ...more].filter(({ expiresAt }) => expiresAt > now() + clockErrorS).sort((a, b) => a.issuedAt - b.issuedAt)),
    show() {
      const at = now() + clockErrorS;
      const shown = passes.findLast(({ issuedAt, expiresAt }) => issuedAt <= at && at < expiresAt);
      if (shown === undefined) return err("WalletEmpty", `${passes.length} passes, none of now`);
      screen = shown.text;
      return ok(screen);
    },
    screenshot: () => screen,
  };
}

/** Counters that live as long as the program. For one phone, made once. */
export function memoryCounters(): CounterStore {
  let end: number | undefined;
  return {
    load: () => end,
    store(next) {
      end = next;
      return true;
    },
  };
}
