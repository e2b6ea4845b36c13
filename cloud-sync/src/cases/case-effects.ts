import { type Capability, CAPABILITIES, endOfDay, ok, type Result, U32_MAX, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { CaseEffect } from "../core/cases/case-type.ts";
import { newEntityId } from "../core/entity-id.ts";
import { filled, namesIn } from "../core/outbox/message.ts";
import { refuse, type RefusalName } from "../core/refusal.ts";
import { moveCredential } from "../credentials.ts";
import { ALWAYS_SCHEDULE } from "../core/expansion.ts";
import { giveGrant } from "../grants.ts";
import type { ChangeNote, Mutation } from "../mutation.ts";
import { writeAudience, writePerson } from "../people.ts";

/** The case that an act is done for. */
export interface EffectCase {
  readonly id: string;
  readonly openedAt: number;
  /** Whose it is; null: nobody whom the campus knows. */
  readonly person: string | null;
  readonly form: Readonly<Record<string, string>>;
}
interface Around {
  readonly cloud: Cloud;
  readonly mutation: Mutation;
  readonly note: ChangeNote;
  readonly of: EffectCase;
}
/** What an act has made, told with the case: texts by name. */
export type EffectResult = Result<Readonly<Record<string, string>>, RefusalName>;

interface Act {
  /** What it is done with; those of `optional` may be left out or come to nothing. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  run(around: Around, values: Readonly<Record<string, string>>): Promise<EffectResult>;
}

/** The act by which a credential is unfrozen: what the cloud freezes by itself has to have a way back (rule 2.5). */
export const UNFREEZE = "credential.unfreeze";

/** Acts of the campus that case types may name. Each runs in the transaction of the step that asks for it. */
export const CASE_EFFECTS: Readonly<Record<string, Act>> = {
  /** Unfreezes a credential of the reporter's (rule 2.5). */
  [UNFREEZE]: {
    required: ["credential"],
    optional: [],
    async run({ mutation, of }, { credential = "" }) {
      const row = await mutation.queries.selectFrom("credential").select("person").where("id", "=", credential).executeTakeFirst();
      if (row === undefined) return refuse("CredentialUnknown", credential);
      if (row.person !== of.person) return refuse("CaseNotForThis", `credential ${credential} is not its reporter's`);
      const moved = await moveCredential(mutation, credential, "active", of.id, ["frozen"]);
      return moved.ok ? ok({ credential }) : moved;
    },
  },
  /** Makes a family person whom the reporter vouches for (rule 1.6). */
  "person.addFamily": {
    required: ["name", "phone"],
    optional: ["mail", "until"],
    async run({ cloud, mutation, of }, { name = "", phone = "", mail = "", until = "" }) {
      if (of.person === null) return refuse("SponsorRequired");
      const person = newEntityId(cloud.nowMs(), cloud.randomBytes);
      // A new id was never anybody's.
      const made = await writePerson(mutation, person, { account: null, name, phone, mail: mail === "" ? null : mail, flags: [], partySize: 1 });
      if (!made.ok) return made;
      const validity = { from: mutation.now, until: until === "" ? unixSeconds(U32_MAX) : endOfDay(cloud.timeZone, until) };
      const added = await writeAudience(mutation, person, { audience: "family", validity, sponsor: of.person });
      return added.ok ? ok({ person }) : added;
    },
  },
  /** Lets the reporter in where the case is about; it ends with {@link grant.end}, or at the end of its day. */
  grant: {
    required: [],
    optional: ["accessProfile", "accessPoints", "capability", "schedule", "until"],
    async run({ cloud, mutation, note, of }, values) {
      if (of.person === null) return refuse("PersonUnknown", "the case has no reporter whom the campus knows");
      const { accessProfile = "", accessPoints = "", capability = "pass", schedule = ALWAYS_SCHEDULE, until = "" } = values;
      if (!(CAPABILITIES as readonly string[]).includes(capability)) return refuse("RequestMalformed", `capability: one of ${CAPABILITIES.join(", ")}`);
      const what =
        accessProfile === ""
          ? { kind: "own" as const, accessPoints: accessPoints.split(",").filter((id) => id !== ""), capability: capability as Capability, schedule }
          : { kind: "profile" as const, profile: accessProfile };
      const given = await giveGrant(mutation, newEntityId(cloud.nowMs(), cloud.randomBytes), note.actor, {
        subject: { kind: "person", id: of.person },
        what,
        validity: { from: mutation.now, until: until === "" ? unixSeconds(U32_MAX) : endOfDay(cloud.timeZone, until) },
        source: { kind: "case", id: of.id },
      });
      return given.ok ? ok({ grant: given.value.id }) : given;
    },
  },
  /** Ends everything that the case has granted. */
  "grant.end": {
    required: [],
    optional: [],
    async run({ mutation: { queries, mark }, of }) {
      const rows = await queries
        .selectFrom("access_grant")
        .select(["subject_kind", "subject"])
        .where("source_kind", "=", "case")
        .where("source", "=", of.id)
        .execute();
      for (const { subject_kind, subject } of rows) mark(subject_kind, subject);
      await queries.deleteFrom("access_grant").where("source_kind", "=", "case").where("source", "=", of.id).execute();
      return ok({ grantsEnded: String(rows.length) });
    },
  },
};

/** What is wrong with an act that a case type names. @param fields  of its form */
export function effectTroubles({ act, with: given }: CaseEffect, fields: ReadonlySet<string>): string[] {
  if (!Object.hasOwn(CASE_EFFECTS, act)) return [`there is no act ${act}: known are ${Object.keys(CASE_EFFECTS).join(", ")}`];
  const { required, optional } = CASE_EFFECTS[act]!;
  return [
    ...required.filter((name) => given[name] === undefined).map((name) => `${act} needs ${name}`),
    ...Object.keys(given)
      .filter((name) => ![...required, ...optional].includes(name))
      .map((name) => `${act} knows no ${name}`),
    ...Object.values(given).flatMap(namesIn).filter((name) => !fields.has(name)).map((name) => `{${name}} is no field of the form`), // prettier-ignore
  ];
}

/** Carries out acts one after the other; the first that is refused refuses the step, and its detail says which and why. */
export async function runEffects(effects: readonly CaseEffect[], around: Around): Promise<Result<Readonly<Record<string, string>>, "CaseEffectRefused">> {
  const made: Record<string, string> = {};
  for (const { act, with: given } of effects) {
    // What nobody filled in is nothing, not the name of a field.
    const values = Object.fromEntries(Object.entries(given).map(([name, template]) => [name, filled(template, withBlanks(template, around.of.form))]));
    const result = await CASE_EFFECTS[act]!.run(around, values);
    if (!result.ok) return refuse("CaseEffectRefused", `${act}: ${result.error}${result.detail === "" ? "" : ` (${result.detail})`}`);
    Object.assign(made, result.value);
  }
  return ok(made);
}
const withBlanks = (template: string, form: EffectCase["form"]): Record<string, string> => ({
  ...Object.fromEntries(namesIn(template).map((name) => [name, ""])),
  ...form,
});
