import { bytesToHex, readCardNumber } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { CREDENTIAL_COLUMNS, credentialFacts, type CredentialTold, writeChanged } from "./credential-text.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts, writeRows } from "./table.ts";
import { type Example, formatOption, noun, reasonOption, verb } from "./verb.ts";

type Kind = CredentialTold["kind"];
interface ReadOptions extends CloudOptions {
  readonly format?: Format;
}
/** Which credential is meant. */
interface MeantOptions extends ReadOptions {
  readonly person?: string;
  readonly kind?: Kind;
  readonly reason: string;
}

/** As contract and feed name them. */
const KINDS = ["qr", "card", "pin", "finger", "face", "idcard", "plate"] as const satisfies readonly Kind[];
const CREDENTIAL_ID = /^[0-9a-f]{16}$/;
/** `portico credential`: phones, cards and whatever else opens doors, in the cloud. */
export function credentialNoun(surroundings: Surroundings): Command {
  return noun(
    "credential",
    "phones, cards and whatever else opens doors, in the cloud",
    [
      ["portico credential list --person li", "what li opens doors with"],
      ["portico credential lost --person li", "li's card is lost: doors refuse it at once"],
      ["portico credential found --person li", "and is back"],
    ],
    [
      listVerb(surroundings),
      showVerb(surroundings),
      stateVerb(surroundings, LOST),
      stateVerb(surroundings, FOUND),
      stateVerb(surroundings, FREEZE),
      unfreezeVerb(surroundings),
      addVerb(surroundings),
      removeVerb(surroundings),
    ],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show what somebody opens doors with", [["portico credential list --person li", "by account, phone number or id"]])
    .addOption(personOption().makeOptionMandatory())
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: ReadOptions & { readonly person: string }) => {
    const calls = await cloudClientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, CREDENTIAL_COLUMNS, await credentialsOf(calls, options.person));
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <credential>", "show one credential", [["portico credential show 5c2f90b6a1d3e847", "by its id"]]).addOption(formatOption());
  return cloudOptions(command).action(async (id: string, options: ReadOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const found = await calls.ask(`credential ${id}`, "GET /v1/credentials/{id}", { params: { id: credentialId(id) } });
    writeFacts(surroundings.terminal, options.format, credentialFacts(found), found);
  });
}

/** A verb that puts a credential into a state. */
interface StateVerb {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly Example[];
  readonly route: "POST /v1/credentials/{id}/report-lost" | "POST /v1/credentials/{id}/return" | "POST /v1/credentials/{id}/freeze";
  /** Meant where a person is named and no kind. */
  readonly kind: Kind;
}
const LOST: StateVerb = {
  name: "lost",
  description: "report a physical card lost: doors refuse it as soon as they know, the person's phone goes on working",
  examples: [
    ["portico credential lost --person li", "li's card"],
    ["portico credential lost 5c2f90b6a1d3e847 --reason 'left on the bus'", "this card; again changes nothing"],
  ],
  route: "POST /v1/credentials/{id}/report-lost",
  kind: "card",
};
const FOUND: StateVerb = {
  name: "found",
  description: "take back that a card is lost: it opens again",
  examples: [["portico credential found --person li", "li's card; again changes nothing"]],
  route: "POST /v1/credentials/{id}/return",
  kind: "card",
};
const FREEZE: StateVerb = {
  name: "freeze",
  description: "freeze a credential, as when its QR was passed on: the person's card goes on working",
  examples: [["portico credential freeze --person li --reason 'screenshot seen at gate-1'", "li's phone; the reason is the evidence"]],
  route: "POST /v1/credentials/{id}/freeze",
  kind: "qr",
};

function stateVerb(surroundings: Surroundings, { name, description, examples, route, kind }: StateVerb): Command {
  return meantCommand(verb(`${name} [credential]`, description, examples), kind).action(async (id: string | undefined, options: MeantOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const meant = await credentialMeant(calls, id, options, kind);
    await writeChanged(surroundings, calls, options, await calls.ask(`credential ${meant}`, route, { params: { id: meant } }, { reason: options.reason }));
  });
}

function unfreezeVerb(surroundings: Surroundings): Command {
  const command = verb("unfreeze [credential]", "unfreeze a credential by the case that asked for it", [
    [
      "portico credential unfreeze --person li --case JD-2026-000042 --reason 'spoke to her'",
      "whoever takes a call opens one: portico case open --type unfreeze",
    ],
  ]).addOption(new Option("--case <number>", "number of the case that asks for it").makeOptionMandatory());
  return meantCommand(command, "qr").action(async (id: string | undefined, options: MeantOptions & { readonly case: string }) => {
    const calls = await cloudClientFor(surroundings, options);
    const meant = await credentialMeant(calls, id, options, "qr");
    const parts = { params: { id: meant }, body: { case: options.case } };
    await writeChanged(
      surroundings,
      calls,
      options,
      await calls.ask(`credential ${meant}`, "POST /v1/credentials/{id}/unfreeze", parts, { reason: options.reason }),
    );
  });
}

interface AddOptions extends ReadOptions {
  readonly person: string;
  readonly kind: Kind;
  readonly number?: string;
  readonly publicKey?: string;
  readonly from?: string;
  readonly until?: string;
  readonly reason: string;
}

function addVerb(surroundings: Surroundings): Command {
  const command = verb("add", "give somebody a credential; a new card or key is always a new one", [
    ["portico credential add --person li --kind card --number 04a1b2c3d4e5f6", "a card, by the canonical bytes of its number"],
    ["portico credential add --person li --kind plate --number 京A12345", "a car, by its plate as it is written"],
    ["portico credential add --person li --kind qr --public-key <hex>", "a phone, by the key that it has made"],
  ])
    .addOption(personOption().makeOptionMandatory())
    .addOption(kindOption("what it is").makeOptionMandatory())
    .addOption(new Option("--number <number>", "of a card: hex, canonical bytes; of plate, ID card or face: as it is written; never shown again"))
    .addOption(new Option("--public-key <hex>", "of a phone: 64 hex digits; without one it shows issued passes"))
    .addOption(new Option("--from <time>", "valid from, such as 2026-12-01T00:00:00+08:00 (default: at once)").argParser(isoTime))
    .addOption(new Option("--until <time>", "valid until (default: without end)").argParser(isoTime))
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: AddOptions) => {
    const { person, kind, number, publicKey, from, until, reason } = options;
    const calls = await cloudClientFor(surroundings, options);
    const { id } = await personMeant(calls, person);
    const body = {
      kind,
      validity: { from: from ?? null, until: until ?? null },
      publicKey: publicKey?.toLowerCase() ?? null,
      takesIssuedUntil: null,
      number: number === undefined ? null : canonicalNumber(kind, number),
    };
    await writeChanged(
      surroundings,
      calls,
      options,
      await calls.ask(`person ${person}`, "POST /v1/persons/{id}/credentials", { params: { id }, body }, { reason }),
    );
  });
}

/** Hex of the bytes that zones keep a keyed hash of. A plate, an ID card's number and a face's reference are taken as they are written. */
function canonicalNumber(kind: Kind, number: string): string {
  if (kind !== "plate" && kind !== "idcard" && kind !== "face") return number.toLowerCase();
  const read = readCardNumber(number, { format: kind, byteOrder: "msb-first" });
  if (read.ok) return bytesToHex(read.value.bytes);
  throw new Failure(
    EXIT.usage,
    `the number is none of kind ${kind}`,
    read.detail,
    "write it as the reader tells it, for example --kind plate --number 京A12345",
  );
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <credential>", "take a credential away for good: it stays revoked in every zone", [
    ["portico credential remove 5c2f90b6a1d3e847 --reason 'card broken'", "by its id alone: this cannot be taken back"],
  ])
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (id: string, options: ReadOptions & { readonly reason: string }) => {
    const calls = await cloudClientFor(surroundings, options);
    const parts = { params: { id: credentialId(id) } };
    await writeChanged(surroundings, calls, options, await calls.ask(`credential ${id}`, "DELETE /v1/credentials/{id}", parts, { reason: options.reason }));
  });
}

/** A verb upon one credential: by its id, or as a person's. */
function meantCommand(command: Command, kind: Kind): Command {
  return cloudOptions(
    command
      .addOption(personOption())
      .addOption(kindOption(`which of the person's (default: ${kind})`))
      .addOption(reasonOption())
      .addOption(formatOption()),
  );
}

const personOption = (): Option => new Option("--person <person>", "whose: account, phone number or id");
const kindOption = (description: string): Option => new Option("--kind <kind>", description).choices(KINDS);

/**
 * The credential that is meant: by id, or the one of that kind which a person has.
 *
 * @throws Failure 1 where there is none, or more than one; 2 where nothing says which
 */
async function credentialMeant(calls: CloudCalls, id: string | undefined, { person, kind }: MeantOptions, usual: Kind): Promise<string> {
  if ((id === undefined) === (person === undefined))
    throw new Failure(
      EXIT.usage,
      "which credential?",
      id === undefined ? "neither an id nor --person" : "an id and --person",
      "name its id, or the person with --person",
    );
  if (id !== undefined) return credentialId(id);
  const wanted = kind ?? usual;
  const found = (await credentialsOf(calls, person!)).filter((each) => each.kind === wanted);
  const [first, ...others] = found;
  if (first === undefined)
    throw new Failure(EXIT.refused, `this person has no credential of kind ${wanted}`, `person ${person}`, `portico credential list --person ${person}`);
  if (others.length > 0)
    throw new Failure(
      EXIT.refused,
      `this person has ${found.length} credentials of kind ${wanted}`,
      `person ${person}`,
      "name one by id",
      found.map((each) => `${each.id}  ${each.state}`),
    );
  return first.id;
}

async function credentialsOf(calls: CloudCalls, person: string): Promise<readonly CredentialTold[]> {
  const { id } = await personMeant(calls, person);
  return (await calls.ask(`person ${person}`, "GET /v1/persons/{id}/credentials", { params: { id } })).items;
}

/** @throws Failure 2 for what is none */
function credentialId(text: string): string {
  const id = text.toLowerCase();
  if (!CREDENTIAL_ID.test(id))
    throw new Failure(EXIT.usage, "this is no credential id", text, "16 hex digits, as portico credential list --person <person> shows them");
  return id;
}

function isoTime(text: string): string {
  const at = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(at)) throw new InvalidArgumentError("A time such as 2026-12-01T00:00:00+08:00 is wanted.");
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
