import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Somebody signs in somewhere, at a printer that there is; a password is not sent in clear over a network. */
export const printingProblems = (file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] => [
  ...printerProblems(file, problemAt),
  ...stationProblems(file, problemAt),
  ...readerProblems(file, problemAt),
];

const IS_THIS_MACHINE = /^ipp:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/;

function printerProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.printer.flatMap(({ id, uri, password_file: password, ca_file: authority }, index) => {
    const at = (key: string): TomlPath => ["printer", index, key];
    const problems: ConfigurationProblem[] = [];
    const isSecure = uri.startsWith("ipps:");
    if (password !== undefined && !isSecure && !IS_THIS_MACHINE.test(uri))
      problems.push(problemAt(at("password_file"), "would be sent in clear over a network", `write uri = "ipps://…", or remove it`));
    if (authority !== undefined && !isSecure) problems.push(problemAt(at("ca_file"), "is for ipps:// alone", `write uri = "ipps://…", or remove it`));
    if (!file.release_station.some(({ printer }) => printer === id))
      problems.push(problemAt(["printer", index], `no release station prints on "${id}"`, `add a [[release_station]] with printer = "${id}"`));
    return problems;
  });
}

function stationProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.release_station.flatMap(({ id, printer }, index) => {
    const problems = unknownReference(["release_station", index, "printer"], printer, "printer", file.printer, problemAt);
    if (!file.access_point.some((point) => point.release_station === id))
      problems.push(
        problemAt(["release_station", index], `nobody can sign in at "${id}"`, `add an [[access_point]] with a scanner and release_station = "${id}"`),
      );
    return problems;
  });
}

/** What a reader at which somebody signs in cannot be: nobody passes there. */
function readerProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.access_point.flatMap((point, index) => {
    const at = (key: string): TomlPath => ["access_point", index, key];
    if (point.release_station === undefined) return [];
    const problems = unknownReference(at("release_station"), point.release_station, "release_station", file.release_station, problemAt);
    for (const key of ["door", "turnstile", "direction", "lift", "lift_door", "guard_station"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "cannot stand beside release_station", "remove one of them"));
    for (const key of ["enters", "leaves", "second_person_s", "escort_s"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "stands at a release station, where nobody passes", "remove it"));
    if (point.egress) problems.push(problemAt(at("egress"), "is true, but a release station is no way out", "remove it"));
    if (point.capability !== undefined && point.capability !== "print")
      problems.push(
        problemAt(at("capability"), `is "${point.capability}", but a release station asks for "print"`, `write capability = "print", or remove it`),
      );
    return problems;
  });
}
