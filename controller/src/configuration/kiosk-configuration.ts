import type { FileContent } from "./schema.ts";

/** `[[kiosk]]`: somebody borrows at its access point, and returns items. */
export interface KioskConfiguration {
  readonly id: string;
  /** The scanner that reads items; absent: they come over the control API alone. */
  readonly items?: string;
  /** The last digit of an item's barcode is the check digit of the others. */
  readonly hasCheckDigit: boolean;
  /** So long whoever showed a card may borrow, from the last item on. */
  readonly sessionMs: number;
}

/** `[[kiosk]]` as the controller takes it. */
export const kioskOf = ({ id, items, check_digit: hasCheckDigit, session_s: sessionS }: FileContent["kiosk"][number]): KioskConfiguration => ({
  id,
  ...(items === undefined ? {} : { items }),
  hasCheckDigit,
  sessionMs: sessionS * 1_000,
});
