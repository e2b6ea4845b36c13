import { type Language, LANGUAGES } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import type { Surroundings } from "./surroundings.ts";

export interface LanguageOptions {
  readonly lang?: Language;
}

/** `--lang`: of sentences for people; what programs read has both. */
export const languageOption = (command: Command): Command =>
  command.addOption(
    new Option("--lang <language>", "language of sentences for people (default: zh where LC_ALL, LC_MESSAGES or LANG says so, else en)").choices(LANGUAGES),
  );

/** The language that was asked for, else that of whoever types: the first of LC_ALL, LC_MESSAGES and LANG that is set decides (POSIX, Environment Variables §8.2). */
export function chosenLanguage({ env }: Pick<Surroundings, "env">, { lang }: LanguageOptions): Language {
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return lang ?? (locale?.startsWith("zh") === true ? "zh" : "en");
}
