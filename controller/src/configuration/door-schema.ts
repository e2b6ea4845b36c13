import * as z from "zod";
import { SCHEDULED_OPERATIONS } from "../core/door-schedule.ts";
import { choiceOr, contactRef, inputRef, isPlain, name, relayRef, wholeOr, yesOr, zoneName } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

/** `[[door]]` */
export const door = z.strictObject({
  id: name("library"),
  strike: relayRef,
  second_bolt: like(relayRef.optional(), `{ board = "library-board", relay = 1 }`),
  contact: like(contactRef.optional(), `{ board = "library-board", input = 0, closed_means = "closed" }`),
  rex: like(inputRef.optional(), `{ board = "library-board", input = 1 }`),
  fire: like(inputRef.optional(), `{ board = "library-board", input = 2 }`),
  rex_unlocks: yesOr(true),
  release_time_ms: wholeOr(100, 600_000, 5000),
  extended_release_time_ms: wholeOr(0, 600_000, 5000),
  open_time_ms: wholeOr(1000, 3_600_000, 30_000),
  extended_open_time_ms: wholeOr(0, 3_600_000, 30_000),
  pre_alarm_time_ms: wholeOr(0, 600_000, 5000),
  delay_before_relock_ms: wholeOr(0, 60_000, 0),
  relock_on: choiceOr(["open", "close"], "open"),
  debounce_ms: wholeOr(0, 2000, 50),
  fail: choiceOr(["secure", "safe"], "secure"),
  tamper: like(inputRef.optional(), `{ board = "library-board", input = 4 }`),
  tamper_means: choiceOr(["open", "closed"], "open"),
  mode: choiceOr(["live", "shadow"], "live"),
  old_grant: like(inputRef.optional(), `{ board = "library-board", input = 3 }`),
  old_grant_means: choiceOr(["closed", "open"], "closed"),
});

/** `[[turnstile]]` */
export const turnstile = z.strictObject({
  id: name("gate-1"),
  gate: name("main-gate"),
  style: choiceOr(["pulse", "level"], "pulse"),
  entry: like(relayRef.optional(), `{ board = "gate-1-board", relay = 0 }`),
  exit: like(relayRef.optional(), `{ board = "gate-1-board", relay = 1 }`),
  pass_entry: like(inputRef.optional(), `{ board = "gate-1-board", input = 0 }`),
  pass_exit: like(inputRef.optional(), `{ board = "gate-1-board", input = 1 }`),
  fire: like(inputRef.optional(), `{ board = "gate-1-board", input = 2 }`),
  ready: like(inputRef.optional(), `{ board = "gate-1-board", input = 3 }`),
  ready_means: choiceOr(["closed", "open"], "closed"),
  not_ready_after_ms: wholeOr(500, 600_000, 10_000),
  alarm: like(inputRef.optional(), `{ board = "gate-1-board", input = 4 }`),
  alarm_means: choiceOr(["closed", "open"], "closed"),
  pulse_ms: wholeOr(100, 5000, 300),
  passage_time_ms: wholeOr(500, 60_000, 5000),
  extended_passage_time_ms: wholeOr(0, 60_000, 5000),
  tailgate_time_ms: wholeOr(0, 10_000, 1500),
  party_gap_ms: wholeOr(100, 5000, 500),
  debounce_ms: wholeOr(0, 2000, 50),
  mode: choiceOr(["live", "shadow"], "live"),
  old_grant_entry: like(inputRef.optional(), `{ board = "gate-1-board", input = 5 }`),
  old_grant_exit: like(inputRef.optional(), `{ board = "gate-1-board", input = 6 }`),
  old_grant_means: choiceOr(["closed", "open"], "closed"),
});

/** `[[door_schedule]]` */
export const doorSchedule = z.strictObject({
  door: like(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}(?:\/(?:entry|exit|[a-z0-9][a-z0-9-]{0,5}))?$/, "a door, <turnstile>/entry, <turnstile>/exit, or <lift>/<floor>"),
    `"library"`,
  ),
  schedule: like(z.string().min(1).max(64).refine(isPlain, "no id may hold a control character"), `"office-hours"`),
  mode: like(z.enum(SCHEDULED_OPERATIONS), `"unlock"`),
  first_person: yesOr(false),
  zone: like(zoneName("east").optional(), `"east"`),
});

/** `[[lockdown_input]]` */
export const lockdownInput = z.strictObject({
  id: name("gate-house-button"),
  input: inputRef,
  pressed_means: choiceOr(["closed", "open"], "closed"),
  zone: like(zoneName("east").optional(), `"east"`),
});

/** `[shadow]` */
export const shadow = z.strictObject({ window_ms: wholeOr(500, 60_000, 5000) });

/** `[fire]` */
export const fire = z.strictObject({ relock: choiceOr(["person", "input"], "person") });
