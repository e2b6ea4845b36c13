import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { cloudReason, withReason } from "./cloud-verb.ts";
import type { PlannedController } from "./core/site-plan/site-plan.ts";
import { EXIT, Failure } from "./failure.ts";
import { countedProgress } from "./list-progress.ts";
import { DIFFERENCE_COLUMNS, differencesOf } from "./site-plan-difference.ts";
import { baseOption, madePlan, type MadePlan, mustBeFlawless } from "./site-plan-file.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";
import { counted } from "./counted.ts";

type Standing = RouteAnswer<"GET /v1/configurations">["items"][number];

/** What became of one controller's configuration. */
interface PushRow {
  readonly controller: string;
  /** `unknown`: the cloud has no such controller; `pending`: it was not sent. */
  readonly state: Standing["state"] | "unknown" | "pending";
  readonly number: number | null;
  /** It was sent by this push. */
  readonly isSent: boolean;
  readonly detail: string;
}

interface PushOptions extends CloudOptions {
  readonly base?: string;
  readonly plan?: true;
  readonly only: readonly string[];
  readonly wait: number;
  readonly reason?: string;
  readonly format?: Format;
}

const STATE_TEXT: Readonly<Record<PushRow["state"], string>> = {
  running: "runs on it",
  taken: "taken; from its next start on",
  refused: "refused",
  waiting: "not heard yet",
  byFile: "takes none from the cloud: [cloud] takes_configuration",
  unknown: "the cloud has no such controller: portico controller enroll",
  pending: "not sent",
};
const COLUMNS: readonly Column<PushRow>[] = [
  { heading: "CONTROLLER", cell: ({ controller }) => controller },
  { heading: "NUMBER", cell: ({ number }) => (number === null ? "-" : String(number)) },
  { heading: "SENT", cell: ({ isSent }) => (isSent ? "now" : "before") },
  { heading: "STATE", cell: ({ state }) => STATE_TEXT[state] },
  { heading: "DETAIL", cell: ({ detail }) => detail },
];
/** The cloud is asked so often what became of them. */
const LOOK_EVERY_MS = 500;

/** `portico site plan push`. */
export function pushVerb(surroundings: Surroundings): Command {
  const command = verb("push <sheet>", "have every controller take its configuration from the cloud, signed; those that have it already are left alone", [
    ["portico site plan push site.csv --plan", "what would change at which controller; nothing is sent"],
    ["portico site plan push site.csv --reason 'new readers in the east wing'", "interrupted, the same again goes on with the rest"],
    ["portico site plan push site.csv --only library-house", "one controller first"],
  ])
    .option("--plan", "say what would change, and send nothing")
    .addOption(
      new Option("--only <controller>", "this controller; repeat for each")
        .default([] as string[], "all")
        .argParser((id: string, ids: string[]) => [...ids, id]),
    )
    .addOption(new Option("--wait <seconds>", "how long to wait for controllers to say what became of it").default(10).argParser(wholeNumber(0, 600)))
    .addOption(baseOption())
    .addOption(cloudReason(false))
    .addOption(formatOption());
  return cloudOptions(command).action(async (sheet: string, options: PushOptions) => {
    const made = await madePlan(surroundings, sheet, options);
    mustBeFlawless(made);
    const wanted = chosen(made, options.only);
    const calls = await cloudClientFor(surroundings, options);
    const before = await standingsOf(calls);
    const changed = await changedOf(wanted, before);
    if (options.plan === true) return tellPlan(surroundings, options.format, calls, { ...made, controllers: changed }, wanted.length);
    const sent = await send(surroundings, calls, changed, options);
    const rows = await settled(surroundings, calls, wanted, sent, options.wait);
    writeRows(surroundings.terminal, options.format, COLUMNS, rows);
    tellEnd(surroundings, rows);
  });
}

function chosen({ controllers, sheet }: MadePlan, only: readonly string[]): readonly PlannedController[] {
  const stray = only.find((id) => !controllers.some(({ controller }) => controller === id));
  if (stray !== undefined) throw new Failure(EXIT.usage, "the sheet has no such controller", `--only ${stray}`, `it has them in column controller: ${sheet}`);
  return only.length === 0 ? controllers : controllers.filter(({ controller }) => only.includes(controller));
}

const standingsOf = async (calls: CloudCalls): Promise<ReadonlyMap<string, Standing>> =>
  new Map((await calls.ask("configurations", "GET /v1/configurations", {})).items.map((standing) => [standing.controller, standing]));

/** Those whose plan the cloud does not have yet. */
async function changedOf(wanted: readonly PlannedController[], before: ReadonlyMap<string, Standing>): Promise<readonly PlannedController[]> {
  const [{ nodeSha256 }, { bytesToHex }] = await Promise.all([import("@portico/card-protocol/node"), import("@portico/card-protocol")]);
  return wanted.filter(({ controller, text }) => before.get(controller)?.hash !== bytesToHex(nodeSha256(new TextEncoder().encode(text))));
}

/** The texts that the cloud has; undefined: none was planned for the controller. */
export async function cloudTexts(
  surroundings: Surroundings,
  calls: CloudCalls,
  controllers: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const progress = countedProgress(surroundings, "the cloud is asked");
  const texts = new Map<string, string | undefined>();
  for (const [nth, controller] of controllers.entries()) {
    progress.at(nth, controllers.length);
    const found = await calls.outcome("GET /v1/controllers/{id}/configuration", { params: { id: controller } });
    texts.set(controller, found.ok ? Buffer.from(found.value.text, "base64").toString("utf8") : undefined);
  }
  progress.end();
  return texts;
}

/** What of a plan differs from what the cloud has. */
export async function againstCloud(surroundings: Surroundings, calls: CloudCalls, made: MadePlan): ReturnType<typeof differencesOf> {
  const changed = await changedOf(made.controllers, await standingsOf(calls));
  const ids = changed.map(({ controller }) => controller);
  return differencesOf(changed, await cloudTexts(surroundings, calls, ids), calls.url);
}

async function tellPlan(surroundings: Surroundings, format: Format | undefined, calls: CloudCalls, made: MadePlan, of: number): Promise<void> {
  const ids = made.controllers.map(({ controller }) => controller);
  const differences = await differencesOf(made.controllers, await cloudTexts(surroundings, calls, ids), calls.url);
  writeRows(surroundings.terminal, format, DIFFERENCE_COLUMNS, differences);
  surroundings.terminal.err(`${counted(made.controllers.length, "controller")} of ${of} would be sent another configuration; nothing was sent\n`);
}

/** Sends one after the other, and ends where it is told to: what was sent is kept. @returns the controllers that were, with the refusals of others */
async function send(
  surroundings: Surroundings,
  calls: CloudCalls,
  changed: readonly PlannedController[],
  options: PushOptions,
): Promise<ReadonlyMap<string, { readonly isSent: boolean; readonly detail: string }>> {
  const progress = countedProgress(surroundings, "configurations are sent");
  const sent = new Map<string, { readonly isSent: boolean; readonly detail: string }>();
  for (const [nth, { controller, text }] of changed.entries()) {
    if (surroundings.interrupted.aborted) break;
    progress.at(nth, changed.length);
    const parts = { params: { id: controller }, body: { text: Buffer.from(text, "utf8").toString("base64") } };
    const outcome = await calls.outcome("PUT /v1/controllers/{id}/configuration", parts, withReason(options.reason === undefined ? {} : { reason: options.reason })); // prettier-ignore
    // Whom the cloud does not know yet is told at the end; anything else would be the same for the next one.
    if (!outcome.ok && outcome.problem.reason !== "ControllerUnknown") {
      progress.end();
      const { title, detail, remedy } = outcome.problem;
      throw new Failure(EXIT.refused, `${title}: ${detail}`, `configuration of ${controller}`, `${remedy}; ${nth} of ${changed.length} were sent, the same command goes on with the rest`); // prettier-ignore
    }
    sent.set(controller, { isSent: outcome.ok, detail: "" });
  }
  progress.end();
  return sent;
}

/** Waits until nothing that was sent is unheard, the time is over, or somebody interrupts. */
async function settled(
  surroundings: Surroundings,
  calls: CloudCalls,
  wanted: readonly PlannedController[],
  sent: ReadonlyMap<string, { readonly isSent: boolean }>,
  waitS: number,
): Promise<PushRow[]> {
  const progress = countedProgress(surroundings, "controllers have judged it");
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const rows = rowsOf(wanted, await standingsOf(calls), sent, surroundings.interrupted.aborted);
    const waiting = rows.filter(({ isSent, state }) => isSent && state === "waiting").length;
    progress.at(rows.length - waiting, rows.length);
    if (waiting === 0 || waitedMs >= waitS * 1_000 || !(await elapsed(surroundings, LOOK_EVERY_MS))) {
      progress.end();
      return rows;
    }
  }
}

const rowsOf = (
  wanted: readonly PlannedController[],
  standings: ReadonlyMap<string, Standing>,
  sent: ReadonlyMap<string, { readonly isSent: boolean }>,
  isInterrupted: boolean,
): PushRow[] =>
  wanted.map(({ controller }) => {
    const standing = standings.get(controller);
    const was = sent.get(controller);
    if (was?.isSent === false) return { controller, state: "unknown", number: null, isSent: false, detail: "" };
    if (standing === undefined || (isInterrupted && was === undefined && standing.state === "waiting")) return { controller, state: "pending", number: null, isSent: false, detail: "" }; // prettier-ignore
    const { state, number, error, detail } = standing;
    return { controller, state, number, isSent: was !== undefined, detail: error === null ? "" : `${error}: ${detail}` };
  });

function tellEnd({ terminal }: Surroundings, rows: readonly PushRow[]): void {
  const count = (...states: PushRow["state"][]): number => rows.filter(({ state }) => states.includes(state)).length;
  const sent = rows.filter(({ isSent }) => isSent).length;
  terminal.err(`${sent} sent, ${rows.length - sent} left as they are: ${count("running")} run on it, ${count("taken")} have taken it, ${count("waiting")} are not heard, ${count("refused")} refused it\n`); // prettier-ignore
  if (count("taken") > 0) terminal.err("next: it holds from each controller's next start on: systemctl restart portico\n");
  const failed = rows.filter(({ state }) => state === "refused" || state === "unknown" || state === "byFile" || state === "pending");
  if (failed.length > 0)
    throw new Failure(
      EXIT.refused,
      `${counted(failed.length, "controller")} did not take it: ${failed.slice(0, 5).map(({ controller }) => controller).join(", ")}${failed.length > 5 ? " …" : ""}`,
      "portico site plan push",
      "the table says why; mend that and push again: who has it is left alone",
    ); // prettier-ignore
}
