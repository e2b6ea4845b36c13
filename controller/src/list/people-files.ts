import {
  bytesToHex,
  CARD_BYTE_ORDERS,
  CREDENTIAL_KINDS,
  type CredentialKind,
  type HolderFlag,
  kindOfFormat,
  type PassKind,
  readCardNumber,
  READER_FORMATS,
  SUSPENSION_REASONS,
  U32_MAX,
} from "@portico/card-protocol";
import type { ListedCredential } from "../store/list-content.ts";
import type { ListLines } from "../store/list-lines.ts";
import type { CardIdentity, ZoneKey } from "../store/zone-key.ts";
import type { Cells } from "./cells.ts";
import { type CsvLayout, type CsvRow, readCsvFile } from "./csv-file.ts";

/** The flags that list files know. */
const FLAGS: readonly HolderFlag[] = ["visitor", "emergency", "extendedTime", "antipassbackExempt", "escortRequired", "escort", "firstPerson"];
export const PEOPLE: CsvLayout = { file: "people.csv", required: ["person"], optional: ["flags", "party_size"] };
export const CREDENTIALS: CsvLayout = {
  file: "credentials.csv",
  required: ["credential", "person", "kind"],
  optional: ["public_key", "suspension", "valid_from", "valid_until", "takes", "takes_issued_until"],
};
export const CARDS: CsvLayout = {
  file: "cards.csv",
  required: ["person", "number", "format"],
  optional: ["byte_order", "facility", "credential", "suspension", "valid_from", "valid_until"],
};
export const GRANTS: CsvLayout = { file: "grants.csv", required: ["person", "profile"], optional: ["valid_from", "valid_until"] };

/** No format has a larger facility code: 16 bits. */
const FACILITY_MAX = 0xffff;

const PASS_KINDS: readonly PassKind[] = ["T", "H", "HC"];
/** A credential's row holds the size of a party in one byte. */
const PARTY_MAX = 255;
/** A credential's row counts its grants in one byte. */
const GRANTS_MAX = 255;

const NO_FLAGS: readonly HolderFlag[] = [];

const ID_DIGITS = 16;

interface Person {
  readonly flags: readonly HolderFlag[];
  /** 2..255; undefined: they come alone. */
  readonly partySize: number | undefined;
  /** Ids, one behind the other: of a hundred thousand persons lists of one id each would take more memory than all the rest of them. */
  credentials: string;
  grants: number;
}

/** Who there is, with what, and what they may use. Of what was read only what the rows behind it are checked against is kept; the rest is in the lines. */
export class PeopleFiles {
  readonly #folder: string;
  readonly #cells: Cells;
  readonly #lines: ListLines;
  readonly #people = new Map<string, Person>();
  #peopleKnown = false;
  /** Of which kind each is. */
  readonly #credentials = new Map<string, CredentialKind>();
  /** In which row each token stands, and each grant. */
  readonly #tokens = new Map<string, number>();
  readonly #granted = new Map<string, number>();

  constructor(folder: string, cells: Cells, lines: ListLines) {
    this.#folder = folder;
    this.#cells = cells;
    this.#lines = lines;
  }

  /**
   * @param zoneKey   makes card numbers unreadable; the numbers themselves are neither kept nor named in a problem
   * @param profiles  the access profiles that there are; undefined where their file cannot be read: then nothing is said about profiles that are missing
   */
  read(zoneKey: ZoneKey, profiles: ReadonlySet<string> | undefined): void {
    const { problems } = this.#cells;
    this.#peopleKnown = readCsvFile(this.#folder, PEOPLE, problems, (row) => this.#readPerson(row));
    readCsvFile(this.#folder, CREDENTIALS, problems, (row) => this.#readCredential(row));
    readCsvFile(this.#folder, CARDS, problems, (row) => this.#readCard(row, zoneKey));
    readCsvFile(this.#folder, GRANTS, problems, (row) => this.#readGrant(row, profiles));
  }

  #readPerson(row: CsvRow): void {
    const person = this.#cells.id(row, "person");
    const flags = this.#cells.words(row, "flags", FLAGS);
    const partySize = row.cell("party_size") === "" ? undefined : this.#cells.integer(row, "party_size", PARTY_MAX);
    if (person === undefined) return;
    if (this.#people.has(person)) this.#cells.refuse(row, "person", `${person} stands twice`, "Keep one of the rows.");
    else this.#people.set(person, { flags: flags === undefined || flags.length === 0 ? NO_FLAGS : flags, partySize: partySize === undefined || partySize < 2 ? undefined : partySize, credentials: "", grants: 0 }); // prettier-ignore
  }

  #readCredential(row: CsvRow): void {
    const cells = this.#cells;
    const id = cells.credentialId(row, "credential");
    const person = this.#person(row);
    const kind = cells.word(row, "kind", CREDENTIAL_KINDS);
    const suspension = row.cell("suspension") === "" ? undefined : cells.word(row, "suspension", SUSPENSION_REASONS);
    const validity = cells.validity(row);
    const publicKey = row.cell("public_key") === "" ? undefined : cells.publicKey(row, "public_key");
    const named = cells.words(row, "takes", PASS_KINDS);
    const takesIssuedUntil = cells.validUntil(row, "takes_issued_until");
    if (id === undefined || person === undefined || kind === undefined || validity === undefined || named === undefined || takesIssuedUntil === undefined)
      return;
    const takes: readonly PassKind[] = named.length > 0 || kind !== "qr" ? named : publicKey === undefined ? ["T"] : ["H", "HC"];
    if (kind !== "qr")
      for (const column of ["public_key", "takes", "takes_issued_until"])
        if (row.cell(column) !== "") return cells.refuse(row, column, `a credential of kind ${kind} shows no pass`, "Leave the cell empty.");
    if (publicKey === undefined && row.cell("public_key") === "" && takes.some((pass) => pass !== "T"))
      return cells.refuse(
        row,
        "public_key",
        "passes of kind H and HC are signed by the phone, but there is no key",
        "Write the phone's public key, or T under takes.",
      );
    if (row.cell("takes_issued_until") !== "" && !takes.includes("T"))
      return cells.refuse(row, "takes_issued_until", "the credential takes no issued pass at all", "Add T under takes, or leave the cell empty.");
    if (this.#credentials.has(id)) return cells.refuse(row, "credential", `${id} stands twice`, "Keep one of the rows.");
    this.#add({
      id,
      person,
      kind,
      ...validity,
      ...(suspension === undefined ? {} : { suspension }),
      ...(publicKey === undefined ? {} : { publicKey }),
      takes: PASS_KINDS.filter((pass) => takes.includes(pass)),
      ...(takesIssuedUntil === U32_MAX ? {} : { takesIssuedUntil }),
      ...this.#ofHolder(person),
    });
  }

  #readCard(row: CsvRow, zoneKey: ZoneKey): void {
    const cells = this.#cells;
    const card = this.#cardIdentity(row, zoneKey);
    const named = row.cell("credential") === "" ? undefined : cells.credentialId(row, "credential");
    const person = row.cell("person") === "" ? undefined : this.#person(row);
    const suspension = row.cell("suspension") === "" ? undefined : cells.word(row, "suspension", SUSPENSION_REASONS);
    const validity = cells.validity(row);
    if (card === undefined) return;
    const token = bytesToHex(card.token);
    const first = this.#tokens.get(token);
    if (first !== undefined) return cells.refuse(row, "number", `the same card stands in row ${first}`, "Keep one of the rows.");
    this.#tokens.set(token, row.place(null).row!);
    if ((row.cell("person") === "") === (row.cell("credential") === ""))
      return cells.refuse(row, "person", "a card belongs to a person or to a credential of credentials.csv", "Fill exactly one of the two columns.");
    if (row.cell("credential") !== "") {
      if (named === undefined) return;
      for (const column of ["suspension", "valid_from", "valid_until"])
        if (row.cell(column) !== "")
          return cells.refuse(row, column, "the credential's own row says that", "Leave the cell empty and write it in credentials.csv.");
      if (this.#credentials.get(named) !== card.kind)
        return cells.refuse(
          row,
          "credential",
          `${named} is no credential of kind ${card.kind}`,
          "Add it to credentials.csv, or fill the column person instead.",
        );
      this.#lines.put("card", { token, credential: named });
      return;
    }
    if (person === undefined || validity === undefined) return;
    const id = card.credential;
    this.#add({
      id,
      person,
      kind: card.kind,
      ...validity,
      ...(suspension === undefined ? {} : { suspension }),
      takes: [],
      ...this.#ofHolder(person),
    });
    this.#lines.put("card", { token, credential: id });
  }

  #cardIdentity(row: CsvRow, zoneKey: ZoneKey): (CardIdentity & { readonly kind: CredentialKind }) | undefined {
    const cells = this.#cells;
    const format = cells.word(row, "format", READER_FORMATS);
    const byteOrder = row.cell("byte_order") === "" ? "msb-first" : cells.word(row, "byte_order", CARD_BYTE_ORDERS);
    const facility = row.cell("facility") === "" ? null : cells.integer(row, "facility", FACILITY_MAX);
    if (format === undefined || byteOrder === undefined || facility === undefined) return undefined;
    const number = readCardNumber(row.cell("number"), { format, byteOrder, ...(facility === null ? {} : { facility }) });
    if (number.ok) return { ...zoneKey.identify(number.value.bytes), kind: kindOfFormat(format) };
    return cells.refuse(
      row,
      "number",
      `the number is none of format ${format}: ${number.detail}`,
      "Write it as the reader sends it; a spreadsheet drops leading zeros unless the column is text.",
    );
  }

  /** A grant names a person: each of the person's credentials gets it. */
  #readGrant(row: CsvRow, profiles: ReadonlySet<string> | undefined): void {
    const person = this.#person(row);
    const profile = this.#cells.id(row, "profile");
    const validity = this.#cells.validity(row);
    if (profile !== undefined && profiles?.has(profile) === false)
      return this.#cells.refuse(row, "profile", `there is no access profile ${profile}`, "Add it to access-profiles.csv or correct the name.");
    if (person === undefined || profile === undefined || validity === undefined) return;
    const key = `${person}\t${profile}\t${validity.validFrom}`;
    const first = this.#granted.get(key);
    if (first !== undefined)
      return this.#cells.refuse(row, "profile", `row ${first} grants the same from the same day on`, "Keep the row with the later valid_until.");
    this.#granted.set(key, row.place(null).row!);
    const known = this.#people.get(person);
    if (known === undefined) return;
    if (++known.grants > GRANTS_MAX)
      return this.#cells.refuse(row, "person", `${person} has more than ${GRANTS_MAX} access profiles`, "Put access points together in fewer access profiles.");
    for (let at = 0; at < known.credentials.length; at += ID_DIGITS)
      this.#lines.put("grant", { credential: known.credentials.slice(at, at + ID_DIGITS), accessProfile: profile, ...validity });
  }

  /** What each credential of a person has from them. */
  #ofHolder(person: string): Pick<ListedCredential, "flags" | "partySize"> {
    const { flags = NO_FLAGS, partySize } = this.#people.get(person) ?? {};
    return partySize === undefined ? { flags } : { flags, partySize };
  }

  #person(row: CsvRow): string | undefined {
    const person = this.#cells.id(row, "person");
    if (person === undefined || this.#people.has(person) || !this.#peopleKnown) return person;
    return this.#cells.refuse(row, "person", `there is no person ${person}`, "Add the person to people.csv or correct the name.");
  }

  #add(credential: ListedCredential): void {
    this.#lines.put("credential", credential);
    this.#credentials.set(credential.id, credential.kind);
    const person = this.#people.get(credential.person);
    if (person !== undefined) person.credentials += credential.id;
  }
}
