import { isListId } from "@portico/card-protocol";
import * as z from "zod";
import { choiceOr, inputRef, name, relayRef, wholeOr, yesOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** Which side of the cabin opens at a floor. */
export const LIFT_DOORS = ["front", "rear"] as const;
/** The most floor doors of one lift: 64 floors with two doors each. */
export const FLOORS_MAX = 128;

/** `[[lift.floor]]`. Ids are short: an event names 128 of them in one text. */
const floor = z.strictObject({
  id: like(z.string().regex(/^[a-z0-9][a-z0-9-]{0,5}$/, "1 to 6 of a-z, 0-9 and hyphen, a letter or digit first"), `"3"`),
  door: choiceOr(LIFT_DOORS, "front"),
  relay: like(relayRef.optional(), `{ board = "lift-1-board", relay = 2 }`),
  button: like(inputRef.optional(), `{ board = "lift-1-board", input = 2 }`),
  access_point: like(z.string().refine(isListId, "1 to 64 letters and digits, behind the first also '.', '_', '-' and '/'").optional(), `"library-floor-3"`),
  always_free: yesOr(false),
  power_loss: like(z.enum(["secured", "free"]).optional(), `"secured"`),
});

/** `[[lift]]` */
export const lift = z.strictObject({
  id: name("lift-1"),
  floor: like(z.array(floor).max(FLOORS_MAX).default([]), "[]"),
  grant_time_ms: wholeOr(1000, 60_000, 8000),
  extended_grant_time_ms: wholeOr(0, 60_000, 8000),
  floors_per_grant: choiceOr(["any", "one"], "any"),
  power_loss: choiceOr(["secured", "free"], "secured"),
  module_off_line: choiceOr(["secured", "free"], "secured"),
  fire: like(inputRef.optional(), `{ board = "lift-1-board", input = 7 }`),
  in_fire: choiceOr(["free", "secured"], "free"),
  debounce_ms: wholeOr(0, 2000, 50),
});
