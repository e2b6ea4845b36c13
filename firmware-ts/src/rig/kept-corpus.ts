import { readdirSync, readFileSync } from "node:fs";

/** What is read off a wire, and has bytes that broke it once, or could. */
export const CORPORA = ["display", "gm65", "ipp", "isapi", "keypad", "lock", "modbus", "osdp", "relay-avr", "scan", "uhppote"] as const;

const folder = new URL("../../corpus/", import.meta.url);

/**
 * The bytes that every fuzz test of a decoder reads first, each with what it is: `firmware-ts/corpus`, one file a decoder, hex in JSON. Add whatever ever broke
 * one.
 */
export function keptCorpus(decoder: (typeof CORPORA)[number]): readonly (readonly [why: string, bytes: Uint8Array])[] {
  const rows = JSON.parse(readFileSync(new URL(`${decoder}.json`, folder), "utf8")) as readonly { readonly hex: string; readonly why: string }[];
  return rows.map(({ hex, why }) => [why, Uint8Array.from(Buffer.from(hex, "hex"))] as const);
}

/** Names of the files that there are, without their ending. */
export const corpusFiles = (): string[] => readdirSync(folder).map((name) => name.replace(/\.json$/, "")).sort(); // prettier-ignore
