import type { OsdpReply } from "./reply.ts";

/** The longest text that is put together out of parts; a scanner's frame is no longer either. */
const CONTENT_BYTES_MAX = 4_096;
/** So many bytes or fewer are a card's number; no pass is that short, and no card longer. */
const CARD_BYTES_MAX = 10;
const PART_HEAD_BYTES = 6;

/** Puts together what a reader sends in parts. */
export interface ScanContent {
  /**
   * What a reader read, as a line that a scanner would have sent.
   *
   * @returns undefined for what is no scan, or one of several parts; `unreadable` for a part that fits no other
   */
  of(reply: OsdpReply): Uint8Array | "unreadable" | undefined;
}

/**
 * - RAW of whole bytes, up to ten of them: a card's UID, as hex. RAW of whole bytes beyond: a text, as it is. RAW of any other number of bits: those bits, as
 *   `0` and `1`.
 * - FMT: its characters.
 * - MFGREP: a text as it is, or a part of one: total length, offset and length of the part, 16 bits each, low byte first (the parts of SIA OSDP 2.2 §5.10).
 *
 * @param reader  number of the reader in its PD; what others read is passed over. MFGREP bears no number and is reader 0's
 */
export function scanContent(reader: number): ScanContent {
  let parts: { readonly total: number; readonly bytes: Uint8Array; filled: number } | undefined;

  function ofManufacturer(content: Uint8Array): Uint8Array | "unreadable" | undefined {
    const [total, offset, length] = [0, 2, 4].map((at) => (content[at] ?? 0) | ((content[at + 1] ?? 0) << 8)) as [number, number, number];
    const isPart = content.length === PART_HEAD_BYTES + length && total <= CONTENT_BYTES_MAX && offset + length <= total && length > 0;
    if (!isPart) return content.length === 0 || content.length > CONTENT_BYTES_MAX ? "unreadable" : content;
    if (offset === 0) parts = { total, bytes: new Uint8Array(total), filled: 0 };
    if (parts === undefined || parts.total !== total || parts.filled !== offset) {
      parts = undefined;
      return "unreadable";
    }
    parts.bytes.set(content.subarray(PART_HEAD_BYTES), offset);
    parts.filled += length;
    if (parts.filled < total) return undefined;
    const { bytes } = parts;
    parts = undefined;
    return bytes;
  }

  return {
    of(reply) {
      if (reply.kind === "manufacturer") return reader === 0 ? ofManufacturer(reply.content) : undefined;
      if ((reply.kind !== "raw" && reply.kind !== "formatted") || reply.reader !== reader) return undefined;
      if (reply.kind === "formatted") return reply.characters.length === 0 ? "unreadable" : reply.characters;
      const { bits, content } = reply;
      if (bits === 0) return "unreadable";
      if (bits % 8 !== 0)
        return ascii(
          Array.from(content, (byte) => byte.toString(2).padStart(8, "0"))
            .join("")
            .slice(0, bits),
        );
      return content.length > CARD_BYTES_MAX ? content : ascii(Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    },
  };
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
