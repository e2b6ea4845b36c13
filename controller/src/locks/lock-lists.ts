import { createHash } from "node:crypto";
import { type ControllerEvent, eventOf, makeLockList, type Signer, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { ControllerClock } from "../controller-clock.ts";
import { eitherListed, listedOut } from "../core/deny-list.ts";
import { LIST_LIFE_S, type LockListContent, lockListContent } from "../core/lock-list.ts";
import type { LockStanding } from "../store/lock-standings.ts";
import { type LockWishes, renewalOf } from "./lock-wishes.ts";

export interface LockListsOptions {
  readonly lock: string;
  readonly site: string;
  /** The controller's key, which the lock was given at commissioning. */
  readonly signer: Signer;
  readonly clock: ControllerClock;
  readonly wishes: () => LockWishes | undefined;
  readonly standing: () => LockStanding;
  /** The standing and the events that go with it: both or neither. False: the disk refuses. */
  readonly write: (change: Partial<LockStanding>, events: readonly ControllerEvent[]) => boolean;
}

/** A list that was signed. */
export interface SignedLockList {
  readonly record: Uint8Array;
  readonly version: number;
  readonly validUntil: UnixSeconds;
  readonly people: number;
}

/** The lists of one lock. */
export class LockLists {
  readonly #options: LockListsOptions;

  constructor(options: LockListsOptions) {
    this.#options = options;
  }

  /** What the list says now, and how many it has no room for; undefined while the zone or the time is not known. */
  content(): LockListContent | undefined {
    const { wishes, clock } = this.#options;
    const [wanted, wall] = [wishes(), clock.wall()];
    return wanted === undefined || wall === "untrusted" ? undefined : lockListContent(wanted.entries, wanted.context, wall.now);
  }

  /** Another list is to be brought than the one that was made last: others may open the lock, or it is over soon. Undefined while that cannot be told. */
  isDue(): boolean | undefined {
    const { clock, standing } = this.#options;
    const [content, wall] = [this.content(), clock.wall()];
    if (content === undefined || wall === "untrusted") return undefined;
    return standing().madeMeaning !== meaningOf(content) || wall.now >= renewalOf(standing().listUntil);
  }

  /**
   * The list as a signed record, for whoever carries it to a lock that is out of reach.
   *
   * @returns undefined while the zone or the time is not known, or the disk refuses
   */
  handOut(): SignedLockList | undefined {
    const [content, wall] = [this.content(), this.#options.clock.wall()];
    return content === undefined || wall === "untrusted" ? undefined : this.sign(content, wall.now, 0, "handed out");
  }

  /**
   * Signs a list. A version is kept before it is signed: none is ever signed twice.
   *
   * @param least   the lock holds this version: the list's is higher
   * @param change  undefined: what becomes of it is told later
   * @returns undefined where the disk refuses
   */
  sign(content: LockListContent, now: UnixSeconds, least: number, change: "handed out" | undefined): SignedLockList | undefined {
    const { lock, site, signer, standing, write } = this.#options;
    const version = Math.max(standing().listVersion, least) + 1;
    const validUntil = unixSeconds(now + LIST_LIFE_S);
    const people = new Set(content.rows.map(({ holder }) => holder)).size;
    const told = change === undefined ? [] : [eventOf("LockListMade", { lock, version, people, validUntil, change })];
    const listed = eitherListed(standing().listed, listedOut(content.rows, validUntil), now);
    if (!write({ listVersion: version, listMeaning: "", listUntil: validUntil, madeMeaning: meaningOf(content), listed }, told)) return undefined;
    let rows = content.rows;
    for (;;) {
      try {
        const record = makeLockList(site, { lock, version, issued: now, validUntil, openings: content.openings, rows }, signer);
        return { record, version, validUntil, people };
      } catch (error) {
        // More bytes than a lock's memory takes: as many as fit.
        if (!(error instanceof RangeError) || rows.length === 0) throw error;
        rows = rows.slice(0, Math.floor(rows.length * 0.9));
      }
    }
  }
}

/** Two lists mean the same where these are the same. */
export const meaningOf = ({ meaning }: LockListContent): string => createHash("sha256").update(meaning).digest("hex");
