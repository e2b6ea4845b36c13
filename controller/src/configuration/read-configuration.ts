import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { hexToBytes } from "@portico/card-protocol";
import { amend } from "./amend.ts";
import type { AccessPointConfiguration, CloudConfiguration, Configuration, SiteConfiguration } from "./configuration.ts";
import type { PinSettings } from "../pins.ts";
import { FEED_STALE_POLICY } from "../core/freshness.ts";
import { crossChecks } from "./cross-checks.ts";
import { type ConfigurationProblem, describeIssue, type ProblemAt, problemsOf } from "./problem.ts";
import { liftOf } from "./read-lift.ts";
import { present } from "./present.ts";
import { boardOf, isapiOf, scannerOf, wireOf } from "./read-hardware.ts";
import { capabilityOf, targetOf } from "./read-target.ts";
import { kioskOf } from "./kiosk-configuration.ts";
import { lockOf, ttlockOf } from "./lock-configuration.ts";
import { terminalOf } from "./terminal-configuration.ts";
import { beaconOf, displayOf } from "./till-configuration.ts";
import { printerOf, releaseStationOf } from "./read-printing.ts";
import { guardStationOf, oldGrantOf, turnstileOf } from "./read-lanes.ts";
import { exampleAt, FILE_SCHEMA, type FileContent, keysAt } from "./schema.ts";
import { readTomlTree, type TomlTree } from "./toml-tree.ts";

/** The longest path that a Unix socket can have: `sun_path` holds 108 bytes with the closing zero. Source: unix(7). */
export const SOCKET_PATH_BYTES_MAX = 107;

/** Absolute paths that hold where the file names none: they depend on how Portico is installed. A socket within the data folder goes with it. */
export interface PlaceDefaults {
  readonly dataFolder: string;
  readonly socket: string;
}

/** A configuration that can be run, or everything that must be mended first, in the order of the file. `notes`: what may keep it from starting all the same. */
export type ConfigurationReading =
  | { readonly ok: true; readonly configuration: Configuration; readonly notes: readonly ConfigurationProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

/**
 * Reads and judges a configuration file. Relative paths in it start from its folder.
 *
 * @param file    path of the file; a file that cannot be read is a problem on line 0
 * @param places  data folder and socket where the file names none
 */
export function readConfiguration(file: string, places: PlaceDefaults): ConfigurationReading {
  const path = resolve(file);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return { ok: false, problems: [unreadable(error as NodeJS.ErrnoException)] };
  }
  return judgeFile(bytes, path, places, existsSync);
}

/** Judges the bytes of a configuration file that stands, or will stand, at `file` (absolute). Touches no file. */
export const parseConfiguration = (bytes: Uint8Array, file: string, places: PlaceDefaults): ConfigurationReading => judgeFile(bytes, file, places, () => true);

function judgeFile(bytes: Uint8Array, file: string, places: PlaceDefaults, isThere: (path: string) => boolean): ConfigurationReading {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, problems: [{ line: 0, path: "", cause: "the file is not UTF-8 text", remedy: "save it as UTF-8" }] };
  }
  const read = readTomlTree(text);
  if (!read.ok)
    return {
      ok: false,
      problems: [{ line: read.line, path: "", cause: read.cause, remedy: "mend this line; what stands behind it has not been judged" }],
    };
  const problemAt = problemsOf(read.tree);
  const { problems, content } = judge(read.tree);
  if (content !== undefined) {
    // Where a bad value was left out to look at the rest, its default is not to blame for anything.
    const told = new Set(problems.map(({ path }) => path));
    problems.push(...crossChecks(content, problemAt).filter(({ path }) => !told.has(path)));
    const { socket } = placesOf(content, file, places);
    const length = Buffer.byteLength(socket);
    if (length > SOCKET_PATH_BYTES_MAX)
      problems.push(
        problemAt(
          ["controller", "socket"],
          `is ${length} bytes long (${socket}); a socket's path has at most ${SOCKET_PATH_BYTES_MAX}`,
          `write a shorter path, e.g. socket = "/run/portico/controller.sock"`,
        ),
      );
  }
  if (content === undefined || problems.length > 0) return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line) };
  const configuration = configurationOf(content, file, createHash("sha256").update(bytes).digest("hex"), places);
  return { ok: true, configuration, notes: missingFiles(configuration, problemAt, isThere) };
}

/** Types, ranges and keys. The content is there, as far as it can be told, even beside problems, so that references are judged in the same run. */
function judge(tree: TomlTree): { readonly problems: ConfigurationProblem[]; readonly content: FileContent | undefined } {
  const first = FILE_SCHEMA.safeParse(tree.value, { reportInput: true });
  if (first.success) return { problems: [], content: first.data };
  const problems = first.error.issues.flatMap((issue) => describeIssue(issue, problemsOf(tree), keysAt, exampleAt));
  return { problems, content: FILE_SCHEMA.safeParse(amend(tree.value, first.error.issues)).data };
}

/** No mistake: a trust list that was taken up once is kept, and goes on without its file. */
function missingFiles({ site: { trust } }: Configuration, problemAt: ProblemAt, isThere: (path: string) => boolean): ConfigurationProblem[] {
  if (trust === undefined || isThere(trust.listFile)) return [];
  return [
    problemAt(
      ["site", "trust_list"],
      `names a file that is not there: ${trust.listFile}`,
      "get it from the root holders; without it a controller that never had one does not start",
    ),
  ];
}

function unreadable({ code, message }: NodeJS.ErrnoException): ConfigurationProblem {
  const problem = (cause: string, remedy: string): ConfigurationProblem => ({ line: 0, path: "", cause, remedy });
  if (code === "ENOENT") return problem("there is no such file", "make one with `portico config init`, or name another with --config");
  if (code === "EACCES") return problem("it may not be read by you", "use sudo, or add yourself to the file's group");
  if (code === "EISDIR") return problem("it is a folder", "name the file in it");
  return problem(`it cannot be read: ${message}`, "check the disk");
}

const MIB = 1_048_576;

/** Resolves paths, names and alternatives of content that has no problems left. */
function configurationOf(content: FileContent, file: string, hash: string, places: PlaceDefaults): Configuration {
  const beside = (path: string): string => resolve(dirname(file), path);
  return {
    file,
    hash,
    site: siteOf(content.site, beside),
    controller: {
      id: content.controller.id,
      ...placesOf(content, file, places),
    },
    clock: content.clock.trusted_by === "system" ? { trustedBy: "system", uncertaintyS: content.clock.uncertainty_s } : { trustedBy: "time-frames" },
    ...(content.cloud === undefined ? {} : { cloud: cloudOf(content.cloud, beside) }),
    log: {
      bytesMax: content.log.max_mib * MIB,
      keepFreeBytes: content.log.keep_free_mib * MIB,
      keepDays: new Map(content.retention.map(({ event, days }) => [event, days])),
    },
    wires: content.wire.map(wireOf),
    osdpPds: content.osdp_pd.map(({ id, wire, address, security, poll_ms: pollMs }) => ({ id, wire, address, security, pollMs })),
    isapis: content.isapi.map((row) => isapiOf(row, beside)),
    scanners: content.scanner.map(scannerOf),
    relayBoards: content.relay_board.map(boardOf),
    keypads: content.keypad,
    displays: content.display.map(displayOf),
    beacons: content.beacon.map(beaconOf),
    doors: content.door.map((door) => ({
      id: door.id,
      strike: door.strike,
      ...(door.contact === undefined ? {} : { contact: { board: door.contact.board, input: door.contact.input, closedMeans: door.contact.closed_means } }),
      ...present("secondBolt", door.second_bolt),
      ...present("rex", door.rex),
      rexUnlocks: door.rex_unlocks,
      ...present("fire", door.fire),
      releaseTimeMs: door.release_time_ms,
      extendedReleaseTimeMs: door.extended_release_time_ms,
      openTimeMs: door.open_time_ms,
      extendedOpenTimeMs: door.extended_open_time_ms,
      preAlarmTimeMs: door.pre_alarm_time_ms,
      delayBeforeRelockMs: door.delay_before_relock_ms,
      relockOn: door.relock_on,
      debounceMs: door.debounce_ms,
      fail: door.fail,
      ...(door.tamper && { tamper: { ...door.tamper, tamperedMeans: door.tamper_means } }),
      ...(door.mode === "shadow" && { shadow: { ...present("oldGrant", oldGrantOf(door.old_grant, door.old_grant_means)) } }),
    })),
    turnstiles: content.turnstile.map(turnstileOf),
    lifts: content.lift.map(liftOf),
    doorSchedules: content.door_schedule.map(({ door, schedule, mode: operation, first_person: isAwaited, zone }) => ({
      door,
      schedule,
      operation,
      ...(isAwaited ? { firstPerson: true } : {}),
      ...present("zone", content.cloud === undefined ? undefined : (zone ?? content.cloud.zones[0])),
    })),
    lockdownInputs: content.lockdown_input.map(({ id, input, pressed_means: pressedMeans, zone }) => ({ id, input, pressedMeans, ...present("zone", zone) })),
    guardStations: content.guard_station.map((station) => guardStationOf(station, content)),
    terminals: content.terminal.map(terminalOf),
    kiosks: content.kiosk.map(kioskOf),
    locks: content.lock.map((row) => lockOf(row, content)),
    ...present("ttlock", content.ttlock && ttlockOf(content.ttlock, beside)),
    shadowWindowMs: content.shadow.window_ms,
    printers: content.printer.map((printer) => printerOf(printer, beside)),
    releaseStations: content.release_station.map(releaseStationOf),
    relockAfterFire: content.fire.relock,
    interlocks: content.interlock,
    areas: content.area.map(({ id, antipassback, antipassback_time_s: timeS, holders_max: holdersMax }) => ({
      id,
      antipassback,
      antipassbackTimeS: timeS ?? 0,
      holdersMax,
    })),
    pin: pinOf(content.pin),
    authenticationProfiles: content.authentication_profile.map(({ id, any_of: anyOf, policy }) => ({
      id,
      anyOf,
      policies: policy.map(({ schedule, any_of: level }) => ({ schedule, anyOf: level })),
    })),
    accessPoints: content.access_point.map((point) => accessPointOf(point, content)),
  };
}

/** Data folder and socket; a socket that belongs into the data folder goes with it. */
function placesOf({ controller }: FileContent, file: string, places: PlaceDefaults): PlaceDefaults {
  const beside = dirname(file);
  const folder = resolve(beside, controller.data ?? places.dataFolder);
  const preset = dirname(places.socket) === places.dataFolder ? join(folder, basename(places.socket)) : places.socket;
  return { dataFolder: folder, socket: resolve(beside, controller.socket ?? preset) };
}

function siteOf(site: FileContent["site"], beside: (path: string) => string): SiteConfiguration {
  const { id, time_zone: timeZone, trust_list: trustList, root_keys: rootKeys, root_threshold: threshold, root_version: version } = site;
  if (trustList === undefined || threshold === undefined) return { id, timeZone };
  return { id, timeZone, trust: { listFile: beside(trustList), roots: { version, threshold, keys: rootKeys.map((key) => hexToBytes(key)!) } } };
}

function cloudOf(
  { url, zones, ca_file: file, takes_configuration: takesConfiguration }: NonNullable<FileContent["cloud"]>,
  beside: (path: string) => string,
): CloudConfiguration {
  return { url, zones: [...new Set(zones)], takesConfiguration, ...(file === undefined ? {} : { certificateAuthorityFile: beside(file) }) };
}

const pinOf = ({ tries_max: triesMax, reader_tries_max: readerTriesMax, lock_out_s: lockOutS, wait_s: waitS, duress }: FileContent["pin"]): PinSettings => ({
  triesMax,
  readerTriesMax,
  lockOutMs: lockOutS * 1_000,
  waitMs: waitS * 1_000,
  duress,
});

function accessPointOf(point: FileContent["access_point"][number], content: FileContent): AccessPointConfiguration {
  const gate = content.turnstile.find(({ id }) => id === point.turnstile)?.gate;
  return {
    id: point.id,
    scanner: point.scanner,
    opens: targetOf(point),
    ...present("enters", point.enters),
    ...present("leaves", point.leaves),
    ...present("authenticationProfile", point.authentication_profile),
    ...present("secondPersonMs", milliseconds(point.second_person_s)),
    ...present("escortMs", milliseconds(point.escort_s)),
    capability: point.capability ?? capabilityOf(point),
    replayGroup: point.replay_group ?? point.lift ?? (gate === undefined ? point.id : `${gate}/${point.direction}`),
    demandChallenge: point.demand_challenge,
    ...present("challengeFace", challengeFaceOf(point)),
    enabled: point.enabled,
    egress: point.egress,
    untrustedClock: point.untrusted_clock,
    ...present("zone", content.cloud === undefined ? undefined : (point.zone ?? content.cloud.zones[0])),
    stalePolicy: {
      freshS: FEED_STALE_POLICY.freshS,
      staleOkS: point.stale.ok_h * 3600,
      staleStrictS: point.stale.strict_h * 3600,
      essentialS: point.stale.essential_h * 3600,
    },
    ...(point.indicator === undefined ? {} : { indicator: indicatorOf(point.indicator) }),
  };
}

function indicatorOf({
  board,
  granted,
  denied,
  buzzer,
}: NonNullable<FileContent["access_point"][number]["indicator"]>): NonNullable<AccessPointConfiguration["indicator"]> {
  return { board, granted, denied, ...(buzzer === undefined ? {} : { buzzer }) };
}

const challengeFaceOf = ({
  challenge_display: display,
  challenge_beacon: beacon,
}: FileContent["access_point"][number]): AccessPointConfiguration["challengeFace"] =>
  display !== undefined ? { by: "display", id: display } : beacon === undefined ? undefined : { by: "beacon", id: beacon };

const milliseconds = (seconds: number | undefined): number | undefined => (seconds === undefined ? undefined : seconds * 1_000);
