import * as z from "zod";
import { RECOGNITION_METHODS } from "../core/authentication.ts";
import { name, wholeOr, yesOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[pin]` */
export const pin = z.strictObject({
  tries_max: wholeOr(1, 5, 5),
  reader_tries_max: wholeOr(1, 100, 10),
  lock_out_s: wholeOr(60, 86_400, 900),
  wait_s: wholeOr(3, 60, 20),
  duress: yesOr(false),
});

const anyOf = like(
  z
    .array(z.array(z.enum(RECOGNITION_METHODS)).max(3))
    .min(1)
    .max(8),
  `[["card", "pin"], ["pass"]]`,
);

/** `[[authentication_profile]]` */
export const authenticationProfile = z.strictObject({
  id: name("laboratory"),
  any_of: anyOf,
  policy: like(z.array(z.strictObject({ schedule: like(z.string().min(1).max(64), `"night"`), any_of: anyOf })).max(16).default([]), "[]"), // prettier-ignore
});
