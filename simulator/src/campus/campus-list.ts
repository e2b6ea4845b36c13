import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { Campus, CampusPerson } from "./campus.ts";

/** A file of a list folder. Source: docs/list-files.md. */
export interface CampusListFile {
  readonly file: string;
  readonly text: string;
}

/** The list of a campus as the eight files that `portico list load` reads. Holds card numbers: to be kept as keys are kept. */
export function campusList(campus: Campus): CampusListFile[] {
  const { people, profiles, schedules } = campus;
  return [
    table("people.csv", ["person", "flags", "party_size"], people.map(peopleRow)),
    table("credentials.csv", ["credential", "person", "kind", "public_key", "suspension", "takes"], people.flatMap(credentialRows)),
    table("cards.csv", ["person", "number", "format", "suspension"], people.flatMap(cardRows)),
    table(
      "access-profiles.csv",
      ["profile", "access_points", "capability", "schedule"],
      profiles.map(({ id, accessPoints, capability = "pass", schedule }) => [id, accessPoints.join(" "), capability, schedule]),
    ),
    table(
      "grants.csv",
      ["person", "profile"],
      people.flatMap((person) => person.profiles.map((profile) => [person.id, profile])),
    ),
    table(
      "schedules.csv",
      ["schedule", "days", "start", "end"],
      schedules.map(({ id, days, start, end }) => [id, days, start, end]),
    ),
    table("special-days.csv", ["group", "date"], []),
    table("calendar.csv", ["date", "kind"], []),
  ];
}

const peopleRow = ({ id, flags, partySize }: CampusPerson): string[] => [id, flags.join(" "), partySize === undefined ? "" : String(partySize)];

function credentialRows({ id, phone, wallet }: CampusPerson): string[][] {
  return [
    ...(phone === undefined ? [] : [[phone.credential, id, "qr", bytesToHex(nodeSigner(phone.seed).publicKey), phone.suspension ?? "", ""]]),
    ...(wallet === undefined ? [] : [[wallet.credential, id, "qr", "", "", "T"]]),
  ];
}

const cardRows = ({ id, card, identities = [] }: CampusPerson): string[][] => [
  ...(card === undefined ? [] : [[id, card.number, "uid-hex", card.suspension ?? ""]]),
  ...identities.map(({ kind, text }) => [id, text, kind, ""]),
];

/** Names, hex digits and words alone: nothing needs quotes. */
const table = (file: string, heading: readonly string[], rows: readonly (readonly string[])[]): CampusListFile => ({
  file,
  text: [heading, ...rows].map((row) => `${row.join(",")}\n`).join(""),
});
