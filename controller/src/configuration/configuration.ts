import type { Capability, CardFormat, EventName } from "@portico/card-protocol";
import type { AreaRules } from "../core/area.ts";
import type { ScheduledOperation } from "../core/door-schedule.ts";
import type { PinSettings } from "../pins.ts";
import type { AuthenticationProfile } from "../core/authentication.ts";
import type { StalePolicy } from "../core/freshness.ts";

/** Everything that `portico.toml` says, with every default filled in, references checked and paths absolute. Units stand in the names. */
export interface Configuration {
  /** The file that was read. */
  readonly file: string;
  /** SHA-256 of the file's bytes, lower-case hex: what the event ControllerStarted names. */
  readonly hash: string;
  readonly site: SiteConfiguration;
  readonly controller: ControllerConfiguration;
  readonly clock: ClockConfiguration;
  /** Absent: lists are loaded from files. */
  readonly cloud?: CloudConfiguration;
  readonly log: LogConfiguration;
  readonly wires: readonly WireConfiguration[];
  readonly osdpPds: readonly OsdpPdConfiguration[];
  readonly scanners: readonly ScannerConfiguration[];
  readonly relayBoards: readonly RelayBoardConfiguration[];
  readonly doors: readonly DoorConfiguration[];
  readonly turnstiles: readonly TurnstileConfiguration[];
  readonly doorSchedules: readonly DoorScheduleConfiguration[];
  readonly lockdownInputs: readonly LockdownInputConfiguration[];
  /** `[fire] relock`: who ends what fire has freed. */
  readonly relockAfterFire: "person" | "input";
  readonly interlocks: readonly InterlockConfiguration[];
  /** `[[area]]` */
  readonly areas: readonly AreaRules[];
  /** `[pin]` */
  readonly pin: PinSettings;
  /** `[[authentication_profile]]` */
  readonly authenticationProfiles: readonly AuthenticationProfile[];
  readonly accessPoints: readonly AccessPointConfiguration[];
}

/** `[site]` */
export interface SiteConfiguration {
  readonly id: string;
  /** IANA zone that schedules are judged in. */
  readonly timeZone: string;
  /** Absent: this controller believes no issuer: passes T and time frames are refused, passes H and HC and cards of the list are taken. */
  readonly trust?: {
    readonly listFile: string;
    /**
     * The root keys pinned at commissioning, 32 bytes each, strict; `threshold` of them must have signed a trust list.
     * `version` is that of the root set: +1 for each change of keys or threshold since the site began.
     */
    readonly roots: { readonly version: number; readonly threshold: number; readonly keys: readonly Uint8Array[] };
  };
}

/** `[controller]` */
export interface ControllerConfiguration {
  readonly id: string;
  readonly dataFolder: string;
  /** At most 107 bytes. */
  readonly socket: string;
}

/** `[clock]`. `time-frames`: untrusted until a signed time frame came. `system`: the computer's clock is kept by NTP or a battery. */
export type ClockConfiguration = { readonly trustedBy: "time-frames" } | { readonly trustedBy: "system"; readonly uncertaintyS: number };

/** `[cloud]`: who may pass comes from its feed. */
export interface CloudConfiguration {
  /** `https://cloud.example.edu`, without a path. */
  readonly url: string;
  /** 1 to 16: what this controller follows. */
  readonly zones: readonly string[];
  /** PEM of the authority of the cloud's certificate; absent: those of the system. */
  readonly certificateAuthorityFile?: string;
}

/** `[log]` and `[[retention]]`: how large the event log may become, and how long which events are kept. */
export interface LogConfiguration {
  /** What the database may take. */
  readonly bytesMax: number;
  /** What is left free on its disk for others. */
  readonly keepFreeBytes: number;
  /** Days; what is not named is kept as long as there is room. */
  readonly keepDays: ReadonlyMap<EventName, number>;
}

/** `[[wire]]` */
export type WireConfiguration =
  | { readonly kind: "serial"; readonly id: string; readonly device: string; readonly baud: number }
  | { readonly kind: "tcp"; readonly id: string; readonly host: string; readonly port: number };

/** `[[osdp_pd]]`: a reader, keypad or relay module on an OSDP line. */
export interface OsdpPdConfiguration {
  readonly id: string;
  readonly wire: string;
  /** 0..126. */
  readonly address: number;
  /** `clear-text`: whoever commissions accepts that everybody on the line can read and say anything. */
  readonly security: "secure" | "clear-text";
  readonly pollMs: number;
}

/** `[[scanner]]`: on a serial line of its own, a reader of an OSDP PD, or a Wiegand reader on a relay board. */
export type ScannerConfiguration = SerialScannerConfiguration | OsdpScannerConfiguration | WiegandScannerConfiguration;

/** A Wiegand reader on a relay board of ours. */
export interface WiegandScannerConfiguration {
  readonly id: string;
  readonly board: string;
  /** Which of the board's readers, from 0. */
  readonly reader: number;
  readonly card: CardFormat;
}

/** A reader of an OSDP PD. */
export interface OsdpScannerConfiguration {
  readonly id: string;
  readonly pd: string;
  /** Number of the reader in its PD. */
  readonly reader: number;
  /** Absent: no physical cards at this reader. */
  readonly card?: CardFormat;
}

/** A QR scanner or combined head that sends lines. */
export interface SerialScannerConfiguration {
  readonly id: string;
  readonly wire: string;
  readonly terminator: "cr" | "lf" | "crlf" | "any";
  /** Silence that ends a frame. */
  readonly gapMs: number;
  /** Absent: no physical cards at this reader. */
  readonly card?: CardFormat;
  /** Lines that end with `#` are keys. */
  readonly keypad: boolean;
}

/** `[[relay_board]]` */
export type RelayBoardConfiguration =
  | {
      readonly protocol: "modbus-rtu";
      readonly id: string;
      readonly wire: string;
      /** 1..247. */
      readonly unit: number;
      readonly relays: number;
      readonly inputs: number;
      readonly pollMs: number;
    }
  | {
      readonly protocol: "relay-avr";
      readonly id: string;
      readonly wire: string;
      /** 1..8. */
      readonly relays: number;
      /** 0..6. */
      readonly inputs: number;
    }
  | {
      readonly protocol: "firmata";
      readonly id: string;
      readonly wire: string;
      /** Relay n hangs on pin `relayPins[n]`. */
      readonly relayPins: readonly number[];
      readonly inputPins: readonly number[];
      /** A low pin energises the relay. */
      readonly activeLow: boolean;
      /** Inputs whose wires are measured, and where the voltages of their loops lie, in thousandths of the supply. */
      readonly supervised?: { readonly pins: readonly number[]; readonly loop: { readonly closed: number; readonly open: number; readonly tolerance: number } };
    }
  | {
      readonly protocol: "osdp";
      readonly id: string;
      readonly pd: string;
      readonly relays: number;
      readonly inputs: number;
    };

/** A relay of a board, from 0. */
export interface RelayReference {
  readonly board: string;
  readonly relay: number;
}
/** An input of a board, from 0. */
export interface InputReference {
  readonly board: string;
  readonly input: number;
}

/** `[[door]]`. Timings as ONVIF names them. */
export interface DoorConfiguration {
  readonly id: string;
  readonly strike: RelayReference;
  /** A bolt that is driven out, by current, while the door is DoubleLocked. */
  readonly secondBolt?: RelayReference;
  /** `closedMeans`: what the closed contact says about the door. */
  readonly contact?: InputReference & { readonly closedMeans: "closed" | "open" };
  readonly rex?: InputReference;
  /** False: a handle opens the door mechanically, and the exit button only says so. */
  readonly rexUnlocks: boolean;
  /** Normally closed: an open contact frees the door. */
  readonly fire?: InputReference;
  readonly releaseTimeMs: number;
  /** Added for holders who need longer. */
  readonly extendedReleaseTimeMs: number;
  readonly openTimeMs: number;
  /** Added for holders who need longer. */
  readonly extendedOpenTimeMs: number;
  readonly preAlarmTimeMs: number;
  readonly delayBeforeRelockMs: number;
  readonly relockOn: "open" | "close";
  /** How long a contact must rest before its new state counts. */
  readonly debounceMs: number;
  /** `secure`: energised releases, power loss locks. `safe`: energised locks, power loss frees. */
  readonly fail: "secure" | "safe";
}

/** `[[turnstile]]`; entry or exit or both. */
export interface TurnstileConfiguration {
  readonly id: string;
  readonly gate: string;
  readonly style: "pulse" | "level";
  readonly entry?: RelayReference;
  readonly exit?: RelayReference;
  readonly passEntry?: InputReference;
  readonly passExit?: InputReference;
  /** Normally closed: an open contact frees both directions. */
  readonly fire?: InputReference;
  readonly pulseMs: number;
  readonly passageTimeMs: number;
  /** Added for holders who need longer. */
  readonly extendedPassageTimeMs: number;
  /** How long behind a passage the next one counts as following it. */
  readonly tailgateTimeMs: number;
  readonly debounceMs: number;
}

/** `[[door_schedule]]`: what a schedule does to a door, or to one direction of a turnstile, while it is open. */
export interface DoorScheduleConfiguration {
  /** A door, or `<turnstile>/<direction>`. */
  readonly door: string;
  /** Id of the schedule in the list. */
  readonly schedule: string;
  readonly operation: ScheduledOperation;
  /** In each opening it waits until a holder with the flag `firstPerson` has come in. */
  readonly firstPerson?: true;
  /** Whose list it is in; absent: lists are loaded from files. */
  readonly zone?: string;
}

/** `[[lockdown_input]]`: a button that begins a lockdown. */
export interface LockdownInputConfiguration {
  readonly id: string;
  readonly input: InputReference;
  /** What the pressed button does to its contact. */
  readonly pressedMeans: "closed" | "open";
  /** Which zone; absent: every door of this controller. */
  readonly zone?: string;
}

/** `[[interlock]]`: doors of which one at a time is not shut. */
export interface InterlockConfiguration {
  readonly id: string;
  readonly doors: readonly string[];
}

/** What an access point opens. */
export type AccessPointTarget =
  | { readonly kind: "door"; readonly door: string }
  | { readonly kind: "turnstile"; readonly turnstile: string; readonly direction: "entry" | "exit" };

/** `[[access_point]]` */
export interface AccessPointConfiguration {
  readonly id: string;
  readonly scanner: string;
  readonly opens: AccessPointTarget;
  /** The area that somebody is in behind it, and the one that they are not in any more. */
  readonly enters?: string;
  readonly leaves?: string;
  /** What is asked for beside a card or pass; absent: nothing. */
  readonly authenticationProfile?: string;
  /** Two different holders have to come within this time; absent: one is enough. */
  readonly secondPersonMs?: number;
  /** Whoever needs an escort may follow one within this time; absent: never. */
  readonly escortMs?: number;
  readonly capability: Capability;
  /** Spent passes are counted per group: by default the gate's id and direction, at a door the access point's id. */
  readonly replayGroup: string;
  readonly demandChallenge: boolean;
  readonly enabled: boolean;
  readonly egress: boolean;
  /** The zone whose list it goes by; absent: lists are loaded from files. */
  readonly zone?: string;
  /** How old the zone's list may be for whom. */
  readonly stalePolicy: Exclude<StalePolicy, "none">;
  /** What happens while nobody vouches for the clock, chosen at commissioning. */
  readonly untrustedClock: { readonly qr: "refuse" | "emergency"; readonly card: "refuse" | "emergency" };
  /** Relays of lights and buzzer at the reader. */
  readonly indicator?: { readonly board: string; readonly granted: number; readonly denied: number; readonly buzzer?: number };
}
