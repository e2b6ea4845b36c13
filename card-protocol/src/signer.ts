/** An Ed25519 key that signs. RFC 8032 §5.1: one message, one signature; no chance enters. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, R ‖ S. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}
