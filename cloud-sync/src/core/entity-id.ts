import { bytesToHex, type RandomBytes } from "@portico/card-protocol";

/** True for a UUID of version 7 in lower case. RFC 9562 §5.7. */
export const isEntityId = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);

/** A new id, in the order of time: 48 bits of milliseconds, 74 of chance. RFC 9562 §5.7. @param nowMs  ms since 1970 */
export function newEntityId(nowMs: number, randomBytes: RandomBytes): string {
  const bytes = randomBytes(16);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, Math.floor(nowMs / 0x1_0000));
  bytes[4] = (nowMs >> 8) & 0xff;
  bytes[5] = nowMs & 0xff;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytesToHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new credential id: 8 random bytes, so that it says nothing. docs/card-format.md. */
export const newCredentialId = (randomBytes: RandomBytes): string => bytesToHex(randomBytes(8));

/** When an id was made, in seconds since 1970; undefined: it is none. RFC 9562 §5.7. */
export const createdAt = (id: string): number | undefined =>
  isEntityId(id) ? Math.floor(Number.parseInt(id.replace("-", "").slice(0, 12), 16) / 1000) : undefined;
