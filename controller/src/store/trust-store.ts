import type { ControllerDatabase } from "./database.ts";

/** A trust list as it was accepted. */
export interface StoredTrustList {
  readonly sequence: number;
  /** Of the root keys that it names. */
  readonly rootVersion: number;
  /** As signed. */
  readonly bytes: Uint8Array;
}

/**
 * The trust list that this controller goes by, and the lists that lead to it from the roots pinned at commissioning: the first of each root version.
 * It never goes back to an older one: neither this code nor the table lets it.
 */
export class TrustStore {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  /** The lists to accept one after the other at a start, the one in force last; empty before the first. The disk vouches for none of them. */
  chain(): StoredTrustList[] {
    return this.#database
      .prepare<[], { sequence: number; root_version: number; bytes: Uint8Array }>("SELECT * FROM trust_list ORDER BY sequence")
      .all()
      .map(({ sequence, root_version, bytes }) => ({ sequence, rootVersion: root_version, bytes: new Uint8Array(bytes) }));
  }

  /** What {@link keep} would do with a list. */
  standing({ sequence, bytes }: StoredTrustList): "kept" | "unchanged" | "older" {
    const current = this.chain().at(-1);
    if (current === undefined || sequence > current.sequence) return "kept";
    return sequence === current.sequence && Buffer.compare(bytes, current.bytes) === 0 ? "unchanged" : "older";
  }

  /**
   * Keeps a list whose signatures were verified. Durable when it returns.
   *
   * @returns `unchanged` for the very list that is in force; `older` for another one that is not newer, which is not kept
   * @throws RecordingFailed when the disk refuses
   */
  keep(list: StoredTrustList): "kept" | "unchanged" | "older" {
    const { sequence, rootVersion, bytes } = list;
    return this.#database.transaction("durable", () => {
      const standing = this.standing(list);
      if (standing !== "kept") return standing;
      this.#database
        .prepare<[number, number, Uint8Array]>("INSERT INTO trust_list (sequence, root_version, bytes) VALUES (?, ?, ?)")
        .run(sequence, rootVersion, bytes);
      this.#database
        .prepare<[number]>("DELETE FROM trust_list WHERE sequence < ? AND sequence NOT IN (SELECT min(sequence) FROM trust_list GROUP BY root_version)")
        .run(sequence);
      return standing;
    });
  }
}
