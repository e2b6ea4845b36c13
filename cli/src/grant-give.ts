import type { Capability } from "@portico/card-protocol";
import type { RouteParts } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, type ValidityOptions, validityOf, validityOptions, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { GRANT_COLUMNS } from "./grant-columns.ts";
import { AUDIENCE_WORDS } from "./person-change.ts";
import { personMeant } from "./person-meant.ts";
import { capabilityOption } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeRows } from "./table.ts";
import { verb } from "./verb.ts";

type Effect = "give" | "withhold";
type Content = RouteParts<"POST /v1/grants">["body"];
interface Options extends CloudVerbOptions, ValidityOptions {
  readonly person?: string;
  readonly group?: string;
  readonly audience?: string;
  readonly profile?: string;
  readonly place?: readonly string[];
  readonly everywhere?: true;
  readonly capability: Capability;
  readonly schedule?: string;
  readonly policy?: string;
  readonly reason?: string;
}

/** `grant give`. */
export const giveVerb = (surroundings: Surroundings): Command =>
  grantingVerb(
    surroundings,
    "give",
    verb("give", "give a person, a group or an audience something, beyond what policies give", [
      ["portico grant give --person zhang@example.edu --place printer-3 --capability print --until 2027-01-01", "one capability at one place"],
      ["portico grant give --group class-1 --profile laboratories --reason 'course'", "a profile; high access points wait for a second operator"],
    ]).addOption(new Option("--schedule <schedule>", "when, of --place (default: always)")),
  );

/** `grant withhold`. */
export const withholdVerb = (surroundings: Surroundings): Command =>
  grantingVerb(
    surroundings,
    "withhold",
    verb("withhold", "withhold something from a person, a group or an audience, whatever else gives it", [
      ["portico grant withhold --person zhang@example.edu --place laboratory --until 2026-10-01 --reason 'alarm bridged'", "one place, for a while"],
      ["portico grant withhold --person zhang@example.edu --everywhere --capability print --reason 'case 4711'", "the printers, and the service itself"],
      ["portico grant withhold --group class-1 --profile laboratories --reason 'course not taken'", "all that a profile opens"],
    ]).addOption(new Option("--everywhere", "at every place, and for the campus service that the capability is")),
  );

function grantingVerb(surroundings: Surroundings, effect: Effect, command: Command): Command {
  command
    .addOption(new Option("--person <person>", "account, phone number or id"))
    .addOption(new Option("--group <group>", "its members"))
    .addOption(new Option("--audience <audience>", "all of it").choices(AUDIENCE_WORDS))
    .addOption(new Option("--profile <profile>", "all that an access profile opens"))
    .addOption(
      new Option("--place <access point>", "at this one; once for each").argParser((text: string, before: readonly string[] | undefined) => [
        ...(before ?? []),
        text,
      ]),
    )
    .addOption(capabilityOption())
    .addOption(new Option("--policy <policy>", "the policy that it is part of and ends with (default: whoever asks)"))
    .addOption(cloudReason(effect === "withhold"));
  return cloudVerb(surroundings, validityOptions(command), async (calls, options: Options) => {
    const what = whatMeant(command, effect, options);
    const subject = await subjectMeant(command, calls, options);
    const source: Content["source"] = options.policy === undefined ? { kind: "operator" } : { kind: "policy", id: options.policy };
    const body: Content = { subject, effect, what, validity: validityOf(options), source };
    const made = await calls.ask(`${subject.kind} ${subject.id}`, "POST /v1/grants", { body }, withReason(options));
    writeRows(surroundings.terminal, options.format, GRANT_COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

async function subjectMeant(command: Command, calls: CloudCalls, options: Options): Promise<Content["subject"]> {
  const named = (["person", "group", "audience"] as const).filter((kind) => options[kind] !== undefined);
  const [kind, more] = named;
  if (kind === undefined || more !== undefined)
    throw new Failure(EXIT.usage, "a grant names one subject", `portico grant ${command.name()}`, "name exactly one of --person, --group and --audience");
  return { kind, id: kind === "person" ? (await personMeant(calls, options[kind]!)).id : options[kind]! };
}

function whatMeant(command: Command, effect: Effect, { profile, place, everywhere, capability, schedule }: Options): Content["what"] {
  const words = effect === "give" ? "--profile and --place" : "--profile, --place and --everywhere";
  const usage = (what: string, next: string): Failure => new Failure(EXIT.usage, what, `portico grant ${command.name()}`, next);
  if ([profile, place, everywhere].filter((each) => each !== undefined).length !== 1) throw usage("a grant is about one thing", `name exactly one of ${words}`);
  if (place === undefined && schedule !== undefined) throw usage("a schedule stands beside places alone", "leave --schedule out: a profile has its own");
  if (profile !== undefined && command.getOptionValueSource("capability") === "cli")
    throw usage("a capability stands beside places alone", "leave --capability out: a profile has its own");
  if (profile !== undefined) return { kind: "profile", profile };
  return place === undefined ? { kind: "everywhere", capability } : { kind: "own", accessPoints: [...place], capability, schedule: schedule ?? "always" };
}
