/** Numbers out of a payload, low byte first. Reading beyond its end gives 0 and is remembered. */
export interface ByteReader {
  u8(): number;
  u16(): number;
  u32(): number;
  bytes(count: number): Uint8Array;
  rest(): Uint8Array;
  readonly left: number;
  /** True when everything that was read was there and nothing is left. */
  readonly isExact: boolean;
}

/** Reads a payload from its start. */
export function byteReader(payload: Uint8Array): ByteReader {
  let at = 0;
  let isShort = false;
  const u8 = (): number => {
    if (at >= payload.length) isShort = true;
    return payload[at++] ?? 0;
  };
  const bytes = (count: number): Uint8Array => {
    if (at + count > payload.length) isShort = true;
    at += count;
    return payload.slice(at - count, at);
  };
  const u16 = (): number => u8() + u8() * 0x100;
  return {
    u8,
    u16,
    u32: () => u16() + u16() * 0x1_0000,
    bytes,
    rest: () => bytes(Math.max(0, payload.length - at)),
    get left() {
      return Math.max(0, payload.length - at);
    },
    get isExact() {
      return !isShort && at === payload.length;
    },
  };
}

/** Low byte first. */
export const le16 = (value: number): readonly number[] => [value & 0xff, (value >>> 8) & 0xff];
/** Low byte first. */
export const le32 = (value: number): readonly number[] => [...le16(value & 0xffff), ...le16(Math.floor(value / 0x1_0000))];
