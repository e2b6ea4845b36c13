import { type Feedback, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, test } from "vitest";
import { StandingLight } from "./standing-light.ts";

let time: SimulatedClock;
let shown: Feedback[];
let light: StandingLight;
beforeEach(() => {
  time = simulatedClock();
  shown = [];
  light = new StandingLight(
    {
      indicate: (feedback) => {
        shown.push(feedback);
        return Promise.resolve({ ok: true });
      },
    },
    time,
  );
});

test("a door that stands open is shown until it does not any more", () => {
  light.stand("DoorPreAlarmWarning");
  light.stand("DoorOpenTooLong");
  light.stand("Idle");
  expect(shown).toEqual(["DoorPreAlarmWarning", "DoorOpenTooLong", "Idle"]);
});

test("an answer is shown in between, and the door comes back: nobody silences it by showing a code", () => {
  light.stand("DoorOpenTooLong");
  void light.indicate("AccessDenied");
  time.advance(1_499);
  void light.indicate("AccessDenied");
  time.advance(1_499);
  expect(shown).toEqual(["DoorOpenTooLong", "AccessDenied", "AccessDenied"]);
  time.advance(1);
  expect(shown.at(-1)).toBe("DoorOpenTooLong");
});

test("what the door says within an answer waits for its end; a door that is well again says nothing then", () => {
  void light.indicate("AccessGranted");
  light.stand("DoorPreAlarmWarning");
  expect(shown).toEqual(["AccessGranted"]);
  time.advance(1_500);
  expect(shown).toEqual(["AccessGranted", "DoorPreAlarmWarning"]);
  void light.indicate("AccessGranted");
  light.stand("Idle");
  time.advance(60_000);
  expect(shown).toEqual(["AccessGranted", "DoorPreAlarmWarning", "AccessGranted"]);
});

test("closed, it goes out and leaves no timer", () => {
  light.stand("DoorOpenTooLong");
  void light.indicate("AccessGranted");
  light.close();
  expect([time.pending, shown.at(-1)]).toEqual([0, "Idle"]);
});
