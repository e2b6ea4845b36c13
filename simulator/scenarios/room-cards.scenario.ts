import { hexToBytes } from "@portico/card-protocol";
import type { RoomLocksAnswer } from "@portico/controller";
import { expect, test } from "vitest";
import { ROOM } from "./room-hands.ts";
import { roomLockCampus } from "./room-lock-campus.ts";

/** A lock that reads cards itself, in a zone of room locks alone, and cards held to it. */
async function cardsAtTheRoom() {
  const bench = await roomLockCampus("cards");
  const { lock, card, control, personOf, pass } = bench;
  await pass(60_000);
  return {
    ...bench,
    person: personOf,
    hold: (who: string) => lock.holdCard(hexToBytes(card(who).toLowerCase())!) ?? "opens",
    held: async () => (await control<RoomLocksAnswer>("GET /v1/room-locks")).locks[0]!,
  };
}

test("rule 2.8: a room lock opens with the card that is shown at it, for whom the room is granted, while its controller is away; not for a lost card, and not any more when the room is given back", async () => {
  const { lock, hold, held, person, roomOf, pass, place, report, ask } = await cardsAtTheRoom();
  expect(hold("li"), "before it is hers").toBe("HolderNotListed");
  const grant = await roomOf(await person("li"));
  await pass(20_000);
  expect((await held()).cardKeyGeneration).toBe(lock.memory.cardKey!.generation);
  place(false);
  expect([hold("li"), hold("zhao")]).toEqual(["opens", "HolderNotListed"]);
  expect(lock.memory.audit.findLast(({ event }) => event === "Opened")).toMatchObject({ way: "card" });
  place(true);
  await report("li", "report-lost");
  await pass(130_000);
  expect(hold("li")).toBe("HolderNotListed");
  await report("li", "return");
  await pass(20_000);
  expect(hold("li")).toBe("opens");
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(20_000);
  expect(hold("li")).toBe("HolderNotListed");
});

test("rule 2.8: when the zone is given another key, because a lock was stolen, the cards go on opening by it, and nothing of the old key does", async () => {
  const { lock, hold, person, roomOf, pass, ask } = await cardsAtTheRoom();
  await roomOf(await person("li"));
  await pass(20_000);
  const before = lock.memory;
  await ask("POST /v1/zones/{id}/rotate-key", { params: { id: "dormitory" } });
  await pass(130_000);
  expect(hold("li")).toBe("opens");
  const { cardKey, list } = lock.memory;
  expect(cardKey!.generation).toBe(before.cardKey!.generation + 1);
  expect(cardKey!.key).not.toEqual(before.cardKey!.key);
  const proofs = ({ list: held }: typeof before): string[] => held!.value.rows.flatMap(({ credentials }) => credentials.filter(({ proof }) => proof.length === 16).map(({ proof }) => Buffer.from(proof).toString("hex"))); // prettier-ignore
  expect(proofs(before)).toHaveLength(1);
  expect(proofs({ ...before, list })).not.toEqual(proofs(before));
});

test("a lock is given no key of a zone in which a door stands; what is wrong is told, and everything else goes on", async () => {
  const { lock, held, hold, person, roomOf, pass, ask } = await cardsAtTheRoom();
  await ask("PUT /v1/access-points/{id}", { params: { id: "cellar" }, body: { zone: "dormitory", names: { zh: "地下室", en: "Cellar" }, high: false } });
  await pass(5_000);
  await ask("POST /v1/zones/{id}/rotate-key", { params: { id: "dormitory" } });
  await roomOf(await person("li"));
  await pass(130_000);
  const { look, lookDetail, listVersion, cardKeyGeneration } = await held();
  expect([look, lookDetail]).toEqual(["failed", `zone dormitory has access points that are no room locks (cellar): its key for cards is given to no lock`]);
  expect([listVersion, lock.memory.list!.value.rows.length > 0, hold("li")]).toEqual([lock.memory.list!.value.version, true, "HolderNotListed"]);
  expect(cardKeyGeneration, "the one before the door came").toBe(1);
  await ask("DELETE /v1/access-points/{id}", { params: { id: "cellar" } });
  await pass(130_000);
  expect([hold("li"), (await held()).look, ROOM]).toEqual(["opens", "done", "room-301"]);
});
