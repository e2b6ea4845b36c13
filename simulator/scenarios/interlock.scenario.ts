import { expect, test } from "vitest";
import type { Campus } from "../src/campus/campus.ts";
import { smallCampus } from "../src/campus/small-campus.ts";
import { type CampusBench, campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

/** The small campus with a mantrap of two doors in place of its library. */
function mantrap(secret: Uint8Array): Campus {
  const campus = smallCampus(secret);
  const doors = ["outer", "inner"].map((id) => ({ id, readsCards: true }));
  const leads = (id: string): boolean => id.startsWith("library");
  return {
    ...campus,
    doors,
    parts: campus.parts.map((part) => (part.zone === "library" ? { ...part, places: doors.map(({ id }) => id) } : part)),
    profiles: campus.profiles.map((profile) => (leads(profile.id) ? { ...profile, accessPoints: ["outer-in", "inner-in"] } : profile)),
  };
}
const opened = (): Promise<CampusBench> =>
  campusBench({ make: mantrap, amend: (portico) => `${portico}\n[[interlock]]\nid = "airlock"\ndoors = ["outer", "inner"]\n` });
const details = async ({ events }: CampusBench): Promise<unknown[]> => (await events("AccessDenied")).map(({ fields }) => [fields["reason"], fields["detail"]]);

test("mantrap: the inner door waits until the outer one is shut, and the code that was refused is good then", async () => {
  const bench = await opened();
  const { campus, answer, code, pass } = bench;
  expect(await answer("outer-in", code("zhang"))).toBe("granted");
  const shown = code("li");
  expect(await answer("inner-in", shown), "somebody was let in and has not passed").toBe("Interlock");
  expect(await campus.hands.pushDoor("outer", 6_000)).toBe(true);
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("inner-in", code("zhang")), "it stands open").toBe("Interlock");
  await pass(4_000);
  expect(await answer("inner-in", code("zhang"))).toBe("granted");
  expect(await details(bench)).toEqual([
    ["Interlock", "door outer is being passed"],
    ["Interlock", "door outer stands open"],
  ]);
  expect(await bench.events("InterlockBroken")).toEqual([]);
});

test("mantrap: the exit button opens whatever stands open, and the alarm names both doors", async () => {
  const bench = await opened();
  const { campus, answer, code, pass } = bench;
  expect(await answer("outer-in", code("zhang"))).toBe("granted");
  expect(await campus.hands.pushDoor("outer", 8_000)).toBe(true);
  await pass(1_000);
  await campus.hands.pressExit("inner");
  await pass(400);
  expect(await campus.hands.pushDoor("inner", 1_000)).toBe(true);
  await pass(500);
  expect((await bench.events("InterlockBroken")).map(({ fields }) => [fields["door"], fields["other"]])).toEqual([["inner", "outer"]]);
});

test("mantrap: behind a power cut both doors wait until their contacts have been read, then open as before", async () => {
  const bench = await opened();
  bench.campus.powerCut();
  await bench.pass(2_000);
  await bench.campus.powerReturns();
  await bench.pass(10_000);
  expect(await bench.answer("inner-in", bench.code("zhang"))).toBe("granted");
});
