import { type Command, Option } from "commander";
import type { HeldJobRow, JobOutcomeRow, PrintReleaseRow, ReleaseStationRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { durationText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb, wholeNumber } from "./verb.ts";

const JOB_MAX = 0x7fff_ffff;
const SIDES_MAX = 1_000_000;
const jobNumber = wholeNumber(1, JOB_MAX);
/** Two decimals, as prices are written. */
const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;

const STATIONS: readonly Column<ReleaseStationRow>[] = [
  { heading: "STATION", cell: (row) => row.id },
  { heading: "PRINTER", cell: (row) => row.printer },
  { heading: "STATE", cell: (row) => row.fault ?? "prints" },
  { heading: "SIGNED IN", cell: (row) => row.credential ?? "nobody" },
  { heading: "FOR", cell: (row) => (row.leftS === null ? "" : durationText(row.leftS)) },
];
const JOBS: readonly Column<HeldJobRow>[] = [
  { heading: "JOB", cell: (row) => `${row.job}` },
  { heading: "SIDES", cell: (row) => (row.counted ? `${row.sides}` : `about ${row.sides}`) },
  { heading: "COPIES", cell: (row) => `${row.copies}` },
  { heading: "PAPER", cell: (row) => `${row.duplex ? "both sides" : "one side"}${row.colour ? ", colour" : ""}` },
  { heading: "PRICE", cell: (row) => yuan(row.priceFen) },
  { heading: "REMARK", cell: (row) => row.detail },
];
const OUTCOMES: readonly Column<JobOutcomeRow>[] = [
  { heading: "JOB", cell: (row) => `${row.job}` },
  { heading: "OUTCOME", cell: (row) => row.outcome },
  { heading: "HELD", cell: (row) => (row.outcome === "released" || row.outcome === "waiting" ? yuan(row.priceFen) : "") },
  { heading: "REMARK", cell: (row) => row.detail },
];
const RELEASES: readonly Column<PrintReleaseRow>[] = [
  { heading: "RELEASE", cell: (row) => row.id },
  { heading: "PRINTER", cell: (row) => row.printer },
  { heading: "JOB", cell: (row) => `${row.job}` },
  { heading: "PHASE", cell: (row) => row.phase },
  { heading: "SIDES", cell: (row) => `${row.sides}` },
  { heading: "HELD", cell: (row) => yuan(row.heldFen) },
  { heading: "CREDENTIAL", cell: (row) => row.credential },
];

/** `portico print`: release stations, for a screen beside the reader and for whoever looks after the printers. */
export function printNoun(surroundings: Surroundings): Command {
  return noun(
    "print",
    "release stations: held jobs of whoever has signed in, with pages and price",
    [
      ["portico print jobs library-release", "what is held for whoever has scanned there"],
      ["portico print release library-release --all", "print all of it"],
    ],
    [
      stationsVerb(surroundings),
      jobsVerb(surroundings),
      releaseVerb(surroundings),
      cancelVerb(surroundings),
      signOutVerb(surroundings),
      reviewVerb(surroundings),
      settleVerb(surroundings),
    ],
  );
}

type RowOptions = ControllerOptions & { readonly format?: Format };

function stationsVerb(surroundings: Surroundings): Command {
  const command = verb("stations", "show every release station: its printer, and who is signed in", [
    ["portico print stations", "a scan signs in, time or sign-out ends it"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: RowOptions) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, STATIONS, await client.ask("GET /v1/release-stations", {}));
  });
}

function jobsVerb(surroundings: Surroundings): Command {
  const command = verb("jobs <station>", "show the held jobs of whoever is signed in, the oldest first", [
    ["portico print jobs library-release", "number, sides and price; never a document's name"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: RowOptions) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, JOBS, await client.ask("GET /v1/release-stations/:id/jobs", { params: { id } }));
  });
}

function releaseVerb(surroundings: Surroundings): Command {
  const command = verb("release <station>", "print one held job of whoever is signed in, or all", [
    ["portico print release library-release --job 41", "its price is held, and charged when it is printed"],
    ["portico print release library-release --all", "all of them, the oldest first"],
  ])
    .addOption(new Option("--job <number>", "which one; portico print jobs lists them").argParser(jobNumber))
    .option("--all", "every one")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: RowOptions & { readonly job?: number; readonly all?: true }) => {
    const { job = null, all } = options;
    if ((job === null) === (all === undefined))
      throw new Failure(EXIT.usage, "which jobs are to be printed is not clear", `station ${id}`, "give --job <number> for one, or --all");
    const client = await clientFor(surroundings, options);
    const rows = await client.ask("POST /v1/release-stations/:id/release", { params: { id }, body: { job } });
    writeOutcomes(surroundings, options.format, rows);
    const refused = rows.find(({ outcome }) => outcome === "refused");
    if (refused !== undefined)
      throw new Failure(EXIT.refused, `job ${refused.job} is not printed: ${refused.detail}`, `station ${id}`, `portico print jobs ${id}`);
  });
}

function cancelVerb(surroundings: Surroundings): Command {
  const command = verb("cancel <station>", "cancel a held job of whoever is signed in: it is never printed, and costs nothing", [
    ["portico print cancel library-release --job 41", "one at a time"],
  ])
    .addOption(new Option("--job <number>", "which one; portico print jobs lists them").argParser(jobNumber).makeOptionMandatory())
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: RowOptions & { readonly job: number }) => {
    const client = await clientFor(surroundings, options);
    writeOutcomes(surroundings, options.format, [await client.ask("POST /v1/release-stations/:id/cancel", { params: { id }, body: { job: options.job } })]);
  });
}

/** Until accounts of a campus are behind it, each receipt says that it is none. */
function writeOutcomes({ terminal }: Surroundings, format: Format | undefined, rows: readonly JobOutcomeRow[]): void {
  writeRows(terminal, format, OUTCOMES, rows);
  if (rows.some(({ test }) => test) && chosenFormat(terminal, format) === "table") terminal.out("TEST: no money moves\n");
}

function signOutVerb(surroundings: Surroundings): Command {
  const command = verb("sign-out <station>", "end the session of whoever is signed in", [
    ["portico print sign-out library-release", "what was released goes on being printed"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: RowOptions) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, STATIONS, [await client.ask("POST /v1/release-stations/:id/sign-out", { params: { id } })]);
  });
}

function reviewVerb(surroundings: Surroundings): Command {
  const command = verb("review", "show the jobs that are on their way, and those that stopped behind their first side", [
    ["portico print review", "phase review: money stays held until somebody has counted"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: RowOptions) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, RELEASES, await client.ask("GET /v1/print-releases", {}));
  });
}

function settleVerb(surroundings: Surroundings): Command {
  const command = verb("settle <release>", "say how many sides of a job in review were printed: they are charged, the rest is given back", [
    ["portico print settle 00112233445566778899aabbccddeeff --sides 1 --reason 'jam; one side in the tray'", "0 gives everything back"],
  ])
    .addOption(new Option("--sides <count>", "as they lie in the tray").argParser(wholeNumber(0, SIDES_MAX)).makeOptionMandatory())
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user));
  return controllerOptions(command).action(
    async (id: string, options: ControllerOptions & { readonly sides: number; readonly reason: string; readonly by: string }) => {
      const { sides, reason, by } = options;
      const client = await clientFor(surroundings, options);
      const row = await client.ask("POST /v1/print-releases/:id/settle", { params: { id }, body: { sides, reason, by } });
      surroundings.terminal.out(`job ${row.job} of ${row.printer}: ${sides} ${sides === 1 ? "side" : "sides"}, ${yuan(sides * row.sideFen)}\n`);
    },
  );
}
