import { expect, test } from "vitest";
import { rigToml } from "../rig/rig-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const PROFILE = (level: string, rest = ""): string => `[[authentication_profile]]\nid = "strict"\nany_of = ${level}\n${rest}`;
const USED = 'authentication_profile = "strict"';
const KEYPAD = "keypad = true";
const read = (change: Parameters<typeof rigToml>[0]): ReturnType<typeof parsedToml> => parsedToml(rigToml(change));

test("a profile with its policies, two persons and an escort are read", () => {
  const tables = `${PROFILE('[["card", "pin"], ["pass"]]', 'policy = [{ schedule = "night", any_of = [[]] }]')}\n[pin]\nduress = true\nlock_out_s = 60`;
  const reading = read({ library: `${USED}\nsecond_person_s = 15\nescort_s = 20`, libraryScanner: KEYPAD, tables });
  expect(reading).toMatchObject({
    ok: true,
    configuration: {
      authenticationProfiles: [{ id: "strict", anyOf: [["card", "pin"], ["pass"]], policies: [{ schedule: "night", anyOf: [[]] }] }],
      pin: { triesMax: 5, readerTriesMax: 10, lockOutMs: 60_000, waitMs: 20_000, duress: true },
    },
  });
  expect(reading.ok && reading.configuration.accessPoints.find(({ id }) => id === "library-in")).toMatchObject({
    authenticationProfile: "strict",
    secondPersonMs: 15_000,
    escortMs: 20_000,
  });
});

test.each([
  [{ tables: PROFILE('[["pin"]]') }, "authentication_profile[strict].any_of[#1]", "asks for a PIN alone", `["card", "pin"]`],
  [{ tables: PROFILE('[["card", "pass"]]') }, "authentication_profile[strict].any_of[#1]", "card and pass together", `["card"]`],
  [{ tables: PROFILE('[["card"], ["pass", "pass"]]') }, "authentication_profile[strict].any_of[#2]", "names a method twice", "once"],
  [{ tables: PROFILE("[]") }, "authentication_profile[strict].any_of", "1 at least must be listed", "any_of = "],
  [{ tables: PROFILE('[["finger"]]') }, "authentication_profile[strict].any_of[#1][#1]", "only", ""],
  [
    { tables: PROFILE('[["card"]]', 'policy = [{ schedule = "night", any_of = [["pin"]] }]') },
    "authentication_profile[strict].policy[#1].any_of[#1]",
    "asks for a PIN alone",
    `["card", "pin"]`,
  ],
  [{ library: 'authentication_profile = "strikt"', tables: PROFILE('[["card"]]') }, "access_point[library-in].authentication_profile", `no [[authentication_profile]] is named "strikt"`, `"strict"`], // prettier-ignore
  [{ library: USED, tables: PROFILE('[["card", "pin"]]') }, "access_point[library-in].authentication_profile", `scanner "library-in" has no keypad`, "keypad = true"], // prettier-ignore
  [{ gate: USED, tables: PROFILE('[["card"]]') }, "access_point[gate-1-in].authentication_profile", `scanner "gate-1-in" reads none`, "card = {"],
  [{ exit: `${USED}\negress = true`, tables: PROFILE('[["pass"]]') }, "access_point[gate-1-out].authentication_profile", "is given at a way out", "egress = false"], // prettier-ignore
  [{ exit: "second_person_s = 15\negress = true" }, "access_point[gate-1-out].second_person_s", "is given at a way out", "egress = false"],
  [{ gate: "second_person_s = 15" }, "access_point[gate-1-in].second_person_s", "is given at a turnstile", "use a door"],
  [{ exit: "escort_s = 15\negress = true" }, "access_point[gate-1-out].escort_s", "at a way out", "remove it"],
  [{ tables: "[pin]\ntries_max = 6" }, "pin.tries_max", "5 at most", "tries_max = 5"],
] as const)("%j is told with line, path, cause and remedy", (change, path, cause, remedy) => {
  const reading = read(change);
  const [problem] = reading.ok ? [] : reading.problems.filter((each) => each.path === path);
  expect(problem, JSON.stringify(reading)).toMatchObject({ cause: expect.stringContaining(cause), remedy: expect.stringContaining(remedy) });
  expect(problem!.line).toBeGreaterThan(0);
});
