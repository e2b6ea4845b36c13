import { claimedLength, decodeFrame, isFrameLength, OSDP_SOM, type OsdpFrameError, type ReceivedFrame } from "./frame.ts";

/** What a line delivered: a frame, or bytes that claimed to be one. */
export type Deframed =
  | { readonly kind: "frame"; readonly frame: ReceivedFrame }
  | { readonly kind: "damaged"; readonly error: OsdpFrameError; readonly detail: string };

/** Finds frames in whatever a line delivers. */
export interface OsdpDeframing {
  /** Takes bytes as they arrived. Returns what they complete, in order. */
  push(bytes: Uint8Array): readonly Deframed[];
  /** The line fell silent: a frame that was begun never ends. What stands behind its first byte is looked at again. */
  gap(): readonly Deframed[];
  /** Forgets what was begun. */
  reset(): void;
  /** True while a frame is begun. */
  readonly isPending: boolean;
}

/**
 * Deframing for one direction of a line. Bytes that are no SOM are passed over: marks, noise, the rest of what was cut off.
 *
 * A damaged frame costs its first byte, and the search goes on behind it: the next undamaged frame is found whatever stood before. While a frame is incomplete
 * nothing within it is looked at: otherwise whoever chooses a card's content could hide a frame in it. Holds at most one frame; every input ends.
 */
export function osdpDeframing(): OsdpDeframing {
  let pending: Uint8Array = new Uint8Array();

  function take(found: Deframed[]): readonly Deframed[] {
    for (;;) {
      const start = pending.indexOf(OSDP_SOM);
      pending = start < 0 ? new Uint8Array() : pending.subarray(start);
      const length = claimedLength(pending);
      if (length === undefined) return found;
      if (!isFrameLength(length)) {
        found.push({ kind: "damaged", error: "LengthWrong", detail: `claims ${length} bytes` });
        pending = pending.subarray(1);
        continue;
      }
      if (pending.length < length) return found;
      const read = decodeFrame(pending.slice(0, length));
      if (read.ok) found.push({ kind: "frame", frame: read.value });
      else found.push({ kind: "damaged", error: read.error, detail: read.detail });
      pending = pending.subarray(read.ok ? length : 1);
    }
  }

  return {
    push(bytes) {
      const joined = new Uint8Array(pending.length + bytes.length);
      joined.set(pending);
      joined.set(bytes, pending.length);
      pending = joined;
      return take([]);
    },
    gap() {
      const found: Deframed[] = [];
      while (pending.length > 0) {
        found.push({ kind: "damaged", error: "LengthWrong", detail: `cut off after ${pending.length} bytes` });
        pending = pending.subarray(1);
        take(found);
      }
      return found;
    },
    reset: () => void (pending = new Uint8Array()),
    get isPending() {
      return pending.length > 0;
    },
  };
}
