import type { UnixSeconds } from "./units.ts";

/** How much an event concerns whoever watches: nothing to do, look into it, go there now. */
export type Severity = "notice" | "warning" | "alarm";

/**
 * What a field of an event holds; `?` allows null.
 * - `source`: the access point, door or device that the event is about; stands in the record's own place for it, at most one an event
 * - `text`: at most {@link TEXT_MAX} UTF-16 units, cut there
 * - `u32`: integer of 0..2³²−1; `time`: {@link UnixSeconds}; `seconds`: a duration, rounded up to whole seconds
 * - `credential`: credential id, 16 lower-case hex digits; `hex`: any bytes as lower-case hex; `bytes`: bytes
 * - `counts`: how many there were of each kind, `AccessDenied 3, AccessTaken 12`
 * - a list: one of these words
 */
export type FieldType =
  | "source"
  | "text"
  | "u32"
  | "u32?"
  | "time"
  | "time?"
  | "seconds?"
  | "credential"
  | "credential?"
  | "hex"
  | "bytes?"
  | "boolean"
  | "counts"
  | readonly string[];

/** One kind of event. */
export interface EventRow {
  readonly severity: Severity;
  /** One sentence for people; `{field}` stands for the field's value. */
  readonly en: string;
  /** The same in Chinese, with the same fields. */
  readonly zh: string;
  /** In the order in which the record holds them. Appending changes the record: then its layout number changes too. */
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** The longest text of a field, in UTF-16 units. */
export const TEXT_MAX = 1024;

/** The value of one field as TypeScript sees it. */
export type FieldValue<T extends FieldType> = T extends readonly (infer Word)[]
  ? Word
  : T extends `${infer Base extends "u32" | "time" | "seconds" | "credential" | "bytes"}?`
    ? PresentValue<Base> | null
    : T extends string
      ? PresentValue<T>
      : never;
type PresentValue<T extends string> = T extends "u32" | "seconds"
  ? number
  : T extends "time"
    ? UnixSeconds
    : T extends "bytes"
      ? Uint8Array
      : T extends "boolean"
        ? boolean
        : string;
