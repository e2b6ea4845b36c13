import * as z from "zod";
import { choiceOr, inputRef, isPlain, name, wholeOr, yesOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[guard_station]]` */
export const guardStation = z.strictObject({
  id: name("gate-house"),
  session_s: wholeOr(60, 43_200, 3600),
  hold_s: wholeOr(10, 1200, 600),
  reason_required: yesOr(true),
  reason_s: wholeOr(5, 300, 30),
});

/** `[[guard_button]]` */
export const guardButton = z.strictObject({
  station: name("gate-house"),
  does: choiceOr(["open", "hold"], "open"),
  door: like(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}(?:\/(?:entry|exit))?$/, "a door, or <turnstile>/entry or <turnstile>/exit"), `"gate-1/entry"`),
  input: inputRef,
  pressed_means: choiceOr(["closed", "open"], "closed"),
});

/** `[[guard_reason]]` */
export const guardReason = z.strictObject({
  station: name("gate-house"),
  reason: like(z.string().min(1).max(64).refine(isPlain, "no reason may hold a control character"), `"delivery"`),
  input: like(inputRef.optional(), `{ board = "gate-1-board", input = 7 }`),
  key: like(
    z
      .string()
      .regex(/^[0-9]$/, "one digit")
      .optional(),
    `"1"`,
  ),
});
