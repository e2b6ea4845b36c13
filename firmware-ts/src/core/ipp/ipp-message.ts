/** A request or an answer of IPP, without the document behind it. RFC 8010 §3. */
export interface IppMessage {
  /** `[2, 0]`; a printer answers with the version that it speaks. */
  readonly version: readonly [major: number, minor: number];
  /** The operation that is asked for, or the status of an answer: 0..0xffff. */
  readonly code: number;
  /** 1..2³¹−1; an answer repeats it. */
  readonly requestId: number;
  readonly groups: readonly IppGroup[];
}

/** Attributes under one delimiter tag, 0x01..0x0f but for 0x03. */
export interface IppGroup {
  readonly tag: number;
  readonly attributes: readonly IppAttribute[];
}

/** One attribute: 1setOf is several values. */
export interface IppAttribute {
  readonly name: string;
  readonly values: readonly IppValue[];
}

/**
 * One value. `integer` counts for enum, too: its tag tells them apart. `text` is whatever is written in characters; `language` only where the tag is one of a text
 * or name with a language. `bytes` is every other syntax, as it came.
 */
export type IppValue =
  | { readonly kind: "integer"; readonly tag: number; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "text"; readonly tag: number; readonly value: string; readonly language?: string }
  | { readonly kind: "range"; readonly low: number; readonly high: number }
  | { readonly kind: "collection"; readonly members: readonly IppAttribute[] }
  /** Out-of-band: there is no value, and why. */
  | { readonly kind: "none"; readonly tag: number }
  | { readonly kind: "bytes"; readonly tag: number; readonly value: Uint8Array };

/** Delimiter tags. RFC 8010 §3.5.1. */
export const IPP_GROUP = { operation: 0x01, job: 0x02, end: 0x03, printer: 0x04, unsupported: 0x05 } as const;

/** Value tags. RFC 8010 §3.5.2. */
export const IPP_TAG = {
  unsupported: 0x10,
  unknown: 0x12,
  noValue: 0x13,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octets: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  range: 0x33,
  beginCollection: 0x34,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  endCollection: 0x37,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  uriScheme: 0x46,
  charset: 0x47,
  naturalLanguage: 0x48,
  mimeMediaType: 0x49,
  memberName: 0x4a,
} as const;

/** Is written in characters, but for a member's name. */
export const isText = (tag: number): boolean => tag >= 0x40 && tag <= 0x5f && tag !== IPP_TAG.memberName;
export const isTextWithLanguage = (tag: number): boolean => tag === IPP_TAG.textWithLanguage || tag === IPP_TAG.nameWithLanguage;

/** Operations of RFC 8011 §5.4.15 that this project asks for, and CUPS's own for a job's document. */
export const IPP_OPERATION = {
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getJobs: 0x000a,
  getPrinterAttributes: 0x000b,
  releaseJob: 0x000d,
  getDocument: 0x4027,
} as const;

/** Status codes of RFC 8011 §B.1 that are told apart here. */
export const IPP_STATUS = {
  ok: 0x0000,
  badRequest: 0x0400,
  forbidden: 0x0401,
  notAuthenticated: 0x0402,
  notAuthorized: 0x0403,
  notPossible: 0x0404,
  notFound: 0x0406,
  internalError: 0x0500,
  notSupported: 0x0501,
  busy: 0x0507,
} as const;

/** Below 0x0100 all is well. */
export const isIppSuccess = (status: number): boolean => status < 0x0100;

/** `job-state`, RFC 8011 §5.3.7, by its number. */
export const JOB_STATES = {
  3: "pending",
  4: "held",
  5: "processing",
  6: "stopped",
  7: "canceled",
  8: "aborted",
  9: "completed",
} as const;
export type JobState = (typeof JOB_STATES)[keyof typeof JOB_STATES];

/** `printer-state`, RFC 8011 §5.4.11, by its number. */
export const PRINTER_STATES = { 3: "idle", 4: "processing", 5: "stopped" } as const;
export type PrinterState = (typeof PRINTER_STATES)[keyof typeof PRINTER_STATES];

const text = (tag: number, value: string): IppValue => ({ kind: "text", tag, value });

/** An attribute of one value of characters. */
export const textAttribute = (name: string, tag: number, ...values: readonly string[]): IppAttribute => ({
  name,
  values: values.map((value) => text(tag, value)),
});
export const integerAttribute = (name: string, value: number, tag: number = IPP_TAG.integer): IppAttribute => ({
  name,
  values: [{ kind: "integer", tag, value }],
});

/** The values of one attribute of a group; none where it is not there. */
export const valuesOf = ({ attributes }: IppGroup, name: string): readonly IppValue[] => attributes.find((each) => each.name === name)?.values ?? [];

/** The first value, if it is a number. */
export function integerOf(group: IppGroup, name: string): number | undefined {
  const value = valuesOf(group, name)[0];
  return value?.kind === "integer" ? value.value : undefined;
}

/** The values that are characters. */
export const textsOf = (group: IppGroup, name: string): readonly string[] =>
  valuesOf(group, name).flatMap((value) => (value.kind === "text" ? [value.value] : []));
