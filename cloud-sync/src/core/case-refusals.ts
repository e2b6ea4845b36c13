import type { RefusalRow } from "./refusal-row.ts";

/** What cases, teams and messages are refused with: a part of the one table in refusal.ts. */
export const CASE_REFUSALS = {
  MessageUnknown: { status: 404, title: "No such message", remedy: "List the outbox: what was settled 30 days ago is forgotten." },
  MessageSettled: { status: 409, title: "The message is no longer to be sent", remedy: "See in the outbox what became of it." },
  MessageKindUnknown: { status: 404, title: "No such kind of message", remedy: "List the kinds." },
} as const satisfies Record<string, RefusalRow>;
