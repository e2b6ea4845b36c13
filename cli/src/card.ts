import type { Command } from "commander";
import { importVerb } from "./card-import.ts";
import { lendVerb, loansVerb, takeBackVerb } from "./card-loan.ts";
import type { Surroundings } from "./surroundings.ts";
import { noun } from "./verb.ts";

/** `portico card`: physical cards, lent at a desk, and taken over in bulk. */
export function cardNoun(surroundings: Surroundings): Command {
  return noun(
    "card",
    "physical cards: lent at a desk for a day, taken over from another system",
    [
      ["portico card lend zhang@example.edu --number 04a1b2c3 --desk 'C1 front desk'", "for 8 hours; the own card stays as it is"],
      ["portico card take-back --person zhang@example.edu", "it is back"],
      ["portico card loans --state overdue", "what is not back"],
      ["portico card import export.csv --reads reads.txt --reader uid-hex", "how the export writes its cards, told by 20 cards held before a reader"],
    ],
    [lendVerb(surroundings), takeBackVerb(surroundings), loansVerb(surroundings), importVerb(surroundings)],
  );
}
