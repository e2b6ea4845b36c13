import { CAPABILITIES, type Capability } from "@portico/card-protocol";
import type { Audience } from "@portico/cloud-sync";
import { InvalidArgumentError } from "commander";
import { instantOption } from "./cloud-verb.ts";
import { AUDIENCE_WORDS } from "./person-change.ts";

/** One line of an access profile as a file wishes it. */
export interface LineWish {
  readonly accessPoint: string;
  readonly capability: Capability;
  readonly schedule: string;
}
/** One grant of a policy. People are named by account, phone or id. */
export interface GrantWish {
  readonly subject: { readonly kind: "person" | "group" | "audience"; readonly id: string };
  readonly effect: "give" | "withhold";
  readonly what:
    | { readonly kind: "profile"; readonly profile: string }
    | { readonly kind: "everywhere"; readonly capability: Capability }
    | { readonly kind: "own"; readonly accessPoints: string[]; readonly capability: Capability; readonly schedule: string };
  readonly validity: { readonly from: string | null; readonly until: string | null };
}
interface Named {
  readonly id: string;
  readonly names: { readonly zh: string; readonly en: string };
}
/** How access profiles and policies shall be. */
export interface AccessWish {
  readonly profiles: readonly (Named & { readonly lines: readonly LineWish[] })[];
  readonly policies: readonly (Named & { readonly grants: readonly GrantWish[] })[];
}
export type AccessReading = { readonly ok: true; readonly wish: AccessWish } | { readonly ok: false; readonly mistakes: readonly string[] };

/** One record of the file, flat: what a line of JSON, a row of CSV, or a table of TOML says. */
interface Entry {
  /** `line 12`. */
  readonly at: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What each kind of record may say. */
const FIELDS = {
  access_profile: ["id", "zh", "en"],
  access_policy: ["access_profile", "access_point", "capability", "schedule"],
  policy: ["id", "zh", "en"],
  grant: ["policy", "audience", "group", "person", "effect", "access_profile", "access_points", "everywhere", "capability", "schedule", "from", "until"],
} as const;
type Kind = keyof typeof FIELDS;

/**
 * Reads how access profiles and policies shall be: `.toml`, `.csv` with a heading, else JSON lines. docs/cli.md, `portico grant plan`.
 *
 * @param file  its name says which
 */
export async function readAccessFile(file: string, text: string): Promise<AccessReading> {
  const mistakes: string[] = [];
  const entries = await entriesOf(file, text, mistakes);
  const wish = mistakes.length === 0 ? wishOf(entries, mistakes) : undefined;
  return wish === undefined || mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, wish };
}

async function entriesOf(file: string, text: string, mistakes: string[]): Promise<readonly (Entry & { readonly kind: string })[]> {
  if (file.endsWith(".toml")) return tomlEntries(text, mistakes);
  if (file.endsWith(".csv")) return csvEntries(text, mistakes);
  return text.split(/\r?\n/).flatMap((line, nth) => {
    if (line.trim() === "") return [];
    const at = `line ${nth + 1}`;
    try {
      const { kind, ...fields } = JSON.parse(line) as Record<string, unknown>;
      return [{ at, kind: String(kind), fields }];
    } catch {
      mistakes.push(`${at}: this is no JSON object`);
      return [];
    }
  });
}

/** `[[access_profile]]` with `access_policy = [{ … }]`, `[[policy]]` with `[[policy.grant]]`. */
async function tomlEntries(text: string, mistakes: string[]): Promise<(Entry & { readonly kind: string })[]> {
  const { readTomlTree } = await import("@portico/controller");
  const read = readTomlTree(text);
  if (!read.ok) {
    mistakes.push(`line ${read.line}: ${read.cause}`);
    return [];
  }
  const { tree } = read;
  const found: (Entry & { readonly kind: string })[] = [];
  for (const [kind, list] of Object.entries(tree.value)) {
    const inner = kind === "access_profile" ? "access_policy" : kind === "policy" ? "grant" : undefined;
    if (inner === undefined || !Array.isArray(list)) {
      mistakes.push(`line ${tree.lineOf([kind])}: write [[access_profile]] or [[policy]], not ${kind}`);
      continue;
    }
    for (const [nth, table] of list.entries()) {
      const { [inner]: within = [], ...fields } = table as Record<string, unknown>;
      found.push({ at: `line ${tree.lineOf([kind, nth])}`, kind, fields });
      if (!Array.isArray(within)) mistakes.push(`line ${tree.lineOf([kind, nth, inner])}: ${inner} is a list`);
      else
        for (const [at, each] of within.entries())
          found.push({ at: `line ${tree.lineOf([kind, nth, inner, at])}`, kind: inner, fields: { ...(each as object), [kind]: fields["id"] } });
    }
  }
  return found;
}

/** A heading with `kind` and any of the fields; an empty cell says nothing; access points are parted by blanks. */
async function csvEntries(text: string, mistakes: string[]): Promise<(Entry & { readonly kind: string })[]> {
  const { readCsvRecords } = await import("@portico/cloud-sync");
  const reading = readCsvRecords(Buffer.from(text));
  if (!reading.ok) {
    mistakes.push(`${reading.line === null ? "file" : `line ${reading.line}`}: ${reading.cause}; ${reading.remedy}`);
    return [];
  }
  const [heading, ...body] = reading.records;
  if (heading === undefined || !heading.cells.includes("kind")) {
    mistakes.push("line 1: the heading has no column kind");
    return [];
  }
  return body.map(({ cells, line }) => {
    const named = heading.cells.flatMap((column, nth) => (cells[nth] === undefined || cells[nth] === "" ? [] : [[column, cells[nth]] as const]));
    const { kind, access_points, ...fields } = Object.fromEntries(named) as Record<string, string>;
    const points = access_points === undefined ? {} : { access_points: access_points.split(/\s+/) };
    return { at: `line ${line}`, kind: kind ?? "", fields: { ...fields, ...points } };
  });
}

function wishOf(entries: readonly (Entry & { readonly kind: string })[], mistakes: string[]): AccessWish {
  const profiles = new Map<string, Named & { lines: LineWish[] }>();
  const policies = new Map<string, Named & { grants: GrantWish[] }>();
  for (const { at, kind, fields } of entries) {
    if (!Object.hasOwn(FIELDS, kind)) {
      mistakes.push(`${at}: kind ${JSON.stringify(kind)} is not known; write one of ${Object.keys(FIELDS).join(", ")}`);
      continue;
    }
    const cells = new Cells(at, fields, mistakes);
    cells.only(FIELDS[kind as Kind]);
    if (kind === "access_profile" || kind === "policy") {
      const named = { id: cells.text("id"), names: { zh: cells.text("zh"), en: cells.text("en") } };
      if ((kind === "policy" ? policies : profiles).has(named.id)) mistakes.push(`${at}: ${kind} ${named.id} stands twice`);
      if (kind === "policy") policies.set(named.id, { ...named, grants: [] });
      else profiles.set(named.id, { ...named, lines: [] });
    } else if (kind === "access_policy") {
      const profile = profiles.get(cells.text("access_profile"));
      if (profile === undefined) mistakes.push(`${at}: its access_profile does not stand above`);
      profile?.lines.push({ accessPoint: cells.text("access_point"), capability: cells.capability(), schedule: cells.text("schedule", "always") });
    } else {
      const policy = policies.get(cells.text("policy"));
      if (policy === undefined) mistakes.push(`${at}: its policy does not stand above`);
      policy?.grants.push({ subject: cells.subject(), ...cells.effectAndWhat(), validity: { from: cells.time("from"), until: cells.time("until") } });
    }
  }
  return { profiles: [...profiles.values()], policies: [...policies.values()] };
}

/** The fields of one record, each read with what is wrong with it. */
class Cells {
  readonly #at: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #mistakes: string[];

  constructor(at: string, fields: Readonly<Record<string, unknown>>, mistakes: string[]) {
    this.#at = at;
    this.#fields = fields;
    this.#mistakes = mistakes;
  }

  only(known: readonly string[]): void {
    for (const field of Object.keys(this.#fields)) if (!known.includes(field)) this.#wrong(field, `is not known here; known are ${known.join(", ")}`);
  }

  text(field: string, preset?: string): string {
    const value = this.#fields[field] ?? preset;
    if (typeof value === "string" && value !== "") return value;
    this.#wrong(field, value === undefined ? "is missing" : "is no text");
    return "";
  }

  capability(): Capability {
    const value = this.text("capability", "pass");
    const known = CAPABILITIES.find((each) => each === value);
    if (known === undefined) this.#wrong("capability", `write one of ${CAPABILITIES.join(", ")}`);
    return known ?? "pass";
  }

  subject(): GrantWish["subject"] {
    const given = (["audience", "group", "person"] as const).filter((kind) => this.#fields[kind] !== undefined);
    const [kind, more] = given;
    if (kind === undefined || more !== undefined) {
      this.#wrong("audience", "name exactly one of audience, group and person");
      return { kind: "group", id: "" };
    }
    const id = this.text(kind);
    if (kind === "audience" && !AUDIENCE_WORDS.includes(id as Audience)) this.#wrong(kind, `write one of ${AUDIENCE_WORDS.join(", ")}`);
    return { kind, id };
  }

  effectAndWhat(): Pick<GrantWish, "effect" | "what"> {
    const effect = this.text("effect", "give");
    if (effect !== "give" && effect !== "withhold") this.#wrong("effect", "write give or withhold");
    const what = this.#what(effect === "withhold");
    if (effect === "withhold" && what.kind === "own" && what.schedule !== "always") this.#wrong("schedule", "what is withheld is withheld at all hours");
    return { effect: effect === "withhold" ? "withhold" : "give", what };
  }

  #what(isWithheld: boolean): GrantWish["what"] {
    const { access_profile: profile, access_points: points, everywhere } = this.#fields;
    // A cell of CSV says it in letters.
    const isEverywhere = everywhere === true || everywhere === "true";
    if (everywhere !== undefined && !isEverywhere) this.#wrong("everywhere", "write true, or leave it out");
    if (isEverywhere && !isWithheld) this.#wrong("everywhere", "stands beside effect withhold alone");
    if ([profile !== undefined, points !== undefined, isEverywhere].filter(Boolean).length !== 1)
      this.#wrong("access_profile", "name either access_profile or access_points, or everywhere beside effect withhold");
    if (isEverywhere) {
      if (this.#fields["schedule"] !== undefined) this.#wrong("schedule", "stands beside access_points alone");
      return { kind: "everywhere", capability: this.capability() };
    }
    if (points === undefined) {
      for (const field of ["capability", "schedule"]) if (this.#fields[field] !== undefined) this.#wrong(field, "stands beside access_points alone");
      return { kind: "profile", profile: this.text("access_profile") };
    }
    const isList = Array.isArray(points) && points.length > 0 && points.every((point) => typeof point === "string");
    if (!isList) this.#wrong("access_points", "is no list of names");
    return { kind: "own", accessPoints: isList ? points : [], capability: this.capability(), schedule: this.text("schedule", "always") };
  }

  time(field: string): string | null {
    const value = this.#fields[field];
    if (value === undefined || value === null) return null;
    try {
      // TOML has times of its own.
      return instantOption(value instanceof Date ? value.toISOString().replace(".000Z", "Z") : typeof value === "string" ? value : "");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      this.#wrong(field, "write a time such as 2026-09-01 or 2026-09-01T08:00:00+08:00");
      return null;
    }
  }

  #wrong(field: string, what: string): void {
    this.#mistakes.push(`${this.#at}: ${field}: ${what}`);
  }
}
