import type { RefusalRow } from "./refusal-row.ts";

/** Refusals about events, copies and captures. */
export const EVENT_REFUSAL = {
  OwnerOnly: {
    status: 422,
    rule: "2.4",
    title: "Only the owner's own phone reports a capture",
    remedy: "Name the person whose credential it is; somebody else tells the desk.",
    caseCategory: "校园卡",
  },
  QrOnly: { status: 422, rule: "2.4", title: "A capture concerns the QR alone", remedy: "Name the QR; the physical card goes on working." },
  EventForged: {
    status: 403,
    title: "These events are not this controller's own",
    remedy: "Look at the controller: its id and key must be those that it was let in with.",
  },
  EventMalformed: { status: 422, title: "These events cannot be read", remedy: "Bring the cloud up to date before its controllers; else report it." },
  EventGap: { status: 409, title: "Events are missing before these", remedy: "Send what follows on the end that the answer names." },
  EventFork: {
    status: 409,
    title: "Another event is kept under the same number",
    remedy: "Two logs claim to be one: find out which machine wrote which, then enrol it anew. The proof is kept.",
  },
} as const satisfies Readonly<Record<string, RefusalRow>>;
