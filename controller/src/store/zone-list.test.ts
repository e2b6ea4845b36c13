import {
  bucketRows,
  type Credential,
  type CredentialRow,
  digestOf,
  encodeItem,
  type FeedItem,
  GLOBAL,
  grantingPermission,
  type ItemBytes,
  makeChunks,
  type Partition,
  readChunk,
  sameBytes,
  U32_MAX,
  unixSeconds,
  zonePartition,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AlteredRow } from "./credential-row.ts";
import { ControllerDatabase } from "./database.ts";
import { FeedStore } from "./feed-store.ts";
import { AlteredRevocation } from "./kept-revocations.ts";
import { Revocations, ZoneList } from "./zone-list.ts";

const EAST = zonePartition("east");
/** 2026-10-10 12:00 in Shanghai, a Saturday. */
const NOON = unixSeconds(1_791_604_800);
const PHONE = "00112233445566aa";
const CARD = "00112233445566bb";
const TOKEN = new Uint8Array(16).fill(9);

let folder: string;
let database: ControllerDatabase;
let store: FeedStore;
let list: ZoneList;
let content: Map<Partition, ItemBytes[]>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  store = new FeedStore(database);
  list = new ZoneList(store, "east", "Asia/Shanghai", new Revocations(store));
  content = new Map();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** The next version of a partition: these items come or change, those go. */
function publish(partition: Partition, put: readonly FeedItem[], removed: readonly FeedItem[] = []): void {
  const before = content.get(partition) ?? [];
  const [puts, gone] = [put.map(encodeItem), removed.map((item) => encodeItem(item).key)];
  const stays = before.filter(({ key }) => !gone.some((other) => sameBytes(other, key)) && !puts.some((other) => sameBytes(other.key, key)));
  const after = [...stays, ...puts];
  const from = store.held(partition)?.version ?? 0;
  const digests = { digestBefore: digestOf(before, nodeSha256), digestAfter: digestOf(after, nodeSha256) };
  expect(store.applyDelta({ partition, epoch: 1, from, to: from + 1, ...digests, removed: gone, put: puts })).toMatchObject({ ok: true });
  content.set(partition, after);
}

const credential = (change: Partial<Credential> = {}): Credential => ({ id: PHONE, holder: 7, kind: "qr", validFrom: unixSeconds(0), validUntil: unixSeconds(U32_MAX), takes: ["T"], flags: [], ...change }); // prettier-ignore
const row = (grants: CredentialRow["grants"], change: Partial<Credential> = {}): FeedItem => ({
  table: "credential",
  row: { credential: credential(change), grants },
});
const always = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
const DEFINITIONS: readonly FeedItem[] = [
  { table: "accessPoint", number: 0, id: "gate" },
  { table: "accessPoint", number: 300, id: "room-101" },
  { table: "specialDays", number: 5, id: "open-days", days: ["2026-10-10"] },
  { table: "schedule", number: 1, schedule: { id: "weekdays", weekly: { 1: [{ startS: 0, endS: 86_400 }] }, specialDays: [{ group: 5, periods: [{ startS: 36_000, endS: 50_000 }] }], follows: { holidays: true, makeUpDays: true } } }, // prettier-ignore
  { table: "accessProfile", number: 2, id: "students", policies: [{ accessPoint: 0, capability: "pass", schedule: 0 }, { accessPoint: 0, capability: "pass", schedule: 1 }] }, // prettier-ignore
];

test("before anything came nobody is known, nothing is open and there is no version", () => {
  expect([list.credential(PHONE), list.credentialByNumber("card", TOKEN), list.permissions(PHONE, "gate"), list.version(), list.knows("gate")]).toEqual([undefined, undefined, [], undefined, false]); // prettier-ignore
});

test("a credential has what its profiles say of the access point, each line with its schedule, for as long as it has the profile", () => {
  publish(EAST, [...DEFINITIONS, row([{ kind: "profileFor", profile: 2, validFrom: NOON, validUntil: unixSeconds(NOON + 60) }])]);
  expect(list.credential(PHONE)).toEqual(credential());
  const permissions = list.permissions(PHONE, "gate");
  expect(permissions.map(({ accessProfile, schedule, validFrom, validUntil }) => [accessProfile, schedule.id, validFrom, validUntil])).toEqual([
    ["students", "always", NOON, NOON + 60],
    ["students", "weekdays", NOON, NOON + 60],
  ]);
  expect([list.permissions(PHONE, "room-101"), list.permissions(PHONE, "elsewhere"), list.permissions("ffffffffffffffff", "gate"), list.permissions("x", "gate")]).toEqual([[], [], [], []]); // prettier-ignore
  expect([list.version()?.version, list.knows("gate"), list.knows("elsewhere")]).toEqual([1, true, false]);
});

test("a grant of its own opens the access points that it names, of any number, by its own schedule", () => {
  const grant = { kind: "own", validFrom: always.from, validUntil: always.until, capability: "unlock", schedule: 1, accessPoints: [300] } as const;
  publish(EAST, [...DEFINITIONS, row([grant])]);
  expect(list.permissions(PHONE, "gate")).toEqual([]);
  expect(list.permissions(PHONE, "room-101")).toMatchObject([{ accessProfile: "own", capability: "unlock", schedule: { id: "weekdays" } }]);
});

test("schedules are read with the zone's special days and the calendar of global", () => {
  publish(EAST, [...DEFINITIONS, row([{ kind: "profile", profile: 2 }])]);
  const at = (now: number) =>
    grantingPermission({
      wall: { now: unixSeconds(now), uncertaintyS: 0 },
      accessPoint: { capability: "pass" },
      permissions: list.permissions(PHONE, "gate").filter(({ schedule }) => schedule.id === "weekdays"),
      scheduleContext: list.scheduleContext(),
    })?.schedule.id;
  const MONDAY_NOON = NOON + 2 * 86_400;
  expect([at(NOON), at(NOON + 7_200), at(NOON + 86_400), at(MONDAY_NOON)]).toEqual(["weekdays", undefined, undefined, "weekdays"]);
  publish(GLOBAL, [{ table: "calendarDay", date: "2026-10-12", kind: "holiday" }, { table: "calendarDay", date: "2026-10-11", kind: "makeUpDay", runsAs: 1 }]); // prettier-ignore
  expect([at(NOON + 86_400), at(MONDAY_NOON)]).toEqual(["weekdays", undefined]);
});

test("a card is found by its token; that of another kind of credential is not taken for one", () => {
  const card = row([{ kind: "profile", profile: 2 }], { id: CARD, kind: "card", takes: [] });
  publish(EAST, [...DEFINITIONS, card, { table: "match", kind: "card", token: TOKEN, credential: CARD }, { table: "match", kind: "plate", token: new Uint8Array(16), credential: CARD }]); // prettier-ignore
  expect(list.credentialByNumber("card", TOKEN)).toMatchObject({ id: CARD, kind: "card" });
  expect(list.permissions(CARD, "gate")).toHaveLength(2);
  expect(list.credentialByNumber("card", new Uint8Array(16))).toBeUndefined();
});

test("what zone or global refuses is refused, whichever hears of it first, and a lifted revocation refuses nobody", () => {
  publish(EAST, [...DEFINITIONS, row([])]);
  const revocation = (suspension: "CredentialLost" | undefined): FeedItem => ({ table: "revocation", credential: PHONE, suspension, since: NOON });
  expect(list.credential(PHONE)?.suspension).toBeUndefined();
  publish(GLOBAL, [revocation("CredentialLost")]);
  expect(list.credential(PHONE)?.suspension).toBe("CredentialLost");
  publish(GLOBAL, [revocation(undefined)]);
  expect(list.credential(PHONE)?.suspension).toBeUndefined();
  publish(EAST, [row([], { suspension: "Frozen" })]);
  expect(list.credential(PHONE)?.suspension).toBe("Frozen");
  publish(GLOBAL, [], [revocation(undefined)]);
  publish(EAST, [row([])]);
  expect(list.credential(PHONE)?.suspension).toBeUndefined();
});

test("which key the tokens were made with is the zone's word, and where room locks stand as well: what stands beside them is told", () => {
  expect([list.cardKeyUse(), list.pointsWithoutLock()]).toEqual([undefined, []]);
  publish(EAST, [...DEFINITIONS, { table: "zoneKey", generation: 2, check: TOKEN }, { table: "roomLock", accessPoint: 300, publicKey: new Uint8Array(32) }]);
  expect(list.cardKeyUse()).toMatchObject({ generation: 2, check: TOKEN });
  expect(list.pointsWithoutLock()).toEqual(["gate"]);
  publish(EAST, [], [DEFINITIONS[0]!]);
  expect(list.pointsWithoutLock()).toEqual([]);
});

test("what was read before a new version is not remembered past it", () => {
  publish(EAST, [...DEFINITIONS, row([{ kind: "profile", profile: 2 }])]);
  list.credential(PHONE);
  publish(EAST, [row([])]);
  expect(list.permissions(PHONE, "gate")).toEqual([]);
  publish(EAST, [], [row([])]);
  expect([list.credential(PHONE), list.version()?.version]).toEqual([undefined, 3]);
});

test("a row that the disk altered ends the program and lets nobody in", () => {
  publish(EAST, [...DEFINITIONS, row([])]);
  database.prepare("UPDATE feed_item SET value = x'00' WHERE length(key) = 9").run();
  expect(() => list.credential(PHONE)).toThrow(AlteredRow);
});

const lost = (credential: string): FeedItem => ({ table: "revocation", credential, suspension: "CredentialLost", since: NOON });
/** A whole version of `global` in an epoch, as a snapshot brings it. */
function snapshot(epoch: number, items: readonly FeedItem[]): void {
  const bytes = items.map(encodeItem);
  const writer = store.beginSnapshot({ partition: GLOBAL, epoch, version: 1, digest: digestOf(bytes, nodeSha256), items: bytes.length });
  for (const chunk of makeChunks(bucketRows(bytes, nodeSha256), nodeSha256))
    expect(writer.chunk(readChunk(chunk.bytes, chunk.reference, nodeSha256)!)).toEqual({ ok: true, value: null });
  expect(writer.finish()).toMatchObject({ ok: true, value: { epoch } });
}

test("what an epoch revoked stays revoked in the next one until it is named: as kept, or as lifted; also through a restart", () => {
  publish(GLOBAL, [lost(PHONE), lost(CARD), { table: "revocation", credential: "00112233445566cc", suspension: undefined, since: NOON }]);
  const of = (credential: string): string | undefined => new Revocations(store).of(credential);
  snapshot(2, [lost("00112233445566dd")]);
  expect([PHONE, CARD, "00112233445566cc", "00112233445566dd"].map(of)).toEqual(["CredentialLost", "CredentialLost", undefined, "CredentialLost"]);
  store = new FeedStore(database);
  expect([PHONE, CARD].map(of)).toEqual(["CredentialLost", "CredentialLost"]);
  // The phone is lifted, the card is named as kept: from then on the new epoch alone says what holds.
  snapshot(2, [{ table: "revocation", credential: PHONE, suspension: undefined, since: NOON }, lost(CARD)]);
  expect([[PHONE, CARD].map(of), store.kept.all()]).toEqual([[undefined, "CredentialLost"], []]);
  snapshot(2, []);
  expect([PHONE, CARD].map(of)).toEqual([undefined, undefined]);
});

test("a delta that names a kept revocation settles it; within one epoch a snapshot keeps nothing", () => {
  publish(GLOBAL, [lost(PHONE), lost(CARD)]);
  snapshot(1, [lost(CARD)]);
  expect(store.kept.all()).toEqual([]);
  snapshot(2, []);
  expect(store.kept.all()).toHaveLength(1);
  const put = [encodeItem({ table: "revocation", credential: CARD, suspension: undefined, since: NOON })];
  const digests = { digestBefore: digestOf([], nodeSha256), digestAfter: digestOf(put, nodeSha256) };
  expect(store.applyDelta({ partition: GLOBAL, epoch: 2, from: 1, to: 2, ...digests, removed: [], put })).toMatchObject({ ok: true });
  expect([store.kept.all(), new Revocations(store).of(CARD)]).toEqual([[], undefined]);
});

test("a kept revocation that the disk altered lets nobody in", () => {
  publish(GLOBAL, [lost(CARD)]);
  snapshot(2, []);
  database.prepare("UPDATE kept_revocation SET value = ?").run(Uint8Array.of(0x82, 0x00, 0x00));
  expect(() => new Revocations(store).of(CARD)).toThrow(AlteredRevocation);
  expect(() => new Revocations(store).of(PHONE)).toThrow(AlteredRevocation);
});
