import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RECORD } from "../signed.ts";
import { DENIED_MAX } from "./deny-set.ts";
import { LOCK_LIST_LIFE_MAX_S, LOCK_LIST_OPENINGS_MAX, LOCK_LIST_ROWS_MAX } from "./lock-list.ts";
import { BOLT_STATES, LOCK_EVENTS, LOCK_FINGERS_MAX, LOCK_REFUSAL, LOCK_REFUSALS, LOCK_WAYS } from "./lock-words.ts";
import { SEALED_PIN_BYTES } from "./sealed-pin.ts";
import { CHALLENGE_BYTES, CHALLENGE_LIFE_MS, HOLD_MS_MAX, HOLD_MS_MIN } from "./unlock-grant.ts";

const document = readFileSync(new URL("../../../docs/lock-profile.md", import.meta.url), "utf8");
const english = (count: number): string => count.toLocaleString("en-US");

test("the document states every refusal with number and sentence, in order, and no other", () => {
  const stated = [...document.matchAll(/^\| (\d+) \| ([A-Z]\w+) \| ([^|]+) \|$/gm)].map(([, number, name, why]) => [Number(number), name, why]);
  expect(stated).toEqual(LOCK_REFUSALS.map((name, nth) => [nth + 1, name, LOCK_REFUSAL[name]]));
});

test.each([
  ["the events", `event: ${LOCK_EVENTS.map((name, nth) => `${nth} ${name}`).join(", ")}.`],
  ["the ways", `way: ${LOCK_WAYS.map((way, nth) => `${nth + 1} ${way}`).join(", ")}; 0 none.`],
  ["the bolt's states", `Bolt: ${BOLT_STATES.map((state, nth) => `${nth} ${state}`).join(", ")}.`],
  ["the challenge", `\`[0, challenge ${CHALLENGE_BYTES}]\` | a fresh challenge`],
  ["the life of a challenge", `at most ${CHALLENGE_LIFE_MS / 1000} s old.`],
  ["the hold", `${english(HOLD_MS_MIN)} ≤ holdMs ≤ ${english(HOLD_MS_MAX)}.`],
  ["a sealed PIN", `${SEALED_PIN_BYTES} bytes, ephemeral`],
  ["the slots of fingers", `slots 0 to ${LOCK_FINGERS_MAX - 1}`],
  ["a list's bytes", `rows]\`, at most ${english(RECORD.lockList.bytesMax)} bytes.`],
  ["a list's life", `validUntil ≤ issued + ${LOCK_LIST_LIFE_MAX_S / 86_400} d.`],
  ["a list's rows", `rows: at most ${LOCK_LIST_ROWS_MAX},`],
  ["a list's openings", `openings: at most ${LOCK_LIST_OPENINGS_MAX},`],
  ["a deny set", `at most ${english(DENIED_MAX)}.`],
])("the document states %s", (_, sentence) => {
  expect(document.split(sentence)).toHaveLength(2);
});
