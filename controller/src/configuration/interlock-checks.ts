import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Doors of an interlock tell whether they are shut, stand in one interlock alone, and can be left when a contact fails. */
export function interlockProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const held = new Map<string, string>();
  file.interlock.forEach(({ id, doors }, index) => {
    doors.forEach((name, place) => {
      const path: TomlPath = ["interlock", index, "doors", place];
      const door = file.door.find((each) => each.id === name);
      if (door === undefined) return void problems.push(...unknownReference(path, name, "door", file.door, problemAt));
      const other = held.get(name);
      if (other !== undefined) problems.push(problemAt(path, `"${name}" stands in interlock "${other}" already`, "name each door once, in one interlock"));
      held.set(name, id);
      if (door.contact === undefined)
        problems.push(problemAt(path, `"${name}" has no contact: nobody would know whether it is shut`, `wire a contact and write it at [[door]] ${name}`));
      if (door.rex === undefined && door.fire === undefined)
        problems.push(
          problemAt(
            path,
            `"${name}" has neither rex nor fire: whoever stands between the doors could not leave when a contact fails`,
            `wire an exit button or the fire loop and write it at [[door]] ${name}`,
          ),
        );
    });
  });
  return problems;
}
