import type { Command } from "commander";
import type { WireRow } from "@portico/simulator/programs";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";

const COLUMNS: readonly Column<WireRow>[] = [
  { heading: "WIRE", cell: ({ id }) => id },
  { heading: "DEVICE", cell: ({ use }) => use },
  { heading: "KIND", cell: ({ kind }) => kind },
  { heading: "STATE", cell: ({ isCut, trouble }) => (isCut ? "cut" : trouble === "" ? "open" : `closed: ${trouble}`) },
  { heading: "ADDRESS", cell: ({ address }) => address },
];

/** `portico sim wire`: the wires of the simulated campus, to be cut and mended. */
export function simWireNoun(surroundings: Surroundings): Command {
  return noun(
    "wire",
    "the wires of the simulated campus",
    [
      ["portico sim wire cut gate-1", "the board of gate-1 falls silent"],
      ["portico sim wire mend gate-1", "and answers again"],
    ],
    [listVerb(surroundings), actVerb(surroundings, "cut", "pull a wire's plug"), actVerb(surroundings, "mend", "put a wire's plug back")],
  );
}

type WireOptions = CampusOption & { readonly format?: Format };

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "every wire: what hangs on it, whether it is cut", [["portico sim wire list", "boards first, then scanners"]]);
  return campusOption(command.addOption(formatOption())).action(async (options: WireOptions) => {
    const rows = await withCampus(surroundings, options, (client) => client.ask("wires", {}));
    writeRows(surroundings.terminal, options.format, COLUMNS, rows);
  });
}

function actVerb(surroundings: Surroundings, act: "cut" | "mend", description: string): Command {
  const command = verb(`${act} <wire>`, description, [
    [`portico sim wire ${act} gate-1`, "a board's wire has the name of its lane or door"],
    [`portico sim wire ${act} gate-1-in`, "a scanner's that of its access point"],
  ]);
  return campusOption(command.addOption(formatOption())).action(async (wire: string, options: WireOptions) => {
    const row = await withCampus(surroundings, options, (client) => client.ask(act, { wire }));
    writeRows(surroundings.terminal, options.format, COLUMNS, [row]);
  });
}
