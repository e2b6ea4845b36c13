import { DISPLAY_CHARSETS, DISPLAY_COMMANDS } from "@portico/firmware-ts";
import * as z from "zod";
import { choiceOr, name, NAME_TEXT } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[keypad]]` */
export const keypad = z.strictObject({ id: name("canteen-1-keypad"), wire: name("canteen-1-keypad") });

/** The keypad that a terminal has, or the display; where a display is. */
export const tillPart = (write: string) => like(NAME_TEXT.optional(), `"${write}"`);

/** `[[beacon]]` */
export const beacon = z.strictObject({
  id: name("library-beacon"),
  adapter: like(
    z
      .string()
      .regex(/^hci\d{1,3}$/, "hci with its number")
      .default("hci0"),
    `"hci0"`,
  ),
  name: like(
    z
      .string()
      .regex(/^[ -~]{1,26}$/, "1 to 26 printable characters of ASCII")
      .optional(),
    `"Library"`,
  ),
});

/** `[[display]]` */
export const display = z.strictObject({
  id: name("canteen-1-display"),
  wire: tillPart("canteen-1-display"),
  pd: tillPart("library-reader"),
  reader: like(z.int().min(0).max(7).optional(), "0"),
  commands: like(z.enum(DISPLAY_COMMANDS).optional(), `"esc-pos"`),
  charset: like(z.enum(DISPLAY_CHARSETS).optional(), `"ascii"`),
  language: choiceOr(["en", "zh"], "en"),
});
