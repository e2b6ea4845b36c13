import { type ControllerEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { grantedEvent } from "../rig/granted-event.ts";
import { type Border, Whereabouts } from "./whereabouts.ts";

const AT = unixSeconds(1_799_625_600);
const BORDERS = new Map<string, Border>([
  ["hall-in", { enters: "hall", leaves: undefined }],
  ["hall-out", { enters: undefined, leaves: "hall" }],
  ["vault-in", { enters: "vault", leaves: "hall" }],
  ["vault-out", { enters: "hall", leaves: "vault" }],
]);
const fresh = (): Whereabouts => new Whereabouts(BORDERS, ["hall", "vault"], new Set(["vault"]));
const granted = (accessPoint: string, holder: number): ControllerEvent => grantedEvent(accessPoint, { holder });
const taken = (grantedSeq: number): ControllerEvent => eventOf("AccessTaken", { accessPoint: "hall-in", grantedSeq });
type Cause = Extract<ControllerEvent, { readonly name: "AccessNotTaken" }>["fields"]["cause"];
const notTaken = (grantedSeq: number, cause: Cause): ControllerEvent => eventOf("AccessNotTaken", { accessPoint: "hall-in", grantedSeq, cause });
const reset = (area: string, holder: number | null): ControllerEvent => eventOf("AreaReset", { area, holder, by: "wang", reason: "" });
/** Feeds events, numbered from 1. */
function told(whereabouts: Whereabouts, ...events: readonly ControllerEvent[]): Whereabouts {
  events.forEach((event, index) => whereabouts.take(index + 1, AT, event));
  return whereabouts;
}

test("who was let in counts as inside at once, and stays so when they have passed", () => {
  const whereabouts = told(fresh(), granted("hall-in", 5));
  expect([whereabouts.of("hall", 5)?.side, whereabouts.inside("hall"), whereabouts.list("hall")]).toEqual(["inside", 1, []]);
  expect(whereabouts.take(2, AT, taken(1))).toEqual([{ area: "hall", holder: 5 }]);
  expect([whereabouts.of("hall", 5)?.side, whereabouts.inside("hall"), whereabouts.list("hall").length]).toEqual(["inside", 1, 1]);
});

test.each<[Cause, "inside" | undefined]>([
  ["timeout", undefined],
  ["superseded", undefined],
  ["device", "inside"],
  ["restart", "inside"],
])("a grant in that ends by %s leaves the holder %s", (cause, side) => {
  const whereabouts = told(fresh(), granted("hall-in", 5), notTaken(1, cause));
  expect([whereabouts.of("hall", 5)?.side, whereabouts.inside("hall")]).toEqual([side, side === undefined ? 0 : 1]);
});

test("whoever is let out is inside until they have passed", () => {
  const whereabouts = told(fresh(), granted("hall-in", 5), taken(1), granted("hall-out", 5));
  expect([whereabouts.of("hall", 5)?.side, whereabouts.inside("hall")]).toEqual(["inside", 1]);
  whereabouts.take(4, AT, taken(3));
  expect([whereabouts.of("hall", 5), whereabouts.inside("hall")]).toEqual([undefined, 0]);
});

test("a door between two areas moves from one into the other, and an area that has to know remembers who left", () => {
  const whereabouts = told(fresh(), granted("hall-in", 5), taken(1), granted("vault-in", 5), taken(3));
  expect([whereabouts.of("hall", 5), whereabouts.of("vault", 5)?.side]).toEqual([undefined, "inside"]);
  whereabouts.take(5, AT, granted("vault-out", 5));
  expect(whereabouts.take(6, AT, taken(5))).toEqual([
    { area: "vault", holder: 5 },
    { area: "hall", holder: 5 },
  ]);
  expect([whereabouts.of("hall", 5)?.side, whereabouts.of("vault", 5)?.side, whereabouts.inside("vault")]).toEqual(["inside", "outside", 0]);
});

test("two credentials of one person are one holder, and take up one place", () => {
  const whereabouts = told(fresh(), granted("hall-in", 5), granted("hall-in", 5), taken(1), taken(2));
  expect(whereabouts.inside("hall")).toBe(1);
});

test("readers at no border, and grants that nobody knows of, change nothing", () => {
  const whereabouts = told(fresh(), granted("gate-1-in", 5), taken(1), taken(77), notTaken(78, "restart"));
  expect([whereabouts.inside("hall"), whereabouts.oldestUnderway()]).toEqual([0, undefined]);
});

test("a reset forgets one holder, or everybody, and those underway arrive all the same", () => {
  const whereabouts = told(fresh(), granted("hall-in", 5), taken(1), granted("hall-in", 6), taken(3), granted("hall-in", 7));
  expect(whereabouts.take(6, AT, reset("hall", 5))).toEqual([{ area: "hall", holder: 5 }]);
  expect([whereabouts.of("hall", 5), whereabouts.inside("hall")]).toEqual([undefined, 2]);
  whereabouts.take(7, AT, reset("hall", null));
  expect(whereabouts.inside("hall")).toBe(1);
  whereabouts.take(8, AT, taken(5));
  expect(whereabouts.list("hall").map(({ holder }) => holder)).toEqual([7]);
});

const EVENT = fc.oneof(
  fc.tuple(fc.constantFrom(...BORDERS.keys()), fc.nat(3)).map(([point, holder]) => granted(point, holder)),
  fc.nat(30).map(taken),
  fc.tuple(fc.nat(30), fc.constantFrom<Cause>("timeout", "device", "restart", "superseded")).map(([seq, cause]) => notTaken(seq, cause)),
  fc.constantFrom("hall", "vault").map((area) => reset(area, null)),
);
const sidesOf = (whereabouts: Whereabouts): unknown =>
  ["hall", "vault"].map((area) => [whereabouts.inside(area), [0, 1, 2, 3].map((holder) => whereabouts.of(area, holder)?.side)]);

test("what is kept at any moment, with the events behind its mark read again, is what was there", () => {
  fc.assert(
    fc.property(fc.array(EVENT, { maxLength: 30 }), fc.nat(30), (events, cut) => {
      const live = fresh();
      const again = fresh();
      let mark = 0;
      events.forEach((event, index) => {
        live.take(index + 1, AT, event);
        if (index + 1 !== Math.min(cut, events.length)) return;
        mark = Math.min(index + 1, (live.oldestUnderway() ?? Number.POSITIVE_INFINITY) - 1);
        for (const area of ["hall", "vault"])
          for (const holder of [0, 1, 2, 3]) {
            const at = live.passed(area, holder);
            if (at !== undefined) again.keep(area, at);
          }
      });
      events.forEach((event, index) => index + 1 > mark && again.take(index + 1, AT, event));
      expect(sidesOf(again)).toEqual(sidesOf(live));
      for (const area of ["hall", "vault"]) expect(live.inside(area)).toBe([0, 1, 2, 3].filter((holder) => live.of(area, holder)?.side === "inside").length);
    }),
  );
});
