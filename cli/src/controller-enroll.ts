import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, type Signer } from "@portico/card-protocol";
import type { BegunEnrolment, EnrolmentAsk, EnrolmentError, OpenEnrolment } from "@portico/controller";
import { EXIT, Failure } from "./failure.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Format, chosenFormat, writeFacts } from "./table.ts";

/** This machine, as it asks to be a controller. */
export interface AskingMachine {
  readonly controller: string;
  readonly url: string;
  readonly dataFolder: string;
  /** Where the trust list is to lie. */
  readonly trustListFile: string;
  /** What the configuration pins; undefined: nothing yet. */
  readonly pinned: { readonly site: string; readonly roots: BegunEnrolment["trustList"]["roots"] } | undefined;
  readonly signer: Signer;
}

/** What the cloud decided is asked for so often. */
const POLL_MS = 3_000;

/**
 * Asks to be a controller, shows the words, and waits for the operator. What it prints in the end is what the configuration needs.
 *
 * @throws Failure where the cloud says no, or lives by other roots than the configuration pins
 */
export async function enrollMachine(surroundings: Surroundings, machine: AskingMachine, format: Format | undefined): Promise<void> {
  const { terminal, fetch, randomBytes } = surroundings;
  const { beginEnrolment, enrolmentOutcome, forgetEnrolment, keepEnrolment } = await import("@portico/controller");
  const { controller, url, dataFolder, signer } = machine;
  const ask: EnrolmentAsk = { url, controller, signer, fetch };
  const begun = await beginEnrolment(ask, randomBytes);
  if (!begun.ok) throw enrolmentFailure(begun, url, controller);
  const { open, trustList } = begun.value;
  await requireOwnRoots(machine, begun.value);
  keepEnrolment(dataFolder, open);
  tellWords(surroundings, open, format);
  for (;;) {
    const outcome = await enrolmentOutcome(ask, open);
    if (outcome.ok ? outcome.value.state !== "waiting" : outcome.error === "EnrolmentOver") forgetEnrolment(dataFolder);
    if (!outcome.ok && outcome.error !== "CloudSilent") throw enrolmentFailure(outcome, url, controller);
    if (outcome.ok && outcome.value.state === "refused")
      throw new Failure(EXIT.refused, "an operator has refused this machine", `controller ${controller}`, "ask the operator why, then ask again");
    if (outcome.ok && outcome.value.state === "approved") {
      writeFileSync(machine.trustListFile, begun.value.trustListBytes, { mode: 0o644 });
      const { zones } = outcome.value;
      if (chosenFormat(terminal, format) === "jsonl") {
        const roots = { version: trustList.roots.version, threshold: trustList.roots.threshold, keys: trustList.roots.keys.map(bytesToHex) };
        terminal.out(`${JSON.stringify({ state: "approved", controller, site: open.site, url, zones, trustListFile: machine.trustListFile, roots })}\n`);
      } else terminal.out(configurationText(machine, begun.value, zones));
      terminal.err(`${controller} is a controller now. The trust list lies in ${machine.trustListFile}; the configuration has to say what stands above.\n`);
      return;
    }
    if (!(await elapsed(surroundings, POLL_MS))) {
      terminal.err("the enrolment goes on waiting; this command, typed again, asks anew\n");
      return;
    }
  }
}

function tellWords({ terminal }: Surroundings, { words, site, controller, enrolment }: OpenEnrolment, format: Format | undefined): void {
  if (chosenFormat(terminal, format) === "jsonl") terminal.out(`${JSON.stringify({ state: "waiting", controller, site, enrolment, words })}\n`);
  else terminal.out(`${words}\n`);
  terminal.err(
    `These are the six words of ${controller} at ${site}: read them out to an operator, who types\n  portico controller enroll --approve ${enrolment} --words '${words}' --zone <zone>\nWaiting for the operator; Ctrl-C ends the waiting.\n`,
  );
}

/** What pins nothing yet is told the roots by the words; what pins some keeps them. */
async function requireOwnRoots({ pinned, controller }: AskingMachine, { open, trustList }: BegunEnrolment): Promise<void> {
  if (pinned === undefined) return;
  const { sameRootSet } = await import("@portico/controller");
  if (pinned.site !== open.site)
    throw new Failure(
      EXIT.refused,
      `this is the cloud of another site: ${open.site}`,
      `controller ${controller} of ${pinned.site}`,
      "name the cloud of this site with --cloud",
    );
  if (!sameRootSet(pinned.roots, trustList.roots))
    throw new Failure(
      EXIT.refused,
      `the cloud lives by other root keys (version ${trustList.roots.version}) than the configuration pins (version ${pinned.roots.version})`,
      `controller ${controller}`,
      "ask the root holders which are right; where they have changed, take root_keys, root_version and root_threshold out of the configuration and enroll again",
    );
}

/** The parts of `portico.toml` that an enrolment decides. */
function configurationText(machine: AskingMachine, { open, trustList }: BegunEnrolment, zones: readonly string[]): string {
  const { version, threshold, keys } = trustList.roots;
  const list = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;
  return `[site]
id = ${JSON.stringify(open.site)}
trust_list = ${JSON.stringify(machine.trustListFile)}
root_keys = ${list(keys.map(bytesToHex))}
root_version = ${version}
root_threshold = ${threshold}

[controller]
id = ${JSON.stringify(open.controller)}

[cloud]
url = ${JSON.stringify(open.url)}
zones = ${list(zones)}
`;
}

function enrolmentFailure({ error, detail }: { readonly error: EnrolmentError; readonly detail: string }, url: string, controller: string): Failure {
  switch (error) {
    case "CloudSilent":
      return new Failure(EXIT.unreachable, `the cloud does not answer: ${detail}`, url, "see that it runs and that this address is its own");
    case "CloudRefused":
      return new Failure(EXIT.refused, `the cloud says no: ${detail}`, `controller ${controller}`, refusedNext(detail));
    case "CloudMalformed":
      return new Failure(EXIT.refused, `this does not answer as a cloud: ${detail}`, url, "name the address of the cloud itself");
    case "EnrolmentOver":
      return new Failure(EXIT.refused, "nobody has decided in time", `controller ${controller}`, "ask again: portico controller enroll");
  }
}

function refusedNext(detail: string): string {
  if (detail.startsWith("AlreadyEnrolled")) return "nothing more is to be done: portico controller run";
  if (detail.startsWith("KeyTaken")) return "this key is spent: move controller.key out of the data folder, then enroll again";
  if (detail.startsWith("TooManyAsk")) return "wait a minute, then ask again; an operator may refuse those that nobody knows";
  return "portico controller enroll --help";
}

/** `portico controller key`: the public half, and the words of an enrolment that is open. */
export async function showKey(
  { terminal }: Surroundings,
  { controller, dataFolder, signer }: { readonly controller: string | undefined; readonly dataFolder: string; readonly signer: Signer },
  format: Format | undefined,
): Promise<void> {
  const { CONTROLLER_KEY_FILE, keptEnrolment } = await import("@portico/controller");
  const open = keptEnrolment(dataFolder);
  const fact = {
    controller: controller ?? open?.controller ?? null,
    publicKey: bytesToHex(signer.publicKey),
    file: join(dataFolder, CONTROLLER_KEY_FILE),
    words: open?.words ?? null,
  };
  writeFacts(
    terminal,
    format,
    [
      ["controller", fact.controller ?? "not named yet"],
      ["public key", fact.publicKey],
      ["file", fact.file],
      ["six words", fact.words ?? "none yet: portico controller enroll asks a cloud"],
    ],
    fact,
  );
}
