import type { CapabilityRecord } from "@portico/firmware-ts/osdp";

/** Compliance level of a display of so many rows of 16 characters. */
const TEXT_COMPLIANCE = { 0: 0, 1: 1, 2: 2, 4: 3 } as const;

/** What a reader with a keypad, a display, outputs and inputs says of itself. Source: SIA OSDP 2.2 Annex B. */
export function pdCapabilities(outputs: number, inputs: number, hasAes: boolean, textRows: 0 | 1 | 2 | 4): readonly CapabilityRecord[] {
  const aes = hasAes ? 1 : 0;
  return [
    { function: 1, compliance: 1, count: inputs },
    { function: 2, compliance: 4, count: outputs },
    { function: 3, compliance: 1, count: 0 },
    { function: 4, compliance: 4, count: 1 },
    { function: 5, compliance: 2, count: 1 },
    { function: 6, compliance: TEXT_COMPLIANCE[textRows], count: textRows === 0 ? 0 : 1 },
    { function: 8, compliance: 1, count: 0 },
    { function: 9, compliance: aes, count: aes },
    { function: 10, compliance: 0xa0, count: 5 },
    { function: 14, compliance: 0, count: 1 },
  ];
}
