import type { EventRow } from "./event-field.ts";

/** The events of turnstile lanes that no door has. Part of the one table: event-table.ts. */
export const LANE_EVENT = {
  PartyPassed: {
    severity: "notice",
    en: "{passed} of a party of {partySize} passed {accessPoint} on grant {grantedSeq}: {cause}.",
    fields: { accessPoint: "source", grantedSeq: "u32", passed: "u32", partySize: "u32", cause: ["complete", "timeout", "device", "superseded"] },
  },
  LaneNotReady: { severity: "warning", en: "Lane {door} says that it is not ready: nobody is let in there.", fields: { door: "source" } },
  LaneReady: { severity: "notice", en: "Lane {door} is ready again.", fields: { door: "source" } },
  LaneAlarm: { severity: "alarm", en: "Lane {door} says that something is wrong with it: its alarm output is on.", fields: { door: "source" } },
  LaneAlarmOver: { severity: "notice", en: "The alarm of lane {door} is over.", fields: { door: "source" } },
} as const satisfies Record<string, EventRow>;
