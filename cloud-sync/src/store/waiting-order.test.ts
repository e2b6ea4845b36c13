import { sql } from "kysely";
import { expect, test } from "vitest";
import { storeOfEarlier } from "../rig/earlier-store.ts";

test("who waits in an earlier store keeps the order in which he came, and who comes now waits behind", async () => {
  const database = await storeOfEarlier("0029-told-movements", async (earlier) => {
    await sql`INSERT INTO person (id, name, flags, party_size) VALUES ('p-1', '张', 0, 1), ('p-2', '李', 0, 1), ('p-3', '王', 0, 1)`.execute(earlier);
    await sql`INSERT INTO resource (id, number, campus_service, kind, name_zh, name_en, type, path, capacity, attributes, seats, opens)
      VALUES ('court-1', 1, 'sports-hall', 'place', '1 号场', 'Court 1', '羽毛球场', '[]', 4, '{}', 1, '[]')`.execute(earlier);
    for (const [id, person] of [
      ["w-2", "p-1"],
      ["w-1", "p-2"],
    ])
      // prettier-ignore
      await sql`INSERT INTO waiting_place (id, resource, person, starts, ends, accepted_version, created_at, created_by)
        VALUES (${id}, 'court-1', ${person}, 100, 200, 1, 50, 'desk')`.execute(earlier);
  });
  const { queries } = database;
  const values = { id: "w-0", resource: "court-1", person: "p-3", starts: 100, ends: 200, accepted_version: 1, created_at: 50, created_by: "desk" };
  await queries.insertInto("waiting_place").values(values).execute();
  const rows = await queries.selectFrom("waiting_place").selectAll().orderBy("number").execute();
  expect(rows.map(({ id, person }) => [id, person])).toEqual([
    ["w-1", "p-2"],
    ["w-2", "p-1"],
    ["w-0", "p-3"],
  ]);
  expect(rows[2]).toMatchObject(values);
  await database.close();
});
