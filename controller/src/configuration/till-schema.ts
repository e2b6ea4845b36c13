import { DISPLAY_CHARSETS, DISPLAY_COMMANDS } from "@portico/firmware-ts";
import { z } from "zod";
import { choiceOr, name, NAME_TEXT } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[keypad]]` */
export const keypad = z.strictObject({ id: name("canteen-1-keypad"), wire: name("canteen-1-keypad") });

/** `[[display]]` */
export const display = z.strictObject({
  id: name("canteen-1-display"),
  wire: name("canteen-1-display"),
  commands: choiceOr(DISPLAY_COMMANDS, "esc-pos"),
  charset: choiceOr(DISPLAY_CHARSETS, "ascii"),
  language: choiceOr(["en", "zh"], "en"),
});

/** The keypad that a terminal has, or the display. */
export const tillPart = (write: string) => like(NAME_TEXT.optional(), `"${write}"`);
