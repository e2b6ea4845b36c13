import type { CardFormat } from "@portico/card-protocol";
import type { GpioBias, GpioLineName } from "@portico/firmware-ts/gpio";
import type { DeviceDialect, PushAuthentication } from "@portico/firmware-ts/isapi";
import type { BoardListener } from "@portico/firmware-ts/uhppote";

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

/** `[[isapi]]`: a face terminal or a camera on a network. */
export interface IsapiConfiguration {
  readonly id: string;
  /** IPv4, digits and dots. */
  readonly address: string;
  readonly port: number;
  readonly dialect: DeviceDialect;
  readonly user: string;
  /** Holds the user's password and nothing else, for its owner alone. */
  readonly passwordFile: string;
  /** Absent: clear text, which whoever commissions has accepted. */
  readonly tls?: { readonly certificateFile?: string };
  /** Where it pushes its events to; absent: they are fetched as a stream. */
  readonly listen?: { readonly address: string; readonly port: number; readonly authentication: PushAuthentication };
}

/** What a device of the network reads. */
export interface IsapiScannerConfiguration {
  readonly id: string;
  readonly isapi: string;
  /** Of the device, from 1; absent: whichever it names. */
  readonly door?: number;
  /** Of a camera: cars that go this way alone. */
  readonly direction?: "in" | "out";
  /** 0..100: readings that are less sure are left out. */
  readonly confidenceMin: number;
  /** Absent: QR codes. */
  readonly card?: CardFormat;
}

/** `[[scanner]]`: on a serial line of its own, a reader of an OSDP PD, or a Wiegand reader on a relay board. */
export type ScannerConfiguration = SerialScannerConfiguration | OsdpScannerConfiguration | WiegandScannerConfiguration | IsapiScannerConfiguration;

/** A Wiegand reader on a relay board of ours, or on a UHPPOTE board. */
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
  | UhppoteConfiguration
  /** The doors of a device of the network. */
  | { readonly protocol: "isapi"; readonly id: string; readonly isapi: string; readonly relays: number; readonly inputs: 0 }
  | GpioConfiguration
  | {
      readonly protocol: "osdp";
      readonly id: string;
      readonly pd: string;
      readonly relays: number;
      readonly inputs: number;
    };

/** Where a device on a network is. */
export interface LinkConfiguration {
  /** IPv4, digits and dots. */
  readonly address: string;
  readonly port: number;
  /** Absent: it pushes nothing. */
  readonly listener?: BoardListener;
}

/** A UHPPOTE UT0311-L0x. Whoever wrote it has accepted that everybody on its network can read and say anything. */
export interface UhppoteConfiguration extends LinkConfiguration {
  readonly protocol: "uhppote";
  readonly id: string;
  readonly serialNumber: number;
  /** 1..4. */
  readonly relays: number;
  /** 0..10. */
  readonly inputs: number;
}

/** Relays and contacts on lines of this computer. */
export interface GpioConfiguration {
  readonly protocol: "gpio";
  readonly id: string;
  readonly chip: string;
  /** Relay n hangs on the nth of these: numbers or names. */
  readonly relayLines: readonly GpioLineName[];
  readonly inputLines: readonly GpioLineName[];
  /** A low line energises the relay. */
  readonly activeLow: boolean;
  readonly bias: GpioBias;
}

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

/** Where the old system shows that it lets somebody in: its relay, or the lock that it drives. `grantedMeans`: what the contact is then. */
export type OldGrantReference = InputReference & { readonly grantedMeans: "closed" | "open" };
