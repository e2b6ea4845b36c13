import type { EventName } from "@portico/card-protocol";

/**
 * What is dropped first when the disk is short, by kind: 0 what doors and devices say of themselves, 1 alarms and what operators did, 2 who was let in,
 * 3 who was not. Within a rank the oldest go first.
 */
export const EVENT_RANK: Readonly<Record<EventName, 0 | 1 | 2 | 3>> = {
  AccessGranted: 2,
  AccessDenied: 3,
  AccessTaken: 0,
  AccessNotTaken: 0,
  ScansRefused: 3,
  DenialRepeated: 3,
  DoorForcedOpen: 1,
  DoorOpenTooLong: 1,
  DoorPreAlarm: 0,
  DoorNormal: 0,
  DoorModeChanged: 1,
  RequestToExit: 0,
  Tailgating: 1,
  WrongWay: 1,
  FireInput: 1,
  DoorFault: 1,
  DoorFaultCleared: 0,
  DeviceOffline: 0,
  DeviceOnline: 0,
  ControllerStarted: 1,
  ControllerStopped: 0,
  AuditGap: 1,
  GapRecord: 0,
  LogShortened: 1,
  EventsRefused: 1,
  ClockChanged: 0,
  RecordingSuspended: 1,
  RecordingResumed: 1,
  ListLoaded: 1,
  TrustListLoaded: 1,
  ConfigurationTaken: 1,
  ConfigurationRefused: 1,
  FeedRefused: 1,
  FreshnessChanged: 0,
  CommandTaken: 1,
  CommandActed: 1,
  CommandRefused: 1,
};
/** The ranks in the order in which they go. */
export const EVENT_RANKS = [0, 1, 2, 3] as const;
