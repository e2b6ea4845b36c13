import {
  type AgreementKey,
  beginSession,
  CHALLENGE_LIFE_MS,
  type Clock,
  decodeLockAnswer,
  decodeLockMake,
  encodeLockRequest,
  type LockAnswer,
  type LockMake,
  type LockRequest,
  type LockSession,
  type RandomBytes,
  type SessionCrypto,
  type SessionParties,
} from "@portico/card-protocol";
import { byeText, type FrameExchange, frameExchange } from "./frame-exchange.ts";
import type { GattAdapter, GattLink, GattTrouble } from "./gatt-link.ts";

/** With whom, as whom, and with what a conversation is held. */
export interface ConversationMeans {
  readonly adapter: GattAdapter;
  readonly address: string;
  readonly parties: SessionParties;
  /** The controller's static X25519 key. */
  readonly own: AgreementKey;
  readonly crypto: SessionCrypto;
  readonly randomBytes: RandomBytes;
  readonly clock: Clock;
}

/** A session over a connection: one request at a time. */
export interface LockConversation {
  readonly make: LockMake;
  /** The lock's open challenge; undefined once it is spent, was given away, or may be too old by the time that a grant over it arrives. */
  takeChallenge(): Uint8Array | undefined;
  /**
   * Asks, and waits so long for the answer. Any trouble ends the conversation.
   *
   * @param onTouch  told of each touch of a finger; each gives the lock as long again
   */
  ask(request: LockRequest, withinMs: number, onTouch?: (touch: { readonly nth: number; readonly of: number }) => void): Promise<LockAnswer | GattTrouble>;
  /** Why it is over; undefined while it is not. */
  readonly over: string | undefined;
  /** Called once when it is over. */
  onOver(listener: () => void): void;
  end(why: string): Promise<void>;
}

const HANDSHAKE_MS = 4_000;
/** Older than this a challenge is not answered but asked for anew: a stale grant opens nothing, and leaves a refusal in the lock's log. */
const CHALLENGE_FRESH_MS = CHALLENGE_LIFE_MS / 2;

/** True for what an adapter or a conversation says instead of an answer. */
export const isTrouble = (heard: LockAnswer | LockConversation | GattTrouble): heard is GattTrouble => "error" in heard;

/** Connects to a lock and begins a session with it. Never rejects. */
export async function beginConversation(means: ConversationMeans): Promise<LockConversation | GattTrouble> {
  const { adapter, address, parties, own, crypto, randomBytes, clock } = means;
  const connected = await adapter.connect(address);
  if (!connected.ok) return { error: connected.error, detail: connected.detail };
  const { link } = connected;
  const make = decodeLockMake(link.make);
  if (make === undefined) return spoilt(link, "BadReply", "the device is no lock of profile 1");
  const frames = frameExchange(link, make.segmentBytes, clock);
  const beginning = beginSession(parties, own, crypto, randomBytes);
  const heard = await frames.exchange(beginning.hello, HANDSHAKE_MS);
  if (heard.kind === "trouble") return spoilt(link, heard.trouble.error, heard.trouble.detail);
  const begun = beginning.welcomed(heard.frame);
  if (begun === undefined) return spoilt(link, "BadReply", byeText(heard.frame) ?? "the lock does not show the key that it was commissioned with");
  return conversation(link, make, frames, begun.session, begun.challenge, clock);
}

async function spoilt(link: GattLink, error: GattTrouble["error"], detail: string): Promise<GattTrouble> {
  await link.close();
  return { error, detail };
}

function conversation(link: GattLink, make: LockMake, frames: FrameExchange, session: LockSession, first: Uint8Array, clock: Clock): LockConversation {
  let challenge: Uint8Array | undefined = first;
  let since = clock.monotonic();
  let over: string | undefined;
  let whenOver: (() => void) | undefined;

  function end(why: string): Promise<void> {
    if (over !== undefined) return Promise.resolve();
    over = why;
    frames.end(why);
    const closed = link.close();
    whenOver?.();
    return closed;
  }
  link.onGone((why) => void end(why));

  return {
    make,
    takeChallenge() {
      const taken = challenge;
      challenge = undefined;
      return clock.monotonic() - since < CHALLENGE_FRESH_MS ? taken : undefined;
    },
    async ask(request, withinMs, onTouch) {
      if (over !== undefined) return { error: "Disconnected", detail: over, isUnsent: true };
      let outgoing: Uint8Array | undefined = session.seal(encodeLockRequest(request));
      for (;;) {
        const heard = await frames.exchange(outgoing, withinMs);
        outgoing = undefined;
        if (heard.kind === "trouble") {
          await end(heard.trouble.detail);
          return heard.trouble;
        }
        const message = session.open(heard.frame);
        const answer = message === undefined ? undefined : decodeLockAnswer(request.kind, message);
        if (answer === undefined) {
          const detail = byeText(heard.frame) ?? "what came is no answer of this lock to what was asked";
          await end(detail);
          return { error: "BadReply", detail };
        }
        if (answer.kind === "touch") onTouch?.(answer);
        else {
          if (answer.kind === "challenge") [challenge, since] = [answer.challenge, clock.monotonic()];
          return answer;
        }
      }
    },
    get over() {
      return over;
    },
    onOver: (listener) => void (whenOver = listener),
    end,
  };
}
