import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { UnixSeconds } from "@portico/card-protocol";
import type { Configuration, ConfigurationProblem, ControllerStatus, RoomLockRow } from "@portico/controller";
import { batteryClockFinding, clockFinding, folderFindings, nodeFinding, pulseFinding, serialFindings } from "./computer-checks.ts";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { failing, fine, type Finding, warning } from "./finding.ts";
import { gpioFindings } from "./gpio-findings.ts";
import { listFindings } from "./list-findings.ts";
import { bluetoothFindings, lockFindings } from "./lock-findings.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { formatOption, placeOptions, verb } from "./verb.ts";
import { placesFor } from "./places.ts";

/**
 * `portico doctor`: whether this computer is fit to be a controller, and what to do where it is not. Changes nothing, needs no root.
 *
 * @param typed  a text for people, its commands as they are typed here
 */
export function doctorCommand(surroundings: Surroundings, typed: (text: string) => string): Command {
  const command = verb("doctor", "look at everything that a controller needs, and say what to do", [
    ["portico doctor", "exit code 1 when anything fails; a warning is not a failure"],
    ["sudo -u portico portico doctor", "as the controller's own user: its rights are what counts"],
  ]).addOption(formatOption());
  return placeOptions(command).action(async (options: { readonly config?: string; readonly data?: string; readonly format?: Format }) => {
    const findings = await examine(surroundings, options);
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "", cell: ({ outcome }) => outcome },
        { heading: "CHECK", cell: ({ check }) => check },
        { heading: "FOUND", cell: ({ detail, remedy }) => (remedy === "" ? detail : `${detail}; ${typed(remedy)}`) },
      ],
      findings,
    );
    const failed = findings.filter(({ outcome }) => outcome === "fail");
    if (failed.length > 0)
      throw new Failure(EXIT.refused, `${failed.length} of ${findings.length} checks failed`, failed.map(({ check }) => check).join(", "), failed[0]!.remedy);
  });
}

async function examine(surroundings: Surroundings, options: { readonly config?: string; readonly data?: string }): Promise<Finding[]> {
  const { systemRoot: root } = surroundings;
  const place = placesFor(surroundings, options);
  const { keepsOutputs, readBatteryClock, readConfiguration } = await import("@portico/controller");
  const reading = readConfiguration(place.configurationFile, place);
  const configuration = reading.ok ? reading.configuration : undefined;
  const folder = configuration?.controller.dataFolder ?? place.dataFolder;
  const zone = configuration?.site.timeZone;
  const [socketFound, status, locks] = await socketFinding(configuration?.controller.socket ?? place.socket, surroundings);
  return [
    nodeFinding(process.versions.node),
    ...folderFindings(folder),
    reading.ok ? fine("configuration", place.configurationFile) : configurationFinding(place.configurationFile, reading.problems),
    await databaseFinding(folder, status !== undefined),
    ...(configuration === undefined ? [] : [...serialFindings(root, configuration), pulseFinding(configuration)]),
    clockFinding(root),
    batteryClockFinding(root, configuration, readBatteryClock(join(root, "sys/class")), surroundings.now()),
    ...gpioFindings(root, configuration, keepsOutputs(root)),
    ...(configuration === undefined ? [] : bluetoothFindings(root, surroundings.env, configuration, locks.some(isReached))),
    ...(configuration === undefined ? [] : [await trustListFinding(configuration, surroundings.now(), status?.trustList ?? null)]),
    socketFound,
    ...(status === undefined ? [] : runningFindings(status, zone)),
    ...lockFindings(locks, surroundings.now()),
  ];
}

const isReached = ({ protocol, health }: RoomLockRow): boolean => protocol === "ble" && health === "online";

/** What is to be mended; a file that is not there is to be written first. */
function configurationFinding(file: string, problems: readonly ConfigurationProblem[]): Finding {
  const check = "configuration";
  if (!existsSync(file)) return failing(check, `${file} is not there`, "portico config init");
  return failing(check, `${file}: ${problems.length} to mend, first: ${problems[0]!.cause}`, "portico config check");
}

/** The database is whole; looked at without changing a byte of it. */
async function databaseFinding(folder: string, isRunning: boolean): Promise<Finding> {
  const { SetupError } = await import("@portico/card-protocol");
  const { DATABASE_FILE, inspectDatabase, MIGRATIONS } = await import("@portico/controller");
  const path = join(folder, DATABASE_FILE);
  if (isRunning) return fine("database", "open in the running controller, which checked it when it started");
  if (!existsSync(path)) return fine("database", "none yet: it is made at the first start");
  try {
    inspectDatabase(path, MIGRATIONS.length);
    return fine("database", path);
  } catch (error) {
    if (error instanceof SetupError) return failing("database", error.what, error.remedy);
    throw error;
  }
}

/**
 * The trust list is there, signed by the roots, and holds for a while yet.
 *
 * @param inForce  of the running controller: it may have come with the feed, and be newer than the file
 */
async function trustListFinding({ site }: Configuration, now: UnixSeconds, inForce: ControllerStatus["trustList"]): Promise<Finding> {
  if (site.trust === undefined)
    return warning(TRUST_LIST, "the configuration names none: issued passes (T) are refused", "portico config init --help shows how root keys are given");
  const { trustListState, unixSeconds } = await import("@portico/card-protocol");
  const file = await trustListFile(site.id, site.trust);
  const isOvertaken = inForce !== null && ("check" in file || file.sequence < inForce.sequence);
  const list = isOvertaken ? inForce : file;
  if ("check" in list) return list;
  const detail = `sequence ${list.sequence}, until ${timeText(list.validUntil, site.timeZone)}${isOvertaken ? ", as the running controller has it" : ""}`;
  const state = trustListState({ validUntil: unixSeconds(list.validUntil) }, { now, uncertaintyS: 0 });
  if (state === "valid") return fine(TRUST_LIST, detail);
  return state === "expires soon"
    ? warning(TRUST_LIST, `expires soon: ${detail}`, "ask the root holders for the next one")
    : failing(TRUST_LIST, `no longer current: ${detail}`, "ask the root holders for the next one; until then the stale policy holds");
}

/** The list in the file, or what is wrong with it. */
async function trustListFile(
  site: string,
  { listFile, roots }: NonNullable<Configuration["site"]["trust"]>,
): Promise<NonNullable<ControllerStatus["trustList"]> | Finding> {
  if (!existsSync(listFile)) return failing(TRUST_LIST, `${listFile} is not there`, "get it from the root holders");
  const { acceptTrustList } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const accepted = acceptTrustList(undefined, new Uint8Array(readFileSync(listFile)), { site, pinnedRoots: roots, verifier: nodeVerifier });
  if (accepted.ok) return accepted.value;
  return failing(TRUST_LIST, `${accepted.error}: ${accepted.detail}`, "get it anew from the root holders; check site id, root_keys and root_threshold");
}

const TRUST_LIST = "trust list";

/** Whether a controller runs here, and what it says. */
async function socketFinding(socket: string, { interrupted }: Surroundings): Promise<readonly [Finding, ControllerStatus | undefined, readonly RoomLockRow[]]> {
  try {
    const client = new ControllerClient(socket, interrupted, 3000);
    const status = await client.ask("GET /v1/status", {});
    const { locks } = await client.ask("GET /v1/room-locks", {});
    return [fine("controller", `running: site ${status.site}, controller ${status.controller}`), status, locks];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [warning("controller", `${error.what}: ${socket}`, error.next), undefined, []];
  }
}

/** What the running controller says about itself. */
function runningFindings(status: ControllerStatus, zone: string | undefined): Finding[] {
  const { clock, recordingSuspended, devices } = status;
  return [
    clock.state === "untrusted"
      ? warning(
          "controller's clock",
          "untrusted: each access point does what was chosen for that case",
          "let it reach its time source; the check `clock` names who keeps this computer's",
        )
      : fine("controller's clock", `${clock.state}, ± ${clock.uncertaintyS} s`),
    ...listFindings(status, zone),
    recordingSuspended === null
      ? fine("recording", "works")
      : failing("recording", `suspended: ${recordingSuspended}`, "free disk space; nobody is let in until it works again"),
    devices.offline === 0
      ? fine("devices", `${devices.online} online`)
      : warning("devices", `${devices.offline} offline, ${devices.online} online`, "portico device list says which and why"),
  ];
}
