const POLYNOMIAL = 0x1021;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/**
 * CRC-16 with the polynomial 0x1021, not reflected, as OSDP, XMODEM and our relay board have it.
 *
 * @param start  first value of the register: 0x1D0F for OSDP (SIA OSDP 2.2 §5.9) and the relay board, 0 for XMODEM
 * @returns      0..0xFFFF; 0 over bytes with their own CRC behind them, high byte first
 */
export function crcCcitt(bytes: Uint8Array, start: number): number {
  let crc = start;
  for (const byte of bytes) crc = ((crc << 8) ^ TABLE[(crc >>> 8) ^ byte]!) & 0xffff;
  return crc;
}
