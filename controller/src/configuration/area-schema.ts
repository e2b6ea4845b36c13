import * as z from "zod";
import { ANTIPASSBACKS } from "../core/area.ts";
import { choiceOr, name } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[interlock]]` */
export const interlock = z.strictObject({
  id: name("airlock"),
  doors: like(z.array(name("outer")).min(2).max(16), `["outer", "inner"]`),
});

/** `[[area]]` */
export const area = z.strictObject({
  id: name("reading-room"),
  antipassback: choiceOr(ANTIPASSBACKS, "off"),
  antipassback_time_s: like(z.int().min(1).max(604_800).optional(), "600"),
  holders_max: like(z.int().min(1).max(1_000_000).optional(), "200"),
});
