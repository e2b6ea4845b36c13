import { err } from "@portico/card-protocol";
import { EVENT_REFUSAL } from "./event-refusal.ts";
import { KEY_REFUSAL } from "./key-refusal.ts";
import { MONEY_REFUSAL } from "./money-refusal.ts";
import { BACKEND_REFUSALS } from "./backend-refusals.ts";
import { CASE_REFUSALS } from "./case-refusals.ts";
import type { NearbySlot } from "./reservations/nearby.ts";
import { RESERVATION_REFUSAL } from "./reservations/refusal-rows.ts";
import { LOCK_REFUSAL } from "./lock-refusal.ts";
import type { RefusalRow } from "./refusal-row.ts";

export type { RefusalRow } from "./refusal-row.ts";

/** Every refusal of the API, once: operations, problem details, OpenAPI and docs/api.md take it from here. */
export const REFUSAL = {
  RequestMalformed: { status: 400, title: "A field is wrong", remedy: "Mend the fields that are named." },
  SignatureMissing: { status: 401, title: "The request is not signed", remedy: "Sign it as docs/api.md says (RFC 9421)." },
  SignatureRefused: { status: 401, title: "The signature does not hold", remedy: "Check key id, clock, covered components and content digest." },
  NonceReused: { status: 401, title: "The request was sent before", remedy: "Sign each request with a nonce of its own." },
  ScopeMissing: { status: 403, title: "The key may not do this", remedy: "Ask an administrator for the scope that is named." },
  RouteUnknown: { status: 404, title: "There is nothing here", remedy: "GET /v1/openapi.json lists the routes." },
  MethodRefused: { status: 405, title: "This path does not take that method", remedy: "Use a method of the header Allow." },
  BodyTooLarge: { status: 413, title: "The body is too large", remedy: "Send at most 1 MiB; larger lists in parts." },
  ContentTypeRefused: {
    status: 415,
    title: "The body is not said to be what the route takes",
    remedy: "Send content-type: application/json; application/x-ndjson where the route says so.",
  },
  PersonUnknown: { status: 404, title: "No such person", remedy: "Look the person up by account or phone." },
  CredentialUnknown: { status: 404, title: "No such credential", remedy: "List the person's credentials.", caseCategory: "校园卡" },
  GroupUnknown: { status: 404, title: "No such group", remedy: "Create the group first." },
  ZoneUnknown: { status: 404, title: "No such zone", remedy: "Create the zone first." },
  AccessPointUnknown: { status: 404, title: "No such access point", remedy: "Create the access point first, or check its spelling." },
  ScheduleUnknown: { status: 404, title: "No such schedule", remedy: "Create the schedule first; `always` is always there." },
  SpecialDaysUnknown: { status: 404, title: "No such special days", remedy: "Create the special day group first." },
  ProfileUnknown: { status: 404, title: "No such access profile", remedy: "Create the access profile first." },
  PolicyUnknown: { status: 404, title: "No such policy", remedy: "Create the policy first." },
  GrantUnknown: { status: 404, title: "No such grant", remedy: "List the grants of the person." },
  ServiceUnknown: { status: 404, title: "No such service", remedy: "List the services." },
  AccountTaken: {
    status: 409,
    rule: "1.5",
    title: "Another person has this account",
    remedy: "Use the whole mail address; equal prefixes of two domains are two people.",
    caseCategory: "校园卡",
  },
  NumberTaken: { status: 409, title: "Another credential has this number", remedy: "Remove it there first; the answer names it.", caseCategory: "校园卡" },
  KeyTaken: { status: 409, title: "This public key is known already", remedy: "Make a new key pair: a key belongs to one caller, also when it is revoked." },
  KeyUnknown: { status: 404, title: "No such key", remedy: "List the keys." },
  IdempotencyKeyReused: {
    status: 409,
    title: "This Idempotency-Key stands for another request",
    remedy: "Make a new key for each request; send a request again exactly as it was.",
  },
  AnswerUnknown: {
    status: 409,
    title: "The first request with this Idempotency-Key was cut off",
    remedy: "Look whether it was done, then ask with a new key.",
  },
  IdTaken: { status: 409, title: "The id stands for something else", remedy: "Choose another id, or send the same content again." },
  StillInUse: { status: 409, title: "Something still names it", remedy: "Remove first what is named." },
  SponsorRequired: {
    status: 422,
    rule: "1.6",
    title: "Family needs somebody who vouches for it",
    remedy: "Name a sponsor who is staff or student.",
    caseCategory: "校园卡",
  },
  SponsorNotLive: {
    status: 422,
    rule: "1.6",
    title: "The sponsor's status has ended or never was",
    remedy: "Name a sponsor whose status holds.",
    caseCategory: "校园卡",
  },
  StillSponsor: {
    status: 409,
    rule: "1.6",
    title: "The person vouches for family",
    remedy: "End the family's audience first, or name another sponsor.",
    caseCategory: "校园卡",
  },
  SecondOperatorRequired: {
    status: 422,
    title: "A high access point needs two operators",
    remedy: "Have another operator approve the grant, or apply the plan.",
  },
  SameOperator: { status: 422, title: "The second operator is the first", remedy: "Another operator has to approve it." },
  SourceOwnsGrant: { status: 409, title: "The grant goes with its source", remedy: "End the policy, reservation, visit or case that gave it." },
  StateRefused: { status: 409, title: "The credential's state does not allow this", remedy: "See which state it is in.", caseCategory: "校园卡" },
  CardOnly: {
    status: 422,
    rule: "4.3",
    title: "Loss and return concern the physical card alone",
    remedy: "Name the card; a QR goes on working, and a lost phone is reported as such.",
    caseCategory: "校园卡",
  },
  ...BACKEND_REFUSALS,
  ...MONEY_REFUSAL,
  ReasonRequired: { status: 422, title: "This needs a reason", remedy: "Say why in the header Portico-Reason (percent-encoded UTF-8)." },
  CaseRequired: {
    status: 422,
    rule: "2.5",
    title: "Unfreezing needs a case",
    remedy: "Open a case 报事报修-IT-校园卡, or give its number.",
    caseCategory: "校园卡",
  },
  /** Rule, contact and category are the service's: the answer names them. */
  LoginRequired: { status: 403, title: "This needs a login", remedy: "Log in as the answer says." },
  LogInNotSetUp: { status: 503, title: "This campus has not set up that log-in", remedy: "Log in another way, or have the campus name its provider." },
  LogInUnavailable: {
    status: 503,
    title: "Whoever vouches for the log-in does not answer as it should",
    remedy: "Try again in a minute. Doors do not wait for it: a card that is held goes on working.",
    caseCategory: "校园卡",
  },
  LogInAttemptUnknown: {
    status: 409,
    rule: "1.2",
    title: "This log-in was ended before, took too long, or was never begun",
    remedy: "Begin again.",
    caseCategory: "校园卡",
  },
  LogInRefused: {
    status: 403,
    rule: "1.2",
    title: "The campus account's provider does not vouch for this log-in",
    remedy: "Begin again: a code is good once, for minutes.",
    caseCategory: "校园卡",
  },
  AccountDomainRefused: {
    status: 403,
    rule: "1.5",
    title: "The account is of no domain of this campus",
    remedy: "Log in with the campus account, or by phone.",
    caseCategory: "校园卡",
  },
  AccountUnknown: {
    status: 403,
    rule: "1.2",
    title: "The campus knows nobody of this account",
    remedy: "Ask for the account to be entered; log in by phone meanwhile.",
    caseCategory: "校园卡",
  },
  StatusEnded: {
    status: 403,
    rule: "1.2",
    title: "The person's status at the campus has ended",
    remedy: "Log in by phone, or have the status renewed.",
    caseCategory: "校园卡",
  },
  SponsorEnded: {
    status: 403,
    rule: "1.6",
    title: "Whoever vouches for this family account has left",
    remedy: "Another staff member or student has to apply for it.",
    caseCategory: "校园卡",
  },
  WeChatRefused: {
    status: 403,
    rule: "1.3",
    title: "WeChat does not take this code",
    remedy: "Ask WeChat for a new one: each is good once, for five minutes.",
    caseCategory: "校园卡",
  },
  PhoneProofRequired: {
    status: 422,
    rule: "1.3",
    title: "This WeChat account is not known yet",
    remedy: "Have its owner show the phone number (getPhoneNumber), and send that code along.",
    caseCategory: "校园卡",
  },
  PhoneAmbiguous: {
    status: 409,
    rule: "1.3",
    title: "Several people have this phone number",
    remedy: "Log in with the campus account, or have the numbers corrected.",
    caseCategory: "校园卡",
  },
  PhoneBelongsToAnother: {
    status: 409,
    rule: "1.3",
    title: "The phone number is another person's",
    remedy: "Whoever has got the number anew asks at the desk: an operator ends the log-ins of its former owner.",
    caseCategory: "校园卡",
  },
  OperatorUnknown: { status: 404, title: "No such operator", remedy: "List the operators." },
  OperatorEnded: { status: 403, title: "The operator's part has ended", remedy: "Have an administrator make another operator of another id." },
  RoleBeyondYours: { status: 403, title: "That is more than you may yourself", remedy: "Ask somebody who may it." },
  DelegationUnknown: { status: 404, title: "No such delegation, or it has ended", remedy: "List the delegations." },
  DelegationEnded: { status: 403, title: "What was delegated has ended meanwhile", remedy: "Ask whoever delegated it." },
  NotDelegable: { status: 403, title: "This is the campus's, and no delegation opens it", remedy: "Ask a campus-wide operator." },
  NotYourPlace: {
    status: 403,
    title: "That is not within your places, or not there",
    remedy: "Ask a campus-wide operator, or whoever the place was delegated to.",
  },
  NotYourCapability: { status: 403, title: "That capability was not delegated to you", remedy: "Ask whoever delegated the place to you." },
  BeyondYourDate: { status: 403, title: "That is for longer than was delegated to you", remedy: "Choose an end within yours, or have yours prolonged." },
  MayNotDelegate: { status: 403, title: "You may not pass on what was delegated to you", remedy: "Ask whoever delegated it to you." },
  ReviewUnknown: { status: 404, title: "No such review, or no such row in it", remedy: "List the reviews, and show this one." },
  ReviewOver: { status: 409, title: "The review's date has come: what was not confirmed has ended", remedy: "Grant anew what was ended by mistake." },
  RowGone: { status: 409, title: "What the row is about has ended already", remedy: "Show the review anew; grant anew what is missed." },
  SessionUnknown: { status: 404, title: "No such session, or it has ended", remedy: "Log in again." },
  ServiceNotForYou: { status: 403, title: "The service is for others", remedy: "The answer says for whom, by which rule, and whom to ask." },
  ServiceWithheld: {
    status: 403,
    rule: "2.18",
    title: "The capability is withheld from the person",
    remedy: "Ask whom the answer names: a grant that withholds has to end, or to be over.",
  },
  PlanUnknown: { status: 404, title: "No such plan", remedy: "Make the plan anew: one that nobody applies within 24 hours is gone." },
  PlanStale: { status: 409, title: "The campus has moved since the plan was made", remedy: "Make the plan anew and look at what it says now." },
  PersonErased: { status: 409, title: "The person was erased", remedy: "Nobody is made of that id again; who comes back is a new person." },
  ObligationsStand: { status: 409, title: "Something stands against erasing the person", remedy: "Settle what is named, then erase." },
  MovementRequestUnknown: { status: 404, title: "No such request", remedy: "List the requests of the person." },
  MovementsNotApproved: {
    status: 403,
    title: "Nobody may read where the person went",
    remedy: "Have another operator approve the request, and read it within a day.",
  },
  FeedUnsigned: {
    status: 409,
    title: "Nothing signs the feed now",
    remedy: "Have the root holders put the cloud's key into a trust list, with usages feed and time.",
  },
  ControllerUnknown: { status: 404, title: "No such controller", remedy: "List the controllers." },
  ConfigurationUnknown: { status: 404, title: "No configuration was planned for this controller", remedy: "Plan one: portico site plan push." },
  EnrolmentUnknown: { status: 404, title: "No such enrolment waits", remedy: "Ask again at the machine: portico controller enroll." },
  AlreadyEnrolled: { status: 409, title: "The controller is enrolled with this key already", remedy: "Start it: portico controller run." },
  WordsDiffer: {
    status: 422,
    title: "The machine shows other words",
    remedy: "Have the six words read out at the machine again. If they stay different, somebody stands in between: refuse it.",
  },
  TooManyAsk: {
    status: 503,
    title: "Too many ask at once who have yet to show who they are",
    remedy: "Decide about those that wait, or let them run out, then ask again.",
  },
  ...CASE_REFUSALS,
  ...RESERVATION_REFUSAL,
  ...KEY_REFUSAL,
  ...EVENT_REFUSAL,
  ...LOCK_REFUSAL,
  TokenRefused: { status: 401, title: "The token is nobody's, or has ended", remedy: "Show the controller's key again: challenge, then token." },
  PartitionForbidden: { status: 403, title: "The controller does not follow this zone", remedy: "Add the zone to the controller in the cloud." },
  ChunkUnknown: { status: 404, title: "No snapshot that is kept has this chunk", remedy: "Ask for the feed again: its manifest names the chunks of now." },
  ComeBackLater: { status: 503, title: "Too many ask for whole lists at once", remedy: "Come back when the header Retry-After says." },
  NotificationsGone: {
    status: 409,
    title: "What was missed is no longer kept",
    remedy: "Compare your own records with the lists, then go on from the number that is named.",
  },
  WebhookUnknown: { status: 404, title: "No such webhook", remedy: "List the webhooks." },
  Unexpected: { status: 500, title: "A mistake in the cloud itself", remedy: "Report the id of this answer: the cloud's log says more under it." },
} as const satisfies Record<string, RefusalRow>;
export type RefusalName = keyof typeof REFUSAL;

/** A refusal with what exactly is refused. */
export const refuse = <Name extends RefusalName>(name: Name, detail = "") => err(name, detail);

/** What a refusal says otherwise than the table, where it depends on what was asked. */
export interface RefusalFacts {
  readonly rule: string;
  /** As one reads it out. */
  readonly contact: string;
  readonly caseCategory: string | undefined;
  /** What could be booked instead of what is taken. */
  readonly nearby?: { readonly sameTime: readonly NearbySlot[]; readonly sameResource: readonly NearbySlot[] };
}
/** A refusal that names its own rule and whom to ask (rule 1.7). */
export const refuseAs = <Name extends RefusalName>(name: Name, detail: string, facts: RefusalFacts) => ({ ...err(name, detail), facts });
