import type { HeardReport } from "@portico/simulator";
import { expect, test } from "vitest";
import { Publications } from "./sim-publications.ts";

const names = { zh: "", en: "" };
const CAMPUS = {
  parts: [
    { controller: "gate-house", zone: "gates", names, places: [] },
    { controller: "library-house", zone: "library", names, places: [] },
  ],
};
const followed = (controller: string, partition: "global" | "zone/gates" | "zone/library", publish: number): HeardReport => ({
  kind: "followed",
  controller,
  partition,
  epoch: 1,
  version: publish,
  publish,
});

function heard() {
  const time = { ms: 0 };
  const publications = new Publications(CAMPUS, () => time.ms);
  const at = (ms: number, ...report: Parameters<typeof followed>): void => {
    time.ms = ms;
    publications.report(followed(...report));
  };
  const known = async (publish: number): Promise<unknown> => {
    const nobody = Symbol("not known everywhere");
    const answer = await Promise.race([publications.known(publish), Promise.resolve(nobody)]);
    return answer === nobody ? undefined : Object.fromEntries((answer as { readonly at: ReadonlyMap<string, number> }).at);
  };
  return { publications, at, known };
}

test("a publication is known when each controller has it in its own zone, by when each had; global alone is not enough, nor another's zone", async () => {
  const { at, known } = heard();
  at(5, "gate-house", "global", 7);
  at(6, "gate-house", "zone/library", 7);
  at(8, "gate-house", "zone/gates", 7);
  at(9, "library-house", "global", 7);
  expect(await known(7)).toBeUndefined();
  at(11, "library-house", "zone/library", 7);
  expect(await known(7)).toEqual({ "gate-house": 8, "library-house": 11 });
});

test("a later publication brings the ones before it, and an earlier one does not bring it", async () => {
  const { at, known } = heard();
  at(1, "gate-house", "zone/gates", 6);
  at(2, "gate-house", "zone/gates", 9);
  at(3, "library-house", "zone/library", 8);
  expect(await known(7)).toEqual({ "gate-house": 2, "library-house": 3 });
  expect(await known(9)).toBeUndefined();
});

test("whoever waits is told when the last controller has it", async () => {
  const { publications, at } = heard();
  const waiting = publications.known(3);
  at(4, "gate-house", "zone/gates", 3);
  at(30, "library-house", "zone/library", 3);
  expect(await waiting).toEqual({ publish: 3, at: new Map([["gate-house", 4], ["library-house", 30]]) }); // prettier-ignore
});
