import { bytesToHex } from "./hex.ts";
import { PASS_FIELD, PASS_TEMPLATE, type PassField } from "./pass-template.ts";
import type { Pass } from "./pass.ts";
import { readPass } from "./read-pass.ts";
import { ok, type Result } from "./result.ts";

/** Neighbouring bytes of a pass with one meaning. */
export interface PassPart {
  readonly offset: number;
  readonly hex: string;
  readonly meaning: string;
}

/** A pass taken apart for a technician. Nothing here was verified. */
export interface PassInspection {
  readonly pass: Pass;
  readonly bytes: Uint8Array;
  /** In order, without gaps. */
  readonly parts: readonly PassPart[];
}

/**
 * What stands in a scan, byte by byte, without a key and without verifying.
 *
 * @param text  as the reader sent it
 */
export function inspectPass(text: Uint8Array | string): Result<PassInspection, "PassMalformed"> {
  const read = readPass(text);
  if (!read.ok) return read;
  const { pass, bytes } = read.value;
  const { layout } = PASS_TEMPLATE[pass.kind];
  const letterAt = (at: number): string => {
    const letter = layout.charAt(2 * at);
    return letter in PASS_FIELD ? letter : "";
  };
  const parts: PassPart[] = [];
  for (let from = 0, until = 0; from < bytes.length; from = until) {
    const letter = letterAt(from);
    until = from + 1;
    while (until < bytes.length && letterAt(until) === letter) until++;
    parts.push({ offset: from, hex: bytesToHex(bytes.subarray(from, until)), meaning: letter === "" ? "constant" : PASS_FIELD[letter as PassField] });
  }
  return ok({ pass, bytes, parts });
}
