import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** A guard signs in somewhere, presses something that opens something, and says why in a way that the station can hear. */
export const guardProblems = (file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] => [
  ...stationProblems(file, problemAt),
  ...buttonProblems(file, problemAt),
  ...reasonProblems(file, problemAt),
  ...readerProblems(file, problemAt),
];

function stationProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.guard_station.flatMap(({ id }, index) => {
    const path: TomlPath = ["guard_station", index];
    const problems: ConfigurationProblem[] = [];
    if (!file.access_point.some((point) => point.guard_station === id))
      problems.push(problemAt(path, `no access point signs a guard in at "${id}"`, `add an [[access_point]] with a scanner and guard_station = "${id}"`));
    if (!file.guard_button.some(({ station }) => station === id))
      problems.push(problemAt(path, `"${id}" has no button`, `add a [[guard_button]] with station = "${id}", door and input`));
    return problems;
  });
}

function buttonProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const { door, turnstile } = file;
  const ways = turnstile.flatMap(({ id, entry, exit }) => [...(entry ? [{ id: `${id}/entry` }] : []), ...(exit ? [{ id: `${id}/exit` }] : [])]);
  return file.guard_button.flatMap(({ station, does, door: opens }, index) => {
    const at = (key: string): TomlPath => ["guard_button", index, key];
    const problems = [
      ...unknownReference(at("station"), station, "guard_station", file.guard_station, problemAt),
      ...unknownReference(at("door"), opens, "door", [...door, ...ways], problemAt),
    ];
    if (does === "hold" && door.some(({ id }) => id === opens))
      problems.push(problemAt(at("does"), `is "hold", but "${opens}" is a door: lanes alone are held`, `write does = "open", or name a way of a turnstile`));
    return problems;
  });
}

function reasonProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.guard_reason.flatMap((row, index) => {
    const at = (...keys: string[]): TomlPath => ["guard_reason", index, ...keys];
    const problems = unknownReference(at("station"), row.station, "guard_station", file.guard_station, problemAt);
    if ((row.input === undefined) === (row.key === undefined))
      problems.push(
        problemAt(at(), "is given by a contact or by a key of the reader, one of the two", `write input = { board = "…", input = … } or key = "1"`),
      );
    const twice = file.guard_reason.findIndex((each) => each.station === row.station && each.key !== undefined && each.key === row.key);
    if (twice < index && twice >= 0) problems.push(problemAt(at("key"), `key ${row.key} of "${row.station}" has a reason already`, "give each key one reason"));
    if (row.key !== undefined && !hasKeys(file, row.station))
      problems.push(
        problemAt(at("key"), `the reader of "${row.station}" has no keys`, "take an OSDP or Wiegand reader with a keypad, or wire a key to an input"),
      );
    if (row.key !== undefined && file.access_point.some((point) => point.guard_station === row.station && asksForPin(file, point.authentication_profile)))
      problems.push(problemAt(at("key"), `is typed where "${row.station}" asks for a PIN: digits of it would count as reasons`, "wire the key to an input"));
    return problems;
  });
}

/** What a reader at which guards sign in cannot be: nobody passes there. */
function readerProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.access_point.flatMap((point, index) => {
    const at = (key: string): TomlPath => ["access_point", index, key];
    if (point.guard_station === undefined) return [];
    const problems = unknownReference(at("guard_station"), point.guard_station, "guard_station", file.guard_station, problemAt);
    for (const key of ["door", "turnstile", "direction", "lift", "lift_door"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "cannot stand beside guard_station", "remove one of them"));
    for (const key of ["enters", "leaves", "second_person_s", "escort_s"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "stands at a guard's station, where nobody passes", "remove it"));
    if (point.egress) problems.push(problemAt(at("egress"), "is true, but a guard's station is no way out", "remove it"));
    return problems;
  });
}

function hasKeys(file: FileContent, station: string): boolean {
  const scanners = file.access_point.flatMap((point) => (point.guard_station === station ? [point.scanner] : []));
  return file.scanner.some(({ id, pd, board }) => scanners.includes(id) && (pd !== undefined || board !== undefined));
}

const asksForPin = (file: FileContent, profile: string | undefined): boolean =>
  file.authentication_profile.some(({ id, any_of: anyOf, policy }) => id === profile && [anyOf, ...policy.map((each) => each.any_of)].flat(2).includes("pin"));
