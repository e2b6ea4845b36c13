import type { NotificationKind, RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { formatOption, noun, reasonOption, verb } from "./verb.ts";

type Webhook = RouteAnswer<"GET /v1/webhooks">["items"][number];
interface Options extends CloudOptions {
  readonly format?: Format;
  readonly reason: string;
}
interface PutOptions extends Options {
  readonly url: string;
  readonly kind: readonly string[];
}

const COLUMNS: readonly Column<Webhook>[] = [
  { heading: "WEBHOOK", cell: ({ id }) => id },
  { heading: "STATE", cell: ({ state, failingSince }) => (state === "active" && failingSince !== null ? "failing" : state) },
  { heading: "TAKEN", cell: ({ delivered }) => String(delivered) },
  { heading: "FAILING SINCE", cell: ({ failingSince }) => failingSince ?? "" },
  { heading: "URL", cell: ({ url }) => url },
  { heading: "PROBLEM", cell: ({ problem }) => problem },
];

/** `portico webhook`: where the cloud pushes what it tells. */
export const webhookNoun = (surroundings: Surroundings): Command =>
  noun(
    "webhook",
    "where the cloud pushes what it tells its callers",
    [
      ["portico webhook list", "does every receiver take what it gets?"],
      ["portico webhook test mini", "push one test there"],
    ],
    [listVerb(surroundings), putVerb(surroundings), actVerb(surroundings, "test"), actVerb(surroundings, "resume"), removeVerb(surroundings)],
  );

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every webhook, how far it is, and what is wrong", [["portico webhook list", "failing ones say since when and why"]]);
  return cloudOptions(command.addOption(formatOption())).action(async (options: Options) => {
    const calls = await cloudClientFor(surroundings, options);
    const { items } = await calls.ask("webhooks", "GET /v1/webhooks", {});
    writeRows(surroundings.terminal, options.format, COLUMNS, items);
  });
}

function putVerb(surroundings: Surroundings): Command {
  const command = verb("put <webhook>", "have what is told from now on pushed to a URL, for your key alone", [
    ["portico webhook put mini --url https://mini.example.edu/portico", "every kind"],
    ["portico webhook put desk --url https://desk.example.edu/ --kind credential.lost --kind credential.returned", "some kinds"],
  ])
    .addOption(new Option("--url <url>", "https; http on the cloud's own machine alone").makeOptionMandatory())
    .addOption(
      new Option("--kind <kind>", "what it hears; repeat for each. docs/api.md lists them")
        .default([] as string[], "every kind")
        .argParser((kind: string, kinds: string[]) => [...kinds, kind]),
    );
  return cloudOptions(command.addOption(reasonOption()).addOption(formatOption())).action(async (id: string, options: PutOptions) => {
    const { NOTIFICATION_KINDS } = await import("@portico/cloud-sync");
    const unknown = options.kind.find((kind) => !(NOTIFICATION_KINDS as readonly string[]).includes(kind));
    if (unknown !== undefined) throw new Failure(EXIT.usage, "there is no such kind", `--kind ${unknown}`, `choose of ${NOTIFICATION_KINDS.join(", ")}`);
    const body = { url: options.url, kinds: options.kind as NotificationKind[] };
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`webhook ${id}`, "PUT /v1/webhooks/{id}", { params: { id }, body }, { reason: options.reason });
    tell(surroundings, options, value);
  });
}

function actVerb(surroundings: Surroundings, act: "test" | "resume"): Command {
  const [does, example] =
    act === "test" ? ["push one test there, behind what it still gets", "then: portico webhook list"] : ["try a stopped or failing one again now", "from where it stopped"]; // prettier-ignore
  const command = verb(`${act} <webhook>`, does, [[`portico webhook ${act} mini`, example]]);
  return cloudOptions(command.addOption(reasonOption()).addOption(formatOption())).action(async (id: string, options: Options) => {
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`webhook ${id}`, `POST /v1/webhooks/{id}/${act}`, { params: { id } }, { reason: options.reason });
    tell(surroundings, options, value);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <webhook>", "push nothing there any more", [
    ["portico webhook remove mini", "what it has not taken stays in notification tail"],
  ]);
  return cloudOptions(command.addOption(reasonOption())).action(async (id: string, options: Options) => {
    const calls = await cloudClientFor(surroundings, options);
    await calls.ask(`webhook ${id}`, "DELETE /v1/webhooks/{id}", { params: { id } }, { reason: options.reason });
  });
}

function tell({ terminal }: Surroundings, { format }: Options, webhook: Webhook): void {
  const { id, url, kinds, state, delivered, problem } = webhook;
  const facts = [["webhook", id], ["url", url], ["hears", kinds.length === 0 ? "every kind" : kinds.join(" ")], ["state", state], ["taken", `up to ${delivered}`], ...(problem === "" ? [] : [["problem", problem] as const])] as const; // prettier-ignore
  writeFacts(terminal, format, facts, webhook);
}
