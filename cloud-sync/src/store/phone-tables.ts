/** What is kept of phones, issued passes and lent cards. */
export interface PhoneTables {
  /** Challenges that a phone may answer, once, to show that it holds the key that it enrols. */
  phone_challenge: { nonce: Uint8Array; person: string; until: number };
  /** Every key that a phone ever enrolled, by its SHA-256: none is enrolled twice, whoever may have had it meanwhile. */
  used_phone_key: { key_hash: Uint8Array; since: number };
  phone_loss: PhoneLossTable;
  issued_pass: IssuedPassTable;
  lent_card: LentCardTable;
}

/** That somebody's phone is gone (rule 4.5). */
export interface PhoneLossTable {
  person: string;
  since: number;
  /** Until when passes that were issued before may live where no list has come through. */
  passes_until: number;
  /** By enrolling another phone; null: it is still gone. */
  lifted_at: number | null;
}

/** Until when passes T of a credential were issued. Kept before the first of them leaves the cloud. */
export interface IssuedPassTable {
  credential: string;
  kid: number;
  issued_at: number;
  /** Expiry of the last. */
  until: number;
  actor: string;
}

/** One loan of a card at a desk. The row outlives the credential. */
export interface LentCardTable {
  credential: string;
  person: string;
  desk: string;
  lent_at: number;
  due_at: number;
  returned_at: number | null;
}
