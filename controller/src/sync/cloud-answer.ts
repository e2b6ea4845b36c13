import { hexToBytes } from "@portico/card-protocol";
import type { DeliveredZoneKey } from "./delivered-zone-key.ts";

/** What the cloud answered. */
export interface Answer {
  readonly status: number;
  readonly retryAfterS: number | undefined;
  readonly body: Uint8Array;
}

/** What went wrong on the way, in words. */
export interface Unanswered {
  readonly detail: string;
  readonly retryAfterS?: number;
}

/** Why an answer is none. */
export const failed = (what: string, { status, retryAfterS }: Answer): Unanswered => ({
  detail: `the cloud does not take ${what}: it answered ${status}`,
  ...(retryAfterS === undefined ? {} : { retryAfterS }),
});

function jsonOf({ status, body }: Answer): Readonly<Record<string, unknown>> {
  if (status !== 200) return {};
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof read === "object" && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** A text of a JSON answer; undefined where it is none. */
export function textField(answer: Answer, name: string): string | undefined {
  const value = jsonOf(answer)[name];
  return typeof value === "string" ? value : undefined;
}

/** The keys in an answer; undefined where they are none. */
export function zoneKeysOf(answer: Answer): DeliveredZoneKey[] | undefined {
  const { zones } = jsonOf(answer);
  if (!Array.isArray(zones)) return undefined;
  const keys = zones.map((row: unknown) => {
    const { zone, keyGeneration, key } = (row ?? {}) as Readonly<Record<string, unknown>>;
    const bytes = typeof key === "string" ? hexToBytes(key) : undefined;
    return typeof zone === "string" && typeof keyGeneration === "number" && bytes?.length === 32 ? { zone, generation: keyGeneration, key: bytes } : undefined;
  });
  return keys.every((key) => key !== undefined) ? keys : undefined;
}
