import type { EventRow } from "./event-field.ts";

/** The events of guard stations: who stood there, and what each press of a button did. Part of the one table: event-table.ts. */
export const GUARD_EVENT = {
  GuardSignedIn: {
    severity: "notice",
    en: "The holder of credential {credential} signed in at guard station {station} on grant {grantedSeq}, for {sessionS} s.",
    fields: { station: "source", credential: "credential", grantedSeq: "u32", sessionS: "u32" },
  },
  GuardSignedOut: {
    severity: "notice",
    en: "The holder of credential {credential} is signed out at guard station {station}: {cause}.",
    fields: { station: "source", credential: "credential", cause: ["presented", "relieved", "time", "restart"] },
  },
  GuardOpened: {
    severity: "notice",
    en: "The guard with credential {credential} at {station} opened {door} once; reason: {reason}.",
    fields: { door: "source", station: "text", credential: "credential", reason: "text" },
  },
  LaneHeld: {
    severity: "warning",
    en: "The guard with credential {credential} at {station} holds {door} open for {forS} s; reason: {reason}.",
    fields: { door: "source", station: "text", credential: "credential", reason: "text", forS: "u32" },
  },
  LaneHoldEnded: {
    severity: "notice",
    en: "{door} is not held open any more for the guard with credential {credential} at {station}: {cause}.",
    fields: { door: "source", station: "text", credential: "credential", cause: ["guard", "time", "signed out", "superseded", "restart"] },
  },
  GuardRefused: {
    severity: "warning",
    en: "The guard with credential {credential} at {station} pressed the button of {door}, and nothing was opened: {detail}.",
    fields: { station: "source", credential: "credential", door: "text", detail: "text" },
  },
  GuardButtonUnattended: {
    severity: "alarm",
    en: "The button of {door} at guard station {station} was pressed while no guard was signed in; nothing was opened.",
    fields: { station: "source", door: "text" },
  },
  GuardButtonStuck: {
    severity: "warning",
    en: "The button of {door} at guard station {station} has been pressed for {pressedS} s: it does nothing until it is let go.",
    fields: { station: "source", door: "text", pressedS: "u32" },
  },
} as const satisfies Record<string, EventRow>;
