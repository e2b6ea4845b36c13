import { COMMAND_REFUSALS } from "./command.ts";
import { DENY_REASONS } from "./deny-reason.ts";
import { DOOR_MODES } from "./door-mode.ts";
import { INPUT_FAULTS } from "./input-fault.ts";
import { READER_CONCESSIONS, READER_REFUSALS } from "./reader-security.ts";
import type { EventRow, FieldType, FieldValue } from "./event-field.ts";
import { HEALTH_EVENT } from "./health-event-table.ts";
import { GUARD_EVENT } from "./guard-event-table.ts";
import { LANE_EVENT } from "./lane-event-table.ts";
import { LIFT_EVENT } from "./lift-event-table.ts";

export { type EventRow, type FieldType, type FieldValue, type Severity, TEXT_MAX } from "./event-field.ts";

/** How far a list may be believed by its age, the best first. */
export const FRESHNESS = ["fresh", "stale-ok", "stale-strict", "essential", "expired"] as const;
export type Freshness = (typeof FRESHNESS)[number];

/** How a credential was shown: a pass of one of the three kinds, or a physical card. */
export const PRESENTATIONS = ["T", "H", "HC", "card"] as const;
export type Presentation = (typeof PRESENTATIONS)[number];

/**
 * Every event that a controller records, and the fields of each. One table: the types below, the record's bytes, SQL, command line and
 * docs/feed-and-events.md come from it or are checked against it. Events name credentials, never persons.
 * Source of the names: ONVIF Access Control and Door Control topics where they have one.
 */
export const EVENT = {
  AccessGranted: {
    severity: "notice",
    en: "{accessPoint} let credential {credential} in by {presentation}, as {accessProfile} allows.",
    fields: {
      accessPoint: "source",
      credential: "credential",
      presentation: PRESENTATIONS,
      holder: "u32",
      counter: "u32?",
      signedAt: "time?",
      pass: "bytes?",
      accessProfile: "text",
      uncertaintyS: "seconds?",
      listVersion: "u32",
      replayGroup: "text",
    },
  },
  AccessDenied: {
    severity: "notice",
    en: "{accessPoint} refused {credential} by {presentation}: {reason} ({detail}).",
    fields: {
      accessPoint: "source",
      reason: DENY_REASONS,
      detail: "text",
      credential: "credential?",
      presentation: PRESENTATIONS,
      counter: "u32?",
      signedAt: "time?",
      pass: "bytes?",
      uncertaintyS: "seconds?",
      listVersion: "u32",
    },
  },
  AccessTaken: { severity: "notice", en: "Somebody passed {accessPoint} on grant {grantedSeq}.", fields: { accessPoint: "source", grantedSeq: "u32" } },
  AccessNotTaken: {
    severity: "notice",
    en: "Nobody passed {accessPoint} on grant {grantedSeq}: {cause}.",
    fields: { accessPoint: "source", grantedSeq: "u32", cause: ["timeout", "restart", "device", "superseded"] },
  },
  ScansRefused: {
    severity: "notice",
    en: "{accessPoint} refused {count} scans without a holding signature: {reason}.",
    fields: { accessPoint: "source", reason: DENY_REASONS, count: "u32" },
  },
  DenialRepeated: {
    severity: "notice",
    en: "{accessPoint} refused {count} more scans like that of event {deniedSeq}: {reason}.",
    fields: { accessPoint: "source", reason: DENY_REASONS, credential: "credential?", deniedSeq: "u32", count: "u32" },
  },
  DoorForcedOpen: { severity: "alarm", en: "Door {door} was opened without being released.", fields: { door: "source" } },
  DoorOpenTooLong: { severity: "alarm", en: "Door {door} has stood open too long.", fields: { door: "source" } },
  DoorPreAlarm: { severity: "warning", en: "Door {door} will soon have stood open too long.", fields: { door: "source" } },
  DoorNormal: { severity: "notice", en: "The alarm of door {door} is over.", fields: { door: "source" } },
  DoorModeChanged: {
    severity: "notice",
    en: "Door {door} is now {mode}, set by {by}; reason: {reason}.",
    fields: { door: "source", mode: DOOR_MODES, by: "text", reason: "text" },
  },
  RequestToExit: { severity: "notice", en: "Somebody asked to leave through {door}.", fields: { door: "source" } },
  Tailgating: {
    severity: "warning",
    en: "{count} more than were let in passed {door} ({direction}).",
    fields: { door: "source", direction: ["entry", "exit"], count: "u32" },
  },
  WrongWay: { severity: "warning", en: "Somebody passed {door} the wrong way.", fields: { door: "source" } },
  FireInput: { severity: "alarm", en: "The fire input of {door} changed; fire alarm: {active}.", fields: { door: "source", active: "boolean" } },
  DoorFault: {
    severity: "alarm",
    en: "Door {door} could not act: {device} says {error} ({detail}).",
    fields: { door: "source", device: "text", error: "text", detail: "text" },
  },
  DoorFaultCleared: { severity: "notice", en: "Door {door} can act again.", fields: { door: "source" } },
  DeviceOffline: { severity: "warning", en: "{device} does not answer: {error} ({detail}).", fields: { device: "source", error: "text", detail: "text" } },
  DeviceOnline: { severity: "notice", en: "{device} answers again after {outageMs} ms.", fields: { device: "source", outageMs: "u32" } },
  ControllerStarted: {
    severity: "notice",
    en: "The controller started, version {version}, after: {cause}; configuration {configurationHash}.",
    fields: { version: "text", cause: ["clean", "crash", "power cut"], configurationHash: "hex" },
  },
  ControllerStopped: { severity: "notice", en: "The controller was stopped.", fields: {} },
  AuditGap: {
    severity: "warning",
    en: "Events may be missing here: {cause}; from {firstSeq} to {lastSeq}, at most {windowMs} ms.",
    fields: { cause: "text", firstSeq: "u32?", lastSeq: "u32?", windowMs: "u32" },
  },
  GapRecord: {
    severity: "warning",
    en: "{count} events, {firstSeq} to {lastSeq}, were dropped: {cause} ({kinds}); the last had the hash {lastHash}.",
    fields: { firstSeq: "u32", lastSeq: "u32", count: "u32", kinds: "counts", lastHash: "hex", cause: "text" },
  },
  LogShortened: {
    severity: "warning",
    en: "{dropped} events were dropped from the log: {cause}; {unsent} of them the cloud had never had.",
    fields: { cause: "text", dropped: "u32", unsent: "u32" },
  },
  EventsRefused: {
    severity: "alarm",
    en: "The cloud does not take this controller's events: {error} ({detail}).",
    fields: { error: "text", detail: "text" },
  },
  ClockChanged: {
    severity: "notice",
    en: "The clock went from {from} to {to}; it may be off by {uncertaintyS} s.",
    fields: { from: "text", to: "text", uncertaintyS: "seconds?" },
  },
  RecordingSuspended: { severity: "alarm", en: "Nothing can be recorded, so nobody is let in: {cause}.", fields: { cause: "text" } },
  RecordingResumed: {
    severity: "notice",
    en: "Recording works again after {outageMs} ms; {denied} were refused meanwhile.",
    fields: { outageMs: "u32", denied: "u32" },
  },
  ListLoaded: {
    severity: "notice",
    en: "List {version} was loaded by {by}: {added} added, {changed} changed, {removed} removed; digest {digest}; reason: {reason}.",
    fields: { version: "u32", added: "u32", changed: "u32", removed: "u32", digest: "hex", by: "text", reason: "text" },
  },
  TrustListLoaded: {
    severity: "notice",
    en: "Trust list {sequence} was loaded; it holds until {validUntil}.",
    fields: { sequence: "u32", validUntil: "time" },
  },
  ConfigurationTaken: {
    severity: "notice",
    en: "{by} brought configuration {epoch}:{number} in a signed file; the controller runs on it from its next start on. Configuration {configurationHash}.",
    fields: { epoch: "u32", number: "u32", configurationHash: "hex", by: "text" },
  },
  ConfigurationRefused: {
    severity: "alarm",
    en: "A configuration that {by} brought in a file was refused: {error} ({detail}); the one in force stays.",
    fields: { error: "text", detail: "text", by: "text" },
  },
  FeedRefused: {
    severity: "alarm",
    en: "What the cloud sent of {partition} was refused: {error} ({detail}); the list in force stays.",
    fields: { partition: "text", error: "text", detail: "text" },
  },
  FreshnessChanged: {
    severity: "warning",
    en: "The list that {accessPoint} decides by was {from} and is now {to}.",
    fields: { accessPoint: "source", from: FRESHNESS, to: FRESHNESS },
  },
  CommandTaken: {
    severity: "notice",
    en: "{by} asked from afar for {verb} at {door}; reason: {reason}. Command {command}.",
    fields: { door: "source", command: "hex", verb: "text", by: "text", reason: "text" },
  },
  CommandActed: { severity: "notice", en: "{door} did what command {command} asked for.", fields: { door: "source", command: "hex" } },
  CommandRefused: {
    severity: "warning",
    en: "{by} asked from afar for {verb} at {door}, and was refused: {error} ({detail}); reason: {reason}. Command {command}.",
    fields: { door: "source", command: "hex", verb: "text", by: "text", reason: "text", error: COMMAND_REFUSALS, detail: "text" },
  },
  DeviceTamper: {
    severity: "alarm",
    en: "The case or the power of {device} changed; opened: {tamper}, without mains: {powerFailure}.",
    fields: { device: "source", tamper: "boolean", powerFailure: "boolean" },
  },
  InputFault: {
    severity: "alarm",
    en: "The wire of {use} (input {input} of {device}) is faulted: {fault}; {remedy}.",
    fields: { device: "source", input: "u32", use: "text", fault: INPUT_FAULTS, remedy: "text" },
  },
  InputFaultCleared: {
    severity: "notice",
    en: "The wire of {use} (input {input} of {device}) is whole again.",
    fields: { device: "source", input: "u32", use: "text" },
  },
  ReaderRefused: {
    severity: "warning",
    en: "{device} is not spoken to: {refusal} ({detail}).",
    fields: { device: "source", refusal: READER_REFUSALS, detail: "text" },
  },
  ReaderConceded: {
    severity: "warning",
    en: "{device} is spoken to as commissioning asked for in so many words: {concession}.",
    fields: { device: "source", concession: READER_CONCESSIONS },
  },
  ReaderKeySet: { severity: "notice", en: "{by} gave {device} a key of its own.", fields: { device: "source", by: "text" } },
  ReaderAddressed: {
    severity: "notice",
    en: "{by} has {device} take address {address} on its line, at {baud} baud.",
    fields: { device: "source", by: "text", reason: "text", address: "u32", baud: "u32" },
  },
  ApbViolation: {
    severity: "warning",
    en: "{accessPoint} let credential {credential} pass on grant {grantedSeq} though its holder was seen elsewhere last: {detail}.",
    fields: { accessPoint: "source", credential: "credential", grantedSeq: "u32", area: "text", detail: "text" },
  },
  AreaReset: {
    severity: "notice",
    en: "{by} had area {area} forget where holder {holder} is (null: everybody); reason: {reason}.",
    fields: { area: "source", holder: "u32?", by: "text", reason: "text" },
  },
  DoorAwaitsRelock: {
    severity: "warning",
    en: "Fire or drill is over; {door} stays as it was in it until somebody has it locked again.",
    fields: { door: "source" },
  },
  DoorsRelocked: {
    severity: "notice",
    en: "{by} had {zone} locked again: {doors} doors; not shut or not locked: {open}; reason: {reason}.",
    fields: { zone: "source", doors: "u32", open: "text", by: "text", reason: "text" },
  },
  LockdownStarted: {
    severity: "alarm",
    en: "{by} began a lockdown of {zone}: {doors} doors are held; not held: {free}; reason: {reason}.",
    fields: { zone: "source", doors: "u32", free: "text", by: "text", reason: "text" },
  },
  LockdownEnded: {
    severity: "notice",
    en: "{by} ended the lockdown of {zone}; reason: {reason}.",
    fields: { zone: "source", by: "text", reason: "text" },
  },
  DrillStarted: {
    severity: "notice",
    en: "{by} began a drill of {zone}: {doors} doors are free as in a fire; reason: {reason}.",
    fields: { zone: "source", doors: "u32", by: "text", reason: "text" },
  },
  DrillEnded: {
    severity: "notice",
    en: "The drill of {zone} is over, ended by {by}, cause {cause}; reason: {reason}.",
    fields: { zone: "source", cause: ["person", "fire"], by: "text", reason: "text" },
  },
  InterlockBroken: {
    severity: "alarm",
    en: "Two doors of interlock {interlock} stand open at once: {door} was opened while {other} was.",
    fields: { door: "source", interlock: "text", other: "text" },
  },
  Duress: {
    severity: "alarm",
    en: "At {accessPoint} the holder of credential {credential} let it be known that somebody forces them, on grant {grantedSeq} (null: they were not let in yet). Nothing there shows it.",
    fields: { accessPoint: "source", credential: "credential", grantedSeq: "u32?" },
  },
  PinLockedOut: {
    severity: "alarm",
    en: "At {accessPoint} {tries} wrong PINs were typed, the last with credential {credential}: no PIN of that {whose} is taken for {lockedS} s.",
    fields: { accessPoint: "source", credential: "credential", whose: ["holder", "reader"], tries: "u32", lockedS: "u32" },
  },
  PinUnlocked: {
    severity: "notice",
    en: "{by} had the wrong PINs of {whose} forgotten; reason: {reason}.",
    fields: { whose: "text", by: "text", reason: "text" },
  },
  FirstPersonIn: {
    severity: "notice",
    en: "The holder of credential {credential} came in at {accessPoint} on grant {grantedSeq} as the first: what waits for them at {door} begins.",
    fields: { door: "source", accessPoint: "text", credential: "credential", grantedSeq: "u32" },
  },
  PinChanged: {
    severity: "notice",
    en: "The PIN of holder {holder} in zone {zone} was {change} by {by}; reason: {reason}.",
    fields: { holder: "u32", zone: "text", change: ["set", "changed", "erased"], by: "text", reason: "text" },
  },
  ...LANE_EVENT,
  ...LIFT_EVENT,
  ...HEALTH_EVENT,
  ...GUARD_EVENT,
} as const satisfies Record<string, EventRow>;

export type EventName = keyof typeof EVENT;
/** All names, in the table's order. */
export const EVENT_NAMES = Object.keys(EVENT) as readonly EventName[];

/** The fields of the event of that name. */
export type EventFields<N extends EventName> = {
  readonly [F in keyof (typeof EVENT)[N]["fields"]]: FieldValue<Extract<(typeof EVENT)[N]["fields"][F], FieldType>>;
};

/** What happened: a name of {@link EVENT} with its fields. `drill`: it belongs to a drill, and is no reason for an alarm. */
export type ControllerEvent = { readonly [N in EventName]: { readonly name: N; readonly fields: EventFields<N>; readonly drill?: true } }[EventName];
