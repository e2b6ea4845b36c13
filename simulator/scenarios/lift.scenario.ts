import { expect, test } from "vitest";
import { liftBody, type LiftBody } from "../src/lift-body.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";

const CONTROLLER = "library-house";
/** Relays and inputs of the library's board that its door and lights leave free. */
const CHANNEL = { "2": 5, "3": 6, "4": 7 } as const;
const FLOORS = Object.keys(CHANNEL) as (keyof typeof CHANNEL)[];
const pointOf = (floor: string): string => `library/floor-${floor}`;
const FOREVER = { from: null, until: null };

/** The library's reader stands in a lift's cabin, whose lowest floor is the way out. */
const withLift =
  (lines: string) =>
  (controller: string, portico: string): string =>
    controller === CONTROLLER
      ? `${portico.replace(`door = "library"\n`, `lift = "lift-1"\n`)}
[[lift]]
id = "lift-1"
${lines}
[[lift.floor]]
id = "1"
always_free = true
${FLOORS.map((id) => `[[lift.floor]]\nid = "${id}"\naccess_point = "${pointOf(id)}"\nrelay = { board = "library", relay = ${CHANNEL[id]} }\nbutton = { board = "library", input = ${CHANNEL[id]} }\n`).join("")}`
      : portico;

interface LiftBench extends CloudBench {
  readonly cabin: LiftBody;
  /** The person's id in the cloud. */
  readonly personOf: (account: string) => Promise<string>;
  /** Lets a person ride to floors, by the API. @returns the grant's id */
  readonly letRide: (person: string, floors: readonly string[]) => Promise<string>;
}

/** A campus with a lift, whose floors the cloud knows as access points. */
async function liftBench(lines = ""): Promise<LiftBench> {
  const bench = await cloudBench({ amend: withLift(lines) });
  const { campus, ask, pass } = bench;
  const board = campus.devices.boards.get("library")!;
  const cabin = liftBody(
    [{ floor: "1" }, ...FLOORS.map((floor) => ({ floor, relay: { board, relay: CHANNEL[floor] }, call: { board, input: CHANNEL[floor] } }))],
    campus.clock,
  );
  for (const floor of FLOORS)
    await ask("PUT /v1/access-points/{id}", { params: { id: pointOf(floor) }, body: { zone: "library", names: { zh: `图书馆${floor}层`, en: `Library, floor ${floor}` }, high: false } }); // prettier-ignore
  const personOf = async (account: string): Promise<string> => {
    const { items } = await ask("GET /v1/persons", { query: {} });
    return items.find((each) => each.account?.startsWith(`${account}@`) === true)!.id;
  };
  return {
    ...bench,
    cabin,
    personOf,
    async letRide(person, floors) {
      const { value } = await ask("POST /v1/grants", {
        body: {
          subject: { kind: "person", id: await personOf(person) },
          what: { kind: "own", accessPoints: floors.map(pointOf), capability: "ride", schedule: "always" },
          validity: FOREVER,
          source: { kind: "operator" },
        },
      });
      await pass(1_000);
      return value.id;
    },
  };
}

test("rule 2.7: a grant of the cloud that names floors enables their buttons in the cabin, and no others; the cloud hears which; when it ends nobody rides", async () => {
  const { ask, answer, code, cabin, pass, letRide, personOf, last } = await liftBench();
  expect(await answer("library-in", code("wu")), "who may pass the library's door may ride nowhere yet").toBe("Unauthorized");
  const grant = await letRide("wu", ["2", "4"]);
  await pass(4_000);
  expect(await answer("library-in", code("wu"))).toBe("granted");
  await pass(100);
  expect(cabin.working()).toEqual(["1", "2", "4"]);
  expect([cabin.press("3"), cabin.press("4")]).toEqual([false, true]);
  await pass(10_000);
  expect(cabin.working()).toEqual(["1"]);
  expect(await answer("library-in", code("zhang")), "another person").toBe("Unauthorized");
  expect(last()?.detail).toBe("no permission names this access point");
  const who = await ask("GET /v1/access-points/{id}/who", { params: { id: pointOf("4") }, query: { capability: "ride" } });
  expect(JSON.stringify(who)).toContain(await personOf("wu"));
  const { items } = await ask("GET /v1/events", { query: { controller: CONTROLLER, names: "FloorsGranted,AccessTaken,FloorChosen" } });
  expect(items.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^Grant \d+ of library-in opens these floors: 2, 4; named by a grant and not open: none\.$/),
    expect.stringMatching(/^Somebody passed library-in on grant \d+\.$/),
    expect.stringMatching(/^Somebody chose lift-1\/4 on grant \d+\.$/),
  ]);
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(4_000);
  expect(await answer("library-in", code("wu"))).toBe("Unauthorized");
  expect(cabin.working()).toEqual(["1"]);
});

test("one floor a grant: nobody rides on another's word; behind a power cut no button works, and the list is there without a network", async () => {
  const { campus, answer, code, cabin, pass, letRide, events } = await liftBench('floors_per_grant = "one"');
  await letRide("wu", ["2", "3", "4"]);
  expect(await answer("library-in", code("wu"))).toBe("granted");
  await pass(100);
  expect(cabin.press("3")).toBe(true);
  await pass(200);
  expect([cabin.press("2"), cabin.press("4"), cabin.press("3")]).toEqual([false, false, true]);
  expect(cabin.calls.map(({ floor }) => floor)).toEqual(["3"]);
  await pass(10_000);
  expect(await answer("library-in", code("wu"))).toBe("granted");
  await pass(100);
  expect(cabin.working()).toEqual(["1", "2", "3", "4"]);
  campus.powerCut();
  expect(cabin.working()).toEqual(["1"]);
  await campus.powerReturns();
  await pass(4_000);
  expect(cabin.working()).toEqual(["1"]);
  expect((await events(CONTROLLER, "AccessNotTaken")).map(({ fields }) => fields["cause"])).toEqual(["restart"]);
  expect(await answer("library-in", code("wu"))).toBe("granted");
});
