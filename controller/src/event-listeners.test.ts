import { type CredentialId, unixSeconds } from "@portico/card-protocol";
import { simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { EscortWatch } from "./escort-watch.ts";
import { FirstPersons } from "./portal/first-persons.ts";
import type { LoggedEvent } from "./store/event-log.ts";

/** A log that tells its one listener of events, and remembers whose record was read. */
function logOfOneListener() {
  const read: string[] = [];
  let listener = (_event: LoggedEvent): void => {};
  return {
    read,
    onEvent(told: (event: LoggedEvent) => void) {
      listener = told;
      return () => true;
    },
    tell: (name: string): void =>
      listener({
        seq: 2,
        hash: new Uint8Array(32),
        bytes: new Uint8Array(),
        name,
        get record(): LoggedEvent["record"] {
          read.push(name);
          return { ok: false, error: "EventMalformed", detail: "" };
        },
      }),
  };
}

test("while somebody waits at the door, no record is read of which escorts need nothing", () => {
  const log = logOfOneListener();
  const watch = new EscortWatch(log, simulatedClock(), 10_000);
  log.tell("AccessNotTaken");
  watch.goes(7, 1);
  log.tell("AccessGranted");
  expect(log.read).toEqual([]);
  log.tell("AccessNotTaken");
  expect(log.read).toEqual(["AccessNotTaken"]);
  watch.close();
});

test("nor one of which first persons need nothing", () => {
  const log = logOfOneListener();
  const persons = new FirstPersons({
    doorOf: new Map([["library-in", "library"]]),
    events: { onEvent: (listener) => log.onEvent(listener), firstPersons: () => new Map([["library", unixSeconds(1_700_000_000)]]) },
    clock: simulatedClock(),
    recorder: { wish: () => 3 },
    isAwaited: () => true,
    onCame: () => {},
  });
  log.tell("AccessTaken");
  persons.goes("library-in", "00112233445566778899aabbccddeeff" as CredentialId, 1);
  log.tell("AccessGranted");
  expect(log.read).toEqual([]);
  log.tell("AccessTaken");
  expect(log.read).toEqual(["AccessTaken"]);
  persons.close();
});
