/** A library kiosk as it stands. */
export interface KioskRow {
  readonly id: string;
  /** At which somebody shows a card to borrow. */
  readonly accessPoint: string;
  /** The credential of whoever borrows; null: nobody does. */
  readonly borrower: string | null;
  readonly leftS: number | null;
  /** No library is asked: nothing is really lent. */
  readonly isTest: boolean;
}

/** What became of an item. */
export interface KioskAnswer {
  readonly kiosk: string;
  readonly done: "lent" | "returned";
  /** The 14 digits of its barcode. */
  readonly item: string;
  /** When it has to be back; null where nobody says, or nothing is lent any more. */
  readonly due: number | null;
  readonly isTest: boolean;
}

export interface KioskItemRoute {
  readonly params: { readonly id: string };
  /** As it was scanned. */
  readonly body: { readonly barcode: string };
  readonly answer: KioskAnswer;
}
