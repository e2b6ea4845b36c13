import { expect, test } from "vitest";
import { passInput } from "./pass-input.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

/** Somebody presses Ctrl-C while standard input is being read. */
function interruptedSurroundings(after: (surroundings: RecordedSurroundings) => Promise<string>): RecordedSurroundings {
  const surroundings: RecordedSurroundings = new RecordedSurroundings();
  return Object.assign(surroundings, {
    input: () => {
      surroundings.interrupt();
      return after(surroundings);
    },
  });
}
const letGo = (): Promise<string> => Promise.reject(Object.assign(new Error("Premature close"), { code: "ERR_STREAM_PREMATURE_CLOSE" }));
const half = (): Promise<string> => Promise.resolve("CP1:AB");

test.each([
  ["verify", letGo],
  ["inspect", letGo],
  ["verify", half],
  ["inspect", half],
])("Ctrl-C while pass %s waits for its input ends it without a word, and nothing counts as judged", async (verb, after) => {
  expect(await interruptedSurroundings(after).run("pass", verb)).toEqual({ exitCode: 1, out: "", err: "" });
});

test("an input that fails by itself is no interruption", async () => {
  await expect(passInput({ input: letGo, interrupted: new AbortController().signal }, undefined)).rejects.toThrow("Premature close");
});
