import { readChallengeText } from "@portico/card-protocol";
import { expect, test } from "vitest";
import type { Campus } from "../src/campus/campus.ts";
import { smallCampus } from "../src/campus/small-campus.ts";
import { type HeldPhone, heldPhone, memoryCounters } from "../src/virtual-phone.ts";
import { campusBench } from "./campus-bench.ts";

/** The library and a laboratory take answers to challenges alone, each with a display of its own. */
function challengeCampus(secret: Uint8Array, challenge: "display" | "beacon" = "display"): Campus {
  const small = smallCampus(secret);
  const places = ["library", "laboratory"];
  return {
    ...small,
    doors: places.map((id) => ({ id, readsCards: true, challenge })),
    profiles: small.profiles.map((profile) => (profile.id.startsWith("library") ? { ...profile, accessPoints: places.map((id) => `${id}-in`) } : profile)),
    parts: small.parts.map((part) => (part.zone === "library" ? { ...part, places } : part)),
  };
}

/** A reader shows each challenge so long; three are open. */
const SHOWN_MS = 4_000;
const OPEN_MS = 12_000;

async function bench(challenge: "display" | "beacon" = "display") {
  const made = await campusBench({
    make: (secret) => {
      const campus = challengeCampus(secret, challenge);
      return challenge === "display" ? campus : { ...campus, doors: campus.doors.slice(0, 1) };
    },
  });
  const { campus, pass } = made;
  await pass(1_000);
  const phones = new Map<string, HeldPhone>();
  const phone = (person: string): HeldPhone => {
    const known = phones.get(person);
    if (known !== undefined) return known;
    const { credential, seed, clockErrorS } = campus.campus.people.find(({ id }) => id === person)!.phone!;
    const held = heldPhone({ site: campus.campus.site, credential, seed, clockErrorS, counters: memoryCounters(), now: campus.now });
    phones.set(person, held);
    return held;
  };
  const shown = (door: string): readonly string[] => campus.devices.displays.get(door)!.lines;
  return {
    ...made,
    shown,
    /** What somebody's phone makes of what a camera reads on a display. */
    answerTo: (person: string, digits: string | Uint8Array): string => {
      const read = typeof digits === "string" ? readChallengeText(digits) : digits;
      if (read === undefined) throw new Error(`no phone reads a challenge in ${String(digits)}`);
      const made = phone(person).answer(read);
      if (!made.ok) throw new Error(made.detail);
      return made.value;
    },
    detailOf: async (): Promise<unknown> => (await made.events("AccessDenied")).at(-1)?.fields["detail"],
  };
}

test("genuine: a phone reads the digits and is let in at once, its clock may be wrong; the next digits stand there the moment it was answered", async () => {
  const { shown, answerTo, answer, campus } = await bench();
  const [hint, digits] = shown("library");
  expect([hint, digits]).toEqual(["Scan with the app", expect.stringMatching(/^\d{20}$/)]);
  expect(await answer("library-in", answerTo("zhang", digits!))).toBe("granted");
  expect(await campus.hands.pushDoor("library", 500)).toBe(true);
  const next = shown("library")[1]!;
  expect(next).not.toBe(digits);
  expect(await answer("library-in", answerTo("chen", next))).toBe("granted"); // 90 s slow
});

test("no other pass is taken there, and a physical card is as before", async () => {
  const { code, answer, pocket, detailOf } = await bench();
  expect(await answer("library-in", code("zhang"))).toBe("ChallengeRequired");
  expect(await answer("library-in", code("zhou"))).toBe("ChallengeRequired");
  expect(await answer("library-in", pocket("zhao").card!)).toBe("granted");
  expect(await answer("gate-1-in", code("zhang")), "elsewhere nobody asks").toBe("granted");
  expect(await detailOf()).toBe(undefined);
});

test("relayed: a screenshot of an answer, the answer of another reader, and digits that a friend has sent on too late are refused by name", async () => {
  const { shown, answerTo, answer, pass, detailOf } = await bench();
  const [, digits] = shown("library");
  const used = answerTo("zhang", digits!);
  expect(await answer("library-in", used)).toBe("granted");
  await pass(3_500);
  expect(await answer("library-in", used)).toBe("ChallengeRequired");
  expect(await detailOf()).toBe("challenge is one of the reader's: answered before");
  const elsewhere = answerTo("wang", shown("laboratory")[1]!);
  expect(await answer("library-in", elsewhere)).toBe("ChallengeRequired");
  expect(await detailOf()).toBe("challenge is one of the reader's: none of this reader's");
  const relayed = shown("library")[1]!;
  await pass(OPEN_MS);
  expect(await answer("library-in", answerTo("wang", relayed))).toBe("ChallengeRequired");
  expect(await detailOf()).toBe("challenge is one of the reader's: shown more than 12 s ago");
  expect(await answer("library-in", answerTo("wang", shown("library")[1]!))).toBe("granted");
});

test("whoever answers the digits of a moment ago goes in, two refreshes later nobody does; a used one opens for nobody else", async () => {
  const { shown, answerTo, answer, pass } = await bench();
  const before = shown("library")[1]!;
  await pass(SHOWN_MS);
  const now = shown("library")[1]!;
  expect(now).not.toBe(before);
  expect(await answer("library-in", answerTo("zhang", before))).toBe("granted");
  expect(await answer("library-in", answerTo("wang", before))).toBe("ChallengeRequired");
  expect(await answer("library-in", answerTo("wang", now))).toBe("granted");
});

test("a display that is dark opens nothing: passes are refused, the last digits too once they are old, cards go on, the log says so, and its return mends it", async () => {
  const { campus, shown, answerTo, answer, pass, pocket, events } = await bench();
  const last = shown("library")[1]!;
  campus.wire("library-display").cut();
  await pass(OPEN_MS + 1_000);
  expect(await answer("library-in", answerTo("zhang", last))).toBe("ChallengeRequired");
  expect(await answer("library-in", pocket("zhao").card!)).toBe("granted");
  expect((await events("DeviceOffline")).map(({ fields }) => fields["device"])).toEqual(["library-display"]);
  campus.wire("library-display").mend();
  await pass(500);
  const mended = shown("library")[1]!;
  expect(mended).not.toBe(last);
  expect(await answer("library-in", answerTo("zhang", mended))).toBe("granted");
});

test("a controller that is killed forgets every challenge: what was on the display opens nothing, what is there now does", async () => {
  const { campus, shown, answerTo, answer, pass, detailOf } = await bench();
  const before = shown("library")[1]!;
  campus.kill();
  await campus.start();
  await pass(3_000);
  expect(await answer("library-in", answerTo("zhang", before))).toBe("ChallengeRequired");
  expect(await detailOf()).toBe("challenge is one of the reader's: none of this reader's");
  expect(await answer("library-in", answerTo("zhang", shown("library")[1]!))).toBe("granted");
});

test("a beacon: a phone in reach hears the challenge and is let in; a used answer, an old one and a dark beacon open nothing, cards go on", async () => {
  const { campus, answerTo, answer, pass, pocket, code, events } = await bench("beacon");
  const heard = (): Uint8Array => campus.air.heard.get("library-beacon")!;
  const first = heard();
  expect(first).toHaveLength(8);
  expect(await answer("library-in", code("wang"))).toBe("ChallengeRequired");
  const used = answerTo("zhang", heard());
  expect(await answer("library-in", used)).toBe("granted");
  expect(heard(), "the next is in the air at once").not.toEqual(first);
  await pass(3_500);
  expect(await answer("library-in", used)).toBe("ChallengeRequired");
  const last = heard();
  campus.air.switch("library-beacon", false);
  expect(campus.air.heard.size).toBe(0);
  await pass(OPEN_MS + 1_000);
  expect(await answer("library-in", answerTo("wang", last))).toBe("ChallengeRequired");
  expect(await answer("library-in", pocket("zhao").card!)).toBe("granted");
  expect((await events("DeviceOffline")).map(({ fields }) => fields["device"])).toEqual(["library-beacon"]);
  campus.air.switch("library-beacon", true);
  await pass(100);
  expect(await answer("library-in", answerTo("wang", heard()))).toBe("granted");
});
