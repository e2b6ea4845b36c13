import { afterEach, beforeEach, expect, test } from "vitest";
import { putPerson } from "../people.ts";
import { type CloudRig, cloudRig, NOTE } from "../rig/cloud-rig.ts";
import { Publisher } from "./publisher.ts";

let rig: CloudRig;
beforeEach(async () => void (rig = await cloudRig()));
afterEach(() => rig.close());

async function change(name: string): Promise<number> {
  const made = await putPerson(rig, NOTE, undefined, { account: null, name, phone: null, mail: null, flags: [], partySize: 1 });
  if (!made.ok) throw new Error(made.error);
  return made.value.change;
}

test("a change has its publication, whether a run has taken it before anybody asks or not", async () => {
  const publisher = new Publisher(rig.expander, () => {}, () => {}); // prettier-ignore
  const first = await change("first");
  expect(await publisher.published(first)).toBe(1);
  const second = await change("second");
  publisher.poke();
  await publisher.settled();
  expect(await publisher.published(second)).toBe(2);
});

test("many who change at once share publications, and each hears the one that carries his change", async () => {
  const publications: (readonly number[])[] = [];
  const publisher = new Publisher(rig.expander, ({ changes }) => publications.push(changes), () => {}); // prettier-ignore
  const heard = await Promise.all(
    Array.from({ length: 20 }, async (_, nth) => {
      const made = await change(`person ${nth}`);
      return { made, publish: await publisher.published(made) };
    }),
  );
  for (const { made, publish } of heard) expect(publications[publish! - 1]).toContain(made);
  expect(publications.length).toBeLessThan(20);
});

test("a failed expansion is told, leaves the change waiting, and the next one takes it along", async () => {
  const failures: unknown[] = [];
  const failing = { fail: true };
  const expander = Object.assign(Object.create(rig.expander) as typeof rig.expander, {
    expandNext: () => (failing.fail ? Promise.reject(new Error("disk full")) : rig.expander.expandNext()),
    publishOf: (id: number) => rig.expander.publishOf(id),
  });
  const publisher = new Publisher(expander, () => {}, (error) => failures.push(error)); // prettier-ignore
  const first = await change("first");
  expect(await publisher.published(first)).toBeUndefined();
  expect(failures).toMatchObject([{ message: "disk full" }]);
  failing.fail = false;
  const second = await change("second");
  expect([await publisher.published(second), await rig.expander.publishOf(first)]).toEqual([1, 1]);
});
