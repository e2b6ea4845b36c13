import { bytesToHex, type Clock, encodeFrame, kidBytes, makeConfigurationRecord, ok, type Result, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { readController } from "../controllers.ts";
import { refuse } from "../core/refusal.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { PlannedConfigurationTable } from "../store/fleet-tables.ts";

/** What a controller shall run on. */
export interface PlannedConfiguration {
  readonly controller: string;
  readonly epoch: number;
  readonly number: number;
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
  readonly issued: number;
}

/**
 * What became of it. `running` the controller runs on it · `taken` it will from its next start on · `refused` it does not take it, `error` says why · `waiting`
 * it has not been heard since · `byFile` it takes none from the cloud
 */
export const CONFIGURATION_STATES = ["running", "taken", "refused", "waiting", "byFile"] as const;
export type ConfigurationState = (typeof CONFIGURATION_STATES)[number];
export interface ConfigurationStanding extends PlannedConfiguration {
  readonly state: ConfigurationState;
  readonly error: string | null;
  readonly detail: string;
}

/** What a controller says as it asks for the feed; undefined: it takes no configuration from the cloud. */
export type ToldConfiguration = { readonly epoch: number; readonly number: number; readonly running: string } | undefined;

/** What a controller says became of a configuration. */
export interface ConfigurationHeard {
  readonly epoch: number;
  readonly number: number;
  /** Null: it was taken. */
  readonly error: string | null;
  readonly detail: string;
}

/** Where instances share a store another one may hold the controller's stream: it is looked for so often. */
const POLL_MS = 1_000;

/**
 * Configurations that controllers are to run on: kept, signed anew each time one is told, and told to the controller on its stream, at once and as often as it
 * comes back without having judged it. docs/feed-and-events.md, "Configuration by file".
 */
export class ConfigurationDesk {
  readonly #cloud: Cloud;
  readonly #keys: CloudKeys;
  readonly #clock: Pick<Clock, "after">;
  readonly #tell: (controller: string, frame: Uint8Array) => boolean;
  /** Those up to here were told where they could be. */
  #seen: number | undefined;
  #cancelPoll = (): void => {};

  constructor(cloud: Cloud, keys: CloudKeys, clock: Pick<Clock, "after">, tell: (controller: string, frame: Uint8Array) => boolean) {
    this.#cloud = cloud;
    this.#keys = keys;
    this.#clock = clock;
    this.#tell = tell;
    if (cloud.database.isShared) this.#poll();
  }

  /** From now on the controller is to run on this text; the one before is told nobody any more. */
  async plan(note: ChangeNote, controller: string, text: Uint8Array): Promise<Result<Changed<PlannedConfiguration>, "ControllerUnknown" | "FeedUnsigned">> {
    const signing = this.#keys.feed();
    if (signing.keys === undefined) return refuse("FeedUnsigned", signing.missing);
    const hash = bytesToHex(nodeSha256(text));
    const epoch = signing.keys.trustList.feedEpoch;
    const made = await mutate(this.#cloud, { ...note, target: `controller ${controller} configuration ${hash}` }, async ({ queries, now }) => {
      const known = await readController(queries, controller);
      if (known === undefined || known.revokedAt !== null) return refuse("ControllerUnknown", controller);
      await queries.deleteFrom("controller_configuration").where("controller", "=", controller).execute();
      await queries.insertInto("controller_configuration").values({ controller, epoch, number: null, hash, issued: now, text }).execute();
      return ok(now);
    });
    if (!made.ok) return made;
    const { change: number, value: issued } = made.value;
    const { queries } = this.#cloud.database;
    await queries.updateTable("controller_configuration").set({ number }).where("controller", "=", controller).where("hash", "=", hash).where("number", "is", null).execute(); // prettier-ignore
    const frame = await this.#frame(controller);
    if (frame !== undefined) this.#tell(controller, frame);
    return ok({ value: { controller, epoch, number, hash, issued }, change: number });
  }

  /** The text that a controller is to run on; undefined: none was planned. */
  async text(controller: string): Promise<(PlannedConfiguration & { readonly text: Uint8Array }) | undefined> {
    const row = await this.#row(controller);
    return row === undefined ? undefined : { ...plannedOf(row), text: new Uint8Array(row.text) };
  }

  /** What every controller that has a plan makes of it, in the order of their ids. */
  async standings(): Promise<ConfigurationStanding[]> {
    const { queries } = this.#cloud.database;
    const rows = await queries
      .selectFrom("controller_configuration as planned")
      .innerJoin("controller", "controller.id", "planned.controller")
      .leftJoin("controller_configuration_told as told", "told.controller", "planned.controller")
      .select(["planned.controller", "planned.epoch", "planned.number", "planned.hash", "planned.issued"])
      .select(["told.takes", "told.running", "told.epoch as judgedEpoch", "told.number as judgedNumber", "told.error", "told.detail"])
      .where("planned.number", "is not", null)
      .where("controller.revoked_at", "is", null)
      .orderBy("planned.controller")
      .execute();
    return rows.map((row) => {
      const isJudged = row.judgedEpoch === row.epoch && row.judgedNumber === row.number;
      const isRunning = row.running === row.hash;
      const state = isRunning ? "running" : row.takes === 0 ? "byFile" : !isJudged ? "waiting" : row.error === null ? "taken" : "refused";
      const isRefused = state === "refused";
      return { ...plannedOf({ ...row, number: row.number! }), state, error: isRefused ? row.error : null, detail: isRefused ? (row.detail ?? "") : "" };
    });
  }

  /** A controller begins to follow the feed: what it says is kept. @returns the frame that it is to be told, where there is a newer one */
  async joined(controller: string, told: ToldConfiguration): Promise<Uint8Array | undefined> {
    const { queries } = this.#cloud.database;
    const before = await queries.selectFrom("controller_configuration_told").selectAll().where("controller", "=", controller).executeTakeFirst();
    const takes = told === undefined ? 0 : 1;
    const running = told?.running ?? null;
    const { epoch, number } = told ?? { epoch: 0, number: 0 };
    const isSame = before !== undefined && before.takes === takes && before.running === running && before.epoch === epoch && before.number === number;
    // What was refused stays told, also where a restart has the controller forget that it had refused it.
    const verdict =
      before !== undefined && before.epoch === epoch && before.number === number ? { error: before.error, detail: before.detail } : { error: null, detail: "" };
    if (!isSame) await this.#keep({ controller, takes, running, epoch, number, ...verdict });
    return told === undefined ? undefined : this.#frame(controller, told);
  }

  /** A controller says what became of a configuration. */
  async heard(controller: string, { epoch, number, error, detail }: ConfigurationHeard): Promise<void> {
    const before = await this.#cloud.database.queries
      .selectFrom("controller_configuration_told")
      .selectAll()
      .where("controller", "=", controller)
      .executeTakeFirst();
    await this.#keep({ controller, takes: 1, running: before?.running ?? null, epoch, number, error, detail });
  }

  close(): void {
    this.#cancelPoll();
  }

  async #keep(row: {
    controller: string;
    takes: number;
    running: string | null;
    epoch: number;
    number: number;
    error: string | null;
    detail: string;
  }): Promise<void> {
    const values = { ...row, at: Math.floor(this.#cloud.nowMs() / 1000) };
    const { controller: _, ...changed } = values;
    await this.#cloud.database.queries.insertInto("controller_configuration_told").values(values).onConflict((conflict) => conflict.column("controller").doUpdateSet(changed)).execute(); // prettier-ignore
  }

  #row(controller: string): Promise<(PlannedConfigurationTable & { readonly number: number }) | undefined> {
    const { queries } = this.#cloud.database;
    return queries.selectFrom("controller_configuration").selectAll().where("controller", "=", controller).where("number", "is not", null).$narrowType<{ number: number }>().executeTakeFirst(); // prettier-ignore
  }

  /** What a controller is to be told; undefined: nothing newer than what it has judged, or nobody signs. */
  async #frame(controller: string, held: { readonly epoch: number; readonly number: number } = { epoch: 0, number: 0 }): Promise<Uint8Array | undefined> {
    const row = await this.#row(controller);
    const { keys } = this.#keys.feed();
    if (row === undefined || keys === undefined) return undefined;
    const { epoch, number, text, issued } = row;
    if (epoch < held.epoch || (epoch === held.epoch && number <= held.number)) return undefined;
    const planned = { controller, epoch, number, issued: unixSeconds(issued), text: new Uint8Array(text) };
    return encodeFrame({ kind: "configuration", record: makeConfigurationRecord(this.#cloud.site, planned, kidBytes(keys.kid), keys.signer) });
  }

  #poll(): void {
    this.#cancelPoll = this.#clock.after(POLL_MS, () => {
      void this.#tellNews().finally(() => this.#poll());
    });
  }

  /** Those that another instance has planned since the last look. */
  async #tellNews(): Promise<void> {
    const { queries } = this.#cloud.database;
    const rows = await queries
      .selectFrom("controller_configuration")
      .select(["controller", "number"])
      .where("number", ">", this.#seen ?? 0)
      .execute();
    // What was there at the first look is told to each controller as it comes.
    const isFirst = this.#seen === undefined;
    this.#seen = Math.max(this.#seen ?? 0, ...rows.map(({ number }) => number ?? 0));
    for (const { controller } of isFirst ? [] : rows) {
      const frame = await this.#frame(controller);
      if (frame !== undefined) this.#tell(controller, frame);
    }
  }
}

const plannedOf = ({ controller, epoch, number, hash, issued }: PlannedConfiguration): PlannedConfiguration => ({ controller, epoch, number, hash, issued });
