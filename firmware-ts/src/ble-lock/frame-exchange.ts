import { BYE_REASON, type Clock, LOCK_FRAME, SegmentReader, segmentsOf } from "@portico/card-protocol";
import type { GattLink, GattTrouble } from "./gatt-link.ts";

const EARLY_MAX = 16;

/** A frame, or why there is none. */
export type Heard = { readonly kind: "frame"; readonly frame: Uint8Array } | { readonly kind: "trouble"; readonly trouble: GattTrouble };

/** Frames over one connection: one is said, and one is waited for. */
export interface FrameExchange {
  /** Sends a frame, or nothing, and waits for one. */
  exchange(frame: Uint8Array | undefined, withinMs: number): Promise<Heard>;
  end(why: string): void;
}

/** @param segmentBytes  as the lock's Info says */
export function frameExchange(link: GattLink, segmentBytes: number, clock: Pick<Clock, "after">): FrameExchange {
  const reader = new SegmentReader();
  let waiting: ((heard: Heard) => void) | undefined;
  /** Came while nobody waited: a touch close behind another. */
  const early: Uint8Array[] = [];
  let ended: string | undefined;
  /** Of the frame that is being said: its last segment was handed over, or may have been. */
  let isWhole = true;
  const unsent = (): { readonly isUnsent?: true } => (isWhole ? {} : { isUnsent: true });
  const stops = [
    link.onSegment((segment) => {
      const frame = reader.push(segment);
      if (frame === undefined) return;
      if (waiting !== undefined) waiting({ kind: "frame", frame });
      else if (early.length < EARLY_MAX) early.push(frame);
    }),
    link.onGone(end),
  ];

  function end(why: string): void {
    if (ended !== undefined) return;
    ended = why;
    for (const stop of stops) stop();
    waiting?.({ kind: "trouble", trouble: { error: "Disconnected", detail: why, ...unsent() } });
  }

  return {
    end,
    exchange(frame, withinMs) {
      return new Promise((resolve) => {
        if (ended !== undefined) return resolve({ kind: "trouble", trouble: { error: "Disconnected", detail: ended, isUnsent: true } });
        const next = frame === undefined ? early.shift() : undefined;
        if (next !== undefined) return resolve({ kind: "frame", frame: next });
        if (frame !== undefined) early.length = 0;
        const cancel = clock.after(withinMs, () =>
          settle({ kind: "trouble", trouble: { error: "TimedOut", detail: `no answer within ${withinMs / 1000} s`, ...unsent() } }),
        );
        let isSettled = false;
        const settle = (heard: Heard): void => {
          if (isSettled) return;
          isSettled = true;
          cancel();
          waiting = undefined;
          resolve(heard);
        };
        waiting = settle;
        if (frame !== undefined) void send(frame, () => isSettled, settle);
      });
    },
  };

  async function send(frame: Uint8Array, isSettled: () => boolean, settle: (heard: Heard) => void): Promise<void> {
    const segments = segmentsOf(frame, segmentBytes);
    isWhole = false;
    for (const [nth, segment] of segments.entries()) {
      if (isSettled()) return;
      isWhole = nth === segments.length - 1;
      const trouble = await link.write(segment);
      if (trouble !== undefined) return settle({ kind: "trouble", trouble: { ...trouble, ...unsent() } });
    }
  }
}

/** Why a lock says bye, in words; undefined: it does not. */
export function byeText(frame: Uint8Array): string | undefined {
  if (frame[0] !== LOCK_FRAME.bye) return undefined;
  if (frame[1] === BYE_REASON.tooMany) return "the lock takes no more conversations for a minute";
  return frame[1] === BYE_REASON.notAuthentic ? "the lock does not know this controller's key" : "the lock does not understand";
}
