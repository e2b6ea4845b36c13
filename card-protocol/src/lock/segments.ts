/** What one write or notification carries at the least: an ATT payload of 20 bytes. Bluetooth Core 5.4, Vol 3 Part F §3.2.8. */
export const SEGMENT_BYTES_MIN = 20;
export const SEGMENT_BYTES_MAX = 244;
/** The longest frame: as many segments of 20 bytes as the number in their head can count. */
export const LOCK_FRAME_BYTES_MAX = 64 * (SEGMENT_BYTES_MIN - 1);

const FIRST = 0x80;
const LAST = 0x40;
const NUMBER = 0x3f;

/**
 * A frame cut into what a characteristic carries. docs/lock-profile.md, Segments.
 *
 * @param segmentBytes  {@link SEGMENT_BYTES_MIN}..{@link SEGMENT_BYTES_MAX}
 * @throws RangeError for an empty or too long frame, or another size: the caller's mistake
 */
export function segmentsOf(frame: Uint8Array, segmentBytes: number): readonly Uint8Array[] {
  if (frame.length === 0 || frame.length > LOCK_FRAME_BYTES_MAX) throw new RangeError(`a frame has 1 to ${LOCK_FRAME_BYTES_MAX} bytes, not ${frame.length}`);
  if (!isSegmentBytes(segmentBytes)) throw new RangeError(`a segment has ${SEGMENT_BYTES_MIN} to ${SEGMENT_BYTES_MAX} bytes`);
  const room = segmentBytes - 1;
  return Array.from({ length: Math.ceil(frame.length / room) }, (_, number) => {
    const part = frame.subarray(number * room, (number + 1) * room);
    const head = number | (number === 0 ? FIRST : 0) | ((number + 1) * room >= frame.length ? LAST : 0);
    return Uint8Array.of(head, ...part);
  });
}

export const isSegmentBytes = (bytes: unknown): bytes is number =>
  typeof bytes === "number" && Number.isInteger(bytes) && bytes >= SEGMENT_BYTES_MIN && bytes <= SEGMENT_BYTES_MAX;

/** Puts segments together again. What does not follow is thrown away until the next first one. */
export class SegmentReader {
  private parts: Uint8Array[] = [];
  private bytes = 0;
  private next = -1;
  /** Segments that were thrown away. */
  broken = 0;

  /** A frame where this segment ends one. Total over any bytes. */
  push(segment: Uint8Array): Uint8Array | undefined {
    const head = segment[0] ?? 0;
    if ((head & FIRST) !== 0) this.begin(0);
    if (segment.length < 2 || (head & NUMBER) !== this.next || this.bytes + segment.length - 1 > LOCK_FRAME_BYTES_MAX) {
      this.broken++;
      this.begin(-1);
      return undefined;
    }
    this.parts.push(segment.slice(1));
    this.bytes += segment.length - 1;
    this.next = (this.next + 1) & NUMBER;
    if ((head & LAST) === 0) return undefined;
    const frame = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.parts) {
      frame.set(part, at);
      at += part.length;
    }
    this.begin(-1);
    return frame;
  }

  private begin(next: number): void {
    this.parts = [];
    this.bytes = 0;
    this.next = next;
  }
}
