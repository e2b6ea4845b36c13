import { z } from "@hono/zod-openapi";
import { U32_MAX } from "@portico/card-protocol";
import { type WrongField, wrongFields } from "../api/problem.ts";
import { accountField, audience, hexBytes, listId, phoneField, text, validity, validityFrom } from "../api/schemas.ts";
import { type Audience, SPONSORING_AUDIENCES } from "../core/audience.ts";

/** What one line of a list says of one person, in one form: equal content is equal text. Times in seconds, half-open. */
export interface PushContent {
  readonly key: string;
  readonly account: string | null;
  readonly name: string;
  readonly phone: string | null;
  readonly mail: string | null;
  /** `sponsor`: a key of the same source; of family alone. */
  readonly audiences: readonly { readonly audience: Audience; readonly from: number; readonly until: number; readonly sponsor: string | null }[];
  readonly groups: readonly string[];
  /** Canonical bytes of cards, in hex. */
  readonly cards: readonly string[];
  /** That the person has a credential that issued passes stand for. */
  readonly qr: boolean;
}

/** Fields of {@link PushContent} but the key, in the order in which people read them. */
export const CONTENT_FIELDS = ["account", "name", "phone", "mail", "audiences", "groups", "cards", "qr"] as const;
export type ContentField = (typeof CONTENT_FIELDS)[number];

const isUnique = (list: readonly unknown[]): boolean => new Set(list).size === list.length;

/** One line of a list as it is sent. */
export const pushRow = z
  .strictObject({
    key: text(1, 64).openapi({ description: "The source's own id of the person, never another's" }),
    account: accountField,
    name: text(1, 200),
    phone: phoneField,
    mail: z.email().max(254).nullable(),
    audiences: z
      .array(
        z
          .strictObject({ audience, validity, sponsor: text(1, 64).nullable() })
          .refine((one) => (one.audience === "family") === (one.sponsor !== null), { path: ["sponsor"], message: "family has one, nobody else" }),
      )
      .max(16)
      .refine((list) => isUnique(list.map((one) => `${one.audience} ${one.validity.from}`)), "an audience begins twice at one time"),
    groups: z.array(listId).max(64).refine(isUnique, "a group stands twice"),
    cards: z.array(hexBytes(1, 64)).max(8).refine(isUnique, "a card stands twice"),
    qr: z.boolean(),
  })
  .openapi("PushRow", { description: "One line of a pushed list: all that the source says of one person. `sponsor` is a key of the same source" });

/** A line as it was read: what it says, or every field that is wrong, with the key where there is one. */
export type ReadRow =
  | { readonly ok: true; readonly content: PushContent }
  | { readonly ok: false; readonly key: string | null; readonly errors: readonly Pick<WrongField, "pointer" | "detail">[] };

/** Reads one line of a list. Total over any text. */
export function readPushRow(line: string): ReadRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, key: null, errors: [{ pointer: "", detail: "is not one JSON object on one line" }] };
  }
  const read = pushRow.safeParse(value);
  if (!read.success) {
    const key =
      typeof value === "object" && value !== null && Object.hasOwn(value, "key") ? pushRow.shape.key.safeParse((value as { key: unknown }).key) : undefined;
    const errors = wrongFields("body", read.error.issues).map(({ pointer, detail }) => ({ pointer, detail }));
    return { ok: false, key: key?.success === true ? key.data : null, errors };
  }
  const { key, account, name, phone, mail, audiences, groups, cards, qr } = read.data;
  return {
    ok: true,
    content: {
      key,
      account: account?.toLowerCase() ?? null,
      name,
      phone,
      mail: mail?.toLowerCase() ?? null,
      audiences: audiences
        .map((one) => ({ audience: one.audience, ...validityFrom(one.validity), sponsor: one.sponsor }))
        .sort((a, b) => a.from - b.from || (a.audience < b.audience ? -1 : 1)),
      groups: [...groups].sort(),
      cards: [...cards].sort(),
      qr,
    },
  };
}

/** Whether somebody of whom a list says this can vouch for family at an instant (rule 1.6). */
export const canSponsor = ({ audiences }: PushContent, at: number): boolean =>
  audiences.some((one) => SPONSORING_AUDIENCES.includes(one.audience) && one.from <= at && at < one.until);

/** Lines of a part: none is empty, and the last one may lack its line feed. */
export const linesOf = (part: string): string[] => (part.endsWith("\n") ? part.slice(0, -1) : part).split("\n");

/** The end of what has no end. */
export const ENDLESS_UNTIL = U32_MAX;
