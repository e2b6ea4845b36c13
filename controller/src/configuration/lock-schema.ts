import { hexToBytes, isLockId } from "@portico/card-protocol";
import { z } from "zod";
import { choiceOr, name, NAME_TEXT, path, wholeOr, yesOr, zoneName } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

const KEY = like(z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits, the X25519 key of the lock's sticker").optional(), `"<64 hex digits>"`);

/** `[[ttlock]]`: an account of the maker's platform. */
export const ttlock = z.strictObject({
  id: name("dormitory"),
  url: like(z.string().regex(/^https?:\/\/[^/]+$/, "https://host, without a path").default("https://cnapi.ttlock.com"), `"https://cnapi.ttlock.com"`),
  client_id: like(z.string().regex(/^[!-~]{1,64}$/, "1 to 64 printable characters"), `"<app id>"`),
  client_secret_file: like(path(), `"ttlock.secret"`),
  user: like(z.string().regex(/^[!-~]{1,64}$/, "1 to 64 printable characters"), `"campus_doors"`),
  password_file: like(path(), `"ttlock.password"`),
  accepts_clear_pins: yesOr(false),
});

/** `[[lock]]` */
export const lock = z.strictObject({
  id: like(NAME_TEXT.refine(isLockId, "1 to 64 printable characters of ASCII, no white space"), `"room-301"`),
  protocol: choiceOr(["ble", "ttlock", "carried"], "ble"),
  address: like(z.string().regex(/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/, "six bytes in capital hex with colons").optional(), `"C0:FF:EE:00:03:01"`),
  public_key: KEY,
  ttlock: like(NAME_TEXT.optional(), `"dormitory"`),
  lock_number: like(z.int().min(1).max(0xffff_ffff).optional(), "1234567"),
  zone: like(zoneName("dormitory").optional(), `"dormitory"`),
  hold_time_ms: wholeOr(1_000, 60_000, 5_000),
  extended_hold_time_ms: wholeOr(0, 30_000, 5_000),
  check_every_s: wholeOr(10, 86_400, 60),
});

/** The bytes of a key that the schema has judged. */
export const lockKeyOf = (hex: string): Uint8Array => hexToBytes(hex)!;
