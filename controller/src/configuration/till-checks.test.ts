import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";
import { rigToml } from "../rig/rig-configuration.ts";

type Change = Parameters<typeof rigToml>[0];
const read = (change: Change): ReturnType<typeof parsedToml> => parsedToml(rigToml(change));
const wire = (id: string): string => `[[wire]]\nid = "${id}"\nserial = "/dev/nowhere/${id}"\n`;

test("a keypad and a display are read with every default", () => {
  const tables = `${wire("k")}${wire("d")}[[keypad]]\nid = "k"\nwire = "k"\n[[display]]\nid = "d"\nwire = "d"\n`;
  expect(read({ till: `keypad = "k"\ndisplay = "d"`, tables })).toMatchObject({
    ok: true,
    configuration: {
      keypads: [{ id: "k", wire: "k" }],
      displays: [{ id: "d", wire: "d", commands: "esc-pos", charset: "ascii", language: "en" }],
      terminals: [{ keypad: "k", display: "d" }],
    },
  });
});

test.each<[string, Change, string]>([
  ["a keypad that is not there", { till: `keypad = "k"` }, `terminal[canteen-1].keypad no [[keypad]] is named "k"`],
  ["a display that nobody has", { tables: `${wire("d")}[[display]]\nid = "d"\nwire = "d"\n` }, `display[d] nobody has the display "d"`],
  [
    "a display on a scanner's wire",
    { till: `display = "d"`, tables: `[[display]]\nid = "d"\nwire = "library-in"\n` },
    `display[d].wire scanner "library-in" is on the wire "library-in" already`,
  ],
  ["a display that is nowhere", { till: `display = "d"`, tables: `[[display]]\nid = "d"\n` }, `display[d] neither wire nor pd says where it is`],
  [
    "a display of a terminal and of a reader",
    { till: `display = "d"`, library: `demand_challenge = true\nchallenge_display = "d"`, tables: `${wire("d")}[[display]]\nid = "d"\nwire = "d"\n` },
    `access_point[library-in].challenge_display display "d" belongs to terminal "canteen-1" already`,
  ],
  [
    "challenges that nobody demands",
    { library: `challenge_display = "d"`, tables: `${wire("d")}[[display]]\nid = "d"\nwire = "d"\n` },
    `access_point[library-in].challenge_display has no meaning where no challenge is demanded`,
  ],
  [
    "an OSDP reader that speaks ESC/POS",
    { library: `demand_challenge = true\nchallenge_display = "d"`, tables: `[[display]]\nid = "d"\npd = "p"\ncommands = "esc-pos"\n` },
    `display[d].commands has no meaning for an OSDP reader`,
  ],
  [
    "a display and a beacon at one reader",
    {
      library: `demand_challenge = true\nchallenge_display = "d"\nchallenge_beacon = "b"`,
      tables: `${wire("d")}[[display]]\nid = "d"\nwire = "d"\n[[beacon]]\nid = "b"\n`,
    },
    `access_point[library-in].challenge_beacon challenge_display and challenge_beacon cannot both be given`,
  ],
  [
    "two beacons on one adapter",
    { library: `demand_challenge = true\nchallenge_beacon = "b"`, tables: `[[beacon]]\nid = "b"\n[[beacon]]\nid = "c"\n` },
    `beacon[c].adapter is that of beacon "b" already`,
  ],
  [
    "Chinese without its patterns",
    { till: `display = "d"`, tables: `${wire("d")}[[display]]\nid = "d"\nwire = "d"\nlanguage = "zh"\n` },
    `display[d].language is "zh", but charset = "ascii" has no Chinese`,
  ],
])("%s is refused by name", (_, change, problem) => {
  const reading = read(change);
  const told = reading.ok ? [] : reading.problems.map(({ path, cause }) => `${path} ${cause}`);
  expect(told).toContain(problem);
});

test("a beacon is read with every default, and a name that fits an advertisement", () => {
  const id = "a-very-long-name-of-a-beacon-in-the-library";
  expect(read({ library: `demand_challenge = true\nchallenge_beacon = "${id}"`, tables: `[[beacon]]\nid = "${id}"\n` })).toMatchObject({
    ok: true,
    configuration: {
      beacons: [{ id, adapter: "hci0", name: "a-very-long-name-of-a-beac" }],
      accessPoints: expect.arrayContaining([expect.objectContaining({ id: "library-in", challengeFace: { by: "beacon", id } })]),
    },
  });
});
