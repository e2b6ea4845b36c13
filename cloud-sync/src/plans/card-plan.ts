import { bytesToHex, hexToBytes, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { isEntityId, newCredentialId } from "../core/entity-id.ts";
import type { Validity } from "../core/validity.ts";
import { portions } from "../core/portions.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { applicablePlan, keepPlan, markApplied, type PlanNote } from "./kept-plan.ts";

/** Cards that people shall have. */
export interface DesiredCards {
  readonly validity: Validity;
  readonly cards: readonly {
    /** Whole account, phone number in E.164, or id of a person. */
    readonly holder: string;
    /** Canonical bytes, lower-case hex. Never told, never logged. */
    readonly number: string;
  }[];
}

/** What becomes of one card, in the order in which they were given. No number is ever told. */
export type CardStep =
  | { readonly act: "add"; readonly person: string }
  /** The person has this card already: nothing is done. */
  | { readonly act: "there"; readonly person: string; readonly credential: string }
  /** Somebody else has it. */
  | { readonly act: "taken"; readonly person: string; readonly credential: string; readonly by: string }
  /** The same number stands further above, for somebody else or the same person. */
  | { readonly act: "twice"; readonly person: string; readonly above: number }
  /** Nobody, or more than one, has that account, phone or id. */
  | { readonly act: "unknown" };

export interface CardPlan extends PlanNote {
  readonly steps: readonly CardStep[];
}

/** Ids in one statement. */
const IDS_MAX = 300;

/** Shows what giving these cards would do, and keeps that as a plan. */
export function makeCardPlan(cloud: Cloud, note: ChangeNote, desired: DesiredCards): Promise<Result<Changed<CardPlan>, never>> {
  return mutate(cloud, { ...note, target: "card plan" }, async (mutation) => {
    const steps = await stepsOf(mutation.queries, desired);
    return ok({ ...(await keepPlan(mutation, "cards", note.actor, desired, steps)), steps });
  });
}

/** Adds the cards that the plan says it adds, all or none; refused where people or cards have moved since. A second time changes nothing. */
export function applyCardPlan(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<{ readonly added: number }>, "PlanUnknown" | "PlanStale">> {
  return mutate(cloud, { ...note, target: `card plan ${id}` }, async (mutation) => {
    const { queries, mark, now } = mutation;
    const found = await applicablePlan<DesiredCards, CardStep>(mutation, "cards", id, (desired) => stepsOf(queries, desired));
    if (!found.ok) return found;
    const { isDone, content, steps } = found.value;
    const added = steps.filter(({ act }) => act === "add").length;
    if (isDone || content === null) return ok({ added });
    for (const [nth, step] of steps.entries()) {
      if (step.act !== "add") continue;
      const { validity, cards } = content;
      const row = { kind: "card", state: "active", state_since: now, valid_from: validity.from, valid_until: validity.until } as const;
      await queries
        .insertInto("credential")
        .values({
          ...row,
          id: newCredentialId(cloud.randomBytes),
          person: step.person,
          public_key: null,
          takes_issued_until: null,
          number: Buffer.from(hexToBytes(cards[nth]!.number)!),
        })
        .execute();
      mark("person", step.person);
    }
    await markApplied(mutation, id, note.actor);
    return ok({ added });
  });
}

async function stepsOf(queries: Queries, { cards }: DesiredCards): Promise<CardStep[]> {
  const people = await holdersOf(queries, cards.map(({ holder }) => holder)); // prettier-ignore
  const standing = await standingCards(queries, cards.map(({ number }) => number)); // prettier-ignore
  const above = new Map<string, number>();
  return cards.map(({ holder, number }, nth): CardStep => {
    const person = people.get(holder);
    if (person === undefined) return { act: "unknown" };
    const there = standing.get(number);
    if (there !== undefined)
      return there.person === person ? { act: "there", person, credential: there.id } : { act: "taken", person, credential: there.id, by: there.person };
    const before = above.get(number);
    if (before !== undefined) return { act: "twice", person, above: before };
    above.set(number, nth);
    return { act: "add", person };
  });
}

/** Whom each text names; two of one phone are nobody. */
async function holdersOf(queries: Queries, holders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const wanted = [...new Set(holders)];
  for (const portion of portions(wanted.filter(isEntityId), IDS_MAX))
    for (const { id } of await queries.selectFrom("person").select("id").where("id", "in", portion).execute()) found.set(id, id);
  const accounts = new Map(wanted.filter((text) => text.includes("@")).map((text) => [text, text.toLowerCase()]));
  const byAccount = new Map<string, string>();
  for (const portion of portions([...new Set(accounts.values())], IDS_MAX))
    for (const { id, account } of await queries.selectFrom("person").select(["id", "account"]).where("account", "in", portion).execute())
      byAccount.set(account!, id);
  for (const [text, account] of accounts) if (byAccount.has(account)) found.set(text, byAccount.get(account)!);
  const phones = new Map<string, string[]>();
  for (const portion of portions(
    wanted.filter((text) => text.startsWith("+")),
    IDS_MAX,
  ))
    // prettier-ignore
    for (const { id, phone } of await queries.selectFrom("person").select(["id", "phone"]).where("phone", "in", portion).execute())
      phones.set(phone!, [...(phones.get(phone!) ?? []), id]);
  for (const [phone, ids] of phones) if (ids.length === 1) found.set(phone, ids[0]!);
  return found;
}

/** The cards that have these numbers already, by number. */
async function standingCards(queries: Queries, numbers: readonly string[]): Promise<ReadonlyMap<string, { readonly id: string; readonly person: string }>> {
  const found = new Map<string, { id: string; person: string }>();
  for (const portion of portions([...new Set(numbers)], IDS_MAX))
    for (const { id, person, number } of await queries
      .selectFrom("credential")
      .select(["id", "person", "number"])
      .where("kind", "=", "card")
      .where(
        "number",
        "in",
        portion.map((hex) => Buffer.from(hexToBytes(hex)!)),
      ) // prettier-ignore
      .execute())
      found.set(bytesToHex(new Uint8Array(number!)), { id, person });
  return found;
}
