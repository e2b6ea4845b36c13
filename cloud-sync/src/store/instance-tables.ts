/** What several instances on one store share. */
export interface InstanceTables {
  /** Who publishes. One row; `holder` is empty where the place is free. */
  leader: { role: string; term: number; beat: number; holder: string };
  /** Controllers that were let in, by the SHA-256 of their token. `changed`: a token is for the controller as it was then. */
  controller_token: { hash: Uint8Array; controller: string; changed: number; until: number };
  /** Challenges that were answered: none is taken twice. */
  answered_challenge: { nonce: Uint8Array; until: number };
  /** What challenges are vouched for with, 32 bytes. One row, made when it is needed. */
  entrance_secret: { one_row: number; secret: Uint8Array };
}
