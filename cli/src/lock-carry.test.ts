import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, decodeLockFile, encodeLockFile, type LockFile, makeDenySet, makeLockList, unixSeconds } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { seededRandom, simulatedClock } from "@portico/firmware-ts";
import { memoryGatt } from "@portico/firmware-ts/ble-lock";
import { commissionedLock } from "@portico/simulator";
import { expect, onTestFinished, test } from "vitest";
import { type CommandRecord, type RecordedOptions, RecordedSurroundings } from "./recorded-surroundings.ts";
import { standIn as startStandIn, type StandInAnswer } from "./stand-in-controller.ts";

const SITE = "demo";
const ADDRESS = "C0:FF:EE:00:03:01";
const NOW = unixSeconds(1_800_000_000);
const UNTIL = unixSeconds(NOW + 30 * 86_400);
const signer = nodeSigner(new Uint8Array(32).fill(5));
const listOf = (lock: string, version: number, by = signer) => ({
  lock,
  version,
  validUntil: UNTIL,
  record: makeLockList(SITE, { lock, version, issued: NOW, validUntil: UNTIL, openings: [], rows: [] }, by),
});
const setOf = (version: number) => ({
  version,
  issued: NOW,
  record: makeDenySet(SITE, { controller: "east", version, issued: NOW, salt: new Uint8Array(8) }, [{ holder: 7 }], nodeSha256, signer),
});
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** A controller that makes a list for whichever lock is asked about, and this deny set. */
const controller =
  (denySet: object | null): StandInAnswer =>
  (response, { route }) => {
    const [, lock] = /room-locks\/([^/]+)\/list$/.exec(route) ?? [];
    const answer =
      lock !== undefined
        ? { lock, version: 4, people: 2, validUntil: UNTIL, record: bytesToHex(listOf(lock, 4).record) }
        : route.endsWith("/deny-set")
          ? { denySet }
          : { site: SITE, controller: "east", locks: [], denySet: null };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  };
const DENY_SET = { version: 3, issued: NOW, denied: 1, left: 0, record: bytesToHex(setOf(3).record) };
async function carry(denySet: object | null, ...words: readonly string[]) {
  const there = await startStandIn(controller(denySet));
  onTestFinished(there.end);
  const workingFolder = folder();
  const record = await there.run({ isTty: true, workingFolder }, "lock", "carry", ...words, "--out", "out.locks");
  const path = join(workingFolder, "out.locks");
  return { ...record, path, file: () => decodeLockFile(new Uint8Array(readFileSync(path))), asked: there.asked.map(({ route }) => route) };
}

test("lock carry writes the lists of several locks and the newest deny set into one file, for its owner alone to read", async () => {
  const { out, file, path, asked } = await carry(DENY_SET, "room-302", "room-301", "room-302");
  expect(out).toMatch(/^RECORD +LOCK +VERSION +WHAT\nlist +room-302 +4 +2 people, until 20.*\nlist +room-301 +4 .*\ndeny set +every lock +3 +1 denied\n$/);
  expect(file()).toEqual({ site: SITE, controller: "east", lists: [listOf("room-301", 4), listOf("room-302", 4)], denySet: setOf(3) });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(asked.at(-1), "behind the lists: they say who may open").toBe("POST /v1/room-locks/deny-set");
});

test("lock carry --deny writes the deny set alone; where there is none it says so and writes nothing; how many have no room is told", async () => {
  const { file, asked } = await carry(DENY_SET, "--deny");
  expect([file(), asked.length]).toEqual([{ site: SITE, controller: "east", lists: [], denySet: setOf(3) }, 2]);
  const none = await carry(null, "--deny");
  expect(none).toMatchObject({ exitCode: 1, err: expect.stringContaining("there is nobody to deny") });
  expect(none.file).toThrow("ENOENT");
  expect((await carry(null, "room-301")).file()).toMatchObject({ denySet: undefined, lists: [{ lock: "room-301" }] });
  expect((await carry({ ...DENY_SET, left: 3 }, "--deny")).err).toContain("no room for 3 more");
  for (const words of [[], ["room-301", "--deny"]]) expect(await carry(DENY_SET, ...words)).toMatchObject({ exitCode: 2, asked: [] });
});

/** A computer with Bluetooth in front of a lock. */
function inFront(file: LockFile | Uint8Array) {
  const clock = simulatedClock();
  const random = seededRandom(1);
  const gatt = memoryGatt({ clock, random });
  const lockSecret = new Uint8Array(32).fill(6);
  const given = { site: SITE, lock: "room-301", controller: "east", lockSecret, controllerKey: nodeAgreementKey(new Uint8Array(32).fill(7)).publicKey, signingKey: signer.publicKey }; // prettier-ignore
  const lock = commissionedLock(given, { clock, randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)) });
  gatt.place(ADDRESS, lock);
  const workingFolder = folder();
  const write = (next: LockFile | Uint8Array): void => writeFileSync(join(workingFolder, "a.locks"), next instanceof Uint8Array ? next : encodeLockFile(next));
  write(file);
  let closed = 0;
  const bluetooth: RecordedOptions["bluetooth"] = () => Promise.resolve({ ...gatt.adapter, close: () => Promise.resolve(void closed++) });
  return {
    lock,
    gatt,
    write,
    closed: () => closed,
    bring: async (options: RecordedOptions, ...words: readonly string[]): Promise<CommandRecord> => {
      const there = new RecordedSurroundings({ workingFolder, bluetooth, ...options });
      const ended: CommandRecord[] = [];
      void there.run("lock", "bring", "a.locks", "--address", ADDRESS.toLowerCase(), ...words).then((record) => ended.push(record));
      while (ended.length === 0) {
        await clock.pass(100);
        there.passTime();
      }
      return ended[0]!;
    },
  };
}
const FILE: LockFile = { site: SITE, controller: "east", lists: [listOf("room-301", 4), listOf("room-302", 4)], denySet: setOf(3) };

test("rule 2.8: whoever stands at a lock that nobody reaches brings it deny set and list, by its address and no key; the lock has both then", async () => {
  const { lock, bring, closed } = inFront(FILE);
  const { exitCode, out, err } = await bring({ isTty: true }, "--lock", "room-301");
  expect([exitCode, out]).toEqual([0, expect.stringMatching(/^RECORD +VERSION +OUTCOME +DETAIL\ndeny set +3 +taken\nlist +4 +taken\n$/)]);
  expect(err).toContain("\rlist: ");
  expect([lock.memory.list!.value.version, lock.memory.denySet!.value.version, closed()]).toEqual([4, 3, 1]);
  expect((await bring({}, "--lock", "room-301")).out, "the same again").toBe('{"record":"deny set","version":3,"outcome":"taken","detail":""}\n{"record":"list","version":4,"outcome":"taken","detail":""}\n'); // prettier-ignore
});

test("an older list is refused, and the newer one stays; an older deny set is no reason to stop", async () => {
  const { lock, bring, write } = inFront({ ...FILE, lists: [listOf("room-301", 9)], denySet: setOf(9) });
  await bring({});
  write({ ...FILE, lists: [listOf("room-301", 10)] });
  expect(await bring({ isTty: true })).toMatchObject({ exitCode: 0, out: expect.stringMatching(/deny set +3 +newer there +VersionNotNewer: .*version 9\nlist +10 +taken/) }); // prettier-ignore
  write({ ...FILE, lists: [listOf("room-301", 8)], denySet: undefined });
  expect(await bring({ isTty: true })).toMatchObject({ exitCode: 1, err: expect.stringMatching(/the lock refuses it: .*version 10\non: the list at C0:FF:EE:00:03:01\nnext: it holds a newer one/) }); // prettier-ignore
  expect([lock.memory.list!.value.version, lock.memory.denySet!.value.version]).toEqual([10, 9]);
});

test("a list for another lock, and one that another key signed, are refused whole", async () => {
  const forged = listOf("room-301", 9, nodeSigner(new Uint8Array(32).fill(8)));
  const { lock, bring, write } = inFront({ ...FILE, lists: [listOf("room-302", 4)], denySet: undefined });
  expect(await bring({})).toMatchObject({ exitCode: 1, err: expect.stringContaining("see that this is room-302 of controller east, and the file whole") });
  write({ ...FILE, lists: [forged], denySet: undefined });
  expect(await bring({})).toMatchObject({ exitCode: 1, out: expect.stringContaining('"outcome":"refused","detail":"RecordRefused') });
  expect(lock.memory.list).toBeUndefined();
});

test("a lock that is not there ends with 3, and nothing further is tried", async () => {
  const { gatt, bring, closed } = inFront(FILE);
  gatt.place(ADDRESS, undefined);
  const { exitCode, out, err } = await bring({}, "--lock", "room-301");
  expect([exitCode, out.match(/not brought/g)?.length, closed()]).toEqual([3, 1, 1]);
  expect(err).toContain("next: stand nearer");
});

test.each([
  ["a file of something else", new Uint8Array(5), [], "this is no file of portico lock carry"],
  ["several lists and no word which", FILE, [], "lists of several locks: room-301, room-302"],
  ["a lock of which it has no list", FILE, ["--lock", "room-9"], "the file has no list for room-9"],
])("%s: nothing is tried", async (_, file, words, said) => {
  const { bring, closed } = inFront(file);
  expect(await bring({}, ...words)).toMatchObject({ exitCode: 2, err: expect.stringContaining(said) });
  expect(closed()).toBe(0);
});

test("an address that is none is refused before anything is read", async () => {
  const there = new RecordedSurroundings();
  expect(await there.run("lock", "bring", "a.locks", "--address", "here")).toMatchObject({ exitCode: 2, err: expect.stringContaining("Six bytes in hex") });
});
