import { readChallengeText } from "@portico/card-protocol";
import { InvalidArgumentError } from "commander";
import { EXIT, Failure, Interrupted } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The text of a pass from the command line; `-`, or no argument in a pipe, reads standard input. Never trimmed but for one line end: a scan is judged as it is.
 *
 * @throws Interrupted  Ctrl-C came before the input ended
 */
export async function passInput({ input, interrupted }: Pick<Surroundings, "input" | "interrupted">, typed: string | undefined): Promise<string> {
  if (typed !== undefined && typed !== "-") return typed;
  let text = "";
  try {
    text = await input();
  } catch (error) {
    // An input that is let go of in the middle fails, whatever it says of that.
    if (!interrupted.aborted) throw error;
  }
  if (interrupted.aborted) throw new Interrupted();
  if (text === "") throw new Failure(EXIT.usage, "no pass was given", "standard input", "give its text as an argument, in quotes: it may hold blanks and $");
  return text.replace(/\r?\n$/, "");
}

/** Reads Unix seconds or an ISO 8601 instant with its offset. */
export function instant(text: string): number {
  const seconds = /^\d{1,10}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text)
      ? Math.floor(Date.parse(text) / 1000)
      : Number.NaN;
  if (!(seconds >= 0 && seconds <= 0xffff_ffff)) throw new InvalidArgumentError("Unix seconds or a time such as 2026-09-01T08:00:00+08:00 is wanted.");
  return seconds;
}

/** Reads a credential id. */
export function credentialId(text: string): string {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new InvalidArgumentError("16 lower-case hex digits are wanted.");
  return text;
}

/** Reads a challenge, as a reader's screen shows it or as hex. */
export function challenge(text: string): Uint8Array {
  const bytes = readChallengeText(text);
  if (bytes === undefined) throw new InvalidArgumentError("What a reader shows is wanted: 20 digits, or 16 hex digits.");
  return bytes;
}

/** Reads a site id. */
export function siteId(text: string): string {
  if (!/^[a-z0-9-]{1,32}$/.test(text)) throw new InvalidArgumentError("1 to 32 of a-z, 0-9 and hyphen are wanted.");
  return text;
}
