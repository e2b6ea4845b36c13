import { expect, test } from "vitest";
import { campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

test("power cut between record and pulse: the grant is in the log, is AccessNotTaken with cause restart, and is never actuated", async () => {
  const { campus, code, answer, push, pass, events } = await campusBench();
  const energized: string[] = [];
  for (const [id, board] of campus.devices.boards) board.onRelay((relay, on) => void (on && energized.push(`${id} ${relay}`)));
  // The decision is recorded and its frame is handed to the wire within one stretch; on the wire it takes the better part of a millisecond.
  const stop = campus.hands.onReport((report) => void (report.kind === "judged" && campus.clock.after(0, () => campus.powerCut())));
  const shown = code("zhang");
  await campus.hands.scan("gate-1-in", shown);
  await pass(100);
  stop();
  expect(campus.reports.filter(({ kind }) => kind === "judged" || kind === "acted")).toMatchObject([{ kind: "judged", outcome: "granted" }]);
  expect(energized).toEqual([]);

  await pass(3_000);
  await campus.powerReturns();
  expect(await campus.online()).toBe(true);
  await pass(DEBOUNCE_OVER_MS);
  const [granted, ...others] = await events("AccessGranted");
  expect(others).toEqual([]);
  expect((await events("AccessNotTaken")).map(({ fields }) => fields)).toEqual([{ accessPoint: "gate-1-in", grantedSeq: granted!.seq, cause: "restart" }]);
  expect([energized, await push("gate-1", "entry")]).toEqual([[], false]);

  expect(await answer("gate-1-in", shown), "the pass was spent with its record").toBe("PassReplayed");
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});

test.each([0, 1, 2, 5, 20, 100, 299, 301, 1_000, 5_500])(
  "killed %i ms behind the decision: one grant, one end, at most one freeing of the arm, and no relay stays energised",
  async (delayMs) => {
    const { campus, code, pass, events } = await campusBench();
    const board = campus.devices.boards.get("gate-1")!;
    const stop = campus.hands.onReport((report) => void (report.kind === "judged" && campus.clock.after(delayMs, () => campus.kill())));
    await campus.hands.scan("gate-1-in", code("zhang"));
    await pass(6_000);
    stop();
    expect(board.relay(0), "the board times its pulse itself").toBe(false);
    await campus.start();
    expect(await campus.online()).toBe(true);
    await pass(8_000);
    const [granted, ...others] = await events("AccessGranted");
    const ends = (await events()).filter(({ name }) => name === "AccessTaken" || name === "AccessNotTaken");
    expect([others, ends.map(({ name, fields }) => [name, fields["grantedSeq"], fields["cause"]])]).toEqual([
      [],
      [["AccessNotTaken", granted!.seq, "restart"]],
    ]);
    // Its frame has to wait while the line is busy with a poll, so whether it left before the end is chance in the first milliseconds.
    const releases = campus.devices.lanes.get("gate-1")!.releases("entry");
    expect(releases).toBeLessThanOrEqual(1);
    if (delayMs >= 20) expect(releases).toBe(1);
    expect(await campus.chain()).toMatchObject({ kind: "whole" });
  },
);

test("power cut while an operator's unlock stands: the mode outlives it, and the arm is freed again", async () => {
  const { campus, push, pass } = await campusBench();
  const unlocked = campus.controller.answers["POST /v1/doors/:id/:act"]({
    params: { id: "gate-1", act: "unlock" },
    query: new URLSearchParams(),
    body: { by: "guard", reason: "delivery" },
  });
  await campus.during(Promise.resolve(unlocked), 1_000);
  await pass(2_000);
  expect(await push("gate-1", "entry")).toBe(true);
  campus.powerCut();
  await pass(5_000);
  expect([await push("gate-1", "entry"), campus.devices.boards.get("gate-1")!.relay(0)]).toEqual([false, false]);
  await campus.powerReturns();
  expect(await campus.online()).toBe(true);
  await pass(2_000);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit")]).toEqual([true, true]);
});
