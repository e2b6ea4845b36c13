import { readFileSync } from "node:fs";
import type { CardInterpretation, InterpretationScore } from "@portico/cloud-sync";
import { type ExportRow, readCardReads } from "./card-export-file.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { typedPath } from "./places.ts";

/** The interpretation that `--as` names. @throws Failure 2 where it names none, or none is named */
export async function interpretationMeant(name: string | undefined, facility: number | undefined, rows: readonly ExportRow[]): Promise<CardInterpretation> {
  const { CARD_INTERPRETATIONS, interpretationNamed, interpretationName, readExportedNumber } = await import("@portico/cloud-sync");
  const all = CARD_INTERPRETATIONS.map((each): CardInterpretation => (facility === undefined ? each : { ...each, facility }));
  if (name === undefined) {
    const readable = all
      .map((each) => ({ each, count: rows.filter(({ cell }) => readExportedNumber(cell, each).ok).length }))
      .filter(({ count }) => count * 2 > rows.length);
    const findings = readable.map(({ each, count }) => `${interpretationName(each)}: ${count} of ${rows.length} numbers can be read so`);
    throw new Failure(
      EXIT.usage,
      "nobody can tell from an export alone how it writes its cards",
      "--as",
      "hold 20 cards before a reader and give its lines: --reads reads.txt --reader <format>; or say it with --as",
      findings,
    );
  }
  const meant = interpretationNamed(name);
  if (meant === undefined)
    throw new Failure(
      EXIT.usage,
      "there is no such way of writing numbers",
      `--as ${name}`,
      `choose of ${CARD_INTERPRETATIONS.map(interpretationName).join(", ")}`,
    );
  return facility === undefined ? meant : { ...meant, facility };
}

/** What {@link proposedInterpretation} goes by. */
interface ProposalOptions {
  readonly reads: string;
  readonly reader?: string;
  readonly as?: string;
  readonly facility?: number;
}

/**
 * The interpretation that makes the export agree with cards held before a reader.
 *
 * @throws Failure 1 where none fits, two fit, or `--as` says another
 */
export async function proposedInterpretation(
  surroundings: Surroundings,
  rows: readonly ExportRow[],
  { reads, reader, as, facility }: ProposalOptions,
): Promise<CardInterpretation> {
  const { CARDS_READ_MIN, interpretationName, interpretationNamed, proposeInterpretation } = await import("@portico/cloud-sync");
  const format = reader === undefined ? undefined : interpretationNamed(reader);
  if (format === undefined || format.keeps !== "all")
    throw new Failure(EXIT.usage, reader === undefined ? "how the reader writes is not said" : "no reader writes so", reader === undefined ? "--reader" : `--reader ${reader}`, "as card of its [[scanner]] says in the controller's configuration, such as uid-hex, uid-hex:lsb-first or wiegand-26"); // prettier-ignore
  const file = reads === "-" ? "standard input" : typedPath(surroundings, reads);
  const cards = await readCardReads(file, reads === "-" ? await surroundings.input() : readFileSync(file, "utf8"));
  const proposal = proposeInterpretation(rows.map(({ cell }) => cell), cards, format, facility); // prettier-ignore
  const told = (list: readonly InterpretationScore[]): string[] =>
    list.map(({ interpretation, matched, of }) => `${interpretationName(interpretation)}: ${matched} of ${of} cards`);
  switch (proposal.kind) {
    case "too-few": {
      const why = proposal.unreadable === 0 ? [] : [`${proposal.unreadable} lines are no ${reader}: ${proposal.why}`];
      throw new Failure(
        EXIT.refused,
        `${proposal.cards} different cards were read, at least ${CARDS_READ_MIN} are needed`,
        file,
        "hold more cards before the reader, or see that --reader says how it writes",
        why,
      );
    }
    case "none": {
      const best = [...proposal.scores].filter(({ matched }) => matched > 0).sort((a, b) => b.matched - a.matched).slice(0, 5); // prettier-ignore
      const next =
        proposal.shortened === undefined
          ? "see that export and cards belong together, that --number names the right column, and that --reader says how the reader writes"
          : `the export (${interpretationName(proposal.shortened)}) has only the end of what this reader sends: use readers of 26 bits, or enrol each card anew`;
      throw new Failure(EXIT.refused, "no way of writing numbers makes the export agree with the cards", file, next, told(best));
    }
    case "ambiguous":
      throw new Failure(
        EXIT.refused,
        "two ways of writing numbers fit, and they do not mean the same",
        file,
        "hold other cards before the reader, or say which with --as",
        told(proposal.fitting),
      );
    case "fits": {
      const { interpretation, matched, of } = proposal.score;
      const name = interpretationName(interpretation);
      if (as !== undefined && as !== name)
        throw new Failure(EXIT.refused, `the cards say ${name}`, `--as ${as}`, "leave --as out, or hold the cards before the reader again");
      surroundings.terminal.err(`the export writes its cards as ${name}: ${matched} of ${of} cards agree\n`);
      return interpretation;
    }
  }
}
