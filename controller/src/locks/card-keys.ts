import { type RandomBytes, U32_MAX } from "@portico/card-protocol";
import type { RoomLock } from "@portico/firmware-ts";
import type { ZoneList } from "../store/zone-list.ts";

/** What a lock is to be given for the tokens of the cards that are shown at it. */
export type CardKeyWish =
  /** It reads no cards. */
  | { readonly kind: "none" }
  | { readonly kind: "key"; readonly generation: number; readonly key: Uint8Array }
  /** It is to read cards, and cannot be given the key now. */
  | { readonly kind: "withheld"; readonly detail: string };

/** What of a zone says which key its cards are found by, and what else stands in it. */
export type CardZone = Pick<ZoneList, "cardKeyUse" | "pointsWithoutLock">;

/**
 * The key for the cards of a lock's zone. A lock hangs where it can be carried away with all that it knows: it is given the key of a zone of room locks alone, so
 * that a stolen one tells nothing of the cards of doors.
 *
 * @param keyMatching  the key of the zone whose token of no bytes is this one, 32 bytes; undefined: it is not here
 */
export function cardKeyWish(name: string, zone: CardZone, keyMatching: (check: Uint8Array) => Uint8Array | undefined): CardKeyWish {
  const others = zone.pointsWithoutLock();
  if (others.length > 0)
    return { kind: "withheld", detail: `zone ${name} has access points that are no room locks (${namesOf(others)}): its key for cards is given to no lock` };
  const use = zone.cardKeyUse();
  const key = use === undefined ? undefined : keyMatching(use.check);
  if (use === undefined || key === undefined) return { kind: "withheld", detail: `the key for the cards of zone ${name} is not here yet` };
  return { kind: "key", generation: use.generation, key };
}

const NAMES_MAX = 3;
const namesOf = (all: readonly string[]): string => [...all.slice(0, NAMES_MAX), ...(all.length > NAMES_MAX ? ["…"] : [])].join(", ");

/** The generation under which a lock is given bytes that are nobody's key: it finds no card any more. */
export const NO_CARD_KEY = U32_MAX;

/**
 * Gives a lock the key that it is to have, or takes away the one that it is not to have any more.
 *
 * @param held  the generation that the lock says it has; 0: none
 * @returns what went wrong; undefined: it has what it is to have
 */
export async function bringCardKey(lock: RoomLock, held: number, wish: CardKeyWish, randomBytes: RandomBytes): Promise<string | undefined> {
  const give = async (key: Uint8Array, generation: number): Promise<string | undefined> => {
    const given = await lock.setCardKey(key, generation);
    return given.ok ? undefined : given.detail;
  };
  switch (wish.kind) {
    case "none":
      return held === 0 || held === NO_CARD_KEY ? undefined : give(randomBytes(32), NO_CARD_KEY);
    case "key":
      if (!lock.features.has("cardAtLock")) return "the lock has no reader for cards: write cards = false";
      return held === wish.generation ? undefined : give(wish.key, wish.generation);
    case "withheld":
      return wish.detail;
  }
}
