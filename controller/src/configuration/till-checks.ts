import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Each keypad belongs to one terminal, each display to one terminal or access point, each beacon to one access point; a display is in one place, and speaks a language that it has patterns for. */
export function tillProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const ofTerminals = (table: "keypad" | "display"): Use[] =>
    file.terminal.map((terminal, index) => ({ path: ["terminal", index, table], device: terminal[table], who: `terminal "${terminal.id}"` }));
  const ofReaders = (key: "challenge_display" | "challenge_beacon"): Use[] =>
    file.access_point.map((point, index): Use => ({ path: ["access_point", index, key], device: point[key], who: `access point "${point.id}"` }));
  return [
    ...ownerProblems(file, "keypad", ofTerminals("keypad"), problemAt),
    ...ownerProblems(file, "display", [...ofTerminals("display"), ...ofReaders("challenge_display")], problemAt),
    ...ownerProblems(file, "beacon", ofReaders("challenge_beacon"), problemAt),
    ...adapterProblems(file, problemAt),
    ...file.access_point.flatMap((point, index) => {
      const given = CHALLENGE_KEYS.filter((key) => point[key] !== undefined);
      const at = (key: string | undefined): TomlPath => ["access_point", index, key!];
      if (given.length > 1) return [problemAt(at(given[1]), "challenge_display and challenge_beacon cannot both be given", "remove one of them")];
      if (given.length === 0 || point.demand_challenge) return [];
      return [problemAt(at(given[0]), "has no meaning where no challenge is demanded", "write demand_challenge = true, or remove it")];
    }),
    ...file.display.flatMap((_, index) => displayProblems(file, index, problemAt)),
  ];
}

const CHALLENGE_KEYS = ["challenge_display", "challenge_beacon"] as const;

/** One adapter advertises one challenge: of two, nobody would know which is whose. */
function adapterProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.beacon.flatMap(({ adapter }, index) => {
    const other = file.beacon.findIndex((each) => each.adapter === adapter);
    return other < index ? [problemAt(["beacon", index, "adapter"], `is that of beacon "${file.beacon[other]!.id}" already`, "give each an adapter of its own")] : []; // prettier-ignore
  });
}

interface Use {
  readonly path: TomlPath;
  /** Undefined: it has none. */
  readonly device: string | undefined;
  readonly who: string;
}

function ownerProblems(file: FileContent, table: "keypad" | "display" | "beacon", uses: readonly Use[], problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const owners = new Map<string, string>();
  for (const { path, device, who } of uses) {
    if (device === undefined) continue;
    problems.push(...unknownReference(path, device, table, file[table], problemAt));
    const other = owners.get(device);
    if (other === undefined) owners.set(device, who);
    else problems.push(problemAt(path, `${table} "${device}" belongs to ${other} already`, "give each its own"));
  }
  const remedy = (id: string): string =>
    table === "keypad"
      ? `write keypad = "${id}" at a [[terminal]]`
      : table === "beacon"
        ? `write challenge_beacon = "${id}" at an [[access_point]]`
        : `write display = "${id}" at a [[terminal]], or challenge_display = "${id}" at an [[access_point]]`;
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
