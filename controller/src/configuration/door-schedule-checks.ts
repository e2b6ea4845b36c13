import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** A schedule moves a door, or one direction of a turnstile, that is there; the schedules of one door stand in one list. */
export function doorScheduleProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const { cloud, door_schedule: rules, door, turnstile, lift } = file;
  const places = [
    ...door,
    ...turnstile.flatMap(({ id, entry, exit }) => [...(entry ? [{ id: `${id}/entry` }] : []), ...(exit ? [{ id: `${id}/exit` }] : [])]),
    ...lift.flatMap(({ id, floor }) => floor.flatMap((each) => (each.always_free ? [] : [{ id: `${id}/${each.id}` }]))),
  ];
  const zones = new Map<string, string | undefined>();
  return rules.flatMap(({ door: id, schedule, mode, first_person: isAwaited, zone }, index) => {
    const at = (key: string): TomlPath => ["door_schedule", index, key];
    const problems = unknownReference(at("door"), id, "door", places, problemAt);
    if (rules.findIndex((each) => each.door === id && each.schedule === schedule) < index)
      problems.push(problemAt(at("schedule"), `"${schedule}" moves "${id}" already`, "let each schedule do one thing to a door"));
    if (isAwaited && mode !== "unlock")
      problems.push(
        problemAt(at("first_person"), `is given beside mode = "${mode}": nobody has to come before a door is secured`, `remove it, or write mode = "unlock"`),
      );
    if (isAwaited && !file.access_point.some((point) => !point.egress && (point.door === id || `${point.turnstile}/${point.direction}` === id)))
      problems.push(
        problemAt(
          at("first_person"),
          `is given, but no access point leads in through "${id}"`,
          "remove it, or add the reader by which the first person comes in",
        ),
      );
    if (mode === "double-lock") problems.push(...oneBolt(file, id, at("mode"), problemAt));
    if (cloud === undefined && zone !== undefined) problems.push(problemAt(at("zone"), "has no meaning without [cloud]", "remove it, or add [cloud]"));
    if (cloud !== undefined && zone !== undefined && !cloud.zones.includes(zone))
      problems.push(problemAt(at("zone"), `this controller does not follow zone "${zone}"`, `use one of ${cloud.zones.join(", ")}`));
    if (cloud !== undefined && zone === undefined && cloud.zones.length > 1)
      problems.push(problemAt(at("door"), "does not say in which zone's list its schedule stands", `write zone = "${cloud.zones[0]}"`));
    if (zones.has(id) && zones.get(id) !== zone)
      problems.push(problemAt(at("zone"), `another [[door_schedule]] of "${id}" stands in another zone's list`, "let all of a door's schedules stand in one"));
    zones.set(id, zone);
    return problems;
  });
}

function oneBolt({ door }: FileContent, id: string, path: TomlPath, problemAt: ProblemAt): ConfigurationProblem[] {
  const known = door.find((each) => each.id === id);
  if (known?.second_bolt !== undefined || (known === undefined && !id.includes("/"))) return [];
  return [problemAt(path, `is "double-lock", but "${id}" has one bolt`, `write second_bolt = { board = "…", relay = … } at the door, or mode = "lock"`)];
}

/** A button locks down a zone in which this controller has a door. */
export function lockdownInputProblems({ cloud, lockdown_input: inputs }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return inputs.flatMap(({ zone }, index) => {
    const path: TomlPath = ["lockdown_input", index, "zone"];
    if (zone === undefined) return [];
    if (cloud === undefined) return [problemAt(path, "has no meaning without [cloud]", "remove it: the button locks down every door")];
    return cloud.zones.includes(zone) ? [] : [problemAt(path, `this controller does not follow zone "${zone}"`, `use one of ${cloud.zones.join(", ")}`)];
  });
}
