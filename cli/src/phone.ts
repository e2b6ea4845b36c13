import { bytesToHex } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import {
  cloudReason,
  cloudVerb,
  type CloudVerbOptions,
  everyPage,
  tellChange,
  timeOrLimit,
  type ValidityOptions,
  validityOf,
  validityOptions,
  withReason,
} from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts, writeRows } from "./table.ts";
import { hexBytes, noun, verb } from "./verb.ts";

type PhoneTold = RouteAnswer<"GET /v1/persons/{id}/phone">;

/** As the cloud has them; nothing of it is loaded before a verb runs. */
export const CHANNEL_WORDS = ["browser", "hotline", "guard"] as const;

interface LostOptions extends CloudVerbOptions {
  readonly channel: (typeof CHANNEL_WORDS)[number];
  readonly identityCheck: string;
  readonly reason?: string;
}
interface EnrollOptions extends CloudVerbOptions, ValidityOptions {
  readonly publicKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly proof: string;
  readonly replaces?: string;
  readonly reason?: string;
}

/** `portico phone`: what phones may, and what becomes of one that is lost. */
export function phoneNoun(surroundings: Surroundings): Command {
  return noun(
    "phone",
    "people's phones: lost, enrolled anew, and what they may",
    [
      ["portico phone lost zhang@example.edu --channel hotline --identity-check 'called back on the number of the staff list'", "its passes die, the card goes on"],
      ["portico phone show zhang@example.edu", "what it may, and whether it is lost"],
      ["portico phone list", "whose phone is lost"],
    ], // prettier-ignore
    [listVerb(surroundings), showVerb(surroundings), lostVerb(surroundings), challengeVerb(surroundings), enrollVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show whose phone is lost, and no other enrolled since", [["portico phone list", "the person's id, since when, and how long a pass may still be taken"]]); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) => {
    const rows = await everyPage((after) => calls.ask("lost phones", "GET /v1/lost-phones", { query: { limit: 1000, ...(after === undefined ? {} : { after }) } })); // prettier-ignore
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "PERSON", cell: ({ person }) => person },
        { heading: "LOST SINCE", cell: ({ lostSince }) => timeOrLimit(lostSince) },
        { heading: "PASSES UNTIL", cell: ({ passesUntil }) => timeOrLimit(passesUntil) },
      ],
      rows,
    );
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <person>", "what somebody's phone may, and whether it is lost", [
    ["portico phone show zhang@example.edu", "by account"],
    ["portico phone show +8613800138000", "by the number that calls"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const phone = await calls.ask(`person ${id}`, "GET /v1/persons/{id}/phone", { params: { id } });
    writeFacts(surroundings.terminal, format, phoneFacts(phone), phone);
  });
}

function lostVerb(surroundings: Surroundings): Command {
  const command = verb("lost <person>", "report a phone lost, once you know who reports it: its key and passes die, the physical card goes on", [
    ["portico phone lost zhang@example.edu --channel hotline --identity-check 'called back on the number of the staff list'", "somebody who calls"],
    ["portico phone lost +8613800138000 --channel guard --identity-check 'staff card seen' --reason 'left in the tram'", "somebody at the gate; again changes nothing"],
  ]) // prettier-ignore
    .addOption(new Option("--channel <channel>", "where it is reported").choices(CHANNEL_WORDS).makeOptionMandatory())
    .addOption(new Option("--identity-check <text>", "how you made sure who reports it; stands in the audit").makeOptionMandatory())
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: LostOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const { channel, identityCheck } = options;
    const parts = { params: { id }, body: { channel, identityCheck } };
    const { value, ...made } = await calls.ask(`phone of person ${id}`, "POST /v1/persons/{id}/report-phone-lost", parts, withReason(options));
    writeFacts(surroundings.terminal, options.format, phoneFacts(value), { ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function challengeVerb(surroundings: Surroundings): Command {
  const command = verb("challenge <person>", "ask the cloud for what a new phone has to sign to be enrolled; good once, for 5 minutes", [
    ["portico phone challenge zhang@example.edu --reason 'new phone, staff card seen'", "then portico phone enroll with what the phone has signed"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly reason?: string }, text = "") => {
    const { id } = await personMeant(calls, text);
    const made = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/phone-challenges", { params: { id } }, withReason(options));
    const facts = [["person", id], ["nonce", made.nonce], ["until", timeOrLimit(made.expiresAt)]] as const; // prettier-ignore
    writeFacts(surroundings.terminal, options.format, facts, { person: id, ...made });
  });
}

function enrollVerb(surroundings: Surroundings): Command {
  const command = validityOptions(
    verb("enroll <person>", "enrol a phone by the key that it has made and its proof that it holds it; lifts a loss", [
      ["portico phone enroll zhang@example.edu --public-key <hex> --nonce <hex> --proof <hex>", "a first phone, or the one behind a lost one"],
      ["portico phone enroll zhang@example.edu --public-key <hex> --nonce <hex> --proof <hex> --replaces 5c2f90b6a1d3e847", "instead of a phone that is in use"],
    ]) // prettier-ignore
      .addOption(new Option("--public-key <hex>", "Ed25519, made on the phone: 64 hex digits").argParser(hexBytes(32)).makeOptionMandatory())
      .addOption(new Option("--nonce <hex>", "what portico phone challenge answered: 64 hex digits").argParser(hexBytes(32)).makeOptionMandatory())
      .addOption(new Option("--proof <hex>", "what the phone signed: record of kind 4, docs/card-format.md").makeOptionMandatory())
      .addOption(new Option("--replaces <credential>", "the phone's credential in use that ends with this one")),
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: EnrollOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const body = {
      publicKey: bytesToHex(options.publicKey),
      nonce: bytesToHex(options.nonce),
      proof: options.proof.toLowerCase(),
      validity: validityOf(options),
      replaces: options.replaces?.toLowerCase() ?? null,
    };
    const { value, ...made } = await calls.ask(`phone of person ${id}`, "POST /v1/persons/{id}/phone-keys", { params: { id }, body }, withReason(options));
    const facts = [
      ["credential", value.credential],
      ["ended", value.ended.join(" ")],
      ["until doors know it", value.issuedCredential === null ? "no pass" : `issued passes of ${value.issuedCredential}`],
    ] as const;
    writeFacts(surroundings.terminal, options.format, facts, { person: id, ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function phoneFacts({ person, lostSince, held, issued, passesUntil }: PhoneTold): readonly (readonly [string, string])[] {
  return [
    ["person", person],
    ["phone", lostSince === null ? "not reported lost" : `lost since ${timeOrLimit(lostSince)}; enrolling another one lifts it`],
    ...held.map(({ credential, state }) => ["its own key", `credential ${credential}, ${state}`] as const),
    ...issued.map(({ credential, state }) => ["issued passes", `credential ${credential}, ${state}`] as const),
    ["passes until", passesUntil === null ? "none was issued" : `${timeOrLimit(passesUntil)}, at a door that has heard nothing since`],
  ];
}
