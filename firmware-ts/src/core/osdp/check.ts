/** First value of the CRC register. Source: SIA OSDP 2.2 §5.9. */
const CRC_START = 0x1d0f;
const CRC_POLYNOMIAL = 0x1021;

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1;
  return crc;
});

/**
 * CRC-16 of an OSDP frame. Source: SIA OSDP 2.2 §5.9. Polynomial 0x1021, not reflected, first value 0x1D0F.
 *
 * @param bytes  from SOM to the last byte before the CRC, the MAC among them
 * @returns      0..0xFFFF; goes on the line low byte first
 */
export function osdpCrc(bytes: Uint8Array): number {
  let crc = CRC_START;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC_TABLE[(crc >>> 8) ^ byte]!) & 0xffff;
  return crc;
}

/** The one-byte check of frames without CRC: what makes the sum of all bytes 0 modulo 256. Source: SIA OSDP 2.2 §5.9. */
export function osdpChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
