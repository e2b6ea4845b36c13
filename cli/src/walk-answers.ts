import { EXIT, Failure } from "./failure.ts";

/** What a file says of a step: the word for all of its questions, `watch` where none is asked, or why it is left out. */
export type WalkAnswer = { readonly kind: "word"; readonly word: string } | { readonly kind: "skip"; readonly reason: string };

/**
 * Reads answers to a walk: a line for each step, `<step> <word>` or `<step> skip <reason>`; empty lines and those that begin with `#` are passed over.
 *
 * @throws Failure 2 naming the line that is none
 */
export function readWalkAnswers(text: string, file: string): ReadonlyMap<string, WalkAnswer> {
  const answers = new Map<string, WalkAnswer>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [step = "", word = "", ...rest] = line.trim().split(/\s+/);
    const reason = rest.join(" ");
    const isSkip = word === "skip" && reason !== "";
    if (!isSkip && !(WORDS.includes(word) && reason === ""))
      throw new Failure(EXIT.usage, "this line answers no step", `${file}:${index + 1}`, `write "<step> ${WORDS.join("|")}", or "<step> skip <reason>"`);
    answers.set(step, isSkip ? { kind: "skip", reason } : { kind: "word", word });
  }
  return answers;
}

/** `watch`: nothing is asked; `relock`: the door that fire has freed is locked again by whoever commissions; `relock-all`: also where others are with it. */
const WORDS = ["yes", "no", "free", "locked", "watch", "relock", "relock-all"];
