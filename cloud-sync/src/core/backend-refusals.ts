import type { RefusalRow } from "./refusal-row.ts";

/** What phones, passes, lent cards and pushed lists are refused with: a part of the one table in refusal.ts. */
export const BACKEND_REFUSALS = {
  PhoneLost: {
    status: 422,
    rule: "4.5",
    title: "The person's phone is reported lost",
    remedy: "Enrol another phone: that lifts it. The physical card goes on working.",
    caseCategory: "校园卡",
  },
  CredentialFrozen: {
    status: 422,
    rule: "2.4",
    title: "A credential of the person is frozen",
    remedy: "Ask for unfreezing by a case 报事报修-IT-校园卡, or by phone. The physical card goes on working where it is not the frozen one.",
    caseCategory: "校园卡",
  },
  CredentialSuspended: {
    status: 422,
    title: "The credential that issued passes stand for is suspended",
    remedy: "Enrol a phone, which clears it, or have an operator clear it.",
    caseCategory: "校园卡",
  },
  CredentialNotValid: {
    status: 422,
    title: "The credential that issued passes stand for has expired, or is not valid yet",
    remedy: "Have the card office renew it, or come back when its validity begins.",
    caseCategory: "校园卡",
  },
  PassNotTaken: {
    status: 422,
    rule: "2.3",
    title: "The person has no credential that issued passes stand for",
    remedy: "Show a pass that the enrolled phone signs itself, or issue a credential of kind qr first.",
    caseCategory: "校园卡",
  },
  CardNotForYou: {
    status: 422,
    rule: "2.2",
    title: "The campus card is for staff, students and family, and for others by grant",
    remedy: "Give the person an audience or a grant that holds now.",
    caseCategory: "校园卡",
  },
  PassKeyMissing: {
    status: 503,
    title: "The cloud has no key that may sign passes now",
    remedy: "Have the root holders put a key of this cloud with usage T into the trust list.",
    caseCategory: "校园卡",
  },
  PossessionRequired: {
    status: 422,
    title: "A phone's key needs a proof that the phone holds it",
    remedy: "Ask for a challenge and enrol the phone: POST /v1/persons/{id}/phone-keys.",
  },
  PossessionRefused: {
    status: 422,
    title: "The phone has not shown that it holds the key",
    remedy: "Ask for another challenge, and sign nonce, person and key with the key itself.",
  },
  PhoneKeyUsed: { status: 409, title: "This key was enrolled before", remedy: "Make a new key on the phone: a new enrolment is always a new key." },
  PhoneKeyActive: {
    status: 409,
    title: "Another held credential is in use than the one that is to be replaced",
    remedy: "Name the credential in use as `replaces`, null where there is none: a person has one.",
    caseCategory: "校园卡",
  },
  AlreadyLent: { status: 409, title: "The person has a lent card that is not back", remedy: "Take that one back first.", caseCategory: "校园卡" },
  LentCardUnknown: { status: 404, title: "No such lent card", remedy: "List the lent cards.", caseCategory: "校园卡" },
  PushUnknown: { status: 404, title: "No such push", remedy: "List the pushes, or begin a new one." },
  PushesOpen: { status: 409, title: "Too many pushes are open", remedy: "Apply or drop one of them first." },
  PushState: { status: 409, title: "The push's state does not allow this", remedy: "See how far it is: GET /v1/pushes/{id}." },
  PushOffset: { status: 409, title: "The part does not begin where the last one ended", remedy: "Send the part that begins where the push stands." },
  PushIncomplete: {
    status: 409,
    title: "The list has not landed as a whole: nothing follows from a part of it",
    remedy: "Send the rest, from where the push stands.",
  },
  PushDiffers: {
    status: 422,
    title: "The list is another one than was announced",
    remedy: "Count and hash the file again, drop this push, and begin a new one.",
  },
  PlanChanged: { status: 409, title: "The plan is another one than was agreed to", remedy: "Plan again, look at it, and apply it with its new digest." },
  RemovalHeld: {
    status: 409,
    title: "This would end the access of too many people of an audience at once: it is held",
    remedy: "Look at what would end: portico removal list, or GET /v1/removals. Another operator releases it with a reason, or somebody drops it.",
    caseCategory: "智能门禁",
  },
  SafeguardHeld: {
    status: 409,
    title: "This would take away that a high access point needs two operators: it is held",
    remedy: "Another operator releases it with a reason, or somebody drops it: portico removal, or POST /v1/removals/{id}/release.",
  },
  RemovalUnknown: { status: 404, title: "No such held removal", remedy: "List the removals." },
  RemovalDecided: { status: 409, title: "The removal has been decided already", remedy: "Ask for the change anew where it is still wanted." },
} as const satisfies Record<string, RefusalRow>;
