/** Bytes of flash on an ATmega328P. */
export const FLASH_BYTES = 32_768;

/**
 * Reads a program in Intel HEX into the flash of an ATmega328P: 16-bit words, the erased rest 0xFFFF.
 *
 * @throws Error naming the line when a record is malformed, its checksum is wrong, or it lies outside the flash.
 */
export function flashFromIntelHex(text: string): Uint16Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  let hasEnded = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || hasEnded) continue;
    const refuse = (cause: string): never => {
      throw new Error(`Intel HEX line ${index + 1}: ${cause}`);
    };
    if (!/^:([0-9A-Fa-f]{2}){5,}$/.test(line)) refuse("not a record");
    const record = Uint8Array.from(line.slice(1).match(/../g)!, (pair) => Number.parseInt(pair, 16));
    const length = record[0]!;
    const address = (record[1]! << 8) | record[2]!;
    const type = record[3]!;
    if (record.length !== length + 5) refuse(`${length} bytes announced, ${record.length - 5} there`);
    if ((record.reduce((sum, byte) => sum + byte, 0) & 0xff) !== 0) refuse("wrong checksum");
    if (type === 0x01) {
      hasEnded = true;
    } else if (type === 0x00) {
      if (address + length > FLASH_BYTES) refuse(`address ${address} is outside the flash`);
      flash.set(record.subarray(4, 4 + length), address);
    } else if (type !== 0x03) {
      refuse(`record type ${type} has no place in a 32 KiB flash`);
    }
  }
  if (!hasEnded) throw new Error("Intel HEX: the end record is missing, the file was cut");
  return new Uint16Array(flash.buffer);
}
