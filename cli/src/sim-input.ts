import { Argument, type Command } from "commander";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { verb, wholeNumber } from "./verb.ts";

/** As long as a finger presses a button. */
const PRESSED_MS = 400;
const ACTS = ["press", "close", "open"] as const;

/** `portico sim input`: a button, or any other contact at a board of the simulated campus, by hand. */
export function simInputVerb(surroundings: Surroundings): Command {
  const command = verb("input <board>", "close or open a contact at a board, or press a button there", [
    ["portico sim input gate-1 5 press", "a guard's button that is wired to input 5 of gate-1's board"],
    ["portico sim input gate-1 4 close", "the lane's alarm output, until it is opened"],
  ])
    .addArgument(new Argument("<input>", "its number at the board").argParser(wholeNumber(0, 7)))
    .addArgument(new Argument("<act>", "press: closed for 400 ms").choices(ACTS));
  return campusOption(command).action(async (board: string, input: number, act: (typeof ACTS)[number], options: CampusOption) => {
    await withCampus(surroundings, options, async (client) => {
      const set = (closed: boolean): Promise<true> => client.ask("set-input", { board, input, closed });
      await set(act !== "open");
      if (act !== "press") return;
      await elapsed(surroundings, PRESSED_MS);
      await set(false);
    });
    surroundings.terminal.out(`input ${input} of ${board} ${act === "press" ? "was pressed" : act === "close" ? "is closed" : "is open"}\n`);
  });
}
