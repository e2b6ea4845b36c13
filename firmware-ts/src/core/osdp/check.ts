import { crcCcitt } from "../crc-ccitt.ts";

/** First value of the CRC register. Source: SIA OSDP 2.2 §5.9. */
const CRC_START = 0x1d0f;

/**
 * CRC-16 of an OSDP frame. Source: SIA OSDP 2.2 §5.9. Polynomial 0x1021, not reflected, first value 0x1D0F.
 *
 * @param bytes  from SOM to the last byte before the CRC, the MAC among them
 * @returns      0..0xFFFF; goes on the line low byte first
 */
export const osdpCrc = (bytes: Uint8Array): number => crcCcitt(bytes, CRC_START);

/** The one-byte check of frames without CRC: what makes the sum of all bytes 0 modulo 256. Source: SIA OSDP 2.2 §5.9. */
export function osdpChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
