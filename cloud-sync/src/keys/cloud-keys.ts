import { type KeyUsage, sameBytes, type Signer, type TrustedKey, type TrustList } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { FeedKeys } from "../feed/feed-keys.ts";
import type { KeyPlace } from "./signing-key-files.ts";
import { type KeptTrustList, keptTrustLists, takeTrustListFiles } from "./trust-lists.ts";

/** A key that this cloud holds and that the trust list in force lets sign. */
export interface SigningKey {
  readonly kid: number;
  readonly signer: Signer;
  /** Usage T: how long a pass lives, seconds; else 0. */
  readonly ttlS: number;
  readonly notAfter: number;
}

/**
 * What a cloud signs with: the keys in its data folder, as far as the newest trust list names them. While two keys of one usage overlap, the one that began
 * last signs. Lists and keys that come while it runs are taken up by {@link refresh}.
 */
export class CloudKeys {
  readonly #cloud: Cloud;
  readonly #place: KeyPlace;
  readonly #listeners = new Set<() => Promise<void> | void>();
  #held: readonly Signer[] = [];
  #lists: readonly KeptTrustList[] = [];
  /** As the listeners were told last. */
  #told = "";

  private constructor(cloud: Cloud, place: KeyPlace) {
    this.#cloud = cloud;
    this.#place = place;
  }

  /** @throws SetupError for a key that others may read, and for a trust list that is none */
  static async open(cloud: Cloud, place: KeyPlace): Promise<CloudKeys> {
    const keys = new CloudKeys(cloud, place);
    await keys.refresh();
    return keys;
  }

  /** In force; undefined: there is none yet. */
  get trustList(): TrustList | undefined {
    return this.#lists.at(-1)?.list;
  }

  /** Every list since the first, oldest first. */
  get trustLists(): readonly KeptTrustList[] {
    return this.#lists;
  }

  /** Every key that this cloud can sign with, the first one first; whether it may, the trust list says. */
  get signers(): readonly Signer[] {
    return this.#held;
  }

  /** The public keys that this cloud can sign with, the first one first. */
  get publicKeys(): readonly Uint8Array[] {
    return this.#held.map(({ publicKey }) => publicKey);
  }

  /** The key that signs this now; undefined: none that is held may. @param list  that in force */
  signing(usage: KeyUsage, list: TrustList | undefined = this.trustList): SigningKey | undefined {
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const usable = [...(list?.keys.values() ?? [])]
      .filter((key) => key.status === "active" && key.usages.includes(usage) && key.notBefore <= now && now < key.notAfter)
      .sort((a, b) => b.notBefore - a.notBefore || b.kid - a.kid)
      .flatMap((key) => this.#withSigner(key));
    return usable[0];
  }

  /** What the feed is signed with, or why nothing. */
  feed(): { readonly keys: FeedKeys } | { readonly keys: undefined; readonly missing: string } {
    const list = this.trustList;
    if (list === undefined)
      return { keys: undefined, missing: `there is no trust list${this.#place.listsFolder === undefined ? "" : ` in ${this.#place.listsFolder}`}` };
    const [feed, time] = [this.signing("feed"), this.signing("time")];
    const missing = (usage: string) => ({ keys: undefined, missing: `trust list ${list.sequence} does not let the cloud's key sign the ${usage}` });
    if (feed === undefined) return missing("feed");
    if (time === undefined) return missing("time");
    const trustLists = this.#lists.map(({ list: { sequence }, bytes }) => ({ sequence, bytes }));
    return { keys: { kid: feed.kid, signer: feed.signer, time: { kid: time.kid, signer: time.signer }, trustList: list, trustLists } };
  }

  /** Makes another key in the cloud's own keeping. It signs nothing until a trust list names it. @throws SetupError where it cannot be kept */
  make(): Uint8Array {
    const publicKey = this.#place.make();
    this.#held = this.#place.signers();
    return publicKey;
  }

  /** Called when a list was taken up or another key signs. Returns the function that removes the listener. */
  onChange(listener: () => Promise<void> | void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes up what has come into the data folder or the store, and what the time has changed.
   *
   * @throws SetupError for a file that is wrong: what was in force stays
   */
  async refresh(): Promise<void> {
    const { listsFolder } = this.#place;
    if (listsFolder !== undefined) await takeTrustListFiles(this.#cloud, listsFolder);
    await this.reload();
  }

  /** Takes up what has come into the store: a list that was installed by a call is in force whatever lies in the folder. */
  async reload(): Promise<void> {
    this.#held = this.#place.signers();
    this.#lists = await keptTrustLists(this.#cloud);
    const { keys } = this.feed();
    const now = `${this.trustList?.sequence ?? 0} ${keys?.kid ?? ""} ${keys?.time.kid ?? ""} ${this.signing("T")?.kid ?? ""} ${this.signing("command")?.kid ?? ""}`;
    if (now === this.#told) return;
    this.#told = now;
    for (const listener of this.#listeners) await listener();
  }

  #withSigner({ kid, publicKey, ttlS, notAfter }: TrustedKey): SigningKey[] {
    const signer = this.#held.find((each) => sameBytes(each.publicKey, publicKey));
    return signer === undefined ? [] : [{ kid, signer, ttlS, notAfter }];
  }
}
