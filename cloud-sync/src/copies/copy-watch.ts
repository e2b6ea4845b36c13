import { type Clock, decodeEvent, readHeldPassEvidence, unixSeconds } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { COPY_ACT, type CopyFound, judgeCopies, REPEATED_WITHIN_S, type SignedShown } from "../core/copy-rules.ts";
import { setCredentialState } from "../credentials.ts";
import type { Publisher } from "../expansion/publisher.ts";
import type { CopyOutcome } from "../store/event-tables.ts";
import { Statement } from "../store/statement.ts";

export interface CopyWatchNeeds {
  readonly cloud: Cloud;
  readonly publisher: Pick<Publisher, "poke">;
  readonly clock: Pick<Clock, "after">;
  readonly onFailure: (error: unknown) => void;
}

/** An event that may hold a pass of a phone, the phone's key, and whose it is. */
interface ShownRow {
  readonly seq: number;
  readonly record: Uint8Array;
  readonly credential: string;
  readonly person: string;
  readonly public_key: Uint8Array;
}

/** Batches behind which the mark moves: each time is a commit. What is looked at again is acted on once. */
const BATCHES = 8;
/** So many events are looked at between two turns of the loop: each signature takes 70 µs. */
const LOOKED_AT = 200;
/** Asked of every batch that comes. Of most credentials, which are cards, nothing is signed. */
const SHOWN_OF_PHONES = new Statement<ShownRow>(
  `SELECT seq, record, credential.id AS credential, person, public_key FROM controller_event JOIN credential ON credential.id = controller_event.credential
    WHERE chain = ? AND seq >= ? AND seq <= ? AND name IN ('AccessGranted', 'AccessDenied') AND public_key IS NOT NULL ORDER BY seq LIMIT ${LOOKED_AT}`,
);
const NOTE = { actor: "copies", action: "credential suspend", target: "" } as const;

/**
 * Looks through what all controllers have sent up for keys that two phones hold. Every pass is verified again, by the key of its credential, before anything is
 * concluded from it: a controller that is not honest can say where a pass was shown, and cannot make one. docs/card-format.md, "What a copy is worth".
 */
export class CopyWatch {
  readonly #needs: CopyWatchNeeds;
  #run: Promise<void> | undefined;
  #again = false;
  #isClosed = false;
  #endTurn = (): void => {};

  constructor(needs: CopyWatchNeeds) {
    this.#needs = needs;
  }

  /** Something was taken. Returns at once. */
  poke(): void {
    this.#again = true;
    this.#run ??= this.#look().finally(() => (this.#run = undefined));
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  /** Ends what is on its way. The rest is looked at after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endTurn();
    await this.settled();
  }

  async #look(): Promise<void> {
    const { cloud, onFailure } = this.#needs;
    try {
      while (this.#again && !this.#isClosed) {
        this.#again = false;
        while (!this.#isClosed && (await this.#lookAtNext())) await this.#turn();
        const oldest = Math.floor(cloud.nowMs() / 1_000) - REPEATED_WITHIN_S;
        await cloud.database.queries.deleteFrom("shown_pass").where("signed_at", "<", oldest).execute();
      }
    } catch (error) {
      onFailure(error); // what was not looked at is, with the next batch
    }
  }

  /** Over at once when it is closed: nobody would end it any more. */
  #turn(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#endTurn = resolve;
      this.#needs.clock.after(0, resolve);
    });
  }

  /** Some batches. False: there is no further one. */
  async #lookAtNext(): Promise<boolean> {
    const { queries } = this.#needs.cloud.database;
    const { batch: mark } = await queries.selectFrom("copy_mark").select("batch").executeTakeFirstOrThrow();
    const batches = await queries.selectFrom("event_batch").select(["id", "chain", "new_from", "last_seq"]).where("id", ">", mark).orderBy("id").limit(BATCHES).execute(); // prettier-ignore
    const last = batches.at(-1);
    if (last === undefined) return false;
    for (const batch of batches) {
      if (this.#isClosed) return false;
      await this.#lookAt(batch.chain, batch.new_from, batch.last_seq);
    }
    await queries.updateTable("copy_mark").set({ batch: last.id }).execute();
    return true;
  }

  async #lookAt(chain: number, first: number, last: number): Promise<void> {
    const { queries } = this.#needs.cloud.database;
    for (let from = first; ; await this.#turn()) {
      const rows = await SHOWN_OF_PHONES.rows(queries, chain, from, last);
      for (const row of rows) {
        const pass = this.#signedIn(row);
        if (pass !== undefined) await this.#seen(row, pass, chain);
      }
      if (rows.length < LOOKED_AT) return;
      from = rows.at(-1)!.seq + 1;
    }
  }

  /** The pass in an event, where the credential's key has signed it. */
  #signedIn({ record, credential, public_key }: ShownRow): SignedShown | undefined {
    const read = decodeEvent(new Uint8Array(record));
    if (!read.ok || (read.value.event.name !== "AccessGranted" && read.value.event.name !== "AccessDenied")) return undefined;
    const { pass } = read.value.event.fields;
    if (pass === null) return undefined;
    const signed = readHeldPassEvidence(pass, this.#needs.cloud.site, new Uint8Array(public_key), nodeVerifier);
    return signed.ok && signed.value.credentialId === credential ? { counter: signed.value.counter, signedAt: signed.value.signedAt } : undefined;
  }

  async #seen({ credential, person, seq }: ShownRow, { counter, signedAt }: SignedShown, chain: number): Promise<void> {
    const { queries } = this.#needs.cloud.database;
    const kept = await queries
      .insertInto("shown_pass")
      .values({ credential, counter, signed_at: signedAt, chain, seq })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (kept.numInsertedOrUpdatedRows !== 1n && !(await this.#isKeptOf(chain, seq, { credential, counter, signedAt }))) return;
    const rows = await queries.selectFrom("shown_pass").select(["counter", "signed_at"]).where("credential", "=", credential).execute();
    const found = judgeCopies(rows.map((row) => ({ counter: row.counter, signedAt: unixSeconds(row.signed_at) })));
    if (found !== undefined) await this.#act(credential, person, found);
  }

  /** Whether it was this very event that brought the pass: a program that died may have kept it and not come to act on it. Another event brings nothing new. */
  async #isKeptOf(chain: number, seq: number, { credential, counter, signedAt }: { readonly credential: string } & SignedShown): Promise<boolean> {
    const { queries } = this.#needs.cloud.database;
    const pass = queries.selectFrom("shown_pass").select("seq").where("credential", "=", credential).where("counter", "=", counter).where("signed_at", "=", signedAt); // prettier-ignore
    return (await pass.where("chain", "=", chain).where("seq", "=", seq).executeTakeFirst()) !== undefined;
  }

  /** Once for the same evidence. */
  async #act(credential: string, person: string, { kind, earlier, later }: CopyFound): Promise<void> {
    const { cloud, publisher } = this.#needs;
    const { queries } = cloud.database;
    const evidence = JSON.stringify({ earlier, later });
    const known = await queries.selectFrom("copy_finding").select("id").where("credential", "=", credential).where("kind", "=", kind).where("evidence", "=", evidence).executeTakeFirst(); // prettier-ignore
    if (known !== undefined) return;
    let outcome: CopyOutcome = "reported";
    if (COPY_ACT[kind] === "suspend") {
      const reason = `${kind}: counter ${earlier.counter} signed at ${earlier.signedAt}, ${later.counter} at ${later.signedAt}`;
      const made = await setCredentialState(cloud, { ...NOTE, reason }, credential, "suspended", null, ["active"]);
      outcome = made.ok ? "suspended" : "unchanged";
      if (made.ok) publisher.poke();
    }
    const at = Math.floor(cloud.nowMs() / 1_000);
    await queries
      .insertInto("copy_finding")
      .values({ credential, person, kind, at, outcome, evidence })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
