import {
  type Clock,
  decodeLockMake,
  decodeOpenAnswer,
  encodeOpenRequest,
  LOCK_FRAME,
  LOCK_REFUSAL,
  type LockAnswer,
  type OpenRequest,
  PIECE_BYTES_MAX,
} from "@portico/card-protocol";
import type { RoomLockResult } from "../room-lock.ts";
import { byeText, type FrameExchange, frameExchange } from "./frame-exchange.ts";
import type { GattAdapter, GattTrouble } from "./gatt-link.ts";

/** What anybody in reach of a lock can do there, without a key of it: docs/lock-profile.md, Outside of a session. */
export interface PasserBy {
  /** Brings a signed list (16) or deny set (17), that was made for this lock and came by file or by phone. The lock believes its signature and nothing else. */
  carry(kind: 16 | 17, record: Uint8Array): Promise<RoomLockResult>;
  /**
   * Shows a pass, as a phone does that stands in front of a lock that can ask nobody.
   *
   * @param answer  the COSE_Sign1 of an HC over the lock's challenge of 8 bytes
   */
  present(answer: (challenge: Uint8Array) => Uint8Array): Promise<RoomLockResult>;
}

const ANSWER_MS = 3_000;

/** Each act has a connection of its own and is tried once: who stands there sees what came of it. Never rejects. */
export function passerBy({ adapter, address, clock }: { readonly adapter: GattAdapter; readonly address: string; readonly clock: Clock }): PasserBy {
  type Ask = (request: OpenRequest) => Promise<LockAnswer | GattTrouble>;

  async function atTheLock(act: (ask: Ask) => Promise<LockAnswer | GattTrouble>): Promise<RoomLockResult> {
    const connected = await adapter.connect(address);
    if (!connected.ok) return { ok: false, error: connected.error, detail: connected.detail };
    const { link } = connected;
    const make = decodeLockMake(link.make);
    const frames = make === undefined ? undefined : frameExchange(link, make.segmentBytes, clock);
    const heard: LockAnswer | GattTrouble =
      frames === undefined ? { error: "BadReply", detail: "the device is no lock of profile 1" } : await act((request) => askIn(frames, request));
    frames?.end("done");
    await link.close();
    if ("error" in heard) return { ok: false, error: heard.error, detail: heard.detail };
    if (heard.kind !== "refused") return { ok: true };
    return { ok: false, error: "Refused", refusal: heard.refusal, detail: LOCK_REFUSAL[heard.refusal] };
  }

  return {
    carry: (record, bytes) =>
      atTheLock(async (ask) => {
        let answer: LockAnswer | GattTrouble = { kind: "done" };
        for (let offset = 0; offset < bytes.length && !("error" in answer) && answer.kind !== "refused"; offset += PIECE_BYTES_MAX)
          answer = await ask({ kind: "piece", record, totalBytes: bytes.length, offset, bytes: bytes.slice(offset, offset + PIECE_BYTES_MAX) });
        return answer;
      }),
    present: (answer) =>
      atTheLock(async (ask) => {
        const given = await ask({ kind: "challenge" });
        return "error" in given || given.kind !== "challenge" ? given : ask({ kind: "present", pass: answer(given.challenge) });
      }),
  };
}

async function askIn(frames: FrameExchange, request: OpenRequest): Promise<LockAnswer | GattTrouble> {
  const heard = await frames.exchange(Uint8Array.of(LOCK_FRAME.open, ...encodeOpenRequest(request)), ANSWER_MS);
  if (heard.kind === "trouble") return heard.trouble;
  const answer = heard.frame[0] === LOCK_FRAME.opened ? decodeOpenAnswer(request.kind, heard.frame.subarray(1)) : undefined;
  return answer ?? { error: "BadReply", detail: byeText(heard.frame) ?? "what came is no answer of a lock" };
}
