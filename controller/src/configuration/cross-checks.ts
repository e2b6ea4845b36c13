import { kindOfFormat } from "@portico/card-protocol";
import { areaProblems } from "./area-checks.ts";
import { doorScheduleProblems, lockdownInputProblems } from "./door-schedule-checks.ts";
import { authenticationProblems } from "./authentication-checks.ts";
import { guardProblems } from "./guard-checks.ts";
import { interlockProblems } from "./interlock-checks.ts";
import { isapiProblems } from "./isapi-checks.ts";
import { kioskProblems } from "./kiosk-checks.ts";
import { lockCardProblems } from "./lock-card-checks.ts";
import { lockProblems } from "./lock-checks.ts";
import { liftProblems } from "./lift-checks.ts";
import { shadowProblems } from "./shadow-checks.ts";
import { printingProblems } from "./printing-checks.ts";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";
import { terminalProblems } from "./terminal-checks.ts";
import { tillProblems } from "./till-checks.ts";
import { wiringProblems } from "./wiring-checks.ts";

/** What the tables mean together: ids are unique, references lead somewhere, every relay, input and wire has one user, times fit one another. */
export function crossChecks(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [
    ...siteProblems(file, problemAt),
    ...uniqueIds(file, problemAt),
    ...wiringProblems(file, problemAt),
    ...cardProblems(file, problemAt),
    ...isapiProblems(file, problemAt),
    ...timeProblems(file, problemAt),
    ...accessPointProblems(file, problemAt),
    ...liftProblems(file, problemAt),
    ...areaProblems(file, problemAt),
    ...authenticationProblems(file, problemAt),
    ...interlockProblems(file, problemAt),
    ...shadowProblems(file, problemAt),
    ...doorScheduleProblems(file, problemAt),
    ...lockdownInputProblems(file, problemAt),
    ...guardProblems(file, problemAt),
    ...terminalProblems(file, problemAt),
    ...tillProblems(file, problemAt),
    ...printingProblems(file, problemAt),
    ...kioskProblems(file, problemAt),
    ...lockProblems(file, problemAt),
    ...lockCardProblems(file, problemAt),
    ...cloudProblems(file, problemAt),
  ];
}

function siteProblems({ site, clock }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const { root_keys: keys, root_threshold: threshold, trust_list: trustList } = site;
  if (trustList !== undefined && keys.length === 0)
    problems.push(problemAt(["site", "root_keys"], "is missing, and without it no trust list can be believed", `write root_keys = ["<64 hex digits>"]`));
  if (keys.length > 0 && trustList === undefined)
    problems.push(problemAt(["site", "trust_list"], "is missing beside root_keys", `write trust_list = "trust-list.cose"`));
  if (keys.length > 0 && threshold === undefined)
    problems.push(problemAt(["site", "root_threshold"], "is missing beside root_keys", `write root_threshold = ${Math.min(2, keys.length)}`));
  if (threshold !== undefined && threshold > keys.length) {
    const remedy = keys.length === 0 ? "give root_keys too, or remove it" : `write at most ${keys.length}`;
    problems.push(problemAt(["site", "root_threshold"], `is ${threshold}, but root_keys lists ${keys.length}`, remedy));
  }
  keys.forEach((key, index) => {
    if (keys.indexOf(key) < index) problems.push(problemAt(["site", "root_keys", index], "is listed twice", "list each root key once"));
  });
  if (clock.trusted_by === "time-frames" && keys.length === 0)
    problems.push(
      problemAt(
        ["clock", "trusted_by"],
        `is "time-frames", but without root keys no time frame can be believed`,
        `write trusted_by = "system", or give [site] its root_keys`,
      ),
    );
  return problems;
}

/** A feed is only believed by a trust list; each access point goes by one zone of it; a list gets no better with age. */
function cloudProblems({ site, cloud, access_point: points }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  if (cloud !== undefined && site.trust_list === undefined)
    problems.push(
      problemAt(["cloud"], "is there, but without a trust list nothing that the cloud sends can be believed", "give [site] its trust_list and root_keys"),
    );
  cloud?.zones.forEach((zone, index) => {
    if (cloud.zones.indexOf(zone) < index) problems.push(problemAt(["cloud", "zones", index], "is listed twice", "list each zone once"));
  });
  points.forEach(({ zone, stale }, index) => {
    const at = (...keys: string[]): TomlPath => ["access_point", index, ...keys];
    if (cloud === undefined && zone !== undefined) problems.push(problemAt(at("zone"), "has no meaning without [cloud]", "remove it, or add [cloud]"));
    if (cloud !== undefined && zone !== undefined && !cloud.zones.includes(zone))
      problems.push(
        problemAt(at("zone"), `this controller does not follow zone "${zone}"`, `use one of ${cloud.zones.join(", ")}, or add it to [cloud] zones`),
      );
    if (cloud !== undefined && zone === undefined && cloud.zones.length > 1)
      problems.push(problemAt(at(), "does not say which zone's list it goes by", `write zone = "${cloud.zones[0]}"`));
    if (stale.strict_h < stale.ok_h || stale.essential_h < stale.strict_h)
      problems.push(problemAt(at("stale"), "an older list must not be believed more", "write ok_h ≤ strict_h ≤ essential_h"));
  });
  return problems;
}

function uniqueIds(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  // A door, a turnstile and a lift of one name could not be told apart on the command line; neither could a scanner and a board.
  for (const tables of [
    ["wire"],
    ["scanner", "relay_board", "keypad", "display", "beacon"],
    ["osdp_pd"],
    ["isapi"],
    ["door", "turnstile", "lift", "guard_station", "terminal", "release_station", "kiosk", "lock"],
    ["printer"],
    ["lockdown_input"],
    ["interlock"],
    ["area"],
    ["authentication_profile"],
    ["access_point"],
  ] as const) {
    const seen = new Map<string, string>();
    for (const table of tables)
      file[table].forEach(({ id }, index) => {
        const other = seen.get(id);
        if (other === undefined) seen.set(id, table);
        else problems.push(problemAt([table, index, "id"], `"${id}" already names a [[${other}]]`, "give each its own id"));
      });
  }
  return problems;
}

/** A facility code only where the format has one, and no larger than it can be. */
function cardProblems({ scanner }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return scanner.flatMap(({ card }, index) => {
    if (card?.facility === undefined) return [];
    const path: TomlPath = ["scanner", index, "card", "facility"];
    if (card.format === "uid-hex" || card.format === "decimal-10" || kindOfFormat(card.format) !== "card")
      return [problemAt(path, `has no meaning for "${card.format}"`, "remove it")];
    const most = card.format === "wiegand-26" || card.format === "decimal-8" ? 255 : 65_535;
    return card.facility <= most
      ? []
      : [problemAt(path, `is ${card.facility}: ${card.format} has codes up to ${most}`, "write the code that is printed on the cards")];
  });
}

function timeProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.door.flatMap((door, index) => {
    const { open_time_ms: open, pre_alarm_time_ms: preAlarm } = door;
    const preAlarmTooLong =
      open >= preAlarm
        ? []
        : [problemAt(["door", index, "open_time_ms"], `is ${open}, less than pre_alarm_time_ms = ${preAlarm}`, `write open_time_ms = ${preAlarm} or more`)];
    const relock =
      door.relock_on === "close" && door.contact === undefined
        ? [problemAt(["door", index, "relock_on"], `is "close", but no contact tells when the door is closed`, `write relock_on = "open", or wire a contact`)]
        : [];
    const shunt =
      door.rex_unlocks || door.rex !== undefined
        ? []
        : [problemAt(["door", index, "rex_unlocks"], "is false, but there is no rex", "wire the contact of the handle and write it as rex, or remove it")];
    return [...preAlarmTooLong, ...relock, ...shunt];
  });
}

function accessPointProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const scanners = new Map<string, string>();
  file.access_point.forEach((point, index) => {
    const at = (key: string): TomlPath => ["access_point", index, key];
    problems.push(...unknownReference(at("scanner"), point.scanner, "scanner", file.scanner, problemAt));
    const other = scanners.get(point.scanner);
    if (other === undefined) scanners.set(point.scanner, point.id);
    else
      problems.push(
        problemAt(at("scanner"), `scanner "${point.scanner}" already serves access point "${other}"`, "give each access point a scanner of its own"),
      );
    if (point.door !== undefined) problems.push(...unknownReference(at("door"), point.door, "door", file.door, problemAt));
    if (point.door !== undefined && point.direction !== undefined && point.lift === undefined)
      problems.push(problemAt(at("direction"), "belongs to a turnstile; a door has no direction", "remove it"));
    if (point.door !== undefined && point.turnstile !== undefined)
      problems.push(problemAt(at("door"), "turnstile and door cannot both be given", "remove one of them"));
    if (
      [point.door, point.turnstile, point.lift, point.guard_station, point.terminal, point.release_station, point.kiosk, point.lock].every(
        (opens) => opens === undefined,
      )
    )
      problems.push(
        problemAt(
          ["access_point", index],
          "neither turnstile, door, lift, guard_station, terminal, release_station, kiosk nor lock says what it opens",
          `write turnstile = "gate-1" and direction = "entry", door = "library", lift = "lift-1", guard_station = "gate-house", terminal = "canteen-1", release_station = "library-release", kiosk = "library-1", or lock = "room-301"`,
        ),
      );
    if (point.turnstile !== undefined && point.lift === undefined) problems.push(...turnstileSide(file, index, point.turnstile, point.direction, problemAt));
  });
  return problems;
}

/** The access point's turnstile exists and has a relay in its direction. */
function turnstileSide(file: FileContent, index: number, id: string, direction: "entry" | "exit" | undefined, problemAt: ProblemAt): ConfigurationProblem[] {
  const turnstile = file.turnstile.find((row) => row.id === id);
  if (turnstile === undefined) return unknownReference(["access_point", index, "turnstile"], id, "turnstile", file.turnstile, problemAt);
  if (direction === undefined)
    return [problemAt(["access_point", index, "direction"], "is missing beside turnstile", `write direction = "entry" or direction = "exit"`)];
  if (turnstile[direction] !== undefined) return [];
  return [
    problemAt(
      ["access_point", index, "direction"],
      `is "${direction}", but turnstile "${id}" has no ${direction} relay`,
      `write ${direction} = { board = "…", relay = … } at the turnstile, or the other direction here`,
    ),
  ];
}
