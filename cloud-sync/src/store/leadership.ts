import type { CloudDatabase, Queries } from "./cloud-database.ts";

/** The leader shows every so many looks that it is there; who has seen no sign over so many looks of its own takes its place. */
const BEAT_LOOKS = 4;
const LEASE_LOOKS = 12;
const ROLE = "sequencer";

/** This program may not publish: another one has taken its place. */
export class Deposed extends Error {
  override readonly name = "Deposed";
  constructor(term: number) {
    super(`another instance publishes since term ${term} has ended`);
  }
}

/**
 * Who of all instances on one store publishes. The place is taken by raising the term, and every publication checks the term in its own transaction
 * ({@link fence}): an instance that was stopped and wakes up can commit nothing, whatever it believes. No clock is asked: whoever leads changes its row now
 * and then, and the others count how often they have looked and seen no change.
 *
 * ```
 *  follows ── nobody leads, or LEASE_LOOKS without a sign: term + 1 ──▶ leads
 *     ▲                                                                  │
 *     └──────────────── the term is no longer ours, or resigned ─────────┘
 * ```
 */
export class Leadership {
  readonly #database: CloudDatabase;
  readonly #holder: string;
  /** Undefined: follows. */
  #term: number | undefined;
  #looks = 0;
  #seen: { readonly term: number; readonly beat: number } | undefined;

  /** @param holder  names this instance, for people */
  constructor(database: CloudDatabase, holder: string) {
    this.#database = database;
    this.#holder = holder;
  }

  /** As far as it knows: {@link fence} alone is sure. */
  get leads(): boolean {
    return this.#term !== undefined;
  }

  /**
   * One look at who leads; to be made at even intervals. Takes the place where nobody shows a sign. On a store of one program it is free at once.
   *
   * @returns whether this instance leads now
   */
  async look(): Promise<boolean> {
    this.#looks++;
    if (this.#term !== undefined) await this.#keep(this.#term);
    else await this.#stand();
    return this.leads;
  }

  /** First in the transaction of a publication: until it ends, nobody else can take the place. @throws Deposed */
  async fence(queries: Queries): Promise<void> {
    const term = this.#term;
    if (term !== undefined && (await this.#beat(queries, term))) return;
    this.#follow();
    throw new Deposed(term ?? 0);
  }

  /** Leaves the place to whoever looks next. */
  async resign(): Promise<void> {
    const term = this.#term;
    this.#follow();
    if (term === undefined) return;
    await this.#database.queries.updateTable("leader").set({ holder: "" }).where("role", "=", ROLE).where("term", "=", term).execute();
  }

  async #keep(term: number): Promise<void> {
    if (!this.#database.isShared || this.#looks % BEAT_LOOKS !== 0) return;
    if (!(await this.#beat(this.#database.queries, term))) this.#follow();
  }

  async #stand(): Promise<void> {
    const { queries, isShared } = this.#database;
    const { term, beat, holder } = await queries.selectFrom("leader").selectAll().where("role", "=", ROLE).executeTakeFirstOrThrow();
    if (this.#seen?.term !== term || this.#seen.beat !== beat) {
      this.#seen = { term, beat };
      this.#looks = 0;
    }
    if (isShared && holder !== "" && this.#looks < LEASE_LOOKS) return;
    const { numUpdatedRows } = await queries
      .updateTable("leader")
      .set({ term: term + 1, beat: 0, holder: this.#holder })
      .where("role", "=", ROLE)
      .where("term", "=", term)
      .where("beat", "=", beat)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) this.#term = term + 1;
  }

  async #beat(queries: Queries, term: number): Promise<boolean> {
    const { numUpdatedRows } = await queries
      .updateTable("leader")
      .set((row) => ({ beat: row("beat", "+", 1) }))
      .where("role", "=", ROLE)
      .where("term", "=", term)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  #follow(): void {
    this.#term = undefined;
    this.#seen = undefined;
    this.#looks = 0;
  }
}
