import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";

/** Each keypad and each display belongs to one terminal, and a display that speaks Chinese has the patterns for it. */
export function tillProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  for (const table of ["keypad", "display"] as const) {
    const owners = new Map<string, string>();
    file.terminal.forEach((terminal, index) => {
      const device = terminal[table];
      if (device === undefined) return;
      problems.push(...unknownReference(["terminal", index, table], device, table, file[table], problemAt));
      const other = owners.get(device);
      if (other === undefined) owners.set(device, terminal.id);
      else problems.push(problemAt(["terminal", index, table], `${table} "${device}" belongs to terminal "${other}" already`, `give each terminal its own`));
    });
    file[table].forEach(({ id }, index) => {
      if (!owners.has(id)) problems.push(problemAt([table, index], `no terminal has the ${table} "${id}"`, `write ${table} = "${id}" at a [[terminal]]`));
    });
  }
  file.display.forEach(({ language, charset }, index) => {
    if (language === "zh" && charset !== "gb18030")
      problems.push(
        problemAt(["display", index, "language"], `is "zh", but charset = "${charset}" has no Chinese`, `write charset = "gb18030", or language = "en"`),
      );
  });
  return problems;
}
