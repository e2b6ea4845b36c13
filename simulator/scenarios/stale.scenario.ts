import { encodeFrame, FrameReader } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { DEBOUNCE_OVER_MS } from "./campus-bench.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
/** Behind a jump a host's clock has to run evenly for 10 s before it is believed again; the age of lists is looked at every 10 s. */
const AWAKE_MS = 25_000;
const POINTS = ["gate-1-in", "library-in"] as const;

/** Whether a student, a visitor and the emergency group are let in at a gate, and the group's card at the library. */
async function whoPasses({ answer, code, card, pass, push }: CloudBench): Promise<Readonly<Record<string, string>>> {
  const student = await answer("gate-1-in", code("zhang"));
  if (student === "granted") await push("gate-1", "entry");
  await pass(DEBOUNCE_OVER_MS);
  const visitor = await answer("gate-2-in", code("zhou"));
  if (visitor === "granted") await push("gate-2", "entry");
  const emergency = await answer("library-in", card("zhao"));
  await pass(DEBOUNCE_OVER_MS);
  return { student, visitor, emergency };
}

/** Out by an arm, and by the button of the library: neither asks how old a list is. */
async function whoLeaves({ campus, answer, code, push, pass }: CloudBench): Promise<readonly unknown[]> {
  const visitor = await answer("gate-1-out", code("zhou"));
  const isThrough = await push("gate-1", "exit");
  await campus.hands.pressExit("library");
  await pass(400);
  const isOut = await campus.hands.pushDoor("library", 800);
  await pass(DEBOUNCE_OVER_MS);
  return [visitor, isThrough, isOut];
}

const freshnessOf = ({ campus }: CloudBench): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...campus.controllers.values()].flatMap((each) => each.accessPoints().filter(({ id }) => POINTS.some((point) => point === id)).map(({ id, freshness, next }) => [id, [freshness, next?.freshness ?? null]]))); // prettier-ignore

const EVERYBODY = { student: "granted", visitor: "granted", emergency: "granted" };
const FREE = ["granted", true, true];

test("rule 4.4: a cloud that stays away: for a day everybody passes, for a week no visitors, for a month the emergency group, then nobody; ways out are free, and its return makes all of it good", async () => {
  const bench = await cloudBench();
  const { campus, pass } = bench;
  expect(await whoPasses(bench)).toEqual(EVERYBODY);
  campus.cloud.unplug();
  const away = async (ms: number): Promise<unknown> => {
    campus.sleep(ms);
    await pass(AWAKE_MS);
    const freshness = freshnessOf(bench);
    expect(freshness["gate-1-in"]).toEqual(freshness["library-in"]);
    return [freshness["gate-1-in"], await whoPasses(bench), await whoLeaves(bench)];
  };
  expect(await away(HOUR_MS)).toEqual([["stale-ok", "stale-strict"], EVERYBODY, FREE]);
  expect(await away(DAY_MS)).toEqual([["stale-strict", "essential"], { ...EVERYBODY, visitor: "ListStale" }, FREE]);
  expect(await away(7 * DAY_MS)).toEqual([["essential", "expired"], { student: "ListStale", visitor: "ListStale", emergency: "granted" }, FREE]);
  expect(await away(23 * DAY_MS)).toEqual([["expired", null], { student: "ListStale", visitor: "ListStale", emergency: "ListStale" }, FREE]);

  campus.cloud.plug();
  expect(await campus.clock.until(() => campus.isReady, 2 * MINUTE_MS)).toBe(true);
  expect(await whoPasses(bench)).toEqual(EVERYBODY);
  for (const [controller, point] of [
    ["gate-house", "gate-1-in"],
    ["library-house", "library-in"],
  ] as const) {
    const told = (await bench.events(controller, "FreshnessChanged")).filter(({ fields }) => fields["accessPoint"] === point);
    expect(told.map(({ fields }) => fields["to"])).toEqual(expect.arrayContaining(["stale-ok", "stale-strict", "essential", "expired", "fresh"]));
    expect(await campus.controller(controller).chain()).toMatchObject({ kind: "whole" });
  }
});

test("attack freeze: a cloud that is connected and whose heads are kept back is STALE, visible at once, and believed no longer than one that is away", async () => {
  const bench = await cloudBench();
  const { campus, pass, report, answer, card } = bench;
  const line = campus.cloud.line("library-house");
  const frames = new FrameReader();
  // Whoever sits on the way lets keepalives through, so that nothing seems amiss.
  line.middleman = (bytes) => {
    const read = frames.push(bytes);
    if (!read.ok) throw new Error(read.detail);
    return Buffer.concat(read.value.filter(({ kind }) => kind === "keepalive").map(encodeFrame));
  };
  await report("li", "report-lost");
  await pass(2_000);
  expect(await answer("gate-2-in", card("li")), "the other line is honest").toBe("CredentialNotEnabled");
  await pass(11 * MINUTE_MS);
  const { feed } = campus.controller("library-house").status();
  expect(feed).toMatchObject({ connection: "connected", partitions: [{ partition: "global", freshness: "stale-ok" }, { partition: "zone/library", freshness: "stale-ok" }] }); // prettier-ignore
  expect(feed!.sinceS).toBeGreaterThan(11 * 60);
  expect(campus.controller("gate-house").accessPoints()[0]).toMatchObject({ freshness: "fresh" });
  expect((await bench.events("library-house", "FreshnessChanged")).at(-1)!.fields).toMatchObject({ accessPoint: "library-in", from: "fresh", to: "stale-ok" });
  campus.sleep(DAY_MS);
  await pass(AWAKE_MS);
  expect(campus.controller("library-house").accessPoints()[0]).toMatchObject({ freshness: "stale-strict" });

  line.middleman = undefined;
  line.hangUp("somebody looked at the line");
  expect(await campus.clock.until(() => campus.isReady, 2 * MINUTE_MS)).toBe(true);
  expect(await answer("library-in", card("li"))).toBe("CredentialNotEnabled");
});

test("black start with a cloud: power returns, the network does not, nobody vouches for the clock: what each door does was chosen; with the network everything is as before", async () => {
  const bench = await cloudBench({ clock: "time-frames" });
  const { campus, pass, answer, code, card, push } = bench;
  expect(await answer("gate-1-in", code("zhang")), "a time frame of the cloud has set the clock").toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  campus.powerCut();
  await pass(10 * MINUTE_MS);
  await campus.powerReturns();
  await pass(10_000);
  for (const each of campus.controllers.values()) expect(each.status()).toMatchObject({ clock: { state: "untrusted" }, feed: { connection: "waiting" } });
  expect(freshnessOf(bench)).toEqual({ "gate-1-in": ["stale-strict", null], "library-in": ["stale-strict", null] });
  expect(await answer("gate-1-in", code("zhang"))).toBe("ClockUntrusted");
  expect(await answer("library-in", card("li"))).toBe("ClockUntrusted");
  expect(await answer("library-in", card("zhao")), "the emergency group's card").toBe("granted");
  await pass(DEBOUNCE_OVER_MS);
  expect(await whoLeaves(bench)).toEqual(FREE);

  await pass(5 * MINUTE_MS);
  campus.cloud.plug();
  expect(await campus.clock.until(() => campus.isReady, 3 * MINUTE_MS)).toBe(true);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  for (const each of campus.controllers.values()) expect(await each.chain()).toMatchObject({ kind: "whole" });
});
