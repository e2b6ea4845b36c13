import type { SecurityLevel } from "../core/authentication.ts";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** What is asked for can be shown and typed where it is asked, a PIN tells nobody apart alone, and no way out is kept shut. */
export function authenticationProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [
    ...file.authentication_profile.flatMap(({ any_of: anyOf, policy }, index) => [
      ...levelProblems(anyOf, ["authentication_profile", index, "any_of"], problemAt),
      ...policy.flatMap((each, nth) => levelProblems(each.any_of, ["authentication_profile", index, "policy", nth, "any_of"], problemAt)),
    ]),
    ...file.scanner.flatMap(({ pd, board, keypad }, index) => {
      if (keypad === undefined || (pd === undefined && board === undefined)) return [];
      const why = pd === undefined ? "with board: a Wiegand reader tells its keys by itself" : "with pd: an OSDP reader tells its keys by itself";
      return [problemAt(["scanner", index, "keypad"], `has no meaning ${why}`, "remove it")];
    }),
    ...file.access_point.flatMap((_, index) => [...profileProblems(file, index, problemAt), ...companyProblems(file, index, problemAt)]),
  ];
}

function levelProblems(level: SecurityLevel, path: TomlPath, problemAt: ProblemAt): ConfigurationProblem[] {
  return level.flatMap((group, nth) => {
    const at = [...path, nth];
    if (new Set(group).size < group.length) return [problemAt(at, "names a method twice", "name each once")];
    if (group.includes("card") && group.includes("pass"))
      return [problemAt(at, "asks for card and pass together: one of them says who comes", `write ["card"], ["pass"], or one of them with "pin"`)];
    if (group.length > 0 && !group.includes("card") && !group.includes("pass"))
      return [problemAt(at, "asks for a PIN alone: with so few digits it tells nobody from anybody", `write ["card", "pin"] or ["pass", "pin"]`)];
    return [];
  });
}

function profileProblems(
  { access_point: points, authentication_profile: profiles, scanner: scanners }: FileContent,
  index: number,
  problemAt: ProblemAt,
): ConfigurationProblem[] {
  const { authentication_profile: id, egress, scanner } = points[index]!;
  if (id === undefined) return [];
  const path: TomlPath = ["access_point", index, "authentication_profile"];
  const profile = profiles.find((each) => each.id === id);
  if (profile === undefined) return unknownReference(path, id, "authentication_profile", profiles, problemAt);
  const problems: ConfigurationProblem[] = [];
  if (egress) problems.push(problemAt(path, "is given at a way out: nobody may be kept in by a PIN", "remove it, or write egress = false"));
  const reader = scanners.find((each) => each.id === scanner);
  const methods = new Set([profile.any_of, ...profile.policy.map(({ any_of: anyOf }) => anyOf)].flat(2));
  if (methods.has("pin") && reader !== undefined && reader.pd === undefined && reader.board === undefined && reader.keypad !== true)
    problems.push(
      problemAt(
        path,
        `asks for a PIN, but scanner "${scanner}" has no keypad`,
        `write keypad = true at the scanner whose keys come as lines that end with #, or use an OSDP or Wiegand reader with a keypad`,
      ),
    );
  if (methods.has("card") && !methods.has("pass") && reader !== undefined && reader.card === undefined)
    problems.push(problemAt(path, `asks for cards alone, but scanner "${scanner}" reads none`, `write card = { format = "uid-hex" } at the scanner`));
  return problems;
}

function companyProblems({ access_point: points }: FileContent, index: number, problemAt: ProblemAt): ConfigurationProblem[] {
  const { second_person_s: secondS, escort_s: escortS, egress, turnstile } = points[index]!;
  const at = (key: string): TomlPath => ["access_point", index, key];
  const problems: ConfigurationProblem[] = [];
  if (secondS !== undefined && egress)
    problems.push(problemAt(at("second_person_s"), "is given at a way out: nobody may be kept in until another comes", "remove it, or write egress = false"));
  if (secondS !== undefined && turnstile !== undefined)
    problems.push(problemAt(at("second_person_s"), "is given at a turnstile, which lets one pass at a time", "remove it, or use a door"));
  if (escortS !== undefined && egress) problems.push(problemAt(at("escort_s"), "has no meaning at a way out: nobody needs an escort there", "remove it"));
  return problems;
}
