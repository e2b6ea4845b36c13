import { Writable } from "node:stream";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { output } from "./output.ts";

/** Answers with an error when it is told to, and like a program's own output it goes on afterwards: Node undoes what an error does to any other stream. */
function rig(): { stream: Writable; taken: string[]; refuse: (code: string | undefined) => void } {
  let refusal: string | undefined;
  const taken: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      if (refusal === undefined) taken.push(chunk);
      done(refusal === undefined ? null : Object.assign(new Error("refused"), { code: refusal }));
    },
    destroy(error, done) {
      done(error);
      (this as Writable & { _undestroy(): void })._undestroy();
    },
  });
  return { stream, taken, refuse: (code) => void (refusal = code) };
}

test("what a full disk refuses is lost, the rest is written, and the loss is told once when the disk takes text again", async () => {
  const { stream, taken, refuse } = rig();
  const told: string[] = [];
  let isGone = false;
  const out = output(
    stream,
    () => (isGone = true),
    (loss) => told.push(loss),
  );
  out.write("one\n");
  await turnOfLoop();
  refuse("ENOSPC");
  for (const text of ["two\n", "three\n"]) {
    out.write(text);
    await turnOfLoop();
  }
  expect([out.loss, told]).toEqual(["output was lost: 2 pieces (ENOSPC)", []]);
  refuse(undefined);
  for (const text of ["four\n", "five\n"]) {
    out.write(text);
    await turnOfLoop();
  }
  expect([taken, told, out.loss, isGone]).toEqual([["one\n", "four\n", "five\n"], ["output was lost: 2 pieces (ENOSPC)"], undefined, false]);
});

test("a reader that went away is no loss", async () => {
  const { stream, refuse } = rig();
  let isGone = false;
  const out = output(stream, () => (isGone = true));
  refuse("EPIPE");
  out.write("one\n");
  await turnOfLoop();
  expect([isGone, out.loss]).toEqual([true, undefined]);
});
