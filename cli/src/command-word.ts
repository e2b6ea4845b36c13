import { existsSync } from "node:fs";
import { posix } from "node:path";
import type { Surroundings } from "./surroundings.ts";

/** What {@link commandWord} looks at. */
export type CommandPlace = Pick<Surroundings, "checkout" | "workingFolder" | "env">;

/**
 * How this command is typed where it runs: `portico` where it is installed or a folder of PATH has it, `npx portico` within a checkout, else by its file: npx
 * would ask a registry for a stranger's package of that name.
 */
export function commandWord({ checkout, workingFolder, env }: CommandPlace): string {
  if (checkout === undefined || isOnPath(env["PATH"] ?? "")) return "portico";
  const way = posix.relative(checkout, workingFolder);
  return way === ".." || way.startsWith("../") ? `node ${posix.join(checkout, "cli/bin/portico.js")}` : "npx portico";
}

/** The folders that npx itself puts there for its programs are not those of whoever types. */
const isOnPath = (path: string): boolean =>
  path.split(":").some((folder) => folder.startsWith("/") && !folder.includes("/node_modules") && existsSync(posix.join(folder, "portico")));

/** `portico` where a noun, an option or the words of a usage follow; not the user, package or file of that name, nor where it is typed in full already. */
const typedWord = (nouns: readonly string[]): RegExp => new RegExp(`(?<![\\w/.@-]|npx )portico (?=(?:${nouns.join("|")})\\b|--[a-z]|\\[options\\])`, "g");

/** A text for people in which every command can be typed as it stands. @param nouns  the first words of commands */
export function asTyped(text: string, place: CommandPlace, nouns: readonly string[]): string {
  const word = commandWord(place);
  return word === "portico" ? text : text.replace(typedWord(nouns), `${word} `);
}
