import { type ControllerEvent, monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Door, doorAxes, doorDeadline, type DoorInput, doorRefusal, type DoorSettings, doorWish, UNKNOWN_DOOR } from "./door.ts";
import { type DoorEffect, stepDoor } from "./step-door.ts";
import { DOOR_OPERATIONS, type DoorOperation, modeAfter, type SetMode } from "./door-operation.ts";
import { LIBRARY_DOOR, SET_MODES } from "../rig/door-settings.ts";

const settings: DoorSettings = { ...LIBRARY_DOOR, extendedReleaseTimeMs: 4000, extendedOpenTimeMs: 20_000, preAlarmTimeMs: 5000, doubleLock: true };

const start = (mode: SetMode = "Locked", wasFire = false): DoorInput => ({ kind: "start", mode, fire: wasFire });
const access = (grantedSeq = 1, extended = false): DoorInput => ({ kind: "access", grant: { accessPoint: "library-in", grantedSeq }, extended });
const contact = (physical: "Unknown" | "Open" | "Closed"): DoorInput => ({ kind: "contact", physical });
const operation = (name: DoorOperation): DoorInput => ({ kind: "operation", operation: name, act: { by: "wang", reason: "drill" } });
const fire = (active: boolean): DoorInput => ({ kind: "fire", active });
const exit = (pressed: boolean | undefined): DoorInput => ({ kind: "rex", pressed });
const [opened, closed, unknown, rex, tick] = [contact("Open"), contact("Closed"), contact("Unknown"), exit(true), { kind: "tick" }] as const;
const operatorAccess: DoorInput = { kind: "operator-access", act: { by: "wang", reason: "drill" }, extended: false };
const failed: DoorInput = { kind: "lock-failed", device: "board-1", error: "TimedOut", detail: "no answer" };

function word(effect: DoorEffect): string {
  if (effect.kind === "lock") return effect.release ? `release ${effect.holdMs ?? "for good"}` : effect.doubly ? "secure doubly" : "secure";
  const { name, fields } = effect.event as { name: string; fields: Record<string, string | number | boolean> };
  return [name, fields["grantedSeq"], fields["cause"], fields["mode"], fields["active"]].filter((part) => part !== undefined).join(" ");
}

/** A door that was started closed, with nobody at its exit button. */
function startedDoor(all: DoorSettings, mode: SetMode): Door {
  return [start(mode), closed, exit(false)].reduce((door, input) => stepDoor(door, input, monotonicMs(0), all).door, UNKNOWN_DOOR);
}

/**
 * Plays a script against a started door, with a tick at each deadline, and returns what happened as `at: effect`. The exit button is let go of before each
 * press.
 */
function play(script: readonly (readonly [number, DoorInput])[], changed: Partial<DoorSettings> = {}, mode: SetMode = "Locked"): string[] {
  const all = { ...settings, ...changed };
  let door = startedDoor(all, mode);
  const seen: string[] = [];
  const step = (at: number, input: DoorInput): void => {
    const next = stepDoor(door, input, monotonicMs(at), all);
    door = next.door;
    seen.push(...next.effects.map((effect) => `${at}: ${word(effect)}`));
  };
  for (const [at, input] of script) {
    for (let due = doorDeadline(door); due !== undefined && due <= at; due = doorDeadline(door)) step(due, tick);
    if (input === rex) step(at, exit(false));
    step(at, input);
  }
  return seen;
}

test("a grant releases the lock; the opening takes it and relocks; closing in time is nothing special", () => {
  expect(
    play([
      [100, access()],
      [900, opened],
      [3000, closed],
      [60_000, tick],
    ]),
  ).toEqual(["100: release 5000", "900: secure", "900: AccessTaken 1"]);
});

test("nobody comes: the lock is secured at the release time, and the grant is over once a late reading of the contact cannot come any more", () => {
  expect(
    play([
      [100, access()],
      [9000, tick],
    ]),
  ).toEqual(["100: release 5000", "5100: secure", "5200: AccessNotTaken 1 timeout"]);
});

test("an opening that is read just behind the relocking belongs to the grant, and does not release again", () => {
  expect(
    play([
      [100, access()],
      [5199, opened],
    ]),
  ).toEqual(["100: release 5000", "5100: secure", "5199: AccessTaken 1"]);
  expect(
    play([
      [100, access()],
      [5200, opened],
      [5250, tick],
    ]),
  ).toEqual(["100: release 5000", "5100: secure", "5200: AccessNotTaken 1 timeout", "5250: DoorForcedOpen"]);
});

test("the delay before relocking counts from the opening", () => {
  expect(
    play(
      [
        [100, access()],
        [4900, opened],
        [9000, tick],
      ],
      { delayBeforeRelockMs: 700 },
    ),
  ).toEqual(["100: release 5000", "4900: AccessTaken 1", "4900: release 700", "5600: secure"]);
});

test("relocking on close keeps the lock released while the door is open, at most for its open time", () => {
  expect(
    play(
      [
        [100, access()],
        [900, opened],
        [3000, closed],
        [60_000, tick],
      ],
      { relockOn: "close" },
    ),
  ).toEqual(["100: release 5000", "900: AccessTaken 1", "900: release 30000", "3050: secure"]);
  expect(
    play(
      [
        [100, access()],
        [900, opened],
        [3000, closed],
        [60_000, tick],
      ],
      { relockOn: "close", delayBeforeRelockMs: 200 },
    ).slice(2),
  ).toEqual(["900: release 30000", "3050: release 200", "3250: secure"]);
  expect(
    play(
      [
        [100, access()],
        [900, opened],
        [60_000, tick],
      ],
      { relockOn: "close", preAlarmTimeMs: 0 },
    ).slice(2),
  ).toEqual(["900: release 30000", "30900: secure", "30900: DoorOpenTooLong"]);
});

test("a door that stands open warns, then alarms, and is normal again once closed", () => {
  expect(
    play([
      [100, access()],
      [900, opened],
      [40_000, closed],
      [41_000, tick],
    ]).slice(3),
  ).toEqual(["25900: DoorPreAlarm", "30900: DoorOpenTooLong", "40050: DoorNormal"]);
});

test("a door that is closing when its open time ends is no alarm, unless it opens again", () => {
  expect(
    play([
      [0, access()],
      [900, opened],
      [30_880, closed],
      [31_000, tick],
    ]).slice(3),
  ).toEqual(["25900: DoorPreAlarm"]);
  expect(
    play([
      [0, access()],
      [900, opened],
      [30_880, closed],
      [30_920, opened],
      [31_000, tick],
    ]).slice(3),
  ).toEqual(["25900: DoorPreAlarm", "30920: DoorOpenTooLong"]);
});

test("whoever needs longer gets longer, to open and to pass", () => {
  expect(
    play([
      [0, access(1, true)],
      [8900, opened],
      [60_000, tick],
    ]),
  ).toEqual(["0: release 9000", "8900: secure", "8900: AccessTaken 1", "53900: DoorPreAlarm", "58900: DoorOpenTooLong"]);
});

test("a second grant while the lock is released prolongs it, and one opening answers both", () => {
  expect(
    play([
      [0, access(1)],
      [3000, access(2)],
      [7000, opened],
    ]),
  ).toEqual(["0: release 5000", "3000: release 5000", "7000: secure", "7000: AccessTaken 1", "7000: AccessTaken 2"]);
});

test("a grant never shortens the longer release that runs", () => {
  expect(
    play([
      [0, access(1, true)],
      [1000, access(2)],
      [20_000, tick],
    ]),
  ).toEqual(["0: release 9000", "9000: secure", "9100: AccessNotTaken 1 timeout", "9100: AccessNotTaken 2 timeout"]);
});

test("a grant at a door that stands open counts as taken at once and gives the door its open time anew", () => {
  expect(
    play([
      [0, access(1)],
      [1000, opened],
      [20_000, access(2)],
      [40_000, tick],
      [60_000, tick],
    ]),
  ).toEqual([
    "0: release 5000",
    "1000: secure",
    "1000: AccessTaken 1",
    "20000: AccessTaken 2",
    "20000: release 5000",
    "25000: secure",
    "45000: DoorPreAlarm",
    "50000: DoorOpenTooLong",
  ]);
});

describe("whoever is let in while the door stands open belongs to the opening that is there", () => {
  test.each([
    ["a grant", access(2), ["2000: AccessTaken 2", "2000: release 30000"]],
    ["a request to exit", rex, ["2000: release 30000", "2000: RequestToExit"]],
    ["an operator's access", operatorAccess, ["2000: DoorModeChanged Accessed", "2000: release 30000"]],
  ] as const)("%s: relocking on close secures the lock when the door closes, and the next opening is forced", (_, input, seen) => {
    expect(
      play(
        [
          [0, access(1)],
          [1000, opened],
          [2000, input],
          [3000, closed],
          [20_000, opened],
          [21_000, closed],
          [29_000, opened],
          [60_000, tick],
        ],
        { relockOn: "close" },
      ).slice(3),
    ).toEqual([...seen, "3050: secure", "20050: DoorForcedOpen", "21050: DoorNormal", "29050: DoorForcedOpen"]);
  });

  test.each([access(2), rex, operatorAccess])("relocking on open secures the lock when the door closes though its time is not over: %j", (input) => {
    expect(
      play([
        [0, access(1)],
        [1000, opened],
        [2000, input],
        [3000, closed],
        [4000, opened],
        [5000, tick],
      ]).slice(-2),
    ).toEqual(["3050: secure", "4050: DoorForcedOpen"]);
  });

  test("the delay counts from the last who was let in while it was open, or from its closing", () => {
    const script: [number, DoorInput][] = [
      [0, access(1)],
      [1000, opened],
      [2000, access(2)],
      [2500, closed],
      [9000, opened],
      [9500, tick],
    ];
    expect(play(script, { delayBeforeRelockMs: 3000 }).slice(3)).toEqual([
      "2000: AccessTaken 2",
      "2000: release 5000",
      "2550: release 2450",
      "5000: secure",
      "9050: DoorForcedOpen",
    ]);
    expect(play(script, { delayBeforeRelockMs: 3000, relockOn: "close" }).slice(3)).toEqual([
      "2000: AccessTaken 2",
      "2000: release 30000",
      "2550: release 3000",
      "5550: secure",
      "9050: DoorForcedOpen",
    ]);
  });

  test("a release that was longer already is not told again", () => {
    expect(
      play(
        [
          [0, access(1)],
          [1000, opened],
          [2000, rex],
          [3000, closed],
        ],
        { delayBeforeRelockMs: 20_000 },
      ).slice(2),
    ).toEqual(["1000: release 20000", "2000: release 20000", "2000: RequestToExit"]);
  });

  test("a contact that shows an open door for good does not keep anybody from going through: the lock is released for its time", () => {
    for (const relockOn of ["open", "close"] as const)
      expect(
        play(
          [
            [0, unknown],
            [10, opened],
            [40_000, access(1)],
            [50_000, rex],
            [60_000, tick],
          ],
          { relockOn, preAlarmTimeMs: 0 },
        ),
        relockOn,
      ).toEqual([
        "30010: DoorOpenTooLong",
        "40000: AccessTaken 1",
        "40000: release 5000",
        "45000: secure",
        "50000: release 5000",
        "50000: RequestToExit",
        "55000: secure",
      ]);
  });
});

describe("an opening that nobody was let in for begins no release anew", () => {
  test("within the delay of relocking on close: neither it nor its closing prolongs", () => {
    expect(
      play(
        [
          [0, access()],
          [1000, opened],
          [3000, closed],
          [3200, opened],
          [3300, closed],
          [3500, opened],
          [4000, closed],
          [5000, opened],
          [6000, tick],
        ],
        { relockOn: "close", delayBeforeRelockMs: 500 },
      ).slice(2),
    ).toEqual(["1000: release 30000", "3050: release 500", "3550: secure", "5050: DoorForcedOpen"]);
  });

  test("within the delay of relocking on open", () => {
    expect(
      play(
        [
          [0, access()],
          [1000, opened],
          [1500, closed],
          [2500, opened],
          [2800, closed],
          [2900, opened],
          [4000, closed],
          [5000, opened],
          [6000, tick],
        ],
        { delayBeforeRelockMs: 2000 },
      ).slice(2),
    ).toEqual(["1000: release 2000", "3000: secure", "5050: DoorForcedOpen"]);
  });

  test("at a door whose contact fell silent while it was open", () => {
    for (const [again, at] of [
      [opened, 31_000],
      [closed, 5000],
    ] as const)
      expect(
        play(
          [
            [0, access()],
            [1000, opened],
            [4000, unknown],
            [5000, again],
            [40_000, closed],
            [41_000, opened],
            [42_000, tick],
          ],
          { relockOn: "close", preAlarmTimeMs: 0 },
        ).filter((line) => line.includes("release") || line.includes("secure")),
      ).toEqual(["0: release 5000", "1000: release 30000", `${at}: secure`]);
  });
});

describe("the newest reading of the contact counts for whoever is let in", () => {
  const script: [number, DoorInput][] = [
    [0, access(1)],
    [1000, opened],
    [3000, closed],
    [3020, access(2)],
  ];
  test.each(["open", "close"] as const)("at a door that has just closed the grant waits for it to be opened, relocking on %s", (relockOn) => {
    const begun = play(script, { relockOn });
    expect(begun.slice(-1)).toEqual(["3020: release 5000"]);
    expect(play([...script, [4000, opened], [5000, closed], [9000, tick]], { relockOn })).toContain("4000: AccessTaken 2");
    expect(play([...script, [9000, tick]], { relockOn }).slice(begun.length)).toEqual(["8020: secure", "8120: AccessNotTaken 2 timeout"]);
  });

  test("at one that only seemed to close it goes through the open door", () => {
    expect(play([...script, [3040, opened], [6000, closed], [7000, opened], [8000, tick]], { relockOn: "close" }).slice(3)).toEqual([
      "3020: release 5000",
      "3040: AccessTaken 2",
      "3040: release 30000",
      "6050: secure",
      "7050: DoorForcedOpen",
    ]);
  });

  test("at one whose contact does not answer any more the lock is not held for the opening that nobody sees", () => {
    expect(
      play(
        [
          [0, access(1)],
          [1000, opened],
          [1500, unknown],
          [2000, access(2)],
          [2500, closed],
          [20_000, opened],
          [21_000, tick],
        ],
        { relockOn: "close" },
      ).slice(3),
    ).toEqual(["2000: release 5000", "7000: secure", "7100: AccessNotTaken 2 timeout", "20050: DoorForcedOpen"]);
  });
});

test("a request to exit frees the door in every mode and masks the alarm of its opening", () => {
  for (const mode of SET_MODES.filter((mode) => mode !== "Unlocked" && mode !== "LockedOpen"))
    expect(
      play(
        [
          [100, rex],
          [500, opened],
          [1000, closed],
          [2000, tick],
        ],
        {},
        mode,
      ),
      mode,
    ).toEqual(["100: release 5000", "100: RequestToExit", mode === "DoubleLocked" ? "500: secure doubly" : "500: secure"]);
});

test("a request to exit that is read a little behind the opening still masks it", () => {
  expect(
    play([
      [100, opened],
      [149, rex],
    ]),
  ).toEqual(["149: RequestToExit"]);
  expect(
    play([
      [100, opened],
      [150, rex],
    ])[0],
  ).toBe("150: DoorForcedOpen");
});

test("pressing the exit button again prolongs the release without another event", () => {
  expect(
    play([
      [0, rex],
      [2000, rex],
      [9000, tick],
    ]),
  ).toEqual(["0: release 5000", "0: RequestToExit", "2000: release 5000", "7000: secure"]);
});

test("a request to exit in a passage that a grant began is told once", () => {
  expect(
    play([
      [0, access()],
      [100, rex],
      [200, rex],
    ]),
  ).toEqual(["0: release 5000", "100: release 5000", "100: RequestToExit", "200: release 5000"]);
});

test("a request to exit behind the closing of the door is another one, though the lock is still released", () => {
  for (const relockOn of ["open", "close"] as const)
    expect(
      play(
        [
          [0, rex],
          [1000, opened],
          [1500, rex],
          [2000, closed],
          [2500, rex],
        ],
        { relockOn, delayBeforeRelockMs: 2000 },
      ).filter((line) => line.endsWith("RequestToExit")),
      relockOn,
    ).toEqual(["0: RequestToExit", "2500: RequestToExit"]);
});

test("a grant in a passage that a request to exit began does not have the next press told again", () => {
  expect(
    play([
      [0, rex],
      [100, access()],
      [200, rex],
    ]).filter((line) => line.endsWith("RequestToExit")),
  ).toEqual(["0: RequestToExit"]);
});

describe("an exit button", () => {
  const release = (at: number): string[] => [`${at}: release 5000`, `${at}: RequestToExit`];

  test("that is found pressed, at the start or when its board is back, was not seen to be pressed: the next press counts", () => {
    expect(
      play([
        [100, exit(undefined)],
        [200, exit(true)],
        [300, exit(undefined)],
        [400, exit(true)],
        [500, exit(false)],
        [600, exit(true)],
      ]),
    ).toEqual(release(600));
    const { door } = stepDoor(UNKNOWN_DOOR, start(), monotonicMs(0), settings);
    expect(stepDoor(door, exit(true), monotonicMs(0), settings).effects).toEqual([]);
  });

  test("that is found at rest counts from its first press", () => {
    expect(
      play([
        [100, exit(undefined)],
        [200, exit(false)],
        [300, exit(true)],
      ]),
    ).toEqual(release(300));
  });

  test("that is held, or told of again, is pressed once", () => {
    expect(
      play([
        [100, exit(true)],
        [2000, exit(true)],
        [9000, exit(true)],
        [9001, tick],
      ]),
    ).toEqual([...release(100), "5100: secure"]);
  });
});

test("one who needs longer keeps the longer open time when somebody else is let in as well", () => {
  expect(
    play([
      [0, access(1, true)],
      [100, access(2)],
      [200, opened],
      [60_000, tick],
    ]).slice(-2),
  ).toEqual(["45200: DoorPreAlarm", "50200: DoorOpenTooLong"]);
});

test("another locked mode does not begin the open time anew", () => {
  expect(
    play([
      [0, access()],
      [900, opened],
      [20_000, operation("block")],
      [31_000, tick],
    ]).slice(-1),
  ).toEqual(["30900: DoorOpenTooLong"]);
});

test("the same reading twice settles no later", () => {
  expect(
    play([
      [1000, opened],
      [1040, opened],
      [1050, tick],
    ]),
  ).toEqual(["1050: DoorForcedOpen"]);
});

test("a door opened while its release was over already releases no more and expects no further opening", () => {
  expect(
    play(
      [
        [0, access()],
        [5050, opened],
        [6000, closed],
        [7000, opened],
        [8000, tick],
      ],
      { delayBeforeRelockMs: 5000 },
    ).slice(1),
  ).toEqual(["5000: secure", "5050: AccessTaken 1", "7050: DoorForcedOpen"]);
});

test("an opening that nobody was let in for is forced once it has rested, and over when the door is closed", () => {
  expect(
    play([
      [1000, opened],
      [1049, closed],
      [2000, opened],
      [2050, tick],
      [5000, closed],
      [5050, tick],
    ]),
  ).toEqual(["2050: DoorForcedOpen", "5050: DoorNormal"]);
});

test("a chattering contact opens once and closes once", () => {
  const chatter = [0, 10, 20, 30, 40].flatMap((ms): [number, DoorInput][] => [
    [1000 + ms, opened],
    [1005 + ms, closed],
  ]);
  const settle = [0, 10, 20].flatMap((ms): [number, DoorInput][] => [
    [3000 + ms, closed],
    [3005 + ms, opened],
  ]);
  expect(play([[0, access()], ...chatter, [1050, opened], ...settle, [3030, closed], [9000, tick]], { relockOn: "close" })).toEqual([
    "0: release 5000",
    "1000: AccessTaken 1",
    "1000: release 30000",
    "3080: secure",
  ]);
});

test("without a debounce every reading counts at once", () => {
  expect(
    play(
      [
        [10, opened],
        [11, closed],
      ],
      { contactDebounceMs: 0 },
    ),
  ).toEqual(["10: DoorForcedOpen", "11: DoorNormal"]);
});

test("a door without a contact takes a grant for granted and knows no alarms", () => {
  expect(
    play(
      [
        [0, access()],
        [100, opened],
        [9000, tick],
      ],
      { contact: false },
    ),
  ).toEqual(["0: AccessTaken 1", "0: release 5000", "5000: secure"]);
});

test("a contact that does not answer: nobody saw the passage, no alarm begins, and one that stands stays until the door is seen closed", () => {
  expect(
    play([
      [0, unknown],
      [10, access()],
      [9000, tick],
    ]),
  ).toEqual(["10: release 5000", "5010: secure", "5110: AccessNotTaken 1 device"]);
  expect(
    play([
      [0, access()],
      [10, opened],
      [500, unknown],
      [90_000, tick],
    ]).slice(3),
  ).toEqual([]);
  expect(
    play([
      [0, opened],
      [60, unknown],
      [100, opened],
      [90_000, tick],
      [90_010, closed],
      [91_000, tick],
    ]),
  ).toEqual(["50: DoorForcedOpen", "90060: DoorNormal"]);
});

test("a door found open was not seen to be forced: its open time runs", () => {
  expect(
    play([
      [0, unknown],
      [10, opened],
      [40_000, tick],
    ]),
  ).toEqual(["25010: DoorPreAlarm", "30010: DoorOpenTooLong"]);
});

test("Unlocked and LockedOpen release for good, mask alarms, and still tell whether a grant was taken", () => {
  for (const [ask, mode] of [
    ["unlock", "Unlocked"],
    ["lock-open", "LockedOpen"],
  ] as const)
    expect(
      play([
        [0, opened],
        [100, operation(ask)],
        [200, closed],
        [300, access(1)],
        [400, opened],
        [500, access(2)],
        [600, closed],
        [700, access(3)],
        [90_000, tick],
      ]),
    ).toEqual([
      "50: DoorForcedOpen",
      `100: DoorModeChanged ${mode}`,
      "100: DoorNormal",
      "100: release for good",
      "400: AccessTaken 1",
      "500: AccessTaken 2",
      "5800: AccessNotTaken 3 timeout",
    ]);
});

test("a door that is locked again while open has its open time from then on", () => {
  expect(
    play([
      [0, operation("unlock")],
      [10, opened],
      [100_000, operation("lock")],
      [140_000, tick],
    ]).slice(2),
  ).toEqual(["100000: secure", "100000: DoorModeChanged Locked", "125000: DoorPreAlarm", "130000: DoorOpenTooLong"]);
});

test("a mode that an operator sets ends the passage that waits", () => {
  for (const ask of ["lock", "block", "lock-down", "double-lock"] as const)
    expect(
      play([
        [0, access()],
        [100, operation(ask)],
      ]).slice(1),
      ask,
    ).toContain("100: AccessNotTaken 1 superseded");
  expect(
    play([
      [0, access()],
      [100, operation("unlock")],
      [200, opened],
    ]).slice(1),
  ).toEqual(["100: DoorModeChanged Unlocked", "100: release for good", "200: AccessTaken 1"]);
});

test("an operator lets somebody in once, where the mode allows it", () => {
  expect(
    play([
      [0, operatorAccess],
      [9000, tick],
    ]),
  ).toEqual(["0: DoorModeChanged Accessed", "0: release 5000", "5000: secure"]);
  for (const mode of ["Blocked", "LockedDown"] as const) expect(play([[0, operatorAccess]], {}, mode)).toEqual([]);
});

test("fire frees the door in every mode before anything is written, masks its alarms, and gives it back to its mode", () => {
  for (const mode of SET_MODES) {
    const free = mode === "Unlocked" || mode === "LockedOpen";
    const back = mode === "DoubleLocked" ? "secure doubly" : "secure";
    expect(
      play(
        [
          [0, fire(true)],
          [10, opened],
          [90_000, closed],
          [91_000, fire(false)],
          [92_000, tick],
        ],
        {},
        mode,
      ),
      mode,
    ).toEqual([...(free ? [] : ["0: release for good"]), "0: FireInput true", ...(free ? [] : [`91050: ${back}`]), "91050: FireInput false"]);
  }
});

test("fire ends a forced alarm, and a door still open when it is over has its open time from then on", () => {
  expect(
    play([
      [0, opened],
      [60, fire(true)],
      [70_000, fire(false)],
      [70_020, fire(true)],
      [80_000, fire(false)],
      [80_020, fire(false)],
      [120_000, tick],
    ]),
  ).toEqual([
    "50: DoorForcedOpen",
    "60: release for good",
    "60: FireInput true",
    "60: DoorNormal",
    "80050: secure",
    "80050: FireInput false",
    "105050: DoorPreAlarm",
    "110050: DoorOpenTooLong",
  ]);
});

test("a grant during fire does not outlive it in a mode that refuses access", () => {
  expect(
    play(
      [
        [0, fire(true)],
        [10, access()],
        [20, fire(false)],
        [100, tick],
      ],
      {},
      "LockedDown",
    ).slice(2),
  ).toEqual(["70: secure", "70: FireInput false", "70: AccessNotTaken 1 superseded"]);
  expect(
    play([
      [0, fire(true)],
      [10, access()],
      [20, fire(false)],
      [6000, tick],
    ]).slice(2),
  ).toEqual(["70: FireInput false", "70: release 4940", "5010: secure", "5110: AccessNotTaken 1 timeout"]);
});

test("a passage through a door that fire keeps free leaves nothing behind", () => {
  expect(
    play(
      [
        [0, fire(true)],
        [10, access()],
        [20, opened],
        [100, fire(false)],
        [200, tick],
      ],
      { relockOn: "close" },
    ).slice(2),
  ).toEqual(["20: AccessTaken 1", "150: secure", "150: FireInput false"]);
});

test("a lock that does not obey is a fault until it does; the grant is not taken because of the device", () => {
  const obeyed: DoorInput = { kind: "lock-obeyed" };
  expect(
    play([
      [0, access()],
      [50, failed],
      [60, failed],
      [9000, tick],
      [9001, obeyed],
      [9002, obeyed],
    ]),
  ).toEqual(["0: release 5000", "50: DoorFault", "5000: secure", "5100: AccessNotTaken 1 device", "9001: DoorFaultCleared"]);
  expect(
    play([
      [0, access()],
      [50, failed],
      [900, opened],
    ]),
  ).toContain("900: AccessTaken 1");
  expect(play([[0, { ...failed, error: "Superseded" }]])).toEqual([]);
});

test("a release that the board did not confirm stays one: the grant is not taken because of the device, though the board obeys again before its time is over", () => {
  expect(
    play([
      [0, access()],
      [50, failed],
      [4000, { kind: "lock-obeyed" }],
      [9000, tick],
    ]),
  ).toEqual(["0: release 5000", "50: DoorFault", "4000: DoorFaultCleared", "5000: secure", "5100: AccessNotTaken 1 device"]);
});

test("the mode of before the controller went down is taken up, and the lock told about it", () => {
  const first = (mode: SetMode): string[] => stepDoor(UNKNOWN_DOOR, start(mode), monotonicMs(0), settings).effects.map(word);
  expect(SET_MODES.map(first)).toEqual([["secure"], ["release for good"], ["secure"], ["secure"], ["release for good"], ["secure doubly"]]);
});

test("a start into a fire that was there before moves no lock but to free it; it is over when the input says so, and told then", () => {
  for (const mode of SET_MODES) {
    let door: Door = UNKNOWN_DOOR;
    const seen = (
      [
        [0, start(mode, true)],
        [10, closed],
        [20, fire(true)],
        [90_000, fire(false)],
        [90_050, tick],
      ] as const
    ).flatMap(([at, input]) => {
      const step = stepDoor(door, input, monotonicMs(at), settings);
      door = step.door;
      return step.effects.map((effect) => `${at}: ${word(effect)}`);
    });
    const back = { Unlocked: [], LockedOpen: [], DoubleLocked: ["90050: secure doubly"] }[mode as string] ?? ["90050: secure"];
    expect(seen, mode).toEqual(["0: release for good", ...back, "90050: FireInput false"]);
    expect(door.mode).toBe(mode);
  }
});

test("a start into a fire that is over by then frees the door until its input is read, and no longer than its debounce", () => {
  const { door } = stepDoor(UNKNOWN_DOOR, start("Locked", true), monotonicMs(0), settings);
  const read = stepDoor(door, fire(false), monotonicMs(100), settings);
  expect([read.effects, doorDeadline(read.door)]).toEqual([[], 150]);
  expect(stepDoor(read.door, tick, monotonicMs(150), settings).effects.map(word)).toEqual(["secure", "FireInput false"]);
});

test("before its start a door lets nobody in but out", () => {
  expect(doorRefusal(UNKNOWN_DOOR)).toEqual({ reason: "DoorBlocked", detail: "not started yet" });
  const step = stepDoor(UNKNOWN_DOOR, access(), monotonicMs(0), settings);
  expect(step.effects.map(word)).toEqual(["AccessNotTaken 1 superseded"]);
  const { door } = stepDoor(UNKNOWN_DOOR, exit(false), monotonicMs(0), settings);
  expect(stepDoor(door, rex, monotonicMs(0), settings).effects.map(word)).toEqual(["release 5000", "RequestToExit"]);
});

test.each([
  ["Locked", "Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked", "-"],
  ["Unlocked", "Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked", "-"],
  ["Blocked", "Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked", "-"],
  ["DoubleLocked", "Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen", "DoubleLocked", "-"],
  ["LockedDown", "-", "-", "-", "LockedDown", "-", "-", "Locked"],
  ["LockedOpen", "-", "-", "-", "-", "LockedOpen", "-", "Locked"],
  ["Unknown", "-", "-", "-", "-", "-", "-", "-"],
] as const)("%s answers lock, unlock, block, lock-down, lock-open, double-lock, release with %s, %s, %s, %s, %s, %s, %s", (mode, ...wanted) => {
  const answers = DOOR_OPERATIONS.map((ask) => modeAfter(mode, ask, true));
  expect(answers.map((answer) => (answer.ok ? answer.value : "-"))).toEqual(wanted);
  expect(modeAfter(mode, "double-lock", false).ok).toBe(false);
});

test.each([
  ["Locked", undefined],
  ["Unlocked", undefined],
  ["LockedOpen", undefined],
  ["DoubleLocked", undefined],
  ["Blocked", "DoorBlocked"],
  ["LockedDown", "LockedDown"],
] as const)("%s: access is refused for %s, and for nothing while fire frees it", (mode, reason) => {
  const { door } = stepDoor(UNKNOWN_DOOR, start(mode), monotonicMs(0), settings);
  expect(doorRefusal(door)?.reason).toBe(reason);
  expect(doorRefusal({ ...door, fire: true })).toBeUndefined();
});

test("the four axes move by themselves", () => {
  let door: Door = UNKNOWN_DOOR;
  const after = (at: number, input: DoorInput): string => {
    door = stepDoor(door, input, monotonicMs(at), settings).door;
    return Object.values(doorAxes(door)).join(" ");
  };
  expect([
    Object.values(doorAxes(door)).join(" "),
    after(0, start()),
    after(1, closed),
    after(2, access()),
    after(3, opened),
    after(40_000, tick),
    after(40_001, fire(true)),
    after(40_002, operation("lock-down")),
    after(40_003, failed),
    after(40_004, fire(false)),
    after(41_000, { kind: "lock-obeyed" }),
    after(41_001, unknown),
    after(41_002, operation("release")),
    after(41_003, operation("unlock")),
  ]).toEqual([
    "Unknown Unknown Unknown Normal",
    "Locked Locked Unknown Normal",
    "Locked Locked Closed Normal",
    "Accessed Unlocked Closed Normal",
    "Locked Locked Open Normal",
    "Locked Locked Open DoorOpenTooLong",
    "Locked Unlocked Open Normal",
    "LockedDown Unlocked Open Normal",
    "LockedDown Fault Open Normal",
    "LockedDown Fault Open Normal",
    "LockedDown Locked Open Normal",
    "LockedDown Locked Unknown Normal",
    "Locked Locked Unknown Normal",
    "Unlocked Unlocked Unknown Normal",
  ]);
});

const someInput: fc.Arbitrary<DoorInput> = fc.oneof(
  { weight: 4, arbitrary: fc.boolean().map((extended) => access(0, extended)) },
  { weight: 6, arbitrary: fc.constantFrom(opened, closed, unknown) },
  fc.constantFrom(...DOOR_OPERATIONS).map(operation),
  fc.boolean().map(fire),
  { weight: 2, arbitrary: fc.constantFrom(true, false, true, false, undefined).map(exit) },
  fc.constantFrom<DoorInput>(tick, failed, { kind: "lock-obeyed" }, operatorAccess),
);
const someScript = fc.array(fc.tuple(fc.oneof(fc.nat(80), fc.nat(6000), fc.nat(40_000)), someInput), { maxLength: 60 });
const someSettings = fc.record({
  contact: fc.boolean(),
  relockOn: fc.constantFrom("open" as const, "close" as const),
  delayBeforeRelockMs: fc.constantFrom(0, 500),
  contactDebounceMs: fc.constantFrom(0, 50),
  contactLagMs: fc.constantFrom(0, 100),
  preAlarmTimeMs: fc.constantFrom(0, 5000),
  openTimeMs: fc.constantFrom(0, 4000, 30_000),
});

interface Played {
  readonly door: Door;
  readonly history: readonly {
    readonly at: number;
    readonly input: DoorInput;
    readonly before: Door;
    readonly door: Door;
    readonly effects: readonly DoorEffect[];
  }[];
}

/** Runs a script of [pause, input], grants numbered from 1; `onTime`: with a tick at each deadline. */
function run(script: readonly (readonly [number, DoorInput])[], changed: Partial<DoorSettings>, onTime: boolean, mode: SetMode = "Locked"): Played {
  const all = { ...settings, ...changed };
  const history: Played["history"][number][] = [];
  let door: Door = UNKNOWN_DOOR;
  let at = 0;
  let seq = 0;
  const step = (input: DoorInput, now: number): void => {
    const next = stepDoor(door, input, monotonicMs(now), all);
    history.push({ at: now, input, before: door, ...next });
    door = next.door;
  };
  const tickUntil = (until: number): void => {
    for (let due = doorDeadline(door); due !== undefined && due <= until; due = doorDeadline(door)) step(tick, due);
  };
  step(start(mode), 0);
  for (const [pause, input] of script) {
    at += pause;
    if (onTime) tickUntil(at);
    step(input.kind === "access" ? { ...input, grant: { accessPoint: "library-in", grantedSeq: ++seq } } : input, at);
  }
  if (onTime) tickUntil(at + 1_000_000);
  else step(tick, at + 1_000_000);
  return { door, history };
}
const eventsOf = ({ history }: Played): ControllerEvent[] =>
  history.flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === "event" ? [effect.event] : [])));

test("under any inputs the lock is released by access, exit, mode and fire alone, and is secured within the time of each release", () => {
  fc.assert(
    fc.property(someScript, someSettings, fc.constantFrom(...SET_MODES), (script, changed, mode) => {
      const { history, door } = run(script, changed, true, mode);
      let releasedUntil: number | undefined;
      let released = false;
      for (const { at, input, effects, door: after } of history) {
        for (const effect of effects) {
          if (effect.kind !== "lock") continue;
          if (effect.release && !released)
            expect(["start", "access", "operator-access", "rex", "operation", "fire"], `${input.kind} released the lock`).toContain(input.kind);
          if (effect.release && effect.holdMs === undefined) expect(after.fire || after.mode === "Unlocked" || after.mode === "LockedOpen").toBe(true);
          if (effect.release && effect.holdMs !== undefined) expect(effect.holdMs).toBeGreaterThan(0);
          released = effect.release;
          releasedUntil = effect.release && effect.holdMs !== undefined ? at + effect.holdMs : undefined;
        }
        if (releasedUntil !== undefined) expect(at, "released beyond its time").toBeLessThan(releasedUntil);
      }
      expect(released).toBe(door.fire || door.mode === "Unlocked" || door.mode === "LockedOpen");
    }),
    { numRuns: 400 },
  );
});

const isLetIn = ({ input, before }: Played["history"][number]): boolean =>
  input.kind === "access" || input.kind === "operator-access" || (input.kind === "rex" && input.pressed === true && before.exitPressed === false);

/**
 * What a stranger finds at a door that is never unlocked: between two who are let in, the lock is released until the door has been seen to open and to close,
 * at most for its times; then it is secured within its delay, and every opening behind it is forced.
 */
function expectNothingForStrangers({ history }: Played, all: DoorSettings): void {
  const releaseMs = all.releaseTimeMs + all.extendedReleaseTimeMs;
  const openMs = all.relockOn === "open" ? all.delayBeforeRelockMs : all.openTimeMs + all.extendedOpenTimeMs;
  /** Whose turn it is: whether they have gone through, until when the lock may be released at most, and whether the door has closed behind them. */
  let turn: { readonly isThrough: boolean; readonly atMost: number; readonly isClosed: boolean } | undefined;
  let reading: Door["physical"] = "Unknown";
  for (const step of history) {
    const { at, input, before, door, effects } = step;
    if (input.kind === "contact") reading = input.physical;
    if (isLetIn(step)) {
      const isThrough = reading === "Open";
      const rest = turn?.isThrough === isThrough ? turn.atMost : 0;
      const own = isThrough ? Math.max(releaseMs, openMs) : Math.max(releaseMs, all.contactDebounceMs + all.delayBeforeRelockMs);
      turn = { isThrough, atMost: Math.max(rest, at + own), isClosed: false };
    } else if (door.physical === "Open" && before.physical !== "Open" && turn?.isThrough === false) turn = { ...turn, isThrough: true, atMost: at + openMs };
    else if (door.physical === "Closed" && before.physical !== "Closed" && turn?.isThrough === true && !turn.isClosed)
      turn = { ...turn, isClosed: true, atMost: at + all.delayBeforeRelockMs };
    else if (door.physical === "Open" && before.physical === "Closed" && (turn === undefined || turn.atMost <= at - all.contactDebounceMs))
      expect(
        effects.map((effect) => (effect.kind === "event" ? effect.event.name : "lock")),
        `opened by a stranger at ${at}`,
      ).toContain("DoorForcedOpen");
    for (const effect of effects)
      if (effect.kind === "lock" && effect.release) expect(at + effect.holdMs!, `released at ${at}`).toBeLessThanOrEqual(turn?.atMost ?? 0);
    if (turn === undefined || turn.atMost <= at) expect(doorWish(door).release, `still released at ${at}`).toBe(false);
  }
}

test("under any inputs, once the door has closed behind the last who was let in the lock is secured within its delay, and every later opening is forced", () => {
  const input = fc.oneof(
    { weight: 3, arbitrary: fc.boolean().map((extended) => access(0, extended)) },
    { weight: 8, arbitrary: fc.constantFrom(opened, closed, opened, closed, opened, closed, unknown) },
    { weight: 2, arbitrary: fc.constantFrom(true, false, true, false, undefined).map(exit) },
    fc.constantFrom<DoorInput>(operatorAccess, tick, failed, { kind: "lock-obeyed" }),
  );
  const script = fc.array(fc.tuple(fc.oneof(fc.nat(80), fc.nat(6000), fc.nat(40_000)), input), { maxLength: 60 });
  const times = someSettings.chain((some) => fc.constantFrom(0, 500, 9000).map((delayBeforeRelockMs) => ({ ...some, contact: true, delayBeforeRelockMs })));
  fc.assert(
    fc.property(script, times, fc.constantFrom("Locked" as const, "DoubleLocked" as const), (inputs, changed, mode) => {
      expectNothingForStrangers(run(inputs, changed, true, mode), { ...settings, ...changed });
    }),
    { numRuns: 1000 },
  );
});

test("under any inputs each grant has exactly one AccessTaken or AccessNotTaken, and each alarm ends before the next begins", () => {
  fc.assert(
    fc.property(someScript, someSettings, fc.constantFrom(...SET_MODES), (script, changed, mode) => {
      const played = run(script, changed, true, mode);
      const answers = eventsOf(played).flatMap((event) => (event.name === "AccessTaken" || event.name === "AccessNotTaken" ? [event.fields.grantedSeq] : []));
      const grants = script.filter(([, { kind }]) => kind === "access").length;
      expect([...answers].sort((a, b) => a - b)).toEqual(Array.from({ length: grants }, (_, i) => i + 1));
      let alarm = "Normal";
      for (const { name } of eventsOf(played)) {
        if (name === "DoorForcedOpen" || name === "DoorOpenTooLong") expect(alarm, name).toBe("Normal");
        if (name === "DoorNormal") expect(alarm).not.toBe("Normal");
        if (name === "DoorForcedOpen" || name === "DoorOpenTooLong" || name === "DoorNormal") alarm = name === "DoorNormal" ? "Normal" : name;
      }
      expect(played.door.alarm).toBe(alarm);
    }),
    { numRuns: 400 },
  );
});

test("ticks that come late, or not at all between two inputs, make the same history", () => {
  fc.assert(
    fc.property(someScript, someSettings, (script, changed) => {
      const [onTime, late] = [run(script, changed, true), run(script, changed, false)];
      expect(late.door).toEqual(onTime.door);
      expect(eventsOf(late)).toEqual(eventsOf(onTime));
    }),
    { numRuns: 400 },
  );
});

test("under any inputs a door in fire is free, and one that is locked down or blocked lets nobody in but out", () => {
  fc.assert(
    fc.property(someScript, someSettings, fc.constantFrom(...SET_MODES), (script, changed, mode) => {
      for (const { input, before, door, effects } of run(script, changed, true, mode).history) {
        if (door.fire) expect(doorAxes(door).lock).toMatch(/Unlocked|Fault/);
        if (
          (before.mode === "LockedDown" || before.mode === "Blocked") &&
          !door.fire &&
          !before.fire &&
          (input.kind === "access" || input.kind === "operator-access")
        )
          expect(effects.filter((effect) => effect.kind === "lock" && effect.release)).toEqual([]);
      }
    }),
    { numRuns: 400 },
  );
});
