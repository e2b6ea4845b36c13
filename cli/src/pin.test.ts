import type { PinRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedOptions } from "./recorded-surroundings.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}

const TTY: RecordedOptions = { isTty: true };
const CHEN = "e1e2e3e4e5e6e7e8";
const ROWS: readonly PinRow[] = [
  { zone: "east", holder: 5, accessPoint: null, setAt: null, wrongTries: 5, lockedForS: 600 },
  { zone: "", holder: null, accessPoint: "lab-in", setAt: null, wrongTries: 2, lockedForS: null },
];
test("pin list shows who has one and what is locked out", async () => {
  const { run } = await standIn((response, { route }) => json(route.endsWith("/status") ? {} : ROWS)(response, { route, body: undefined }));
  const { out, exitCode } = await run(TTY, "pin", "list");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^WHOSE +ZONE +SET +WRONG TRIES +LOCKED OUT FOR\nholder 5 +east .*5 +10m 0s\nreader lab-in .*2/);
});

test("pin set reads the PIN from standard input and never shows it", async () => {
  const { run, asked } = await standIn(json({ change: "set", holders: [{ zone: "east", holder: 5 }] }));
  expect(await run({ ...TTY, input: "4826\n" }, "pin", "set", "--credential", CHEN.toUpperCase(), "--reason", "new")).toEqual({
    exitCode: 0,
    out: "the PIN of holder 5 was set\n",
    err: "",
  });
  expect(asked.at(-1)).toEqual({ route: "POST /v1/pins/set", body: { by: "zhang", reason: "new", credential: CHEN, pin: "4826" } });
});

test.each([
  [["erase", "--credential", CHEN], "POST /v1/pins/erase", { credential: CHEN, holder: null, all: false }],
  [["erase", "--holder", "5"], "POST /v1/pins/erase", { credential: null, holder: 5, all: false }],
  [["erase", "--all"], "POST /v1/pins/erase", { credential: null, holder: null, all: true }],
  [["unlock", "--credential", CHEN], "POST /v1/pins/unlock", { credential: CHEN, accessPoint: null }],
  [["unlock", "--access-point", "lab-in"], "POST /v1/pins/unlock", { credential: null, accessPoint: "lab-in" }],
])("pin %j says whom, by whom and why", async (words, route, body) => {
  const { run, asked } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : ROWS)(response, question));
  expect((await run(TTY, "pin", ...words, "--reason", "left")).exitCode).toBe(0);
  expect(asked.at(-1)).toEqual({ route, body: { by: "zhang", reason: "left", ...body } });
});

test.each([[["set"]], [["erase"]], [["erase", "--all", "--holder", "5"]], [["erase", "--holder", "five"]], [["unlock"]]])(
  "pin %j is wrong usage, and nobody is asked",
  async (words) => {
    const { run, asked } = await standIn(json(ROWS));
    expect(await run(TTY, "pin", ...words)).toMatchObject({ exitCode: 2, out: "" });
    expect(asked).toEqual([]);
  },
);
