import type { KioskAnswer, KioskRow } from "@portico/controller";
import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";
import { formatOption, noun, verb } from "./verb.ts";

const COLUMNS: readonly Column<KioskRow>[] = [
  { heading: "KIOSK", cell: (row) => row.id },
  { heading: "READER", cell: (row) => row.accessPoint },
  { heading: "BORROWER", cell: (row) => row.borrower ?? "nobody" },
  { heading: "FOR", cell: (row) => (row.leftS === null ? "" : durationText(row.leftS)) },
  { heading: "LIBRARY", cell: (row) => (row.isTest ? "TEST" : "ok") },
];

type Plain = ControllerOptions & { readonly format?: Format };

/** `portico kiosk`: library kiosks. */
export function kioskNoun(surroundings: Surroundings): Command {
  return noun(
    "kiosk",
    "library kiosks: who borrows there, and items by their barcode",
    [
      ["portico kiosk list", "every kiosk of the controller"],
      ["portico kiosk checkout library-1 21234567890124", "for whoever has shown a card there"],
    ],
    [listVerb(surroundings), itemVerb(surroundings, "checkout"), itemVerb(surroundings, "return"), endVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every kiosk, and the credential of who borrows there", [["portico kiosk list", "nobody: no card was shown"]]).addOption(
    formatOption(),
  );
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/kiosks", {}));
  });
}

const ITEM_VERBS = {
  checkout: { does: "lend an item to whoever has shown a card at the kiosk, or lend it on", route: "POST /v1/kiosks/:id/checkout" },
  return: { does: "take an item back; nobody has to show anything", route: "POST /v1/kiosks/:id/return" },
} as const;

function itemVerb(surroundings: Surroundings, name: keyof typeof ITEM_VERBS): Command {
  const { does, route } = ITEM_VERBS[name];
  const command = verb(`${name} <kiosk> <barcode>`, does, [
    [`portico kiosk ${name} library-1 21234567890124`, "the barcode on the back of the book, not its ISBN"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (id: string, barcode: string, options: Plain) => {
    const client = await clientFor(surroundings, options);
    const answer = await client.ask(route, { params: { id }, body: { barcode } });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(answer)}\n`);
    else terminal.out(`${answerText(answer, client.zone)}\n`);
  });
}

const answerText = ({ done, item, due, isTest }: KioskAnswer, zone: string | undefined): string =>
  `${isTest ? "TEST: " : ""}${done} ${item}${due === null ? "" : `, back by ${timeText(due, zone)}`}`;

function endVerb(surroundings: Surroundings): Command {
  const command = verb("end <kiosk>", "whoever borrowed has left: the next item needs a card again", [
    ["portico kiosk end library-1", "nothing is taken back"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: Plain) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, [await client.ask("POST /v1/kiosks/:id/end", { params: { id } })]);
  });
}
