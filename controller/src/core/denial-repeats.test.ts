import { eventOf, monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { DENIAL_WINDOW_MS, denialsDueAt, type DenialSubject, flushDenials, judgeDenial, NO_DENIALS, recordDenial, repeatDenial } from "./denial-repeats.ts";

const at = monotonicMs;
const ZHANG = "00112233445566ff";
const replayed = (pass: string | undefined = "H 1"): DenialSubject => ({ reason: "PassReplayed", subject: ZHANG, credential: ZHANG, pass });
const unknownCard = (subject: string): DenialSubject => ({ reason: "CredentialNotFound", subject, credential: null, pass: undefined });

test("the first refusal has an event, the same again is one of a count, and the count is written when its minute is over", () => {
  expect(judgeDenial(NO_DENIALS, replayed())).toBe("event");
  let denials = recordDenial(NO_DENIALS, replayed(), 7, at(1_000));
  expect([judgeDenial(denials, replayed()), denialsDueAt(denials)]).toEqual(["repeat", 1_000 + DENIAL_WINDOW_MS]);
  denials = repeatDenial(repeatDenial(denials, replayed()), replayed());
  expect(flushDenials(denials, "gate-1-in", at(999 + DENIAL_WINDOW_MS))).toEqual({ denials, events: [] });
  expect(flushDenials(denials, "gate-1-in", at(1_000 + DENIAL_WINDOW_MS))).toEqual({
    denials: new Map(),
    events: [eventOf("DenialRepeated", { accessPoint: "gate-1-in", reason: "PassReplayed", credential: ZHANG, deniedSeq: 7, count: 2 })],
  });
});

test("another reason, another subject and another pass have events of their own", () => {
  const denials = recordDenial(NO_DENIALS, replayed(), 7, at(0));
  expect(judgeDenial(denials, { ...replayed(), reason: "Other" })).toBe("event");
  expect(judgeDenial(denials, { ...replayed(), subject: "ff00112233445566" })).toBe("event");
  expect(judgeDenial(denials, replayed("H 2"))).toBe("event");
  expect(judgeDenial(recordDenial(NO_DENIALS, unknownCard("card 1"), 3, at(0)), unknownCard("card 1"))).toBe("repeat");
});

test("of one subject's different passes eight have events within a minute, and count for the first", () => {
  let denials = NO_DENIALS;
  for (let nth = 0; nth < 8; nth++) {
    expect(judgeDenial(denials, replayed(`H ${nth}`))).toBe("event");
    denials = recordDenial(denials, replayed(`H ${nth}`), 7 + nth, at(nth));
  }
  expect([judgeDenial(denials, replayed("H 8")), denials.size, denialsDueAt(denials)]).toEqual(["repeat", 1, DENIAL_WINDOW_MS]);
  const { events } = flushDenials(repeatDenial(denials, replayed("H 8")), "gate-1-in", at(Number.POSITIVE_INFINITY));
  expect(events).toMatchObject([{ fields: { deniedSeq: 7, count: 1 } }]);
});

test("who shows ever other cards fills no log: behind 256 within a minute they are one crowd", () => {
  let denials = NO_DENIALS;
  for (let nth = 0; nth < 256; nth++) denials = recordDenial(denials, unknownCard(`card ${nth}`), nth + 1, at(0));
  expect([judgeDenial(denials, unknownCard("card 256")), judgeDenial(denials, unknownCard("card 3"))]).toEqual(["crowd", "repeat"]);
  expect(repeatDenial(denials, unknownCard("card 256"))).toBe(denials);
  expect(flushDenials(denials, "gate-1-in", at(DENIAL_WINDOW_MS))).toEqual({ denials: new Map(), events: [] });
});
