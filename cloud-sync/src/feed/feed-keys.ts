import type { Signer, TrustList } from "@portico/card-protocol";

/** What a feed is signed with, and the trust lists that say so. */
export interface FeedKeys {
  /** A key of the trust list with usage `feed`. */
  readonly kid: number;
  readonly signer: Signer;
  /** A key of the trust list with usage `time`; it may be the same. */
  readonly time: { readonly kid: number; readonly signer: Signer };
  /** In force. */
  readonly trustList: TrustList;
  /** Every list since the first, oldest first: who missed root versions is given them one after the other. */
  readonly trustLists: readonly { readonly sequence: number; readonly bytes: Uint8Array }[];
}
