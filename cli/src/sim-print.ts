import type { Command } from "commander";
import { Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import { scanned, shownBy } from "./sim-scan.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";

interface PrintOptions extends CampusOption {
  readonly person: string;
  readonly pages: number;
  readonly format?: Format;
}

const PAGES_MAX = 20;
const LOOK_EVERY_MS = 200;
/** A side takes less, and counting pages comes before. */
const SIDE_WITHIN_MS = 1_000;
const COUNT_WITHIN_MS = 5_000;

/** `portico sim print`: somebody sends pages to the held queue of the running campus, and fetches them at the printer. */
export function simPrintVerb(surroundings: Surroundings): Command {
  const command = verb("print <printer>", "send pages to a queue that holds them, and have them printed by a scan at its reader", [
    ["portico sim print printer-1 --person liu", "three pages, held until liu's phone is before the reader"],
    ["portico sim print printer-1 --person zhou", "a visitor, who may not print"],
  ])
    .addOption(new Option("--person <id>", "whose pages, and whose phone").makeOptionMandatory())
    .addOption(new Option("--pages <number>", "how many").argParser(wholeNumber(1, PAGES_MAX)).default(3))
    .addOption(formatOption());
  return campusOption(command).action((printer: string, { person, pages, format, ...options }: PrintOptions) =>
    withCampus(surroundings, options, async (client, folder, sockets) => {
      const reader = `${printer}-reader`;
      const read = await shownBy(surroundings, folder, reader, { person });
      const { controllerPlace } = await import("@portico/simulator/programs");
      const { socket, dataFolder } = controllerPlace(folder, sockets, reader);
      const before = await client.ask("tray", { printer });
      const job = await client.ask("print", { printer, user: person, pages });
      const { judged } = await scanned(surroundings, client, socket, reader, read);
      const { outcome, reason, detail, seq } = judged;
      let sides = 0;
      const waitMs = outcome === "granted" ? COUNT_WITHIN_MS + pages * SIDE_WITHIN_MS : 0;
      for (let leftMs = waitMs; sides < pages && leftMs > 0; leftMs -= LOOK_EVERY_MS) {
        await elapsed(surroundings, LOOK_EVERY_MS);
        sides = (await client.ask("tray", { printer })) - before;
      }
      const facts: [string, string][] = [
        ["job", `${job}, ${pages} pages of ${person}, held`],
        ["outcome", outcome === "granted" ? "released by the scan" : `refused: ${reason} (${detail})`],
        ["tray", `${sides} sides`],
      ];
      writeFacts(surroundings.terminal, format, facts, { printer, job, pages, outcome, reason, detail, seq, sides });
      if (outcome === "granted" && sides === pages) return;
      const place = dataFolder === undefined ? "" : ` --data ${dataFolder}`;
      const next =
        outcome === "granted" ? `portico print stations${place}` : seq === null ? "another code may be shown" : `portico event explain ${seq}${place}`;
      throw new Failure(EXIT.refused, outcome === "granted" ? `${sides} of ${pages} sides were printed` : `refused: ${reason}`, printer, next);
    }),
  );
}
