import { readFileSync } from "node:fs";
import { Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { typedPath } from "./places.ts";

/** `--passphrase-file`. */
export const passphraseOption = (): Option => new Option("--passphrase-file <file>", "file whose first line is the passphrase; - reads standard input");

/** The passphrase that the option names; undefined: there is none. */
export async function passphraseOf(surroundings: Surroundings, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = file === "-" ? await surroundings.input() : readFileSync(typedPath(surroundings, file), "utf8");
  const [phrase = ""] = text.split(/\r?\n/);
  if (phrase.length >= PASSPHRASE_CHARS_MIN) return phrase;
  throw new Failure(EXIT.usage, `a passphrase has at least ${PASSPHRASE_CHARS_MIN} characters`, `--passphrase-file ${file}`, "choose several words that nobody would put together"); // prettier-ignore
}
const PASSPHRASE_CHARS_MIN = 12;
