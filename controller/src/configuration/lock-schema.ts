import { hexToBytes, isLockId } from "@portico/card-protocol";
import { z } from "zod";
import { choiceOr, NAME_TEXT, wholeOr, zoneName } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

const KEY = like(
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits, the X25519 key of the lock's sticker")
    .optional(),
  `"<64 hex digits>"`,
);

export { kiosk } from "./kiosk-schema.ts";

/** `[[lock]]` */
export const lock = z.strictObject({
  id: like(NAME_TEXT.refine(isLockId, "1 to 64 printable characters of ASCII, no white space"), `"room-301"`),
  protocol: choiceOr(["ble", "carried"], "ble"),
  address: like(
    z
      .string()
      .regex(/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/, "six bytes in capital hex with colons")
      .optional(),
    `"C0:FF:EE:00:03:01"`,
  ),
  public_key: KEY,
  zone: like(zoneName("dormitory").optional(), `"dormitory"`),
  hold_time_ms: wholeOr(1_000, 60_000, 5_000),
  extended_hold_time_ms: wholeOr(0, 30_000, 5_000),
  check_every_s: wholeOr(10, 86_400, 60),
});

/** The bytes of a key that the schema has judged. */
export const lockKeyOf = (hex: string): Uint8Array => hexToBytes(hex)!;
