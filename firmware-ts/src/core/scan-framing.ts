import type { MonotonicMs } from "@portico/card-protocol";

/** What a reader sends after each scan: carriage return, line feed, both, or whichever comes. */
export const SCAN_TERMINATORS = ["cr", "lf", "crlf", "any"] as const;
/** See {@link SCAN_TERMINATORS}. */
export type ScanTerminator = (typeof SCAN_TERMINATORS)[number];

/** A longer frame is no scan: the line is noisy, or its terminator is set wrong. */
export const SCAN_BYTES_MAX = 4_096;

/** One frame without terminator and AIM prefix; or one that could not be a scan. */
export type ScanFrame = { readonly kind: "scan"; readonly bytes: Uint8Array; readonly receivedAt: MonotonicMs } | { readonly kind: "unreadable" };

/** Cuts what a reader sends into scans: by terminator, and by silence where the terminator is missing. */
export interface ScanFraming {
  /** Takes bytes as they arrived at `at`. Returns the frames that they complete, in order. */
  push(bytes: Uint8Array, at: MonotonicMs): readonly ScanFrame[];
  /** The line fell silent: what is pending is a frame. */
  gap(): readonly ScanFrame[];
  /** The line broke: what is pending was cut off and is no scan. */
  cutOff(): readonly ScanFrame[];
  /** When the last byte arrived; undefined when nothing is pending. */
  readonly pendingSince: MonotonicMs | undefined;
}

const CR = 0x0d;
const LF = 0x0a;
/** `]`, a letter and a modifier: which symbology was read, ISO/IEC 15424. Neither Base45 nor a card number begins with `]`. */
const AIM_PREFIX = /^\][A-Za-z][0-9A-Za-z]/;
const AIM_BYTES = 3;

/**
 * Framing for one reader. Nothing is decoded: a combined QR-and-card head sends both kinds as lines, and both come out as scans.
 *
 * A terminated frame counts from its terminator's first byte, one ended by silence from its last byte. A terminator with nothing before it is an empty
 * frame and unreadable, but for one that comes late, after silence has already ended its frame. An over-long frame is unreadable once; the next terminator
 * or silence starts afresh.
 */
export function scanFraming(terminator: ScanTerminator): ScanFraming {
  const pending = new Uint8Array(SCAN_BYTES_MAX);
  let length = 0;
  let isOverlong = false;
  let lastAt: MonotonicMs | undefined;
  /** With `crlf`: a CR that is half a terminator or content, as the next byte tells. */
  let heldCrAt: MonotonicMs | undefined;
  /** Which terminator may still belong to the frame before. */
  let belongsToLast: "any" | "lf" | "none" = "any";
  let frames: ScanFrame[] = [];

  function take(byte: number, at: MonotonicMs): void {
    if (terminator === "crlf") {
      const crAt = heldCrAt;
      heldCrAt = undefined;
      if (crAt !== undefined && byte === LF) return end("crlf", crAt);
      if (crAt !== undefined) store(CR, crAt);
      if (byte === CR) heldCrAt = lastAt = at;
      else store(byte, at);
    } else if (byte === CR && terminator !== "lf") end("cr", at);
    else if (byte === LF && terminator !== "cr") end("lf", at);
    else store(byte, at);
  }

  function store(byte: number, at: MonotonicMs): void {
    lastAt = at;
    belongsToLast = "none";
    if (isOverlong) return;
    if (length < SCAN_BYTES_MAX) pending[length++] = byte;
    else {
      isOverlong = true;
      frames.push({ kind: "unreadable" });
    }
  }

  function end(by: "cr" | "lf" | "crlf", at: MonotonicMs): void {
    const isLate = belongsToLast === "any" || (belongsToLast === "lf" && by === "lf");
    if (length > 0 || !isLate) deliver(at);
    reset(terminator === "any" && by === "cr" ? "lf" : "none");
  }

  /** Turns what is pending into a frame; an over-long one has been reported already. */
  function deliver(at: MonotonicMs): void {
    if (isOverlong) return;
    const start = AIM_PREFIX.test(String.fromCharCode(...pending.subarray(0, Math.min(length, AIM_BYTES)))) ? AIM_BYTES : 0;
    frames.push(length > start ? { kind: "scan", bytes: pending.slice(start, length), receivedAt: at } : { kind: "unreadable" });
  }

  function reset(next: typeof belongsToLast): void {
    length = 0;
    isOverlong = false;
    lastAt = heldCrAt = undefined;
    belongsToLast = next;
  }

  function told(): readonly ScanFrame[] {
    const out = frames;
    frames = [];
    return out;
  }

  /** Drops what is left of a terminator that this reader was not expected to send. */
  function trimTerminators(): void {
    while (length > 0 && (pending[length - 1] === CR || pending[length - 1] === LF)) length--;
  }

  return {
    push(bytes, at) {
      for (const byte of bytes) take(byte, at);
      return told();
    },
    gap() {
      trimTerminators();
      if (length > 0) deliver(lastAt!);
      reset("any");
      return told();
    },
    cutOff() {
      trimTerminators();
      if (length > 0 && !isOverlong) frames.push({ kind: "unreadable" });
      reset("any");
      return told();
    },
    get pendingSince() {
      return lastAt;
    },
  };
}
