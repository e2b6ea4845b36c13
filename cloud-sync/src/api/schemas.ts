import { z } from "@hono/zod-openapi";
import { CAPABILITIES, isListId, isZoneId, U32_MAX, unixSeconds, type UnixSeconds } from "@portico/card-protocol";
import { AUDIENCES } from "../core/audience.ts";
import { isEntityId } from "../core/entity-id.ts";
import type { Validity } from "../core/validity.ts";

/** What no log, terminal or store should have to hold: control characters, and halves of characters. */
const UNWRITABLE = /[\p{Cc}\p{Cs}]/u;

/** Text for people. Lengths in UTF-16 units. */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !UNWRITABLE.test(value), "holds a control character or half a character");

/** An id of ours. RFC 9562 §5.7. */
export const entityId = z.string().refine(isEntityId, "a UUID of version 7 in lower case").openapi({
  format: "uuid",
  example: "01990246-a5d0-7000-8000-0123456789ab",
});
/** What a list may call a group, a place, a schedule: see {@link isListId}. */
export const listId = z.string().refine(isListId, "1 to 64 letters and digits, behind the first also '.', '_', '-' and '/'").openapi({
  description: "1 to 64 letters, digits and CJK ideographs, behind the first also `.`, `_`, `-` and `/`",
  example: "east-gate",
});
export const zoneId = z.string().refine(isZoneId, "1 to 59 of a-z, 0-9, '.', '_' and '-', a letter or digit first").openapi({
  description: "1 to 59 of a-z, 0-9, `.`, `_`, `-`, a letter or digit first",
  example: "east",
});
export const credentialId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, "16 lower-case hex digits")
  .openapi({ example: "1eb73f7ee8a4244d" });
/** What a controller calls itself. */
export const controllerId = z
  .string()
  .regex(/^[!-~]{1,64}$/, "1 to 64 printable ASCII characters without white space")
  .openapi({ example: "gate-house" });
/** Lower-case hex of a range of bytes. */
export const hexBytes = (min: number, max: number) =>
  z.string().regex(new RegExp(`^(?:[0-9a-f]{2}){${min},${max}}$`), `${min === max ? min : `${min} to ${max}`} bytes in lower-case hex`);

export const audience = z.enum(AUDIENCES);
export const capability = z.enum(CAPABILITIES);
export const names = z.strictObject({ zh: text(1, 100), en: text(1, 100) }).openapi("Names", { example: { zh: "东门", en: "East gate" } });

/** Whole mail address of a campus account; null: known by phone only (rule 1.5). */
export const accountField = z
  .email()
  .max(254)
  .nullable()
  .openapi({ description: "The whole mail address of the campus account (rule 1.5); null: known by phone only" });
export const phoneField = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, "E.164, such as +8613800138000")
  .nullable();

const isWholeSecond = (value: string): boolean => {
  const seconds = Date.parse(value) / 1000;
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= U32_MAX;
};
/** An instant: RFC 3339 with an offset, to the second, 1970 to 2106. Answers are in UTC. */
export const time = z.iso.datetime({ offset: true }).refine(isWholeSecond, "RFC 3339 with an offset, whole seconds, 1970 to 2106").openapi({
  description: "RFC 3339 with an offset, whole seconds; answers are in UTC",
  example: "2026-09-01T08:00:00+08:00",
});
/** A day of the campus. */
export const localDate = z.iso
  .date()
  .refine((value) => value >= "1970-01-01" && value <= "2105-12-31", "a day of 1970 to 2105")
  .openapi({ example: "2026-10-01" });

/** A time as the store has it. @param none  what null stands for */
export const secondsOf = (value: string | null, none: number): UnixSeconds => unixSeconds(value === null ? none : Date.parse(value) / 1000);
/** A time of the store as answers have it. */
export const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

export const validity = z
  .strictObject({ from: time.nullable(), until: time.nullable() })
  .refine(({ from, until }) => secondsOf(from, 0) < secondsOf(until, U32_MAX), { path: ["until"], message: "not behind from" })
  .openapi("Validity", {
    description: "from ≤ t < until; null: without a beginning, without an end",
    example: { from: "2026-09-01T00:00:00Z", until: null },
  });
export const validityFrom = ({ from, until }: z.output<typeof validity>): Validity => ({ from: secondsOf(from, 0), until: secondsOf(until, U32_MAX) });
export const validityJson = ({ from, until }: Validity): z.output<typeof validity> => ({
  from: from === 0 ? null : timeOf(from),
  until: until === U32_MAX ? null : timeOf(until),
});

/** Which page of a list. */
export const pageQuery = z.strictObject({
  after: text(1, 128).optional().openapi({ description: "`next` of the page before" }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable().openapi({ description: "`after` of the next page; null: this was the last" }) });
/** A page that came of a query with this limit. */
export const page = <Item>(items: Item[], limit: number, idOf: (item: Item) => string): { items: Item[]; next: string | null } => ({
  items,
  next: items.length < limit ? null : idOf(items.at(-1)!),
});
/** A list that is short by nature. */
export const whole = <Item>(items: Item[]): { items: Item[]; next: null } => ({ items, next: null });
