import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";

/** An input that watches the old system belongs to a door in shadow, and what is in shadow has nobody else to rely on it. */
export function shadowProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const inShadow = `write mode = "shadow" beside it, or remove it`;
  const meaningless = `has no meaning without mode = "shadow"`;
  return [
    ...file.door.flatMap(({ mode, old_grant: grant }, index) =>
      mode === "shadow" || grant === undefined ? [] : [problemAt(["door", index, "old_grant"], meaningless, inShadow)],
    ),
    ...file.turnstile.flatMap((turnstile, index) =>
      (["entry", "exit"] as const).flatMap((direction) => {
        const key = `old_grant_${direction}` as const;
        if (turnstile[key] === undefined) return [];
        if (turnstile.mode !== "shadow") return [problemAt(["turnstile", index, key], meaningless, inShadow)];
        return turnstile[direction] === undefined
          ? [
              problemAt(
                ["turnstile", index, key],
                `watches a way that the turnstile does not have`,
                `remove it, or write ${direction} = { board = "…", relay = … }`,
              ),
            ]
          : [];
      }),
    ),
  ];
}
