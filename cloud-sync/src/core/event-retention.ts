import { EVENT_NAMES, type EventName, type LocalTime } from "@portico/card-protocol";

/** The kinds of events that have a time of their own. A GapRecord stands for events that its controller dropped, and goes with the events beside it. */
export type KeptName = Exclude<EventName, "GapRecord">;
/** Days that events of each kind are kept, counted from when they came. */
export type RetentionDays = Readonly<Record<KeptName, number>>;

/** What passes at doors every day, and what devices say of themselves: six months, the least that 网络安全法 article 21 asks of logs. No six months have more days. */
const ORDINARY = 184;
/** Who was refused, and why: a year, so that a complaint of the last school year finds its cause. */
const DENIALS = 366;
/** Alarms, faults, and what operators did: three years, as 个人信息保护法 article 56 and the limitation of claims (民法典 article 188). */
const ALARMS = 1096;

/** What a cloud keeps where its configuration says nothing else. */
export const RETENTION_DAYS: RetentionDays = {
  AccessGranted: ORDINARY,
  AccessDenied: DENIALS,
  AccessTaken: ORDINARY,
  AccessNotTaken: ORDINARY,
  ScansRefused: DENIALS,
  DenialRepeated: DENIALS,
  CardReadLate: DENIALS,
  DoorForcedOpen: ALARMS,
  DoorOpenTooLong: ALARMS,
  DoorPreAlarm: ORDINARY,
  DoorNormal: ALARMS,
  DoorModeChanged: ALARMS,
  RequestToExit: ORDINARY,
  Tailgating: ALARMS,
  WrongWay: ALARMS,
  DoorTamper: ALARMS,
  DoorTamperCleared: ALARMS,
  FireInput: ALARMS,
  DoorFault: ALARMS,
  DoorFaultCleared: ALARMS,
  DeviceOffline: ORDINARY,
  DeviceOnline: ORDINARY,
  DeviceTamper: ALARMS,
  InputFault: ALARMS,
  InputFaultCleared: ALARMS,
  HealthFound: ALARMS,
  HealthRestored: ALARMS,
  ReaderRefused: ALARMS,
  ReaderConceded: ALARMS,
  ReaderKeySet: ALARMS,
  ReaderAddressed: ALARMS,
  ControllerStarted: ALARMS,
  ControllerStopped: ALARMS,
  AuditGap: ALARMS,
  LogShortened: ALARMS,
  EventsRefused: ALARMS,
  ClockChanged: ORDINARY,
  RecordingSuspended: ALARMS,
  RecordingResumed: ALARMS,
  ListLoaded: ALARMS,
  TrustListLoaded: ALARMS,
  ConfigurationTaken: ALARMS,
  ConfigurationRefused: ALARMS,
  FeedRefused: ALARMS,
  FreshnessChanged: ORDINARY,
  CommandTaken: ALARMS,
  CommandActed: ALARMS,
  CommandRefused: ALARMS,
  ApbViolation: DENIALS,
  AreaReset: ALARMS,
  InterlockBroken: ALARMS,
  DoorAwaitsRelock: ALARMS,
  DoorsRelocked: ALARMS,
  LockdownStarted: ALARMS,
  LockdownEnded: ALARMS,
  DrillStarted: ALARMS,
  DrillEnded: ALARMS,
  Duress: ALARMS,
  PinLockedOut: ALARMS,
  PinUnlocked: ALARMS,
  FirstPersonIn: ORDINARY,
  PartyPassed: ORDINARY,
  LaneNotReady: ALARMS,
  LaneReady: ALARMS,
  LaneAlarm: ALARMS,
  LaneAlarmOver: ALARMS,
  PinChanged: ALARMS,
  FloorsGranted: ORDINARY,
  FloorChosen: ORDINARY,
  GuardSignedIn: ALARMS,
  GuardSignedOut: ALARMS,
  GuardOpened: ALARMS,
  LaneHeld: ALARMS,
  LaneHoldEnded: ALARMS,
  GuardRefused: ALARMS,
  GuardButtonUnattended: ALARMS,
  GuardButtonStuck: ALARMS,
  DoorCommissioned: ALARMS,
  ShadowGranted: ORDINARY,
  ShadowDenied: ORDINARY,
  OldSystemDecided: ORDINARY,
  ShadowTaken: ORDINARY,
  OldLogImported: ALARMS,
  ShadowReport: ALARMS,
  DoorCutOver: ALARMS,
  DoorReturned: ALARMS,
  ChargeMade: ALARMS,
  ChargeRefused: ORDINARY,
  ChargeRefunded: ALARMS,
  ChargeDisputed: ALARMS,
  PrintReleased: ALARMS,
  PrintRefused: ALARMS,
  PrintSettled: ALARMS,
  PrintVoided: ALARMS,
  PrintReview: ALARMS,
  PrintReviewed: ALARMS,
  PrintCancelled: ALARMS,
  PrinterFault: ALARMS,
  PrinterReady: ALARMS,
  ItemLent: ORDINARY,
  ItemReturned: ORDINARY,
  LoanRefused: ORDINARY,
  LockPinApplied: ALARMS,
  LockPinRefused: ALARMS,
  LockFingerApplied: ALARMS,
  LockFingerRefused: ALARMS,
  LockOpened: ORDINARY,
  LockTryRefused: DENIALS,
  LockLockedOut: ALARMS,
  LockJammed: ALARMS,
  LockRowsLost: ALARMS,
  LockListMade: ALARMS,
  LockDenySetMade: ALARMS,
};
export const KEPT_NAMES = EVENT_NAMES.filter((name): name is KeptName => name !== "GapRecord");
/** The longest that can be asked for: a hundred years. */
export const RETENTION_DAYS_MAX = 36_500;

/** Kinds that are kept equally long: they are looked for together. */
export interface RetentionClass {
  readonly days: number;
  /** Ascending. */
  readonly names: readonly KeptName[];
}

/** The shortest time first. */
export function retentionClasses(days: RetentionDays): RetentionClass[] {
  const lengths = [...new Set(KEPT_NAMES.map((name) => days[name]))].toSorted((a, b) => a - b);
  return lengths.map((length) => ({ days: length, names: KEPT_NAMES.filter((name) => days[name] === length).toSorted() }));
}

/** From this hour of the campus on: the quietest of the day. */
const HOUR_S = 3 * 3600;

/** Whether the run of a day may begin. @param last  the day on which the last one began; undefined: there was none */
export const isRetentionDue = ({ date, secondOfDay }: Pick<LocalTime, "date" | "secondOfDay">, last: string | undefined): boolean =>
  date !== last && secondOfDay >= HOUR_S;
