import * as z from "zod";
import { AMOUNT_FEN_MAX } from "../core/terminal.ts";
import { isPlain, name, whole, wholeOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";
import { tillPart } from "./till-schema.ts";

/** `[[terminal]]` */
export const terminal = z.strictObject({
  id: name("canteen-1"),
  merchant: like(z.string().min(1).max(32).refine(isPlain, "no name may hold a control character"), `"North canteen"`),
  limit_fen: wholeOr(1, AMOUNT_FEN_MAX, 20_000),
  ceiling_fen: wholeOr(1, 1_000_000_000, 500_000),
  wait_s: wholeOr(5, 300, 60),
  keypad: tillPart("canteen-1-keypad"),
  display: tillPart("canteen-1-display"),
  limits: like(
    z.strictObject({ per_payment_fen: whole(1, AMOUNT_FEN_MAX, 2_000), total_fen: whole(1, 1_000_000_000, 10_000), count: whole(1, 65_535, 5) }).optional(),
    "{ per_payment_fen = 2000, total_fen = 10000, count = 5 }",
  ),
});
