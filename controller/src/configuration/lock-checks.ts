import { type LockRule, RULES_NOT_KEPT } from "@portico/card-protocol";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Room locks: what their protocol needs, and that lock and access point bear one name. */
export function lockProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  file.lock.forEach((lock, index) => {
    const at = (key: string): TomlPath => ["lock", index, key];
    for (const [key, example] of NEEDED[lock.protocol])
      if (lock[key] === undefined) problems.push(problemAt(["lock", index], `lock "${lock.id}" has no ${key}`, `write ${key} = ${example}`));
    for (const key of MEANT.ttlock) if (lock.protocol !== "ttlock" && lock[key] !== undefined) problems.push(problemAt(at(key), `has no meaning with protocol = "${lock.protocol}"`, "remove it")); // prettier-ignore
    if (lock.protocol === "ttlock") problems.push(...platformProblems(file, index, problemAt));
    if (lock.zone !== undefined && file.cloud?.zones.includes(lock.zone) !== true)
      problems.push(problemAt(at("zone"), `"${lock.zone}" is no zone that this controller follows`, "name one of [cloud] zones"));
    if (file.door.some(({ id }) => id === lock.id)) problems.push(problemAt(at("id"), `"${lock.id}" is a door, too`, "give one of them another id"));
    if (lock.protocol !== "carried") return;
    for (const point of file.access_point.filter((each) => each.lock === lock.id))
      problems.push(problemAt(at("protocol"), `"carried" is reached by nobody, but access point "${point.id}" opens it`, `write protocol = "ble", or remove the access point`)); // prettier-ignore
  });
  file.access_point.forEach((point, index) => {
    if (point.lock === undefined) return;
    const at = (key: string): TomlPath => ["access_point", index, key];
    problems.push(...unknownReference(at("lock"), point.lock, "lock", file.lock, problemAt));
    if (point.id !== point.lock)
      problems.push(problemAt(at("id"), `is "${point.id}", but the lock and what is granted there have one name`, `write id = "${point.lock}"`));
    if (point.capability !== undefined && point.capability !== "unlock")
      problems.push(problemAt(at("capability"), `is "${point.capability}", but a room lock is unlocked`, `write capability = "unlock", or remove it`));
    for (const key of ["door", "turnstile", "lift", "guard_station", "release_station", "terminal", "kiosk", "enters", "leaves"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "has no meaning at a room lock", "remove it, or remove lock"));
  });
  return problems;
}

const NEEDED = {
  ble: [
    ["address", `"C0:FF:EE:00:03:01"`],
    ["public_key", "the key of the lock's sticker"],
  ],
  carried: [],
  ttlock: [["lock_id", "the platform's number of the lock"]],
} as const;
const MEANT = { ble: ["address", "public_key"], ttlock: ["lock_id", "accepts"] } as const;
/** What is set at such a lock, and the rules that are not kept where it is. */
const ASKED_FOR: readonly (readonly [what: string, rule: LockRule])[] = [
  ["PINs", "14.1"],
  ["fingers", "14.2"],
];

/** A lock behind a platform is nobody's by oversight: what it cannot keep has been agreed to, rule by rule. */
function platformProblems(file: FileContent, index: number, problemAt: ProblemAt): ConfigurationProblem[] {
  const { id, accepts = [], lock_id: lockId, ...lock } = file.lock[index]!;
  const at = (key: string): TomlPath => ["lock", index, key];
  const problems = MEANT.ble.flatMap((key) => (lock[key] === undefined ? [] : [problemAt(at(key), `has no meaning with protocol = "ttlock"`, "remove it")]));
  if (file.ttlock === undefined)
    problems.push(problemAt(at("protocol"), `is "ttlock", but no [ttlock] says where the platform is`, "add [ttlock] with client_id, user and secret_file"));
  const other = file.lock.findIndex((each) => each.protocol === "ttlock" && each.lock_id === lockId);
  if (lockId !== undefined && other < index)
    problems.push(problemAt(at("lock_id"), `is that of lock "${file.lock[other]!.id}" already`, "give each lock its own"));
  const notKept = RULES_NOT_KEPT.ttlock;
  if (!accepts.includes("14.3"))
    problems.push(problemAt(at("accepts"), `lock "${id}" cannot keep rule 14.3, and nobody has accepted that: ${notKept["14.3"].en}`, `write accepts = ["14.3"] where the site accepts that, or take the lock out`)); // prettier-ignore
  for (const [what, rule] of ASKED_FOR)
    if (accepts.includes(rule) && !accepts.includes("14.4"))
      problems.push(problemAt(at("accepts"), `${what} at lock "${id}" cannot keep rule 14.4 either: ${notKept["14.4"].en}`, `add "14.4" where the site accepts that, or remove "${rule}"`)); // prettier-ignore
  return problems;
}
