import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Room locks: what their protocol needs, and that lock and access point bear one name. */
export function lockProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  file.lock.forEach((lock, index) => {
    const at = (key: string): TomlPath => ["lock", index, key];
    const missing = (key: "address" | "public_key", example: string): void => {
      if (lock[key] === undefined) problems.push(problemAt(["lock", index], `lock "${lock.id}" has no ${key}`, `write ${key} = ${example}`));
    };
    if (lock.protocol === "ble") {
      missing("address", `"C0:FF:EE:00:03:01"`);
      missing("public_key", `the key of the lock's sticker`);
    }
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
