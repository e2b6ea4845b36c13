import type { DrivingAct } from "@portico/controller";
import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { byOption, type Example, formatOption, reasonOption, verb } from "./verb.ts";

const ACTS: readonly { readonly act: DrivingAct; readonly does: string; readonly done: string; readonly next: string; readonly example: Example }[] = [
  {
    act: "cut-over",
    does: "have Portico drive a door that is in shadow, from now on and across restarts",
    done: "is driven by Portico",
    next: "see that a grant opens it; portico door return gives it back",
    example: ["portico door cut-over library --reason 'nothing differed for a week'", "a turnstile goes over as a whole"],
  },
  {
    act: "return",
    does: "give a door back to the old system: Portico lets go of its relays and only decides again",
    done: "is in shadow: the old system drives it",
    next: "see that the old system opens it",
    example: ["portico door return library --reason 'reader fails in the rain'", "refused while fire or a lockdown holds the door"],
  },
];

/** `door cut-over` and `door return`: who drives a door beside which an old system stands. */
export const drivingVerbs = (surroundings: Surroundings): Command[] => ACTS.map((each) => drivingVerb(surroundings, each));

function drivingVerb(surroundings: Surroundings, { act, does, done, next, example }: (typeof ACTS)[number]): Command {
  const command = verb(`${act} <door>`, does, [example]).addOption(reasonOption()).addOption(byOption(surroundings.user)).addOption(formatOption());
  return controllerOptions(command).action(
    async (id: string, options: ControllerOptions & { readonly format?: Format; readonly reason: string; readonly by: string }) => {
      const { by, reason, format } = options;
      if (reason.trim() === "")
        throw new Failure(EXIT.usage, "who drives a door is not changed without a reason", `door ${id}, ${act}`, "say why: --reason '…'");
      const client = await clientFor(surroundings, options);
      const rows = await client.ask("POST /v1/shadow/doors/:id/:act", { params: { id, act }, body: { by, reason } });
      const { terminal } = surroundings;
      if (chosenFormat(terminal, format) === "jsonl") for (const row of rows) terminal.out(`${JSON.stringify(row)}\n`);
      else terminal.out(`${id} ${done}\n`);
      terminal.err(`next: ${next}\n`);
    },
  );
}
