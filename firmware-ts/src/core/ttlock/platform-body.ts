import { type PlatformError, platformError } from "./platform-error.ts";

/** An object that a platform has answered with. */
export type PlatformBody = Readonly<Record<string, unknown>>;
/** What a body says: what was asked for, an error by its number, or nothing that this platform says. */
export type PlatformVerdict =
  | { readonly kind: "answer"; readonly body: PlatformBody }
  | { readonly kind: "error"; readonly errcode: number; readonly error: PlatformError }
  | { readonly kind: "nonsense" };

const isObject = (value: unknown): value is PlatformBody => typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads the JSON of an answer. An answer without `errcode` is one that has what was asked for. */
export function readVerdict(text: string): PlatformVerdict {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: "nonsense" };
  }
  if (!isObject(body)) return { kind: "nonsense" };
  const errcode = wholeOf(body, "errcode") ?? 0;
  return errcode === 0 ? { kind: "answer", body } : { kind: "error", errcode, error: platformError(errcode) };
}

/** A whole number, also where it comes as text; undefined: it is none. */
export function wholeOf(body: PlatformBody, field: string): number | undefined {
  const value = body[field];
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** A text; undefined: it is none. */
export const textOf = (body: PlatformBody, field: string): string | undefined => (typeof body[field] === "string" ? body[field] : undefined);

/** The objects of a page, and how many pages there are; undefined: it is no page. */
export function pageOf(body: PlatformBody): { readonly rows: readonly PlatformBody[]; readonly pages: number } | undefined {
  const list = body["list"];
  return Array.isArray(list) ? { rows: list.filter(isObject), pages: wholeOf(body, "pages") ?? 1 } : undefined;
}
