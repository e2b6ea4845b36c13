import { hexToBytes, isLockId, LOCK_RULES } from "@portico/card-protocol";
import * as z from "zod";
import { choiceOr, isOrigin, NAME_TEXT, path, wholeOr, yesOr, zoneName } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

const KEY = like(
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits, the X25519 key of the lock's sticker")
    .optional(),
  `"<64 hex digits>"`,
);

export { kiosk } from "./kiosk-schema.ts";

const ORIGIN = "https://host or https://host:port, without a path; http:// to this machine alone";

/** `[ttlock]`: the account of TTLock's open platform. */
export const ttlock = z.strictObject({
  url: like(z.string().refine(isOrigin, ORIGIN).default("https://cnapi.ttlock.com"), `"https://cnapi.ttlock.com"`),
  client_id: like(z.string().regex(/^[\x21-\x7e]{1,64}$/, "1 to 64 printable characters"), `"<client_id of the application>"`),
  user: like(z.string().regex(/^[\x21-\x7e]{1,64}$/, "1 to 64 printable characters"), `"+8618900000000"`),
  secret_file: like(path(), `"ttlock.secret"`),
});

/** `[[lock]]` */
export const lock = z.strictObject({
  id: like(NAME_TEXT.refine(isLockId, "1 to 64 printable characters of ASCII, no white space"), `"room-301"`),
  protocol: choiceOr(["ble", "carried", "ttlock"], "ble"),
  address: like(
    z
      .string()
      .regex(/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/, "six bytes in capital hex with colons")
      .optional(),
    `"C0:FF:EE:00:03:01"`,
  ),
  public_key: KEY,
  lock_id: like(z.int().min(1).max(2_147_483_647).optional(), "163377"),
  accepts: like(z.array(z.enum(LOCK_RULES)).max(LOCK_RULES.length).optional(), `["14.3"]`),
  zone: like(zoneName("dormitory").optional(), `"dormitory"`),
  cards: yesOr(false),
  hold_time_ms: wholeOr(1_000, 60_000, 5_000),
  extended_hold_time_ms: wholeOr(0, 30_000, 5_000),
  check_every_s: like(z.int().min(10).max(86_400).optional(), "60"),
});

/** The bytes of a key that the schema has judged. */
export const lockKeyOf = (hex: string): Uint8Array => hexToBytes(hex)!;
