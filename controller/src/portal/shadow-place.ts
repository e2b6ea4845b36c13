import { err, type EventName, type MonotonicMs } from "@portico/card-protocol";
import type { InputReference } from "../configuration/configuration.ts";
import type { DoorRow } from "../control/door-rows.ts";
import type { LaneRow } from "../control/lane-rows.ts";
import { type Door, UNKNOWN_DOOR } from "../core/door.ts";
import type { DoorRefusal } from "../core/door-operation.ts";
import { LANE_DIRECTIONS, type LaneDirection } from "../core/lane.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import { type Overruling, overrulingOf, refusalUnder } from "../core/overruling.ts";
import {
  type BoardUser,
  type Holdable,
  type Operable,
  type OperationOutcome,
  type OverrulingInput,
  type Place,
  type Portal,
  type PortalParts,
} from "./portal.ts";

/** One way of a place in shadow: the door itself, or a direction of a turnstile. */
export interface ShadowWay {
  /** `library`, or `gate-1/entry`. */
  readonly id: string;
  /** As it was set when Portico drove it last; Locked where it never did. */
  readonly standing: ModeStanding;
}

export interface ShadowPlaceOptions extends Pick<PortalParts, "board" | "clock"> {
  readonly id: string;
  readonly kind: "door" | "turnstile";
  readonly ways: readonly ShadowWay[];
  readonly contact: (InputReference & { readonly closedMeans: "closed" | "open" }) | undefined;
  /** Which of a turnstile's own signals are wired. */
  readonly unitSignals: { readonly ready: boolean; readonly alarm: boolean };
  /** What overruled it when this began. */
  readonly overruling: Omit<Overruling, "fire">;
}

const IN_SHADOW = "is in shadow: the old system drives it";

/**
 * A door or turnstile that the old system drives. Holds no relay and has no machine: nothing that happens here can move a lock. What operators and schedules
 * ask is refused, what lockdowns and drills say is kept for the cut-over.
 */
export class ShadowPlace implements Place, BoardUser {
  readonly id: string;
  readonly #options: ShadowPlaceOptions;
  readonly #since: MonotonicMs;
  #overruling: Overruling;

  constructor(options: ShadowPlaceOptions) {
    this.id = options.id;
    this.#options = options;
    this.#since = options.clock.monotonic();
    this.#overruling = { ...options.overruling, fire: false };
  }

  get ways(): readonly ShadowWay[] {
    return this.#options.ways;
  }

  /** Of a turnstile, those that have a lock. */
  get directions(): readonly LaneDirection[] {
    return LANE_DIRECTIONS.filter((direction) => this.#options.ways.some(({ id }) => id === `${this.id}/${direction}`));
  }

  /** As the other doors of an interlock see it. */
  get state(): Door {
    return { ...UNKNOWN_DOOR, mode: "Locked", physical: this.#physical() };
  }

  overrule(input: OverrulingInput): void {
    if (input.kind === "drill") this.#overruling = { ...this.#overruling, drill: input.on };
    else if (input.kind === "lockdown") this.#overruling = { ...this.#overruling, lockdown: input.of };
    else this.#overruling = { ...this.#overruling, awaitsRelock: false };
  }

  overruling(): Overruling {
    return this.#overruling;
  }

  unsecured(): string {
    return IN_SHADOW;
  }

  unfreed(): string {
    return IN_SHADOW;
  }

  /** What a reader of that way would open. */
  portal(way: string, egress: boolean): Portal {
    return { isShadow: () => true, refusal: () => this.#refusal(way, egress), access: () => {} };
  }

  operables(): readonly Operable[] {
    const refused = (id: string): OperationOutcome => this.#refused(id);
    return this.#options.ways.map(({ id, standing }) => ({
      id,
      isShadow: true,
      operatorAccess: () => refused(id),
      operate: () => refused(id),
      follow: () => false,
      standing: () => standing,
      heldBy: () => this.#overruling.lockdown,
      row: () => this.#row(id),
    }));
  }

  /** Nor does a guard's button hold it. */
  holdable(direction: LaneDirection): Holdable {
    return { hold: () => this.#refused(`${this.id}/${direction}`), endHold: () => {}, held: () => undefined };
  }

  /** What a turnstile's unit says is not read here. */
  unit(): Pick<LaneRow, "ready" | "alarm"> {
    const { ready, alarm } = this.#options.unitSignals;
    return { ready: ready ? "unread" : null, alarm: alarm ? "unread" : null };
  }

  boardLost(): void {}
  boardBack(): void {}
  close(): void {}

  #refused(id: string): OperationOutcome {
    return err("OperationRefused", `${id} ${IN_SHADOW}; portico door cut-over ${this.id} changes that`);
  }

  #refusal(way: string, egress: boolean): DoorRefusal | undefined {
    const { mode, setBy } = this.#options.ways.find(({ id }) => id === way)!.standing;
    return refusalUnder(mode, setBy === "schedule", this.#overruling, egress);
  }

  #physical(): Door["physical"] {
    const { contact, board } = this.#options;
    const closed = contact && board(contact.board).health.kind === "online" ? board(contact.board).input(contact.input) : undefined;
    if (contact === undefined || closed === undefined) return "Unknown";
    return closed === (contact.closedMeans === "closed") ? "Closed" : "Open";
  }

  #row(id: string): DoorRow {
    const { kind, clock } = this.#options;
    return {
      id,
      kind,
      shadow: true,
      mode: "Unknown",
      lock: "Unknown",
      physical: this.#physical(),
      alarm: "Normal",
      fire: false,
      overruled: overrulingOf(this.#overruling),
      sinceS: Math.floor((clock.monotonic() - this.#since) / 1000),
      lastEvent: null satisfies EventName | null,
    };
  }
}
