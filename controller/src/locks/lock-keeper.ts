import { type ControllerEvent, eventOf, type RandomBytes, type Signer, type UnixSeconds } from "@portico/card-protocol";
import type { RoomLock, RoomLockResult, RoomLockState } from "@portico/firmware-ts";
import type { ControllerClock } from "../controller-clock.ts";
import { listedOut } from "../core/deny-list.ts";
import { lockListContent } from "../core/lock-list.ts";
import { type KnownState, type LockStep, nextChange, planLock } from "../core/lock-plan.ts";
import { lockRowEvent } from "../core/lock-row-event.ts";
import type { Recorder } from "../recorder.ts";
import type { LockStanding, LockStandings } from "../store/lock-standings.ts";
import { bringCardKey, type CardKeyWish } from "./card-keys.ts";
import type { DenySets } from "./deny-sets.ts";
import { LockLists, meaningOf } from "./lock-lists.ts";
import { type LockWishes, renewalOf, timesOf } from "./lock-wishes.ts";

export interface LockKeeperOptions {
  readonly lock: RoomLock;
  readonly site: string;
  /** The controller's key, which the lock was given at commissioning. */
  readonly signer: Signer;
  readonly standings: LockStandings;
  readonly recorder: Pick<Recorder, "attempt">;
  readonly record: (event: ControllerEvent) => void;
  readonly clock: ControllerClock;
  /** What the zone wants; undefined: nothing of it is known yet. */
  readonly wishes: () => LockWishes | undefined;
  readonly denySets: Pick<DenySets, "newest">;
  /** For the cards that are shown at it. */
  readonly cardKey: () => CardKeyWish;
  readonly randomBytes: RandomBytes;
  /** Whether a decision of this number was answered by the lock: its row of the log says nothing new. */
  readonly isTold: (grantedSeq: number) => boolean;
}

/** How often a lock is looked after that nothing changes for. Its battery pays for it. */
const LOOK_MS = 600_000;
/** Behind something that changed: what changes together is taken together. */
const SOON_MS = 500;
/** A lock's clock may be this far off. */
const CLOCK_OFF_S = 2;
const ROWS_AT_ONCE = 16;

/** What became of the last look after a lock. */
export type LockLook = { readonly kind: "never" } | { readonly kind: "done" | "failed"; readonly at: UnixSeconds | null; readonly detail: string };

/**
 * Keeps one room lock as its zone wants it: clock, list, PINs, fingers; and reads its log into the events. What the lock acknowledges or refuses is an event by
 * version, never by content. A lock that is out of reach is looked for again when it answers, and every ten minutes.
 */
export class LockKeeper {
  readonly #options: LockKeeperOptions;
  readonly #removals: (() => void)[];
  readonly lists: LockLists;
  #cancel = (): void => {};
  #isRunning = false;
  #isPoked = false;
  #isClosed = false;
  last: LockLook = { kind: "never" };

  constructor(options: LockKeeperOptions) {
    this.#options = options;
    const { lock, site, signer, clock, wishes, standings } = options;
    this.lists = new LockLists({ lock: lock.id, site, signer, clock, wishes, standing: () => standings.of(lock.id), write: (...both) => this.#write(...both) });
    this.#removals = [
      lock.onHealth(({ kind }) => kind === "online" && this.poke()),
      // Somebody was at the lock itself: its log says more than the events do.
      lock.onState(({ auditSeq }) => !this.#isRunning && auditSeq > standings.of(lock.id).auditSeq && this.poke()),
    ];
  }

  /** Something has changed, or may have. */
  poke(): void {
    if (this.#isClosed) return;
    if (this.#isRunning) this.#isPoked = true;
    else this.#later(SOON_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    for (const remove of this.#removals) remove();
  }

  #later(afterMs: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(afterMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    const { clock, wishes } = this.#options;
    const detail = await this.#keep();
    const wall = clock.wall();
    this.last = { kind: detail === undefined ? "done" : "failed", at: wall === "untrusted" ? null : wall.now, detail: detail ?? "" };
    this.#isRunning = false;
    if (this.#isClosed) return;
    const wanted = wishes();
    const next = wall === "untrusted" || wanted === undefined ? undefined : nextChange(timesOf(wanted), wall.now);
    const untilNextMs = next === undefined || wall === "untrusted" ? LOOK_MS : (next - wall.now + wall.uncertaintyS) * 1000;
    this.#later(this.#isPoked ? SOON_MS : Math.min(LOOK_MS, Math.max(SOON_MS, untilNextMs)));
    this.#isPoked = false;
  }

  /** @returns what went wrong; undefined: the lock is as it should be */
  async #keep(): Promise<string | undefined> {
    const { lock, clock, wishes } = this.#options;
    const asked = await lock.state();
    if (!asked.ok) return asked.detail;
    const wall = clock.wall();
    const isOff = asked.state.clock === undefined || (wall !== "untrusted" && Math.abs(asked.state.clock - wall.now) > CLOCK_OFF_S + wall.uncertaintyS);
    if (wall !== "untrusted" && isOff && lock.features.has("clock")) {
      const set = await lock.setClock(wall.now);
      if (!set.ok && set.error !== "Refused") return set.detail;
    }
    const read = await this.#readLog(asked.state);
    const wanted = wishes();
    if (read !== undefined || wanted === undefined || wall === "untrusted") return read;
    // In front of the list, whose tokens are of that key; without it everything else goes on.
    const keyed = await bringCardKey(lock, asked.state.cardKeyGeneration, this.#options.cardKey(), this.#options.randomBytes);
    const listed = await this.#bringList(wanted, asked.state, wall.now);
    if (listed !== undefined) return listed;
    const denied = await this.#bringDenySet(asked.state);
    if (denied !== undefined) return denied;
    // The list may have taken PINs and fingers along.
    const now = lock.features.has("list") ? await lock.state() : asked;
    return (now.ok ? await this.#take(wanted, now.state, wall.now) : now.detail) ?? keyed;
  }

  async #bringList(wanted: LockWishes, state: RoomLockState, now: UnixSeconds): Promise<string | undefined> {
    const { lock, standings } = this.#options;
    if (!lock.features.has("list")) return undefined;
    const content = lockListContent(wanted.entries, wanted.context, now);
    const before = standings.of(lock.id);
    const isThere = before.listMeaning === meaningOf(content) && state.listVersion === before.listVersion && now < renewalOf(before.listUntil);
    if (isThere) return undefined;
    const made = this.lists.sign(content, now, state.listVersion, undefined);
    if (made === undefined) return "the disk refuses to record";
    const brought = await lock.applyList(made.record);
    if (!brought.ok) return brought.detail;
    const told = eventOf("LockListMade", { lock: lock.id, version: made.version, people: made.people, validUntil: made.validUntil, change: "taken" });
    // What was handed out before is older than what the lock has now: it takes none of it.
    const taken = { listMeaning: meaningOf(content), listed: listedOut(content.rows, made.validUntil) };
    return this.#write(taken, [told]) ? undefined : "the disk refuses to record";
  }

  /** Its own list says all that a deny set could: only one that was carried to it has to be followed by the newest, which names whoever is back no longer. */
  async #bringDenySet({ denyVersion }: RoomLockState): Promise<string | undefined> {
    const { lock, denySets } = this.#options;
    if (!lock.features.has("denySet") || denyVersion === 0) return undefined;
    const newest = denySets.newest(denyVersion);
    switch (newest.kind) {
      case "set": {
        if (newest.set.version === denyVersion) return undefined;
        const brought = await lock.applyDenySet(newest.set.record);
        return brought.ok ? undefined : brought.detail;
      }
      case "none":
      case "unknown":
        return undefined;
      case "unrecorded":
        return "the disk refuses to record";
    }
  }

  async #take(wanted: LockWishes, state: RoomLockState, now: UnixSeconds): Promise<string | undefined> {
    const { lock, standings } = this.#options;
    const { pins, fingers } = this.#allowed(wanted);
    for (const step of planLock({ pins, fingers }, state, standings.of(lock.id).states, now)) {
      const failed = await this.#step(step);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  /** A lock without a list of its own knows no hours: there PIN and finger stand for whoever may unlock it at all hours alone. */
  #allowed({ pins, fingers, entries }: LockWishes): Pick<LockWishes, "pins" | "fingers"> {
    if (this.#options.lock.features.has("list")) return { pins, fingers };
    const always = new Set(entries.filter(({ schedule }) => schedule.id === "always").map(({ holder }) => holder));
    return { pins: pins.filter(({ holder }) => always.has(holder)), fingers: fingers.filter(({ holder }) => always.has(holder)) };
  }

  /** @returns why nothing further can be done now */
  async #step(step: LockStep): Promise<string | undefined> {
    const { lock } = this.#options;
    switch (step.kind) {
      case "setPin": {
        const { holder, version } = step.pin;
        const result = await lock.setPin(step.pin);
        return this.#answered(result, { kind: "pin", place: holder, holder, version }, (refusal, detail) =>
          refusal === undefined
            ? eventOf("LockPinApplied", { lock: lock.id, holder, version, change: "set" })
            : eventOf("LockPinRefused", { lock: lock.id, holder, version, refusal, detail }),
        );
      }
      case "enrolFinger": {
        const { slot, holder, version } = step.finger;
        const result = await lock.enrolFinger({ slot, holder }, () => {});
        return this.#answered(result, { kind: "finger", place: slot, holder, version }, (refusal, detail) =>
          refusal === undefined
            ? eventOf("LockFingerApplied", { lock: lock.id, slot, holder, version, change: "enrolled" })
            : eventOf("LockFingerRefused", { lock: lock.id, slot, holder, version, refusal, detail }),
        );
      }
      case "erasePin":
      case "eraseFinger": {
        const result = step.kind === "erasePin" ? await lock.erasePin(step) : await lock.eraseFinger(step.slot);
        return result.ok ? this.#gone(step) : result.detail;
      }
      case "pinGone":
      case "fingerGone":
        return this.#gone(step);
    }
  }

  #gone(step: Extract<LockStep, { readonly kind: "erasePin" | "eraseFinger" | "pinGone" | "fingerGone" }>): string | undefined {
    const { lock } = this.#options;
    const { holder, version } = step;
    const [kind, place] = "slot" in step ? (["finger", step.slot] as const) : (["pin", holder] as const);
    const told =
      "slot" in step
        ? eventOf("LockFingerApplied", { lock: lock.id, slot: step.slot, holder, version, change: "erased" })
        : eventOf("LockPinApplied", { lock: lock.id, holder, version, change: "erased" });
    return this.#write({ states: this.#statesWithout(kind, place) }, [told]) ? undefined : "the disk refuses to record";
  }

  #answered(
    result: RoomLockResult,
    tried: Omit<KnownState, "holds">,
    told: (refusal: Extract<RoomLockResult, { readonly error: "Refused" }>["refusal"] | undefined, detail: string) => ControllerEvent,
  ): string | undefined {
    if (!result.ok && result.error !== "Refused") return result.detail;
    const event = result.ok ? told(undefined, "") : told(result.refusal, result.detail);
    const { kind, place, holder, version } = tried;
    const before = this.#options.standings.of(this.#options.lock.id).states.find((state) => state.kind === kind && state.place === place);
    const { pins = [], fingers = [] } = this.#options.lock.lastState ?? {};
    const isHeld = kind === "pin" ? pins.some((pin) => pin.holder === holder) : fingers.some(({ slot }) => slot === place);
    const holds = result.ok ? version : isHeld && before?.holder === holder ? before.holds : null;
    const states = [...this.#statesWithout(kind, place), { ...tried, holds }];
    return this.#write({ states }, [event]) ? undefined : "the disk refuses to record";
  }

  #statesWithout(kind: KnownState["kind"], place: number): readonly KnownState[] {
    const { standings, lock } = this.#options;
    return standings.of(lock.id).states.filter((state) => state.kind !== kind || state.place !== place);
  }

  /** Rows of the lock's log that stand in no event yet. */
  async #readLog(state: RoomLockState): Promise<string | undefined> {
    const { lock, standings } = this.#options;
    if (!lock.features.has("audit")) return undefined;
    for (let after = standings.of(lock.id).auditSeq; after < state.auditSeq;) {
      const page = await lock.readAudit(after, ROWS_AT_ONCE);
      if (!page.ok) return page.detail;
      const last = page.rows.at(-1)?.seq;
      if (last === undefined || last <= after) return undefined;
      const lost = page.firstSeq - after - 1;
      const events = [
        ...(lost > 0 ? [eventOf("LockRowsLost", { lock: lock.id, count: lost })] : []),
        ...page.rows.flatMap((row) => lockRowEvent(lock.id, row, this.#options.isTold) ?? []),
      ];
      if (!this.#write({ auditSeq: last }, events)) return "the disk refuses to record";
      after = last;
    }
    return undefined;
  }

  /** The standing and the events that go with it: both or neither. */
  #write(change: Partial<LockStanding>, events: readonly ControllerEvent[]): boolean {
    const { standings, recorder, record, lock } = this.#options;
    return recorder.attempt(() => (standings.keep(lock.id, change, () => events.forEach(record)), true)) === true;
  }
}
