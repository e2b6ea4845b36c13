/** Whose events they are: the id, and which machine under it, with the key that signs them. */
export interface EventMachine {
  readonly controller: string;
  /** 1, 2, 3 …: the nth machine under this id. */
  readonly machine: number;
  readonly publicKey: Uint8Array;
}
