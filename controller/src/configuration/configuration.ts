import type { Capability, EventName } from "@portico/card-protocol";
import type { AreaRules } from "../core/area.ts";
import type { ScheduledOperation } from "../core/door-schedule.ts";
import type { PinSettings } from "../pins.ts";
import type { AuthenticationProfile } from "../core/authentication.ts";
import type { StalePolicy } from "../core/freshness.ts";
import type { GuardStationConfiguration, TurnstileConfiguration } from "./lane-configuration.ts";
import type { PrinterConfiguration, ReleaseStationConfiguration } from "./printing-configuration.ts";
import type { LiftConfiguration } from "./lift-configuration.ts";
import type {
  InputReference,
  OldGrantReference,
  IsapiConfiguration,
  OsdpPdConfiguration,
  RelayBoardConfiguration,
  RelayReference,
  ScannerConfiguration,
  WireConfiguration,
} from "./hardware-configuration.ts";
import type { LockConfiguration, TtlockConfiguration } from "./lock-configuration.ts";
import type { KioskConfiguration } from "./kiosk-configuration.ts";
import type { TerminalConfiguration } from "./terminal-configuration.ts";
import type { BeaconConfiguration, DisplayConfiguration, KeypadConfiguration } from "./till-configuration.ts";

export type { GuardButtonConfiguration, GuardReasonConfiguration, GuardStationConfiguration, TurnstileConfiguration } from "./lane-configuration.ts";
export type { PrinterConfiguration, ReleaseStationConfiguration } from "./printing-configuration.ts";
export type { LiftConfiguration, LiftFloorConfiguration } from "./lift-configuration.ts";
export type {
  GpioConfiguration,
  InputReference,
  OldGrantReference,
  IsapiConfiguration,
  IsapiScannerConfiguration,
  LinkConfiguration,
  OsdpPdConfiguration,
  OsdpScannerConfiguration,
  RelayBoardConfiguration,
  RelayReference,
  ScannerConfiguration,
  SerialScannerConfiguration,
  UhppoteConfiguration,
  WiegandScannerConfiguration,
  WireConfiguration,
} from "./hardware-configuration.ts";

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
  readonly isapis: readonly IsapiConfiguration[];
  readonly scanners: readonly ScannerConfiguration[];
  readonly relayBoards: readonly RelayBoardConfiguration[];
  readonly keypads: readonly KeypadConfiguration[];
  readonly displays: readonly DisplayConfiguration[];
  readonly beacons: readonly BeaconConfiguration[];
  readonly doors: readonly DoorConfiguration[];
  readonly turnstiles: readonly TurnstileConfiguration[];
  readonly lifts: readonly LiftConfiguration[];
  readonly doorSchedules: readonly DoorScheduleConfiguration[];
  readonly lockdownInputs: readonly LockdownInputConfiguration[];
  readonly guardStations: readonly GuardStationConfiguration[];
  readonly terminals: readonly TerminalConfiguration[];
  readonly printers: readonly PrinterConfiguration[];
  readonly releaseStations: readonly ReleaseStationConfiguration[];
  readonly kiosks: readonly KioskConfiguration[];
  readonly locks: readonly LockConfiguration[];
  /** Absent: no lock is one of TTLock's. */
  readonly ttlock?: TtlockConfiguration;
  /** `[shadow] window_ms`: how far apart Portico and the old system may decide on one presentation. */
  readonly shadowWindowMs: number;
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
  /** The cloud may send this controller another configuration, signed; else somebody brings it in a file. */
  readonly takesConfiguration: boolean;
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
  /** The tamper switches of its cases, in one loop; `tamperedMeans`: what its contact is while one is opened. */
  readonly tamper?: InputReference & { readonly tamperedMeans: "open" | "closed" };
  /** An old system drives it until somebody cuts it over. */
  readonly shadow?: { readonly oldGrant?: OldGrantReference };
}

/** `[[door_schedule]]`: what a schedule does to a door, to one direction of a turnstile, or to a floor of a lift, while it is open. */
export interface DoorScheduleConfiguration {
  /** A door, `<turnstile>/<direction>`, or `<lift>/<floor>`. */
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
  | { readonly kind: "turnstile"; readonly turnstile: string; readonly direction: "entry" | "exit" }
  /** Only the floors of that door of the cabin, where one is named. */
  | { readonly kind: "lift"; readonly lift: string; readonly door: "front" | "rear" | undefined }
  /** Nothing: a guard signs in, or out. */
  | { readonly kind: "guard-station"; readonly station: string }
  /** Nothing: somebody pays. */
  | { readonly kind: "terminal"; readonly terminal: string }
  /** Nothing: somebody signs in to have their held jobs printed. */
  | { readonly kind: "release-station"; readonly station: string }
  /** Nothing: somebody borrows. */
  | { readonly kind: "kiosk"; readonly kiosk: string }
  /** The lock of a room. */
  | { readonly kind: "room-lock"; readonly lock: string };

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
  /** Spent passes are counted per group: by default the gate's id and direction, at a door the access point's id, in a lift the lift's. */
  readonly replayGroup: string;
  readonly demandChallenge: boolean;
  /** Which display or beacon shows its challenges; absent: whoever asks for them over the control socket. */
  readonly challengeFace?: { readonly by: "display" | "beacon"; readonly id: string };
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
