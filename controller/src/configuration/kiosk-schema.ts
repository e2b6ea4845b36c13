import * as z from "zod";
import { name, NAME_TEXT, wholeOr, yesOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[kiosk]]` */
export const kiosk = z.strictObject({
  id: name("library-1"),
  items: like(NAME_TEXT.optional(), `"library-1-items"`),
  check_digit: yesOr(true),
  session_s: wholeOr(10, 600, 60),
});
