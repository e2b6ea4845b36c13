import type { Clock, Random, RandomBytes, UnixSeconds } from "@portico/card-protocol";
import type { ChallengeBeacon, Wire } from "@portico/firmware-ts";
import type { GpioBoardOptions } from "@portico/firmware-ts/gpio";
import type { DatagramLink } from "@portico/firmware-ts/uhppote";
import type { LinkConfiguration, WireConfiguration } from "./configuration/configuration.ts";
import type { BeaconConfiguration } from "./configuration/till-configuration.ts";
import type { Battery } from "./batteries.ts";
import type { ControllerReport } from "./controller-report.ts";
import type { LockWays } from "./locks/lock-ways.ts";
import type { LoansPort } from "./loans/loans-port.ts";
import type { MoneyPort } from "./money/money-port.ts";
import type { PrintingWays } from "./printing/printing-ways.ts";
import type { ListReader } from "./list/list-reading.ts";
import type { WireUse } from "./real-wire.ts";
import type { CloudConnectionOptions } from "./sync/cloud-connection.ts";
import type { CloudTransport } from "./sync/cloud-transport.ts";

/** Everything that a controller takes from the machine that it runs on. */
export interface ControllerSurroundings {
  /** Monotonic time and timers. */
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** The host's wall clock, ms since 1970. */
  readonly hostWallMs: () => number;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  /** Names the machine's present boot: another one means that the machine went down meanwhile. */
  readonly bootId: string;
  /** Of this program. */
  readonly version: string;
  readonly openWire: (wire: WireConfiguration, use: WireUse, clock: Clock) => Wire;
  readonly openLink: (link: LinkConfiguration, clock: Clock) => DatagramLink;
  /** A Bluetooth adapter of this machine. */
  readonly openBeacon: (beacon: BeaconConfiguration, clock: Clock) => ChallengeBeacon | Promise<ChallengeBeacon>;
  /** Tools for the GPIO lines of this machine, and what its kernel does to outputs that nobody holds any more. */
  readonly gpio: Pick<GpioBoardOptions, "tools" | "keepsOutputs">;
  readonly printing: PrintingWays;
  /** The ways to room locks. */
  readonly locks: LockWays;
  readonly readList: ListReader;
  /** The way to the cloud that the configuration names. */
  readonly openCloud: (options: CloudConnectionOptions) => CloudTransport;
  /** Where money is kept. */
  readonly money: MoneyPort;
  /** The library. */
  readonly loans: LoansPort;
  readonly onReport: (report: ControllerReport) => void;
  /** What the machine's battery clock shows; undefined: there is none that has not stood still. */
  readonly batteryClock: () => UnixSeconds | undefined;
  /** The batteries that the machine knows of. */
  readonly batteries: () => readonly Battery[];
  /** Something that whoever starts the controller should know, as a sentence. */
  readonly onWarning: (warning: string) => void;
  /** Called once, when the controller cannot go on: the program should end, for a fresh start or for a person to look. */
  readonly onFatal: (failure: Error) => void;
}
