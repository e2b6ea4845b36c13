import {
  type Clock,
  decodeLockMake,
  decodeOpenAnswer,
  encodeOpenRequest,
  LOCK_FRAME,
  type LockAbility,
  type LockAnswer,
  type LockMake,
  type OpenRequest,
  PIECE_BYTES_MAX,
} from "@portico/card-protocol";
import type { RoomLockResult } from "../room-lock.ts";
import { byeText, type FrameExchange, frameExchange } from "./frame-exchange.ts";
import type { GattAdapter, GattTrouble } from "./gatt-link.ts";
import { refusalText } from "./refusal-text.ts";

/** What anybody in reach of a lock can do there, without a key of it: docs/lock-profile.md, Outside of a session. */
export interface PasserBy {
  /**
   * Brings a signed list (16) or deny set (17), that was made for this lock and came by file or by phone. The lock believes its signature and nothing else. A
   * piece that is lost on the way is said again over a new connection, where the lock goes on or begins anew; it gives up after {@link TRIES_MAX} connections
   * that brought nothing further.
   *
   * @param onPiece  told behind each piece how many bytes the lock has
   */
  carry(kind: 16 | 17, record: Uint8Array, onPiece?: (bytes: number) => void): Promise<RoomLockResult>;
  /**
   * Shows a pass, as a phone does that stands in front of a lock that can ask nobody. Tried once: who stands there sees what came of it.
   *
   * @param answer  the COSE_Sign1 of an HC over the lock's challenge of 8 bytes
   */
  present(answer: (challenge: Uint8Array) => Uint8Array): Promise<RoomLockResult>;
}

const ANSWER_MS = 3_000;
const AGAIN_MS = 500;
/** So many connections in a row may fail to bring anything. */
const TRIES_MAX = 4;
const ABILITY: Readonly<Record<16 | 17, LockAbility>> = { 16: "list", 17: "denySet" };

type Ask = (request: OpenRequest) => Promise<LockAnswer | GattTrouble>;

/** Each act has connections of its own. Never rejects. */
export function passerBy({
  adapter,
  address,
  clock,
}: {
  readonly adapter: GattAdapter;
  readonly address: string;
  readonly clock: Pick<Clock, "after">;
}): PasserBy {
  async function atTheLock(ability: LockAbility | undefined, act: (ask: Ask) => Promise<LockAnswer | GattTrouble>): Promise<RoomLockResult> {
    const connected = await adapter.connect(address);
    if (!connected.ok) return { ok: false, error: connected.error, detail: connected.detail };
    const { link } = connected;
    const make = decodeLockMake(link.make);
    const frames = make === undefined ? undefined : frameExchange(link, make.segmentBytes, clock);
    const result = await talked(make, frames, ability, act);
    frames?.end("done");
    await link.close();
    return result;
  }

  async function carry(kind: 16 | 17, record: Uint8Array, onPiece: (bytes: number) => void): Promise<RoomLockResult> {
    let there = 0;
    let most = 0;
    for (let vain = 0; ;) {
      const before = there;
      const result = await atTheLock(ABILITY[kind], async (ask) => {
        const heard = await pieces(ask, kind, record, before, (bytes) => onPiece((there = bytes)));
        // Whatever came of the pieces before, the lock has them no more: from the beginning, once in a connection.
        const isForgotten = before > 0 && !("error" in heard) && heard.kind === "refused" && heard.refusal === "Malformed" && there === before;
        return isForgotten ? pieces(ask, kind, record, 0, (bytes) => onPiece((there = bytes))) : heard;
      });
      if (result.ok || (result.error !== "Disconnected" && result.error !== "TimedOut")) return result;
      vain = there > most ? 1 : vain + 1;
      most = Math.max(most, there);
      if (vain === TRIES_MAX) return result;
      await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve));
    }
  }

  return {
    carry: (kind, record, onPiece = () => {}) => carry(kind, record, onPiece),
    present: (answer) =>
      atTheLock(undefined, async (ask) => {
        const given = await ask({ kind: "challenge" });
        return "error" in given || given.kind !== "challenge" ? given : ask({ kind: "present", pass: answer(given.challenge) });
      }),
  };
}

async function talked(
  make: LockMake | undefined,
  frames: FrameExchange | undefined,
  ability: LockAbility | undefined,
  act: (ask: Ask) => Promise<LockAnswer | GattTrouble>,
): Promise<RoomLockResult> {
  if (make === undefined || frames === undefined) return { ok: false, error: "BadReply", detail: "the device is no lock of profile 1" };
  if (ability !== undefined && !make.can.includes(ability))
    return { ok: false, error: "Unsupported", detail: `this lock takes no ${ability === "list" ? "list" : "deny set"}` };
  const heard = await act((request) => askIn(frames, request));
  if ("error" in heard) return { ok: false, error: heard.error, detail: heard.detail };
  return heard.kind === "refused" ? { ok: false, error: "Refused", refusal: heard.refusal, detail: refusalText(heard) } : { ok: true };
}

/** From where the lock has the record to its end. */
async function pieces(ask: Ask, kind: 16 | 17, record: Uint8Array, from: number, onPiece: (bytes: number) => void): Promise<LockAnswer | GattTrouble> {
  for (let offset = from; ;) {
    const answer = await ask({ kind: "piece", record: kind, totalBytes: record.length, offset, bytes: record.slice(offset, offset + PIECE_BYTES_MAX) });
    if ("error" in answer || answer.kind !== "taken") return answer;
    if (answer.bytes <= offset || answer.bytes > record.length) return { error: "BadReply", detail: `the lock counts ${answer.bytes} bytes behind ${offset}` };
    onPiece((offset = answer.bytes));
    if (offset === record.length) return answer;
  }
}

async function askIn(frames: FrameExchange, request: OpenRequest): Promise<LockAnswer | GattTrouble> {
  const heard = await frames.exchange(Uint8Array.of(LOCK_FRAME.open, ...encodeOpenRequest(request)), ANSWER_MS);
  if (heard.kind === "trouble") return heard.trouble;
  const answer = heard.frame[0] === LOCK_FRAME.opened ? decodeOpenAnswer(request.kind, heard.frame.subarray(1)) : undefined;
  return answer ?? { error: "BadReply", detail: byeText(heard.frame) ?? "what came is no answer of a lock" };
}
