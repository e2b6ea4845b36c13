/** What Wireshark is told of each frame: LINKTYPE_USER0, whose dissector (`osdp`) is chosen under Preferences, Protocols, DLT_USER. Source: tcpdump.org/linktypes. */
export const OSDP_LINK_TYPE = 147;
const MAGIC = 0xa1b2c3d4;
const SNAP_BYTES = 0xffff;

/** The head of a pcap file, 24 bytes. Source: draft-ietf-opsawg-pcap §4. */
export const pcapHead = (): Uint8Array => littleEndian([MAGIC, 4], [2, 2], [4, 2], [0, 4], [0, 4], [SNAP_BYTES, 4], [OSDP_LINK_TYPE, 4]);

/**
 * One frame as a record of a pcap file.
 *
 * @param atMs  Unix time in milliseconds
 */
export function pcapRecord(frame: Uint8Array, atMs: number): Uint8Array {
  const [seconds, micros] = [Math.floor(atMs / 1_000), Math.floor((atMs % 1_000) * 1_000)];
  const head = littleEndian([seconds, 4], [micros, 4], [frame.length, 4], [frame.length, 4]);
  return Uint8Array.of(...head, ...frame);
}

function littleEndian(...values: readonly (readonly [number, number])[]): Uint8Array {
  return Uint8Array.from(values.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256)));
}
