import { type Credential, type LockItem, type Permission, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type LockWishes, readLockWishes, renewalOf, timesOf, type WishList } from "./lock-wishes.ts";

const ALWAYS = { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } };
const TIMES = { validFrom: unixSeconds(10), validUntil: unixSeconds(90) };
const KEY = new Uint8Array(32).fill(1);
const TOKEN = new Uint8Array(16).fill(2);
const credential = (id: string, change: Partial<Credential> = {}): Credential =>
  ({ id, holder: 7, validFrom: unixSeconds(0), validUntil: unixSeconds(100), ...change }) as Credential;
const permission: Permission = { accessProfile: "own", capability: "unlock", schedule: ALWAYS, ...TIMES };

function read(credentials: readonly Credential[], items: readonly { lock: string; item: LockItem }[] = [], cards: readonly string[] = []): LockWishes {
  const list = {
    *unlocks(points: ReadonlySet<string>) {
      for (const each of credentials) if (points.has("room-301")) yield { accessPoint: "room-301", credential: each, permission };
    },
    cardTokens: () => new Map([["c1", TOKEN]]),
    lockItems: () => items,
    scheduleContext: () => scheduleContext("Asia/Shanghai", [], { days: new Map(), termPhases: [] }),
    onChange: () => () => {},
  } as unknown as WishList;
  const wishes = readLockWishes(list, new Set(["room-301", "room-302"]), new Set(cards));
  expect([...wishes.keys()]).toEqual(["room-301", "room-302"]);
  return wishes.get("room-301")!;
}

test("a phone proves itself by its key, a card by its token where the lock reads cards alone", () => {
  const both = [credential("p1", { publicKey: KEY }), credential("c1")];
  expect(read(both).entries.map(({ credential: id, proof }) => [id, proof])).toEqual([["p1", KEY], ["c1", undefined]]); // prettier-ignore
  expect(read(both, [], ["room-301"]).entries.map(({ proof }) => proof)).toEqual([KEY, TOKEN]);
  expect(read(both, [], ["room-302"]).entries[1]!.proof, "of another lock").toBeUndefined();
});

test("a suspended credential proves nothing, and is known to be suspended; its holder's grant stands", () => {
  const [entry] = read([credential("p1", { publicKey: KEY, suspension: "CredentialLost" })]).entries;
  expect(entry).toMatchObject({ holder: 7, proof: undefined, suspended: true, grant: { from: 10, until: 90 }, credentialHolds: { from: 0, until: 100 } });
});

test("key, PINs and fingers come from the zone's items for this lock alone", () => {
  const pin = { table: "lockPin", accessPoint: 1, holder: 7, version: 3, ...TIMES, sealed: new Uint8Array(57) } as unknown as LockItem;
  const finger = { table: "lockFinger", accessPoint: 1, slot: 2, holder: 7, version: 1, ...TIMES, enrolUntil: unixSeconds(50) } as unknown as LockItem;
  const key = { table: "roomLock", accessPoint: 1, publicKey: KEY } as unknown as LockItem;
  const wishes = read([], [key, pin, finger].flatMap((item) => [{ lock: "room-301", item }, { lock: "room-9", item }])); // prettier-ignore
  expect(wishes).toMatchObject({ publicKey: KEY, pins: [{ holder: 7, version: 3, from: 10, until: 90 }], fingers: [{ slot: 2, holder: 7, enrolUntil: 50 }] });
  expect([wishes.pins.length, wishes.fingers.length, timesOf(wishes).length]).toEqual([1, 1, 2]);
  expect(read([]).publicKey).toBeUndefined();
});

test("a list is renewed a week before it ends", () => {
  expect([renewalOf(8 * 86_400), renewalOf(0)]).toEqual([86_400, 0]);
});
