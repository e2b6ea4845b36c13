import type { EventRow } from "./event-field.ts";

/** What lifts say of their floors; a part of the table of events. */
export const LIFT_EVENT = {
  FloorsGranted: {
    severity: "notice",
    en: "Grant {grantedSeq} of {accessPoint} opens these floors: {floors}; named by a grant and not open: {refused}.",
    fields: { accessPoint: "source", grantedSeq: "u32", floors: "text", refused: "text" },
  },
  FloorChosen: { severity: "notice", en: "Somebody chose {floor} on grant {grantedSeq}.", fields: { floor: "source", grantedSeq: "u32" } },
} as const satisfies Record<string, EventRow>;
