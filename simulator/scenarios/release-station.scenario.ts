import { expect, test } from "vitest";
import { ALICE, BOB, GUEST, type StationBench, stationBench } from "./release-station-bench.ts";

/** The bench with alice signed in and one job of hers held. */
async function signedIn(pages = 3, options: Parameters<typeof stationBench>[0] = {}): Promise<StationBench & { readonly job: number }> {
  const bench = await stationBench(options);
  const job = bench.send("alice", pages);
  await bench.scan(ALICE);
  return { ...bench, job };
}
const NOTHING = { heldFen: 0, postedFen: 0 };

test("rule 2.9: a scan signs in: the holder's own held jobs stand there with sides and price, and nobody else's", async () => {
  const bench = await stationBench();
  const own = bench.send("alice", 3, { copies: 2, isDuplex: true });
  bench.send("alice@connect", 5);
  bench.send("carol", 7);
  await expect(bench.jobs()).rejects.toMatchObject({ problem: { status: 409, title: "Nobody is signed in" } });
  await bench.scan(GUEST);
  expect(await bench.station()).toMatchObject({ credential: null });
  await bench.scan(ALICE);
  expect(await bench.station()).toMatchObject({ credential: ALICE, printer: "library-printer", fault: null, accessPoints: ["library-print"] });
  expect(await bench.jobs()).toEqual([{ job: own, sides: 6, counted: true, copies: 2, duplex: true, colour: false, priceFen: 60, detail: "" }]);
  await bench.scan(BOB);
  expect((await bench.jobs()).map(({ sides }) => sides)).toEqual([5]);
  await bench.clock.pass(60_000);
  await expect(bench.jobs()).rejects.toMatchObject({ problem: { status: 409 } });
  expect(JSON.stringify(bench.events)).not.toContain("resignation");
  await bench.stop();
});

test("rule 2.9: money is held at the release and charged when the printer says completed, not before; blank backs cost nothing", async () => {
  const bench = await stationBench();
  const job = bench.send("alice", 3, { isDuplex: true });
  await bench.scan(ALICE);
  expect(await bench.release(job)).toEqual([{ job, outcome: "released", priceFen: 30, detail: "", test: true }]);
  await bench.clock.pass(2_500);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 30, postedFen: 0 }, 2]);
  await bench.clock.pass(6_000);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 0, postedFen: 30 }, 4]);
  expect(bench.told()).toEqual([`PrintReleased ${job} 3`, `PrintSettled ${job} 3 30`]);
  expect(await bench.open()).toEqual([]);
  await bench.stop();
});

test("rule 2.9: with the printer off sides count as printed that nobody has seen: nothing is charged until it is on again", async () => {
  const bench = await signedIn();
  bench.printer.power(false);
  expect(await bench.release(null)).toMatchObject([{ outcome: "released" }]);
  await bench.clock.pass(600_000);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 30, postedFen: 0 }, 0]);
  expect(await bench.station()).toMatchObject({ fault: "connecting-to-device" });
  bench.printer.power(true);
  await bench.clock.pass(60_000);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 0, postedFen: 30 }, 3]);
  expect(bench.told()).toEqual([`PrintReleased 1 3`, "PrinterFault connecting-to-device", "PrintSettled 1 3 30", "PrinterReady"]);
  await bench.stop();
});

test("rule 2.9: a job that is cancelled with the printer off has printed nothing, whatever its queue counts: the money is given back", async () => {
  const bench = await signedIn();
  bench.printer.power(false);
  await bench.release(null);
  await bench.clock.pass(10_000);
  bench.printer.cancelElsewhere(bench.job);
  await bench.clock.pass(10_000);
  expect([await bench.account(), await bench.open()]).toEqual([NOTHING, []]);
  expect(bench.told().at(-1)).toBe("PrintVoided 1 canceled before its first side");
  await bench.stop();
});

test("rule 2.9: a job that was cancelled elsewhere before the release is not there any more; between list and release it costs nothing", async () => {
  const bench = await signedIn();
  const [shown] = await bench.jobs();
  bench.printer.cancelElsewhere(shown!.job);
  await expect(bench.release(shown!.job)).rejects.toMatchObject({ problem: { status: 404 } });
  expect([await bench.account(), bench.told()]).toEqual([NOTHING, []]);
  await bench.stop();
});

test("rule 2.9: two presses at once, a press behind them and a second scan print a job once and charge it once", async () => {
  const bench = await signedIn(2, { onScan: "release-all" });
  await Promise.all([bench.release(null), bench.release(null)]);
  await bench.scan(ALICE);
  await bench.clock.pass(20_000);
  await bench.scan(ALICE);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 0, postedFen: 20 }, 2]);
  expect(bench.told()).toEqual(["PrintReleased 1 2", "PrintSettled 1 2 20"]);
  await bench.stop();
});

test("rule 2.9: a jam behind the first side, and a job that is given up: money stays held until somebody has counted", async () => {
  const bench = await signedIn();
  bench.printer.jamAt(1);
  await bench.release(null);
  await bench.clock.pass(40_000);
  expect(await bench.open()).toMatchObject([{ phase: "started", heldFen: 30 }]);
  bench.printer.abort(bench.job);
  await bench.clock.pass(10_000);
  const [waiting] = await bench.open();
  expect([waiting, await bench.account()]).toMatchObject([
    { phase: "review", job: bench.job },
    { heldFen: 30, postedFen: 0 },
  ]);
  await bench.restart();
  await bench.ask("POST /v1/print-releases/:id/settle", { id: waiting!.id }, { sides: 1, by: "wang", reason: "one in the tray" });
  await bench.clock.pass(1_000);
  expect([await bench.account(), await bench.open()]).toEqual([{ heldFen: 0, postedFen: 10 }, []]);
  expect(bench.told().filter((each) => !each.startsWith("Printer"))).toEqual([
    "PrintReleased 1 3",
    "PrintReview 1 aborted behind its first side",
    "PrintReviewed 1 1 10",
  ]);
  await expect(bench.ask("POST /v1/print-releases/:id/settle", { id: waiting!.id }, { sides: 3, by: "wang", reason: "" })).rejects.toMatchObject({
    problem: { status: 404 },
  });
  await bench.stop();
});

test("rule 2.9: a jam that somebody clears ends as any job does", async () => {
  const bench = await signedIn();
  bench.printer.jamAt(1);
  await bench.release(null);
  await bench.clock.pass(40_000);
  bench.printer.clearJam();
  await bench.clock.pass(10_000);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 0, postedFen: 30 }, 3]);
  await bench.stop();
});

test("rule 2.9: a print server that is started anew, or that is gone for a while, prints on, and the job is charged once", async () => {
  const bench = await signedIn(5);
  await bench.release(null);
  await bench.clock.pass(2_500);
  bench.printer.isDown = true;
  await bench.clock.pass(30_000);
  bench.printer.restart();
  await bench.clock.pass(30_000);
  expect(await bench.account()).toEqual({ heldFen: 0, postedFen: 50 });
  expect(bench.told().filter((each) => each.startsWith("PrintS"))).toEqual(["PrintSettled 1 5 50"]);
  await bench.stop();
});

test("rule 2.9: a print server that has forgotten a job leaves its money to a person", async () => {
  const bench = await signedIn();
  await bench.release(null);
  bench.printer.forget(bench.job);
  await bench.clock.pass(10_000);
  expect(await bench.open()).toMatchObject([{ phase: "review", heldFen: 30 }]);
  await bench.stop();
});

test("rule 2.9: a controller that is started anew finds what is being printed, charges it once, and knows nobody at the station", async () => {
  const bench = await signedIn();
  await bench.release(null);
  await bench.restart();
  expect(await bench.station()).toMatchObject({ credential: null });
  expect(await bench.open()).toMatchObject([{ job: bench.job, heldFen: 30 }]);
  await bench.clock.pass(10_000);
  expect([await bench.account(), await bench.open()]).toEqual([{ heldFen: 0, postedFen: 30 }, []]);
  await bench.stop();
});

test("rule 2.9: a release whose answer is lost is looked at, not guessed at: printed once, charged once", async () => {
  const bench = await signedIn();
  await bench.jobs();
  const before = bench.printer.heard.length;
  const releasing = bench.release(null);
  void bench.clock.until(() => bench.printer.heard.length > before, 1_000).then(() => (bench.printer.answersLost = 1));
  expect(await releasing).toMatchObject([{ outcome: "waiting" }]);
  await bench.clock.pass(20_000);
  expect([await bench.account(), bench.printer.printed]).toEqual([{ heldFen: 0, postedFen: 30 }, 3]);
  await bench.stop();
});

test("rule 2.9: who cannot pay prints nothing; accounts that do not answer release nothing and owe nothing", async () => {
  const bench = await signedIn(3, { limitFen: 29 });
  expect(await bench.release(null)).toMatchObject([{ outcome: "refused", detail: "not enough money" }]);
  bench.money.isUnreachable = true;
  expect(await bench.release(null)).toMatchObject([{ outcome: "refused", detail: "the accounts do not answer" }]);
  bench.money.isUnreachable = false;
  await bench.clock.pass(10_000);
  expect([await bench.account(), bench.printer.state(bench.job), await bench.open()]).toEqual([NOTHING, "held", []]);
  expect(bench.told()).toEqual(["PrintRefused 1 not enough money", "PrintRefused 1 the accounts do not answer"]);
  await bench.stop();
});

test("rule 2.9: money that could not be posted is posted later, once", async () => {
  const bench = await signedIn();
  await bench.release(null);
  bench.money.isUnreachable = true;
  await bench.clock.pass(20_000);
  expect(await bench.open()).toMatchObject([{ phase: "posting" }]);
  await bench.restart();
  bench.money.isUnreachable = false;
  await bench.clock.pass(10_000);
  expect([await bench.account(), await bench.open()]).toEqual([{ heldFen: 0, postedFen: 30 }, []]);
  await bench.stop();
});

test("rule 2.9: a held job that its owner cancels is never printed; nobody cancels another's", async () => {
  const bench = await signedIn();
  const others = bench.send("bob", 1);
  await expect(bench.cancel(others)).rejects.toMatchObject({ problem: { status: 404 } });
  expect(await bench.cancel(bench.job)).toMatchObject({ outcome: "cancelled", test: true });
  expect([bench.printer.state(bench.job), bench.printer.state(others), await bench.account()]).toEqual(["canceled", "held", NOTHING]);
  expect(bench.told()).toEqual([`PrintCancelled ${bench.job}`]);
  await bench.stop();
});

test("rule 2.9: a print server that does not let the controller in is told to whoever asks, and as a fault", async () => {
  const bench = await signedIn();
  bench.printer.isForbidden = true;
  await expect(bench.jobs()).rejects.toMatchObject({ problem: { status: 502, remedy: expect.stringContaining("docs/printing.md") } });
  await bench.clock.pass(30_000);
  expect(bench.told()).toEqual(["PrinterFault NotAuthorized"]);
  await bench.stop();
});

test("a stop waits for no job, neither for one that is over nor for one that the printer still has", async () => {
  const bench = await stationBench({ onScan: "release-all" });
  bench.send("alice", 1);
  await bench.scan(ALICE);
  await bench.clock.pass(5_000);
  bench.printer.power(false);
  bench.send("alice", 2);
  await bench.scan(ALICE);
  expect((await bench.open()).map(({ job }) => job)).toEqual([2]);
  await bench.stop();
  expect(bench.clock.pending).toBe(0);
});
