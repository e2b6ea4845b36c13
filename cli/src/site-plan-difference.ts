import type { PlanDifference } from "./core/site-plan/plan-difference.ts";
import type { PlannedController } from "./core/site-plan/site-plan.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Column } from "./table.ts";

export const DIFFERENCE_COLUMNS: readonly Column<PlanDifference>[] = [
  { heading: "CONTROLLER", cell: ({ controller }) => controller },
  { heading: "OF", cell: ({ of }) => of },
  { heading: "WHAT", cell: ({ what }) => what },
  { heading: "FROM", cell: ({ from }) => from || "-" },
  { heading: "TO", cell: ({ to }) => to || "-" },
];

/** What changes, controller by controller. @param where  what the texts before are of, for a mistake in one */
export async function differencesOf(
  controllers: readonly PlannedController[],
  before: ReadonlyMap<string, string | undefined>,
  where: string,
): Promise<PlanDifference[]> {
  const [{ readTomlTree }, { planDifferences }] = await Promise.all([import("@portico/controller"), import("./core/site-plan/plan-difference.ts")]);
  const treeOf = (text: string | undefined, controller: string): ReturnType<typeof readValue> => readValue(readTomlTree, text, `${where}: ${controller}`);
  const texts = new Map(controllers.map(({ controller, text }) => [controller, text]));
  return [...new Set([...texts.keys(), ...before.keys()])].sort().flatMap((controller) => {
    const [was, is] = [before.get(controller), texts.get(controller)];
    return was === is ? [] : planDifferences(controller, treeOf(was, controller), treeOf(is, controller));
  });
}

function readValue(
  readTomlTree: typeof import("@portico/controller").readTomlTree,
  text: string | undefined,
  where: string,
): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  const read = readTomlTree(text);
  if (!read.ok) throw new Failure(EXIT.usage, read.cause, `${where}, line ${read.line}`, "mend this line");
  return read.tree.value;
}
