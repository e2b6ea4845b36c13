import type { MonotonicMs, TrustList } from "@portico/card-protocol";
import type { AccessList } from "../access-list.ts";
import type { Areas } from "../areas.ts";
import type { Commissioning } from "../commissioning/commissioning.ts";
import type { Printing } from "../printing/printing.ts";
import type { Pins } from "../pins.ts";
import type { AccessPoint } from "../access-point.ts";
import type { AccessPointConfiguration, Configuration } from "../configuration/configuration.ts";
import type { FreshnessNow } from "../core/freshness-course.ts";
import type { ControllerClock } from "../controller-clock.ts";
import type { DeviceWatch } from "../device-watch.ts";
import type { WiredDevice } from "../hardware.ts";
import type { HealthWatch } from "../health-watch.ts";
import type { GuardDesk } from "../guard-desk.ts";
import type { ListReader } from "../list/list-reading.ts";
import type { OsdpLines } from "../osdp-lines.ts";
import type { DoorSchedules } from "../portal/door-schedules.ts";
import type { LaneCounting } from "../portal/lane-counting.ts";
import type { Portals } from "../portal/portals.ts";
import type { Operable } from "../portal/portal.ts";
import type { Recorder } from "../recorder.ts";
import type { TamperWatch } from "../tamper-watch.ts";
import type { Shadow } from "../shadow.ts";
import type { Site } from "../site.ts";
import type { ControllerStore } from "../store/controller-store.ts";
import type { Kiosks } from "../kiosks.ts";
import type { RoomLocks } from "../locks/room-locks.ts";
import type { Terminals } from "../terminals.ts";
import type { UploadStatus } from "../sync/event-upload.ts";
import type { FileTaken } from "../sync/feed-file.ts";
import type { FeedStatus } from "../sync/feed-status.ts";
import type { ControlAnswers } from "./control-server.ts";

/** What of a running controller the control socket speaks of. */
export interface ControlParts {
  readonly configuration: Configuration;
  /** Of this program. */
  readonly version: string;
  readonly startedAt: MonotonicMs;
  readonly store: ControllerStore;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  /** In force; undefined where the configuration names none. */
  readonly trustList: () => TrustList | undefined;
  /** What an access point decides by. */
  readonly listOf: (accessPoint: AccessPointConfiguration) => AccessList;
  /** How the cloud's feed is; undefined where lists come from files. */
  readonly feed: () => FeedStatus | undefined;
  /** Takes a feed file; undefined where lists come from files of their own. */
  readonly takeFeedFile: ((bytes: Uint8Array) => Promise<FileTaken>) | undefined;
  /** How far the list that an access point decides by may be believed. */
  readonly freshnessOf: (accessPoint: AccessPointConfiguration) => FreshnessNow;
  /** How far the events are with the cloud; undefined where there is none. */
  readonly upload: () => UploadStatus | undefined;
  /** Whether this controller has signed the GapRecord that ends with an event. */
  readonly checkpoints: (lastSeq: number) => boolean;
  /** Doors by id, directions of turnstiles as `<turnstile>/<direction>`. */
  readonly operables: ReadonlyMap<string, Operable>;
  readonly devices: readonly (WiredDevice & { readonly watch: DeviceWatch })[];
  /** Undefined where no OSDP PD is configured. */
  readonly osdp: OsdpLines | undefined;
  readonly areas: Areas;
  readonly schedules: DoorSchedules;
  readonly guards: readonly GuardDesk[];
  readonly terminals: Terminals;
  readonly printing: Pick<Printing, "desks" | "printers" | "runs" | "isTest">;
  readonly kiosks: Kiosks;
  readonly locks: RoomLocks;
  readonly lanes: Portals["lanes"];
  readonly counting: Pick<LaneCounting, "since" | "today">;
  readonly pins: Pins;
  readonly site: Site;
  readonly commissioning: Pick<Commissioning, "rows" | "rowOf" | "walk" | "protocol" | "ask">;
  readonly shadow: Shadow;
  readonly tampers: Pick<TamperWatch, "stateOf">;
  readonly health: Pick<HealthWatch, "findings">;
  readonly accessPoints: readonly AccessPoint[];
  /** Reads folders of list files. */
  readonly readList: ListReader;
  /** Aborted when the store is about to be closed: nothing is read from it any more. */
  readonly closing: AbortSignal;
}

/** Some of the routes with their answers. */
export type AnswersTo<Route extends keyof ControlAnswers> = Pick<ControlAnswers, Route>;
