import { HOLDER_FLAGS, type HolderFlag } from "@portico/card-protocol";
import type { Audience } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import {
  type Change,
  cloudReason,
  cloudVerb,
  type CloudVerbOptions,
  tellChange,
  type ValidityOptions,
  validityOf,
  validityOptions,
  withReason,
} from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { personMeant, type PersonTold } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts } from "./table.ts";
import { verb, wholeNumber } from "./verb.ts";

/** As the cloud has them; nothing of it is loaded before a verb runs. */
export const AUDIENCE_WORDS = ["staff", "student", "family", "contractor", "visitor", "public", "alumni"] as const satisfies readonly Audience[];
type Flag = Exclude<HolderFlag, "visitor">;
const FLAG_WORDS = HOLDER_FLAGS.filter((flag) => flag !== "visitor");

/** Who somebody is, as options say it. */
interface ContentOptions {
  readonly name?: string;
  readonly account?: string;
  readonly phone?: string;
  readonly mail?: string;
  readonly flag?: readonly Flag[];
  readonly partySize?: number;
}
/** Which audience somebody joins. */
interface AudienceOptions extends ValidityOptions {
  readonly audience?: Audience;
  readonly sponsor?: string;
}
type MakingOptions = CloudVerbOptions & ContentOptions & AudienceOptions & { readonly reason?: string };

/** `--name`, `--account`, `--phone`, `--mail`; an empty text stands for none. */
export const contactOptions = (command: Command): Command =>
  command
    .option("--name <name>", "name")
    .option("--account <mail>", "whole mail address of the campus account; '' for none")
    .option("--phone <number>", "such as +8613800138000; '' for none")
    .option("--mail <mail>", "mail address that is no account; '' for none");

const makingOptions = (command: Command): Command =>
  validityOptions(
    contactOptions(command)
      .addOption(new Option("--flag <flag...>", "what doors have to know, once for each; replaces those there were").choices(FLAG_WORDS))
      .addOption(new Option("--party-size <count>", "how many pass on one presentation").argParser(wholeNumber(1, 255)))
      .addOption(new Option("--audience <audience>", "belongs to it, --from and --until").choices(AUDIENCE_WORDS))
      .option("--sponsor <person>", "who vouches; family needs one"),
  ).addOption(cloudReason(false));

/** `person add`. */
export function addVerb(surroundings: Surroundings): Command {
  const command = makingOptions(
    verb("add", "make a person, and let them belong to an audience", [
      ["portico person add --name 张三 --account zhang@example.edu --audience student --until 2030-07-01", "a student"],
      ["portico person add --name 小明 --audience family --sponsor wang@example.edu", "family needs somebody who vouches"],
    ]),
  );
  return cloudVerb(surroundings, command, async (calls, options: MakingOptions) => {
    if (options.name === undefined) throw new Failure(EXIT.usage, "a person needs a name", "person add", "give it with --name");
    const sponsor = await sponsorMeant(calls, options);
    const body = { ...contentOf(options, { account: null, name: options.name, phone: null, mail: null, flags: [], partySize: 1 }) };
    const made = await calls.ask(`person ${options.name}`, "POST /v1/persons", { body }, withReason(options));
    await told(surroundings, calls, options, made, sponsor);
  });
}

/** `person change`. */
export function changeVerb(surroundings: Surroundings): Command {
  const command = makingOptions(
    verb("change <person>", "change what is named, and nothing else", [
      ["portico person change zhang@example.edu --phone +8613800138001", "another phone number"],
      ["portico person change zhang@example.edu --audience staff --from 2026-09-01", "belongs to staff too"],
      ["portico person change zhang@example.edu --end-audience student", "ends now, with the family that lives by it"],
    ]),
  ).addOption(new Option("--end-audience <audience>", "belongs to it no more, from now on").choices(AUDIENCE_WORDS));
  return cloudVerb(surroundings, command, async (calls, options: MakingOptions & { readonly endAudience?: Audience }, text = "") => {
    const person = await personMeant(calls, text);
    const { id } = person;
    const on = `person ${id}`;
    const sponsor = await sponsorMeant(calls, options);
    const before = { account: person.account, name: person.name, phone: person.phone, mail: person.mail, flags: person.flags, partySize: person.partySize };
    const body = contentOf(options, before);
    const isChanged = JSON.stringify(body) !== JSON.stringify(before);
    if (!isChanged && options.audience === undefined && options.endAudience === undefined)
      throw new Failure(EXIT.usage, "nothing is to be changed", on, "name what shall be otherwise: portico person change --help");
    let made = isChanged ? await calls.ask(on, "PUT /v1/persons/{id}", { params: { id }, body }, withReason(options)) : undefined;
    if (options.endAudience !== undefined)
      made = await calls.ask(on, "DELETE /v1/persons/{id}/audiences/{audience}", { params: { id, audience: options.endAudience } }, withReason(options));
    await told(surroundings, calls, options, made ?? { value: person }, sponsor);
  });
}

/** Lets the person join the audience that is named, then writes who it is. */
async function told(
  surroundings: Surroundings,
  calls: CloudCalls,
  options: MakingOptions,
  made: { readonly value: PersonTold } & Partial<Change>,
  sponsor: string | null,
): Promise<void> {
  let last = made;
  if (options.audience !== undefined) {
    const params = { id: made.value.id, audience: options.audience };
    const body = { validity: validityOf(options), sponsor };
    last = await calls.ask(`person ${made.value.id}`, "PUT /v1/persons/{id}/audiences/{audience}", { params, body }, withReason(options));
  }
  const { value, change, publish, notice, doors } = last;
  const audiences = value.audiences.map(({ audience }) => audience).join(" ");
  writeFacts(surroundings.terminal, options.format, [["person", value.id], ["name", value.name], ["account", value.account ?? ""], ["audiences", audiences]], value); // prettier-ignore
  if (change !== undefined && publish !== undefined && notice !== undefined && doors !== undefined)
    await tellChange(surroundings, calls, { change, publish, notice, doors });
}

async function sponsorMeant(calls: CloudCalls, { audience, sponsor }: AudienceOptions): Promise<string | null> {
  if (sponsor === undefined) return null;
  if (audience !== "family")
    throw new Failure(EXIT.usage, "family alone has somebody who vouches", `--sponsor ${sponsor}`, "name the audience: --audience family");
  return (await personMeant(calls, sponsor)).id;
}

/** What options leave unsaid stays. */
function contentOf(options: ContentOptions, before: Omit<PersonTold, "id" | "audiences">): Omit<PersonTold, "id" | "audiences"> {
  return {
    account: orNone(options.account, before.account),
    name: options.name ?? before.name,
    phone: orNone(options.phone, before.phone),
    mail: orNone(options.mail, before.mail),
    flags: [...(options.flag ?? before.flags)],
    partySize: options.partySize ?? before.partySize,
  };
}

const orNone = (given: string | undefined, before: string | null): string | null => (given === undefined ? before : given === "" ? null : given);
