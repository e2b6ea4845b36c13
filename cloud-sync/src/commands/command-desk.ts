import {
  bytesToHex,
  type Clock,
  COMMAND_LIFE_MAX_S,
  type CommandRefusal,
  encodeFrame,
  hexToBytes,
  kidBytes,
  makeCommand,
  ok,
  type Result,
  unixSeconds,
} from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { readController } from "../controllers.ts";
import { refuse } from "../core/refusal.ts";
import { isFollowing } from "../fleet/fleet-status.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { DoorCommandTable } from "../store/trust-tables.ts";
import { askedAgain, keepOrder, owedOrders, settleOrder, STANDING_VERBS, type ZoneOrder } from "./zone-orders.ts";

/** What is asked of a controller. */
export interface DoorCommand {
  readonly controller: string;
  /** Door, direction of a turnstile, or turnstile, as its configuration names it. */
  readonly target: string;
  readonly verb: string;
}

/** What became of a command. `unheard`: nothing came back in time; it can no longer be carried out. */
export interface CommandEnd {
  readonly id: string;
  readonly outcome: "acted" | "refused" | "unheard";
  readonly error: string | null;
  readonly detail: string;
}

/** What is asked of every controller of a zone, about its doors there. */
export interface ZoneCommand {
  readonly zone: string;
  readonly verb: ZoneVerb;
}
/** The verbs that concern all doors of a zone. */
export const ZONE_VERBS = ["lockdown", "lockdown-release", "drill", "drill-end", "relock"] as const;
export type ZoneVerb = (typeof ZONE_VERBS)[number];
/** What became of it at one controller. */
export type ZoneCommandEnd = CommandEnd & { readonly controller: string };

/** What a controller says became of it. */
export interface HeardOutcome {
  readonly id: string;
  readonly outcome: "acted" | "refused";
  readonly error: CommandRefusal | null;
  readonly detail: string;
  /** 32 hex digits: the same command may answer it. */
  readonly nonce: string | null;
}

/** Tells a controller that follows the feed here. False: it does not. */
export type TellController = (controller: string, frame: Uint8Array) => boolean;

/** Behind the end of a command its outcome may still be on its way for so long. */
const GRACE_S = 2;
/** Who is back is told what it has missed so long behind its first word: its list comes first. */
const MAKE_GOOD_AFTER_MS = 1_000;
/** Refusals behind which the same order would be refused again. */
const FINAL_REFUSALS: readonly string[] = ["OperationRefused", "CommandUnknown"] satisfies readonly CommandRefusal[];
/** Where several instances share a store, what others wrote is looked for so often. */
const POLL_MS = 250;

/**
 * Sends commands to controllers and waits for what becomes of them. A command stands in the store before it is sent, so that any instance may hold the
 * controller's stream, and any may hear the outcome.
 */
export class CommandDesk {
  readonly #cloud: Cloud;
  readonly #keys: CloudKeys;
  readonly #clock: Pick<Clock, "after">;
  readonly #tell: TellController;
  /** What this instance has sent already, by id and nonce. */
  readonly #sent = new Set<string>();
  /** Who waits for something to happen to a command. */
  readonly #waiting = new Set<() => void>();
  readonly #makingGood = new Set<() => void>();
  readonly #onFailure: (error: unknown) => void;
  #cancelPoll = (): void => {};

  /** @param onFailure  told where what was missed could not be made good: it is tried again when the controller comes back */
  constructor(cloud: Cloud, keys: CloudKeys, clock: Pick<Clock, "after">, tell: TellController, onFailure: (error: unknown) => void) {
    this.#cloud = cloud;
    this.#keys = keys;
    this.#clock = clock;
    this.#tell = tell;
    this.#onFailure = onFailure;
    if (this.#isShared) this.#poll();
  }

  /** Gives a command, and waits until it has been carried out, refused, or can no longer be. */
  async give(note: ChangeNote, { controller, target, verb }: DoorCommand): Promise<Result<Changed<CommandEnd>, "ControllerUnknown" | "CommandUnsigned">> {
    if (this.#keys.signing("command") === undefined) return refuse("CommandUnsigned");
    const id = bytesToHex(this.#cloud.randomBytes(16));
    const kept = await mutate(this.#cloud, { ...note, target: `controller ${controller}, ${verb} at ${target}, command ${id}` }, async ({ queries, now }) => {
      const known = await readController(queries, controller);
      if (known === undefined || known.revokedAt !== null) return refuse("ControllerUnknown", controller);
      const { actor, reason } = note;
      const open = { outcome: null, error: null, detail: null, nonce: null };
      const row: DoorCommandTable = { id, controller, target, verb, actor, reason, issued: now, not_after: now + COMMAND_LIFE_MAX_S, ...open };
      await queries.insertInto("door_command").values(row).execute();
      return ok(row);
    });
    if (!kept.ok) return kept;
    await this.#deliver();
    if (!this.#sent.has(keyOf(kept.value.value)) && !(await this.#mayBeElsewhere(controller)))
      await this.#end(id, { outcome: "unheard", error: null, detail: "it is not connected" });
    return ok({ value: await this.#ended(id), change: kept.value.change });
  }

  /**
   * Gives every controller that follows a zone the same command about the zone's doors, all at once, and waits for each. One that is not connected is unheard:
   * its doors stay as they are. A lockdown and its end stand until the next of them, and are made good when it is back ({@link joined}).
   */
  async giveZone(note: ChangeNote, { zone, verb }: ZoneCommand): Promise<Result<Changed<readonly ZoneCommandEnd[]>, "ZoneUnknown" | "CommandUnsigned">> {
    if (this.#keys.signing("command") === undefined) return refuse("CommandUnsigned");
    const id = bytesToHex(this.#cloud.randomBytes(16));
    const kept = await mutate(this.#cloud, { ...note, target: `zone ${zone}, ${verb}` }, async ({ queries, now }) => {
      if ((await queries.selectFrom("zone").select("id").where("id", "=", zone).executeTakeFirst()) === undefined) return refuse("ZoneUnknown", zone);
      const rows = await queries.selectFrom("controller").select(["id", "zones"]).where("revoked_at", "is", null).orderBy("id").execute();
      const asked = rows.filter((row) => (JSON.parse(row.zones) as string[]).includes(zone)).map((row) => row.id);
      const standing = STANDING_VERBS.find((each) => each === verb);
      if (standing !== undefined) await keepOrder(queries, { id, zone, verb: standing, actor: note.actor, reason: note.reason, at: now }, asked);
      return ok(asked);
    });
    if (!kept.ok) return kept;
    const ends = await Promise.all(
      kept.value.value.map(async (controller) => ({ controller, ...(await this.#carryOut(note, controller, { id, zone, verb })) })),
    );
    return ok({ value: ends, change: kept.value.change });
  }

  /** A controller follows the feed: in a moment it is told which lockdowns of its zones, and ends of them, it has not heard of. */
  joined(controller: string): void {
    const cancel = this.#clock.after(MAKE_GOOD_AFTER_MS, () => {
      this.#makingGood.delete(cancel);
      void this.#makeGood(controller).catch(this.#onFailure);
    });
    this.#makingGood.add(cancel);
  }

  async #makeGood(controller: string): Promise<void> {
    const { queries } = this.#cloud.database;
    for (const order of await owedOrders(queries, controller)) {
      await askedAgain(queries, controller, order);
      await this.#carryOut({ actor: order.actor, action: "zone make-good", target: "", reason: order.reason }, controller, order);
    }
  }

  /** Has a controller do what was ordered for a zone. Where it says what became of it the order is settled there, unless asking again may end otherwise. */
  async #carryOut(note: ChangeNote, controller: string, { id, zone, verb }: Pick<ZoneOrder, "id" | "zone"> & { readonly verb: ZoneVerb }): Promise<CommandEnd> {
    const end = await this.#endAt(note, controller, `zone:${zone}`, verb);
    if (end.outcome === "acted" || FINAL_REFUSALS.includes(end.error ?? "")) await settleOrder(this.#cloud.database.queries, controller, { zone, id });
    return end;
  }

  /** A controller says what became of a command. One that another was given, or that is over, changes nothing. */
  async heard(controller: string, { id, outcome, error, detail, nonce }: HeardOutcome): Promise<void> {
    const row = await this.#read(id);
    if (row?.controller !== controller || row.outcome !== null) return;
    if (error === "ClockUncertain" && nonce !== null && row.nonce === null) {
      const until = this.#now + COMMAND_LIFE_MAX_S;
      await this.#cloud.database.queries.updateTable("door_command").set({ nonce, not_after: until }).where("id", "=", id).where("nonce", "is", null).execute();
      return this.#deliver();
    }
    await this.#end(id, { outcome, error: outcome === "refused" ? (error ?? "") : null, detail });
  }

  close(): void {
    this.#cancelPoll();
    for (const cancel of this.#makingGood) cancel();
  }

  /** Sends what waits for controllers that are connected here. */
  async #deliver(): Promise<void> {
    const { database, site } = this.#cloud;
    const rows = await database.queries.selectFrom("door_command").selectAll().where("outcome", "is", null).where("not_after", ">", this.#now).execute();
    for (const row of rows) {
      const key = this.#keys.signing("command");
      if (key === undefined || this.#sent.has(keyOf(row))) continue;
      const { id, controller, target, verb, actor, reason, not_after, nonce } = row;
      const issued = unixSeconds(not_after - COMMAND_LIFE_MAX_S);
      const command = { id: hexToBytes(id)!, controller, target, verb, issued, notAfter: unixSeconds(not_after), nonce: nonce === null ? null : hexToBytes(nonce)!, by: actor.slice(0, 64), reason: reason.slice(0, 200) }; // prettier-ignore
      if (this.#tell(controller, encodeFrame({ kind: "command", record: makeCommand(site, command, kidBytes(key.kid), key.signer) })))
        this.#sent.add(keyOf(row));
    }
  }

  async #ended(id: string): Promise<CommandEnd> {
    for (;;) {
      const woken = this.#woken(); // from now on: what happens while the row is read counts too
      const { outcome, error, detail, not_after } = (await this.#read(id))!;
      if (outcome !== null) {
        woken.forget();
        for (const key of this.#sent) if (key.startsWith(id)) this.#sent.delete(key);
        return { id, outcome, error, detail: detail ?? "" };
      }
      if (this.#now < not_after + GRACE_S) await woken.happened;
      else {
        woken.forget();
        await this.#end(id, { outcome: "unheard", error: null, detail: "no answer came in time" });
      }
    }
  }

  async #endAt(note: ChangeNote, controller: string, target: string, verb: string): Promise<CommandEnd> {
    const given = await this.give(note, { controller, target, verb });
    return given.ok ? given.value.value : { id: "", outcome: "unheard", error: given.error, detail: given.detail };
  }

  /** Whether another instance that shares the store may hold the controller's stream. */
  async #mayBeElsewhere(controller: string): Promise<boolean> {
    if (!this.#isShared) return false;
    const contact = await this.#cloud.database.queries.selectFrom("controller_contact").selectAll().where("controller", "=", controller).executeTakeFirst();
    return isFollowing(contact, this.#now);
  }

  /** Only the first end counts. */
  async #end(id: string, end: Pick<DoorCommandTable, "outcome" | "error" | "detail">): Promise<void> {
    await this.#cloud.database.queries.updateTable("door_command").set(end).where("id", "=", id).where("outcome", "is", null).execute();
    for (const wake of this.#waiting) wake();
  }

  #read(id: string): Promise<DoorCommandTable | undefined> {
    return this.#cloud.database.queries.selectFrom("door_command").selectAll().where("id", "=", id).executeTakeFirst();
  }

  /** Something may have happened: it did here, or a while has passed. */
  #woken(): { readonly happened: Promise<void>; forget(): void } {
    let wake = (): void => {};
    const happened = new Promise<void>((resolve) => {
      wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
    });
    const cancel = this.#clock.after(this.#isShared ? POLL_MS : 1_000, wake);
    this.#waiting.add(wake);
    return { happened, forget: wake };
  }

  #poll(): void {
    this.#cancelPoll = this.#clock.after(POLL_MS, () => void this.#deliver().finally(() => this.#poll()));
  }

  get #isShared(): boolean {
    return this.#cloud.database.isShared;
  }

  get #now(): number {
    return Math.floor(this.#cloud.nowMs() / 1000);
  }
}

const keyOf = ({ id, nonce }: Pick<DoorCommandTable, "id" | "nonce">): string => `${id} ${nonce ?? ""}`;
