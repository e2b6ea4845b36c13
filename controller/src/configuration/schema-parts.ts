import * as z from "zod";
import { like } from "./schema-words.ts";

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** The id of a table. */
export const NAME_TEXT = z.string().regex(NAME, "1 to 64 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first");
/** A name that has to be written. */
export const name = (write: string) => like(NAME_TEXT, `"${write}"`);
/** A path or host: a zero byte would end it for the system, a line end or an escape would drive whoever's terminal shows it. */
// oxlint-disable-next-line no-control-regex -- the very characters that must not come through
export const isPlain = (text: string): boolean => !/[\u0000-\u001f\u007f-\u009f]/.test(text);
/** True for the origin of somebody who is given secrets and gives some: in clear to this machine alone. */
export function isOrigin(text: string): boolean {
  const [, scheme, authority] = /^(https?):\/\/([^\s/?#@]+)$/.exec(text) ?? [];
  if (authority === undefined || !URL.canParse(text) || !isPlain(text)) return false;
  return scheme === "https" || /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(authority);
}
/** A path of the machine. */
export const path = () => z.string().min(1).refine(isPlain, "no path may hold a control character");
/** A whole number that has to be written. */
export const whole = (from: number, to: number, write: number) => like(z.int().min(from).max(to), String(write));
/** A whole number with a preset. */
export const wholeOr = (from: number, to: number, preset: number) => like(z.int().min(from).max(to).default(preset), String(preset));
/** True or false, with a preset. */
export const yesOr = (preset: boolean) => like(z.boolean().default(preset), String(preset));
/** One of some words, with a preset. */
export const choiceOr = <const V extends readonly [string, ...string[]]>(values: V, preset: NoInfer<V[number]>) =>
  like(z.enum(values).default(preset as never), JSON.stringify(preset));

/** A relay of a board. */
export const relayRef = like(z.strictObject({ board: name("gate-1-board"), relay: whole(0, 255, 0) }), `{ board = "gate-1-board", relay = 0 }`);
/** An input of a board. */
export const inputRef = like(z.strictObject({ board: name("gate-1-board"), input: whole(0, 255, 0) }), `{ board = "gate-1-board", input = 0 }`);
/** A door's contact: an input, and what its closing says. */
export const contactRef = like(
  z.strictObject({ board: name("library-board"), input: whole(0, 255, 0), closed_means: choiceOr(["closed", "open"], "closed") }),
  `{ board = "library-board", input = 0, closed_means = "closed" }`,
);

const ZONE = /^[a-z0-9][a-z0-9._-]{0,58}$/;
/** A zone of the cloud. */
export const zoneName = (write: string) =>
  like(z.string().regex(ZONE, "1 to 59 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first"), `"${write}"`);
