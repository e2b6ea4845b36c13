import { type CarriedList, type DenySetAnswer, type EventLine, type RoomLocksAnswer } from "@portico/controller";
import { hexToBytes } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { makeChallengedPass } from "@portico/card-protocol/phone";
import { passerBy } from "@portico/firmware-ts/ble-lock";
import { expect, test } from "vitest";
import { ROOM } from "./room-hands.ts";
import { ROOM_ADDRESS, type RoomLockCampus, roomLockCampus } from "./room-lock-campus.ts";

/** A room whose lock nobody reaches, and somebody who stands at it. */
async function atTheRoom(bench: RoomLockCampus) {
  const { campus, gatt, control, personOf, pocket } = bench;
  const visitor = passerBy({ adapter: gatt.adapter, address: ROOM_ADDRESS, clock: campus.clock });
  const said = async (act: ReturnType<typeof visitor.present>): Promise<string> => {
    const done: string[] = [];
    void act.then((result) => done.push(result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error));
    await campus.clock.until(() => done.length > 0, 60_000);
    return done[0] ?? "no answer";
  };
  return {
    person: personOf,
    /** Somebody holds a phone to the lock. */
    hold: (who: string) => {
      const { credential, seed } = pocket(who).person.phone!;
      return said(visitor.present((challenge) => makeChallengedPass({ site: campus.campus.site, credentialId: credential, signedAt: campus.now(), counter: 1, challenge }, nodeSigner(seed)).bytes)); // prettier-ignore
    },
    list: () => control<CarriedList>("POST /v1/room-locks/:id/list", { id: ROOM }),
    denySet: async () => (await control<DenySetAnswer>("POST /v1/room-locks/deny-set")).denySet,
    held: async () => (await control<RoomLocksAnswer>("GET /v1/room-locks")).locks[0]!,
    bring: (kind: 16 | 17, record: string) => said(visitor.carry(kind, hexToBytes(record)!)),
  };
}
const madeSets = (events: readonly EventLine[]) => events.filter(({ name }) => name === "LockDenySetMade").map(({ fields }) => [fields["version"], fields["denied"], fields["left"]]); // prettier-ignore

test("rule 2.8: a lock that nobody reaches opens for the phones of its list; a phone that is reported lost is refused as soon as somebody brings the deny set, and let in again by the next", async () => {
  const bench = await roomLockCampus("carried");
  const { pass, roomOf, ask, told } = bench;
  const { person, hold, list, denySet, held, bring } = await atTheRoom(bench);
  expect([await denySet(), (await held()).isListDue], "nobody to deny").toEqual([null, true]);
  const [li, zhang] = [await person("li"), await person("zhang")];
  await roomOf(li);
  await roomOf(zhang);
  await pass(5_000);
  const first = await list();
  expect([first.people, await bring(16, first.record), await hold("li"), await hold("zhang")]).toEqual([2, "ok", "ok", "ok"]);
  expect([await denySet(), (await held()).isListDue, (await held()).listMade], "whom the list names still opens").toEqual([null, false, 1]);

  const phone = (await ask("GET /v1/persons/{id}/credentials", { params: { id: li } })).items.find(({ kind }) => kind === "qr")!;
  await ask("POST /v1/credentials/{id}/suspend", { params: { id: phone.id } });
  await pass(5_000);
  expect(await hold("li"), "the lock has heard nothing yet").toBe("ok");
  const lost = (await denySet())!;
  expect([lost.version, lost.denied, lost.left, (await held()).isListDue]).toEqual([1, 1, 0, true]);
  expect((await denySet())!.record, "the same ones, the same bytes").toBe(lost.record);
  const old = first.record;
  const forged = `${lost.record.slice(0, -2)}${lost.record.endsWith("00") ? "01" : "00"}`;
  expect(await bring(17, forged)).toBe("RecordRefused");
  expect(await hold("li")).toBe("ok");
  expect(await bring(17, lost.record)).toBe("ok");
  expect([await hold("li"), await hold("zhang"), bench.lock.memory.denySet!.value.version]).toEqual(["HolderNotListed", "ok", 1]);

  const second = await list();
  expect([second.version, await bring(16, second.record), await bring(16, old)]).toEqual([2, "ok", "VersionNotNewer"]);
  await ask("POST /v1/credentials/{id}/clear", { params: { id: phone.id } });
  await pass(5_000);
  const third = await list();
  expect([await bring(16, third.record), await hold("li")], "the set is stronger than the list").toEqual(["ok", "HolderNotListed"]);
  const back = (await denySet())!;
  expect([back.version, back.denied, await bring(17, back.record), await hold("li")]).toEqual([2, 0, "ok", "ok"]);
  expect(madeSets(await told())).toEqual([[1, 1, 0], [2, 0, 0]]); // prettier-ignore
});

test("whoever has left is denied with credential and handle, and nobody else is", async () => {
  const bench = await roomLockCampus("carried");
  const { pass, roomOf, ask } = bench;
  const { person, hold, list, denySet, bring } = await atTheRoom(bench);
  const grant = await roomOf(await person("li"));
  await roomOf(await person("zhang"));
  await pass(5_000);
  await bring(16, (await list()).record);
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(5_000);
  const left = (await denySet())!;
  expect(left.denied).toBeGreaterThanOrEqual(2);
  expect([await bring(17, left.record), await hold("li"), await hold("zhang")]).toEqual(["ok", "HolderNotListed", "ok"]);
});

test("a restarted controller goes on with the versions of before, and denies whom the lists of before let in", async () => {
  const bench = await roomLockCampus("carried");
  const { pass, roomOf, ask, campus } = bench;
  const { person, list, denySet } = await atTheRoom(bench);
  const grant = await roomOf(await person("li"));
  await pass(5_000);
  expect((await list()).version).toBe(1);
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(5_000);
  const before = (await denySet())!;
  const machine = campus.controller("library-house");
  machine.powerCut();
  await machine.start();
  await pass(70_000);
  expect([await denySet(), (await list()).version]).toEqual([before, 2]);
});
