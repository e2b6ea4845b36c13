import { parseArgs } from "node:util";

/** What the bench was asked for. */
export interface BenchOptions {
  readonly json: boolean;
  /** The name of one goal; undefined: every goal. */
  readonly only: string | undefined;
  readonly help: boolean;
}

/** The options of a command line, or the three lines that say what is wrong with it. @param names  of the goals that there are */
export function benchOptions(words: readonly string[], names: readonly string[]): BenchOptions | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { json: { type: "boolean" }, only: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    const { json = false, only, help = false } = values;
    if (only === undefined || help || names.includes(only)) return { json, only, help };
    return { wrong: threeLines(`no goal is called ${only === "" ? "nothing" : only}`, words, `npm run bench -- --help; there are ${names.join(", ")}`) };
  } catch (error) {
    // The first sentence says what; the others tell how to pass an argument that begins with a hyphen, which no goal's name does.
    const [what = ""] = (error as Error).message.split(/\.(?:\s|$)/);
    return { wrong: threeLines(what, words, "npm run bench -- --help") };
  }
}

const threeLines = (what: string, words: readonly string[], next: string): string =>
  `portico bench: ${what}\non: npm run bench -- ${words.join(" ")}\nnext: ${next}\n`;
