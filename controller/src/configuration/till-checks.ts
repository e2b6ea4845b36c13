import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Each keypad belongs to one terminal, each display to one terminal or access point; it is in one place, and speaks a language that it has patterns for. */
export function tillProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const ofTerminals = (table: "keypad" | "display"): Use[] =>
    file.terminal.map((terminal, index) => ({ path: ["terminal", index, table], device: terminal[table], who: `terminal "${terminal.id}"` }));
  const ofReaders = file.access_point.map(({ id, challenge_display: device }, index): Use => ({
    path: ["access_point", index, "challenge_display"],
    device,
    who: `access point "${id}"`,
  }));
  return [
    ...ownerProblems(file, "keypad", ofTerminals("keypad"), problemAt),
    ...ownerProblems(file, "display", [...ofTerminals("display"), ...ofReaders], problemAt),
    ...file.access_point.flatMap(({ challenge_display: display, demand_challenge: isDemanded }, index) =>
      display === undefined || isDemanded
        ? []
        : [
            problemAt(
              ["access_point", index, "challenge_display"],
              "has no meaning where no challenge is demanded",
              "write demand_challenge = true, or remove it",
            ),
          ],
    ),
    ...file.display.flatMap((_, index) => displayProblems(file, index, problemAt)),
  ];
}

interface Use {
  readonly path: TomlPath;
  /** Undefined: it has none. */
  readonly device: string | undefined;
  readonly who: string;
}

function ownerProblems(file: FileContent, table: "keypad" | "display", uses: readonly Use[], problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const owners = new Map<string, string>();
  for (const { path, device, who } of uses) {
    if (device === undefined) continue;
    problems.push(...unknownReference(path, device, table, file[table], problemAt));
    const other = owners.get(device);
    if (other === undefined) owners.set(device, who);
    else problems.push(problemAt(path, `${table} "${device}" belongs to ${other} already`, "give each its own"));
  }
  const remedy = (id: string): string => (table === "keypad" ? `write keypad = "${id}" at a [[terminal]]` : `write display = "${id}" at a [[terminal]], or challenge_display = "${id}" at an [[access_point]]`); // prettier-ignore
  file[table].forEach(({ id }, index) => {
    if (!owners.has(id)) problems.push(problemAt([table, index], `nobody has the ${table} "${id}"`, remedy(id)));
  });
  return problems;
}

function displayProblems(file: FileContent, index: number, problemAt: ProblemAt): ConfigurationProblem[] {
  const { wire, pd, commands, charset, language, reader } = file.display[index]!;
  const at = (...key: string[]): TomlPath => ["display", index, ...key];
  if (wire === undefined && pd === undefined)
    return [problemAt(at(), "neither wire nor pd says where it is", `write wire = "canteen-1-display", or pd = "library-reader" for that of an OSDP reader`)];
  if (wire !== undefined && pd !== undefined) return [problemAt(at("pd"), "wire and pd cannot both be given", "remove one of them")];
  const problems: ConfigurationProblem[] = [];
  if (pd !== undefined) {
    problems.push(...unknownReference(at("pd"), pd, "osdp_pd", file.osdp_pd, problemAt));
    for (const [key, value] of [
      ["commands", commands],
      ["charset", charset],
    ] as const)
      // prettier-ignore
      if (value !== undefined) problems.push(problemAt(at(key), "has no meaning for an OSDP reader", "remove it"));
    if (file.terminal.some(({ display }) => display === file.display[index]!.id))
      problems.push(problemAt(at("pd"), "an OSDP reader's 16 columns are too few for a till", "give the terminal a display on a wire of its own"));
  } else if (reader !== undefined) problems.push(problemAt(at("reader"), "has no meaning without pd", "remove it"));
  if (language === "zh" && charset !== "gb18030")
    problems.push(problemAt(at("language"), `is "zh", but ${pd === undefined ? `charset = "${charset ?? "ascii"}"` : "an OSDP reader"} has no Chinese`, pd === undefined ? `write charset = "gb18030", or language = "en"` : `write language = "en"`)); // prettier-ignore
  return problems;
}
