import type { RefusalRow } from "./refusal-row.ts";

/** What cases, teams and messages are refused with: a part of the one table in refusal.ts. Of a case the answer names rule, category and contact of its own. */
export const CASE_REFUSALS = {
  CaseUnknown: { status: 404, title: "No such case", remedy: "Check its number, or list the cases." },
  CaseTypeUnknown: { status: 404, title: "No such type of case, or not in this category", remedy: "List the case types." },
  CaseCategoryUnknown: {
    status: 404,
    rule: "6.2",
    title: "No such category of cases",
    remedy: "Choose one of the categories; 其他-其他 takes whatever is in none.",
  },
  CaseTransitionUnknown: { status: 404, title: "Cases of this type have no such step", remedy: "See which steps its type has." },
  CaseNotYours: { status: 403, title: "This step is for others", remedy: "Ask whoever it is for, or the contact." },
  CaseWindowOver: { status: 409, title: "The time for this step is over, or has not begun", remedy: "Open another case where something is still wrong." },
  CaseTransitionRefused: { status: 409, title: "The case's state does not allow this step", remedy: "See where the case stands." },
  CaseDemandMissing: { status: 422, title: "This step needs something along with it", remedy: "Send what is named." },
  CaseSameApprover: { status: 422, title: "Whoever has agreed already cannot agree again", remedy: "Have somebody else agree." },
  CaseEffectRefused: { status: 409, title: "What this step does cannot be done", remedy: "Settle what is named, then take the step again." },
  CaseNotForThis: { status: 422, rule: "2.5", title: "The case is not about this", remedy: "Name the case that was opened for it.", caseCategory: "校园卡" },
  CaseDescriptionRequired: {
    status: 422,
    rule: "6.4",
    title: "This category needs a description",
    remedy: "Describe what is wrong, or choose the category that fits.",
  },
  CaseFormRefused: { status: 422, title: "An answer of the form is missing or wrong", remedy: "Mend the field that is named." },
  TeamUnknown: { status: 404, title: "No such team", remedy: "List the teams." },
  AttachmentUnknown: { status: 404, title: "The case has no such attachment", remedy: "Show the case: it lists what is attached." },
  AttachmentTooLarge: { status: 413, title: "The attachment is larger than cases of this type take", remedy: "Send a smaller picture." },
  AttachmentTypeRefused: {
    status: 422,
    title: "The attachment's content is of no type that is taken, or not of the one that it is said to be",
    remedy: "Send a picture or document of a type that the case type lists.",
  },
  AttachmentsFull: { status: 409, title: "The case has as many attachments as it may", remedy: "Describe the rest in words." },
  MessageUnknown: { status: 404, title: "No such message", remedy: "List the outbox: what was settled 30 days ago is forgotten." },
  MessageSettled: { status: 409, title: "The message is no longer to be sent", remedy: "See in the outbox what became of it." },
  MessageKindUnknown: { status: 404, title: "No such kind of message", remedy: "List the kinds." },
} as const satisfies Record<string, RefusalRow>;
