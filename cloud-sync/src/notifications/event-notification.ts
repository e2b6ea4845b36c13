import { type Capability, type ControllerEvent, describeEvent, EVENT, type EventName, type EventRecord, eventSource } from "@portico/card-protocol";
import { helpAgainst } from "../services/help-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { NewNotification, NotificationKind } from "./notification.ts";

/** What callers are told of what controllers record; null: nothing. Every event stands here, so that none is forgotten. */
export const EVENT_NOTIFICATION = {
  AccessGranted: null,
  AccessDenied: "access.denied",
  AccessTaken: null,
  AccessNotTaken: null,
  ScansRefused: "access.denied",
  DenialRepeated: "access.denied",
  CardReadLate: null,
  DoorForcedOpen: "door.forced-open",
  DoorOpenTooLong: "door.open-too-long",
  DoorPreAlarm: null,
  DoorNormal: "door.normal",
  DoorModeChanged: null,
  RequestToExit: null,
  Tailgating: null,
  WrongWay: null,
  DoorTamper: "door.tamper",
  DoorTamperCleared: "door.tamper-cleared",
  FireInput: "door.fire",
  DoorFault: "door.fault",
  DoorFaultCleared: "door.fault-cleared",
  DeviceOffline: "device.offline",
  DeviceOnline: "device.online",
  DeviceTamper: null,
  InputFault: "door.fault",
  InputFaultCleared: "door.fault-cleared",
  HealthFound: "health.found",
  HealthRestored: "health.restored",
  ReaderRefused: null,
  ReaderConceded: null,
  ReaderKeySet: null,
  ReaderAddressed: null,
  ControllerStarted: null,
  ControllerStopped: null,
  AuditGap: "controller.fault",
  GapRecord: "controller.fault",
  LogShortened: "controller.fault",
  EventsRefused: "controller.fault",
  ClockChanged: null,
  RecordingSuspended: "controller.fault",
  RecordingResumed: "controller.fault-cleared",
  ListLoaded: null,
  TrustListLoaded: null,
  ConfigurationTaken: null,
  ConfigurationRefused: "controller.fault",
  FeedRefused: "controller.fault",
  FreshnessChanged: null,
  CommandTaken: null,
  CommandActed: null,
  CommandRefused: null,
  ApbViolation: null,
  AreaReset: null,
  InterlockBroken: null,
  Duress: "access.duress",
  PinLockedOut: "access.pin-locked-out",
  PinUnlocked: null,
  FirstPersonIn: null,
  PinChanged: null,
  DoorAwaitsRelock: null,
  DoorsRelocked: null,
  LockdownStarted: null,
  LockdownEnded: null,
  DrillStarted: null,
  DrillEnded: null,
  PartyPassed: null,
  FloorsGranted: null,
  FloorChosen: null,
  LaneNotReady: "door.fault",
  LaneReady: "door.fault-cleared",
  LaneAlarm: "lane.alarm",
  LaneAlarmOver: "lane.normal",
  GuardSignedIn: null,
  GuardSignedOut: null,
  GuardOpened: null,
  LaneHeld: null,
  LaneHoldEnded: null,
  GuardRefused: null,
  GuardButtonUnattended: "guard.unattended",
  GuardButtonStuck: null,
  DoorCommissioned: null,
  ShadowGranted: null,
  ShadowDenied: null,
  OldSystemDecided: null,
  ShadowTaken: null,
  OldLogImported: null,
  ShadowReport: null,
  DoorCutOver: null,
  DoorReturned: null,
  ChargeMade: null,
  ChargeRefused: null,
  ChargeRefunded: null,
  ChargeDisputed: null,
  PrintReleased: null,
  PrintRefused: null,
  PrintSettled: null,
  PrintVoided: null,
  PrintReview: "print.review",
  PrintReviewed: "print.reviewed",
  PrintCancelled: null,
  PrinterFault: "printer.fault",
  PrinterReady: "printer.ready",
  ItemLent: null,
  ItemReturned: null,
  LoanRefused: null,
  LockPinApplied: null,
  LockPinRefused: "lock.refused",
  LockFingerApplied: null,
  LockFingerRefused: "lock.refused",
  LockOpened: null,
  LockTryRefused: null,
  LockLockedOut: "access.pin-locked-out",
  LockJammed: "door.fault",
  LockRowsLost: null,
  LockListMade: null,
  LockDenySetMade: null,
} as const satisfies Readonly<Record<EventName, NotificationKind | null>>;

/** Whose event it is. */
export interface EventOrigin {
  readonly controller: string;
  /** Its machine's log. */
  readonly chain: string;
}

/** What the campus knows of credentials and places that events name. */
export interface EventFacts {
  /** Whose credential it is, or was. */
  readonly personOf: (credential: string) => string | undefined;
  /** What is asked for at an access point. */
  readonly capabilityAt: (accessPoint: string) => Capability;
  /** Undefined: nobody is named whom to ask. */
  readonly services: ServiceDocument | undefined;
}

type Denial = Extract<ControllerEvent, { readonly name: "AccessDenied" | "ScansRefused" | "DenialRepeated" }>;

/** What belongs to a drill is told to nobody: it is no reason to come. */
export const isTold = ({ event }: EventRecord): boolean => EVENT_NOTIFICATION[event.name] !== null && event.drill !== true;

/** What callers are told of an event; undefined: nothing. */
export function notificationOfEvent({ seq, at, event }: EventRecord, { controller, chain }: EventOrigin, facts: EventFacts): NewNotification | undefined {
  const kind = EVENT_NOTIFICATION[event.name];
  if (kind === null || event.drill === true) return undefined;
  const place = { controller, chain, event: seq, happenedAt: at };
  if (event.name === "AccessDenied" || event.name === "ScansRefused" || event.name === "DenialRepeated") return { kind, ...denial(event, place, facts) };
  const told = { text: describeEvent(event), textZh: describeEvent(event, "zh") };
  const body = { ...place, name: event.name, severity: EVENT[event.name].severity, source: eventSource(event), ...partOf(event), ...told };
  return { kind, person: null, body };
}

/** What of its source an event is about, where several can be wrong there at once. */
function partOf(event: ControllerEvent): { readonly part?: string } {
  if (event.name === "HealthFound" || event.name === "HealthRestored") return { part: event.fields.finding };
  return event.name === "PrintReview" || event.name === "PrintReviewed" ? { part: `job ${event.fields.job}` } : {};
}

/** Repeated refusals come counted: they are told once, with their count. */
function denial(event: Denial, place: NewNotification["body"], { personOf, capabilityAt, services }: EventFacts): Pick<NewNotification, "person" | "body"> {
  const { accessPoint, reason } = event.fields;
  const detail = event.name === "AccessDenied" ? event.fields.detail : "";
  const credential = event.name === "ScansRefused" ? null : event.fields.credential;
  const presentation = event.name === "AccessDenied" ? event.fields.presentation : null;
  const count = event.name === "AccessDenied" ? 1 : event.fields.count;
  const help = helpAgainst(services, reason, detail, capabilityAt(accessPoint));
  const person = credential === null ? null : (personOf(credential) ?? null);
  return { person, body: { ...place, accessPoint, reason, detail, count, credential, presentation, ...help } };
}
