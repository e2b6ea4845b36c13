import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

type Lift = FileContent["lift"][number];
type At = (...keys: TomlPath) => TomlPath;

/** Each floor of a lift has what moves it, buttons are seen at all floors or at none, and what happens without power and without a module fits together. */
export function liftProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const lifts = file.lift.flatMap((lift, index) => {
    const at: At = (...keys) => ["lift", index, ...keys];
    return [...floorProblems(lift, at, problemAt), ...buttonProblems(lift, at, problemAt), ...offLineProblems(file, lift, at, problemAt)];
  });
  return [...lifts, ...readerProblems(file, problemAt)];
}

function floorProblems({ id, floor, power_loss: powerLoss }: Lift, at: At, problemAt: ProblemAt): ConfigurationProblem[] {
  if (floor.length === 0) return [problemAt(at(), `"${id}" has no floors`, `write a [[lift.floor]] with an id and a relay for each, behind its [[lift]]`)];
  return floor.flatMap((each, index) => {
    const problems: ConfigurationProblem[] = [];
    if (floor.findIndex((other) => other.id === each.id) < index)
      problems.push(problemAt(at("floor", index, "id"), `"${each.id}" already names a floor of "${id}"`, "give each floor, and each door of one, its own id"));
    if (each.relay === undefined && !each.always_free)
      problems.push(
        problemAt(
          at("floor", index),
          `floor "${each.id}" has no relay: nothing would enable its button`,
          `write relay = { board = "…", relay = … }, or always_free = true`,
        ),
      );
    if (each.relay !== undefined && each.always_free && (each.power_loss ?? powerLoss) === "secured")
      problems.push(
        problemAt(
          at("floor", index, "always_free"),
          `is true, but without current the relay of floor "${each.id}" takes its button away`,
          `write power_loss = "free" at the floor, or leave its relay out`,
        ),
      );
    return problems;
  });
}

/** Nobody could tell a grant that was not used from one whose button is not seen. */
function buttonProblems({ floor, floors_per_grant: perGrant }: Lift, at: At, problemAt: ProblemAt): ConfigurationProblem[] {
  const isSeen = floor.some(({ button, always_free: isFree }) => button !== undefined && !isFree);
  if (!isSeen && perGrant === "one")
    return [problemAt(at("floors_per_grant"), `is "one", but no floor has a button: nobody sees which one is chosen`, "wire the buttons, or remove it")];
  if (!isSeen) return [];
  return floor.flatMap((each, index) =>
    each.button !== undefined || each.always_free
      ? []
      : [problemAt(at("floor", index), `floor "${each.id}" has no button, others have`, "wire the buttons of all floors to inputs, or of none")],
  );
}

/** Told once for what the lift says of all its floors, and at each floor that says otherwise. */
function offLineProblems({ relay_board: boards }: FileContent, lift: Lift, at: At, problemAt: ProblemAt): ConfigurationProblem[] {
  const { module_off_line: offLine, power_loss: powerLoss } = lift;
  const told = new Set<string>();
  return lift.floor.flatMap(({ id, relay, power_loss: own }, index) => {
    const without = own ?? powerLoss;
    if (relay === undefined || without === offLine) return [];
    const drops = boards.find((board) => board.id === relay.board)?.protocol === "relay-avr";
    const key = own === undefined ? `${drops}` : id;
    if (told.has(key)) return [];
    told.add(key);
    const path = own === undefined ? at("module_off_line") : at("floor", index, "power_loss");
    if (offLine === "free")
      return [
        problemAt(
          path,
          `the floors of a module that is off line count as free, but without current floor "${id}" is secured`,
          `write power_loss = "free", or module_off_line = "secured"`,
        ),
      ];
    if (!drops) return [];
    return [
      problemAt(
        path,
        `is not what board "${relay.board}" does: a relay-avr board that hears nothing drops its relays, which frees floor "${id}"`,
        `write module_off_line = "free", or power_loss = "secured"`,
      ),
    ];
  });
}

/** What a reader in a cabin cannot be: it sees a button at most, nobody who arrives. */
function readerProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.access_point.flatMap((point, index) => {
    const at = (key: string): TomlPath => ["access_point", index, key];
    const problems: ConfigurationProblem[] = [];
    if (point.lift === undefined)
      return point.lift_door === undefined ? [] : [problemAt(at("lift_door"), "belongs to a lift", `remove it, or write lift = "lift-1"`)];
    problems.push(...unknownReference(at("lift"), point.lift, "lift", file.lift, problemAt));
    const lift = file.lift.find(({ id }) => id === point.lift);
    if (point.lift_door !== undefined && lift?.floor.some(({ door }) => door === point.lift_door) === false)
      problems.push(problemAt(at("lift_door"), `is "${point.lift_door}", but no floor of "${lift.id}" has that door`, `write door = "${point.lift_door}" at its floors, or remove it`)); // prettier-ignore
    for (const key of ["door", "turnstile", "direction"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "cannot stand beside lift", "remove one of them"));
    if (point.capability !== undefined && point.capability !== "ride")
      problems.push(problemAt(at("capability"), `is "${point.capability}", but a lift is ridden`, `remove it, or write capability = "ride"`));
    if (point.egress)
      problems.push(problemAt(at("egress"), "is true, but a cabin is no way out", "remove it, and write always_free = true at the floor of the exit"));
    for (const key of ["enters", "leaves"] as const)
      if (point[key] !== undefined)
        problems.push(problemAt(at(key), "stands at a lift, which sees nobody arrive", "count people at the doors of the floor, and remove it here"));
    if (point.second_person_s !== undefined)
      problems.push(
        problemAt(at("second_person_s"), "stands at a lift, where each of the two may ride elsewhere", "ask for it at a door of the floor, and remove it here"),
      );
    return problems;
  });
}
