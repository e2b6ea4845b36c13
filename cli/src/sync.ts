import { type Command, Option } from "commander";
import { cloudOptions } from "./cloud-client.ts";
import type { Surroundings } from "./surroundings.ts";
import { EXIT, Failure } from "./failure.ts";
import { type ListedPush, ListPush, type PushListOptions } from "./sync-push.ts";
import { type Column, writeFacts, writeRows, chosenFormat } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";

type Row = ListedPush["rows"][number];
const COLUMNS: readonly Column<Row>[] = [
  { heading: "LINE", cell: ({ line }) => (line === null ? "" : String(line)) },
  { heading: "KEY", cell: ({ key }) => key ?? "" },
  { heading: "OUTCOME", cell: ({ outcome }) => outcome },
  {
    heading: "WHAT",
    cell: ({ fields, errors }) => (errors.length > 0 ? errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join("; ") : fields.join(" ")),
  },
];

/** `portico sync`: lists of people that another system keeps. */
export function syncNoun(surroundings: Surroundings): Command {
  return noun(
    "sync",
    "lists of people that another system keeps",
    [
      ["portico sync push people.csv --plan", "what pushing this file would add, change, remove and refuse"],
      ["portico sync push people.csv", "do it; after Ctrl-C the same line goes on"],
      ["portico sync compare people.csv", "same, different, missing, extraneous"],
    ],
    [pushVerb(surroundings), compareVerb(surroundings)],
  );
}

function pushVerb(surroundings: Surroundings): Command {
  const command = verb("push <file>", "make the cloud say of people what a file says: CSV with a heading, or JSON lines", [
    ["portico sync push people.csv", "whoever of the source is not in the file is removed"],
    ["portico sync push arrivals.jsonl --partial", "a list of some: nobody is removed"],
    ["portico sync push people.csv --plan --rows", "every row that would change something, and nothing done"],
  ])
    .addOption(new Option("--plan", "only show what would be done").default(false, "do it"))
    .addOption(new Option("--partial", "the file says some of the source's people: nobody is removed").default(false, "it says all"))
    .addOption(new Option("--rows", "list every row that changes something, not the refused ones alone").default(false, "refused ones"));
  return listOptions(command).action(async (file: string, options: PushListOptions & { readonly plan: boolean; readonly rows: boolean }) => {
    const push = await ListPush.open(surroundings, file, options);
    const planned = await push.plan(options.rows ? ["refused", "added", "changed", "removed"] : ["refused"]);
    const done = options.plan ? planned : { ...planned, push: await push.apply() };
    report(surroundings, options, done);
    await push.tellDoors();
    const { refused, withheld } = done.push.counts;
    if (refused + withheld === 0) return;
    const held = withheld === 0 ? "" : `, and nobody was removed: a row whose key cannot be read might be any of ${withheld}`;
    throw new Failure(
      EXIT.refused,
      `${refused} ${refused === 1 ? "row is" : "rows are"} refused${held}`,
      push.on,
      "mend the rows that are named, and push the file again",
    );
  });
}

function compareVerb(surroundings: Surroundings): Command {
  const command = verb("compare <file>", "compare a file with what the cloud says of the source's people, and change nothing", [
    ["portico sync compare people.csv", "counts, and every row that is not the same"],
    ["portico sync compare people.csv --format jsonl", "for programs: exit code 1 where anything differs"],
  ]);
  return listOptions(command).action(async (file: string, options: PushListOptions) => {
    const push = await ListPush.open(surroundings, file, { ...options, partial: false, compares: true });
    const compared = await push.plan(["refused", "changed", "added", "removed"]);
    await push.drop();
    const words = { added: "missing", changed: "different", removed: "extraneous", same: "same", refused: "refused" } as const;
    const rows = compared.rows.map((row) => ({ ...row, outcome: words[row.outcome], fields: row.outcome === "changed" ? row.fields : [] }));
    const { same, changed, added, removed, refused, withheld } = compared.push.counts;
    const counts = { same, different: changed, missing: added, extraneous: removed + withheld, refused };
    if (chosenFormat(surroundings.terminal, options.format) === "jsonl") surroundings.terminal.out(`${JSON.stringify({ source: compared.push.source, ...counts })}\n`);
    else writeFacts(surroundings.terminal, "table", Object.entries(counts).map(([name, count]) => [name, String(count)] as const), counts); // prettier-ignore
    writeRows(surroundings.terminal, options.format, COLUMNS as readonly Column<object>[], rows);
    if (same < compared.push.rows || removed + withheld > 0)
      throw new Failure(EXIT.refused, "the file and the cloud differ", push.on, "portico sync push makes the cloud say what the file says");
  });
}

function report({ terminal }: Surroundings, { format }: PushListOptions, { push, rows }: ListedPush): void {
  const { counts, id, source, state, plan } = push;
  const { ends, ...numbers } = counts;
  const facts = [
    ["push", id],
    ["source", source],
    ["state", state],
    ...Object.entries(numbers).map(([name, count]) => [name, String(count)] as const),
    ["access ends of", Object.entries(ends).map(([audience, count]) => `${audience} ${count}`).join(", ") || "nobody"], // prettier-ignore
  ] as const;
  writeFacts(terminal, format, facts, { push: id, source, state, plan, ...counts });
  if (rows.length > 0) writeRows(terminal, format, COLUMNS, rows);
}

/** Which cloud, which source, how dates are read. */
const listOptions = (command: Command): Command =>
  cloudOptions(command)
    .addOption(new Option("--source <name>", "who keeps the list: it takes away what it said itself, and nothing that others said").default("registry"))
    .addOption(new Option("--time-zone <name>", "IANA name: a date in a CSV file is its midnight there").default("Asia/Shanghai"))
    .addOption(formatOption());
