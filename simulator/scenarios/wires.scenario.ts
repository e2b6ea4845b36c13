import { expect, test } from "vitest";
import { campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

test("scanner unplugged and back: the next lane goes on, half a scan is no scan, and it is told when and for how long", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  const wire = campus.wire("gate-1-in");
  const shown = code("zhang");
  wire.far.write(new TextEncoder().encode(shown.slice(0, 70)));
  await pass(20);
  wire.cut();
  expect(await answer("gate-1-in", shown)).toBe("no answer");
  expect(await answer("gate-2-in", code("li"))).toBe("granted");
  expect(await push("gate-2", "entry")).toBe(true);
  await pass(10_000);
  wire.mend();
  await pass(100);
  expect(await answer("gate-1-in", shown), "it was not used up").toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  const [offline] = await events("DeviceOffline");
  const [online] = await events("DeviceOnline");
  expect([offline!.source, offline!.fields["error"], online!.source]).toEqual(["gate-1-in", "Disconnected", "gate-1-in"]);
  expect(Math.round(Number(online!.fields["outageMs"]) / 1000)).toBe(13);
  expect(campus.devicesRows().find(({ id }) => id === "gate-1-in")!.counts).toMatchObject({ unreadable: 1 });
});

test("relay silent: what was granted is on record and never opens later, nobody else is let in on it, and the way is back with the board", async () => {
  const { campus, scan, answer, code, push, pass, events } = await campusBench();
  const board = campus.devices.boards.get("gate-1")!;
  board.setMute(true);
  const granted = await scan("gate-1-in", code("zhang"));
  expect(granted?.outcome).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(false);
  await pass(8_000);
  expect((await events("AccessNotTaken")).map(({ fields }) => fields)).toEqual([{ accessPoint: "gate-1-in", grantedSeq: granted!.seq, cause: "device" }]);
  expect((await events("DoorFault")).map(({ source }) => source)).toContain("gate-1/entry");
  expect((await events("DeviceOffline")).map(({ source }) => source)).toEqual(["gate-1"]);

  const shown = code("li");
  expect(await scan("gate-1-in", shown)).toMatchObject({ outcome: "denied", detail: expect.stringContaining("gate-1 does not answer") });
  board.setMute(false);
  await pass(DEBOUNCE_OVER_MS);
  expect(board.relay(0), "no grant of the outage is actuated now").toBe(false);
  expect(campus.devices.lanes.get("gate-1")!.releases("entry")).toBe(0);
  expect(await answer("gate-1-in", shown), "the pass was not used up").toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  expect((await events("DoorFaultCleared")).map(({ source }) => source)).toContain("gate-1/entry");
});

test("relay deaf on one side: the board obeys and its answers are lost; the arm gives way once", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  campus.devices.boards.get("gate-1")!.setDumb(true);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect([await push("gate-1", "entry"), await push("gate-1", "entry")]).toEqual([true, false]);
  await pass(8_000);
  campus.devices.boards.get("gate-1")!.setDumb(false);
  await pass(5_000);
  expect(campus.devices.lanes.get("gate-1")!.releases("entry")).toBe(1);
  expect(
    (await events("AccessNotTaken")).map(({ fields }) => fields["cause"]),
    "nobody could see the passage",
  ).toEqual(["device"]);
});

test("a board that loses power for a moment: relays drop, nothing is opened again", async () => {
  const { campus, answer, code, push, pass } = await campusBench();
  expect(await answer("library-in", code("zhang"))).toBe("granted");
  await pass(500);
  campus.devices.boards.get("library")!.powerCycle();
  await pass(3_000);
  expect(campus.devices.boards.get("library")!.relay(0)).toBe(false);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  await pass(10_000);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
});

test("a board that is gone for a second in the middle of a release: the passage is over for the lock, nothing is said again", async () => {
  const { campus, answer, code, pass, events } = await campusBench();
  const board = campus.devices.boards.get("library")!;
  expect(await answer("library-in", code("zhang"))).toBe("granted");
  await pass(500);
  const energized: number[] = [];
  board.onRelay((relay, on) => void (on && relay === 0 && energized.push(campus.clock.monotonic())));
  board.setMute(true);
  board.powerCycle();
  await pass(1_500);
  board.setMute(false);
  await pass(10_000);
  expect([energized, await campus.hands.pushDoor("library", 1_000)]).toEqual([[], false]);
  expect((await events("AccessNotTaken")).map(({ source }) => source)).toEqual(["library-in"]);
});

test("fire: the loop frees both ways before anything is written, and behind it the arms are secured by a person's word", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  const lane = campus.devices.lanes.get("gate-1")!;
  lane.fire(true);
  await pass(1_500);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit")]).toEqual([true, true]);
  expect([campus.devices.boards.get("gate-1")!.relay(0), campus.devices.boards.get("gate-1")!.relay(1)]).toEqual([true, true]);
  lane.fire(false);
  await pass(1_500);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit")], "the loop alone locks nothing").toEqual([true, true]);
  const asked = { params: { verb: "relock" }, query: new URLSearchParams(), body: { zone: null, by: "guard", reason: "all out" } };
  expect(campus.controller.answers["POST /v1/site/:verb"](asked)).toMatchObject({ exceptions: [] });
  await pass(500);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit")]).toEqual([false, false]);
  expect((await events("FireInput")).map(({ source, fields }) => [source, fields["active"]])).toEqual([
    ["gate-1", true],
    ["gate-1", false],
  ]);
  expect((await events("DoorForcedOpen")).length).toBe(0);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
});

test("hot-plug: a scanner and a board that appear for the first time long after the start work without a restart, and again when they are replugged", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  await campus.stop();
  const plugs = [campus.wire("gate-1-in"), campus.wire("gate-1")];
  for (const plug of plugs) plug.cut();
  await campus.start();
  await pass(3 * 60_000);
  const healthOf = (id: string): string => campus.devicesRows().find((row) => row.id === id)!.health;
  expect([healthOf("gate-1-in"), healthOf("gate-1"), healthOf("gate-2")]).toEqual(["offline", "offline", "online"]);
  expect(await answer("gate-2-in", code("li")), "who has come by another lane").toBe("granted");
  expect(await push("gate-2", "entry")).toBe(true);

  for (const moment of ["for the first time", "replugged"]) {
    for (const plug of plugs) plug.mend();
    await pass(2_000);
    expect([healthOf("gate-1-in"), healthOf("gate-1")], moment).toEqual(["online", "online"]);
    expect(await answer("gate-1-in", code("zhang")), moment).toBe("granted");
    expect(await push("gate-1", "entry"), moment).toBe(true);
    for (const plug of plugs) plug.cut();
    await pass(10_000);
    expect(await answer("gate-1-in", code("zhang")), "unplugged").toBe("no answer");
  }
  expect((await events("ControllerStarted")).length, "one start on the campus, one before the plugs were in").toBe(2);
  expect((await events("DeviceOnline")).filter(({ source }) => source === "gate-1-in").length).toBeGreaterThanOrEqual(2);
});
