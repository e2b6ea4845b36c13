import type { EventRow } from "./event-field.ts";

/** The events of turnstile lanes that no door has. Part of the one table: event-table.ts. */
export const LANE_EVENT = {
  PartyPassed: {
    severity: "notice",
    en: "{passed} of a party of {partySize} passed {accessPoint} on grant {grantedSeq}: {cause}.",
    fields: { accessPoint: "source", grantedSeq: "u32", passed: "u32", partySize: "u32", cause: ["complete", "timeout", "device", "superseded"] },
  },
} as const satisfies Record<string, EventRow>;
