import fc from "fast-check";
import { expect, test } from "vitest";
import { chargedSides, printSize } from "./print-price.ts";
import { type PrintInput, type PrintPhase, type PrintRelease, type SeenJob, stepPrintRelease } from "./print-release.ts";

const RELEASE: PrintRelease = {
  id: "00112233445566778899aabbccddeeff",
  printer: "p",
  job: 7,
  createdAt: 1,
  station: "s",
  credential: "a1a2a3a4a5a6a7a8",
  holder: 1,
  size: { sides: 3, isCounted: true, copies: 1, isDuplex: false },
  sideFen: 10,
  heldFen: 30,
  phase: "holding",
  tries: 0,
  chargedFen: 0,
};
const HELD: PrintInput = { kind: "moneyHeld" };
const answered = (answer: "done" | "unclear" | "refused"): PrintInput => ({ kind: "answered", answer, detail: "why" });
const seen = (state: SeenJob["state"], impressions = 0, isReached = true): PrintInput => ({ kind: "seen", job: { state, impressions, isReached } });
const GONE: PrintInput = { kind: "gone" };
const LATE: PrintInput = { kind: "late" };

/** Where it ends, and how often the printer was asked. */
function play(
  inputs: readonly PrintInput[],
  from: PrintRelease = RELEASE,
): { readonly phase: PrintPhase; readonly asked: number; readonly told: readonly string[] } {
  let release = from;
  let asked = 0;
  const told: string[] = [];
  for (const input of inputs) {
    const step = stepPrintRelease(release, input);
    release = step.release;
    if (step.asks) asked++;
    told.push(...step.events.map(({ name }) => name));
  }
  return { phase: release.phase, asked, told };
}

test.each<[string, readonly PrintInput[], PrintPhase, number]>([
  ["printed", [HELD, answered("done"), seen("processing", 1), seen("completed", 3)], "posting", 1],
  ["money is not there", [{ kind: "moneyRefused", detail: "no", isUnclear: false }, HELD], "over", 0],
  ["money may be held", [{ kind: "moneyRefused", detail: "no", isUnclear: true }], "voiding", 0],
  ["the printer refuses", [HELD, answered("refused")], "voiding", 1],
  ["the answer is lost, and the job is under way", [HELD, answered("unclear"), seen("processing", 0), seen("completed", 3)], "posting", 1],
  ["the answer is lost, and the job is held", [HELD, answered("unclear"), seen("held"), answered("done")], "released", 2],
  ["a second release is refused because the first was done", [HELD, answered("unclear"), seen("held"), answered("refused"), seen("pending")], "released", 2],
  ["held for ever", [HELD, ...Array.from({ length: 9 }, () => seen("held"))], "voiding", 5],
  ["nobody stands there any more", [HELD, answered("unclear"), LATE, seen("held")], "voiding", 1],
  ["late, but under way", [HELD, answered("done"), LATE, seen("processing", 2), seen("completed", 3)], "posting", 1],
  ["cancelled before it began", [HELD, answered("done"), seen("pending"), seen("canceled")], "voiding", 1],
  ["cancelled with the printer off", [HELD, answered("done"), seen("processing", 3, false), seen("canceled", 3, false)], "voiding", 1],
  ["cancelled behind its first side", [HELD, answered("done"), seen("processing", 1), seen("canceled", 1)], "review", 1],
  ["behind its first side, whatever is said of the printer later", [HELD, answered("done"), seen("processing", 1), seen("aborted", 1, false)], "review", 1],
  ["printed and cancelled between two looks", [HELD, answered("done"), seen("canceled", 2)], "review", 1],
  ["held again before it began", [HELD, answered("done"), seen("held")], "voiding", 1],
  ["held again behind its first side", [HELD, answered("done"), seen("processing", 1), seen("held", 1)], "review", 1],
  ["forgotten", [HELD, answered("done"), GONE], "review", 1],
  ["a restart before the money was held", [LATE], "voiding", 0],
])("2.9 %s", (_, inputs, phase, asked) => {
  expect(play(inputs)).toMatchObject({ phase, asked });
});

test("a review ends with what somebody has counted", () => {
  const review = { ...RELEASE, phase: "review" as const };
  const count = (sides: number) => stepPrintRelease(review, { kind: "reviewed", sides, by: "wang", reason: "" }).release;
  expect([count(1), count(0)]).toMatchObject([{ phase: "posting", chargedFen: 10 }, { phase: "voiding" }]);
});

test("whatever happens in whatever order, money moves once, and only as its event says", () => {
  const state = fc.constantFrom("pending", "held", "processing", "stopped", "canceled", "aborted", "completed") as fc.Arbitrary<SeenJob["state"]>;
  const input: fc.Arbitrary<PrintInput> = fc.oneof(
    fc.constant(HELD),
    fc.constantFrom(answered("done"), answered("unclear"), answered("refused"), GONE, LATE),
    fc.record({
      kind: fc.constant("seen" as const),
      job: fc.record({ state, impressions: fc.option(fc.nat(4), { nil: undefined }), isReached: fc.boolean() }),
    }),
    fc.record({ kind: fc.constant("reviewed" as const), sides: fc.nat(3), by: fc.constant("wang"), reason: fc.constant("") }),
    fc.constant({ kind: "moneyMoved" as const }),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 12 }), (inputs) => {
      let release: PrintRelease = RELEASE;
      let moves = 0;
      const told: string[] = [];
      for (const each of [HELD, ...inputs]) {
        const step = stepPrintRelease(release, each);
        const isMove = step.release.phase !== release.phase && (step.release.phase === "posting" || step.release.phase === "voiding");
        if (isMove) moves++;
        if (release.phase === "posting" || release.phase === "voiding") expect(["over", release.phase]).toContain(step.release.phase);
        if (release.phase === "over") expect(step.release).toEqual(release);
        if (step.asks) expect(["asked"]).toContain(step.release.phase);
        release = step.release;
        told.push(...step.events.map(({ name }) => name));
      }
      expect(moves).toBeLessThanOrEqual(1);
      expect(told.filter((name) => ["PrintSettled", "PrintVoided", "PrintReviewed"].includes(name)).length).toBe(moves);
      if (release.phase === "posting") expect(release.chargedFen).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

const job = { copies: 1, isDuplex: false, numberUp: 1, ranges: [] };
test.each<[string, Partial<Parameters<typeof printSize>[0]>, number | undefined, number]>([
  ["pages and copies", { copies: 2 }, 3, 6],
  ["two pages a side", { numberUp: 2 }, 3, 2],
  ["ranges that overlap and reach beyond the end", { ranges: [{ first: 4, last: 9 }, { first: 2, last: 4 }] }, 5, 4], // prettier-ignore
  ["uncounted", { copies: 3 }, undefined, 60],
])("2.9 what is held for: %s", (_, change, pages, sides) => {
  expect(printSize({ ...job, ...change }, pages, 20).sides).toBe(sides);
});

test.each<[string, Partial<PrintRelease["size"]>, number | undefined, number | undefined]>([
  ["as the printer counts", {}, 3, 3],
  ["less than was asked for", {}, 2, 2],
  ["more than was counted: a document that feigns to be short", {}, 40, 40],
  ["backs of last sheets, one a copy", { sides: 6, copies: 2, isDuplex: true }, 8, 6],
  ["more than such backs", { sides: 6, copies: 2, isDuplex: true }, 9, 9],
  ["a printer that does not count", {}, 0, 3],
  ["a document that nobody counted", { isCounted: false }, 5, 5],
  ["neither counted", { isCounted: false }, undefined, undefined],
])("2.9 what is charged: %s", (_, size, impressions, sides) => {
  expect(chargedSides({ ...RELEASE.size, ...size }, impressions)).toBe(sides);
});
