import { isLocalDate } from "@portico/card-protocol";
import { isEntityId } from "../entity-id.ts";
import type { CaseField, CaseType, FormKind } from "./case-type.ts";

/** UTF-16 units of one answer. */
export const ANSWER_CHARS_MAX = 500;
const HOLDS: Readonly<Record<FormKind, readonly [holds: (text: string) => boolean, what: string]>> = {
  text: [(text) => text.length <= ANSWER_CHARS_MAX, `at most ${ANSWER_CHARS_MAX} characters`],
  credential: [(text) => /^[0-9a-f]{16}$/.test(text), "16 lower-case hex digits"],
  date: [isLocalDate, "a day such as 2026-12-31"],
  phone: [(text) => /^\+[1-9]\d{6,14}$/.test(text), "E.164, such as +8613800138000"],
  mail: [(text) => text.length <= 254 && /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+\.[^\s@<>(),;:"\\[\]]+$/.test(text), "a mail address"],
  person: [isEntityId, "a person's id"],
};

/** What is wrong with the answers of a form, the first in its order; undefined: nothing. */
export function formTrouble({ form }: Pick<CaseType, "form">, answers: Readonly<Record<string, string>>): string | undefined {
  const stranger = Object.keys(answers).find((id) => !form.some((field) => field.id === id));
  if (stranger !== undefined) return `${stranger} is no field: known are ${form.map(({ id }) => id).join(", ") || "none"}`;
  for (const field of form) {
    const trouble = answerTrouble(field, answers[field.id]?.trim() ?? "");
    if (trouble !== undefined) return `${field.id} (${field.names.zh}) ${trouble}`;
  }
  return undefined;
}

function answerTrouble({ kind, required }: CaseField, answer: string): string | undefined {
  if (answer === "") return required ? "is missing" : undefined;
  const [holds, what] = HOLDS[kind];
  return holds(answer) ? undefined : `has to be ${what}`;
}
