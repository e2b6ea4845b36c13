import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { batchAround, type BatchedWish } from "./relay-batch.ts";

const NOW = monotonicMs(1000);
type Wanted = BatchedWish["wanted"]["kind"];
/** A row of wishes: capitals wait to be told, `S` a pulse that is not one of many, `r` is a pulse that the board times, `h` one that is energised and not timed, `?` one that was tried before. */
const WISH: Readonly<Record<string, Partial<BatchedWish> & { readonly kind: Wanted; readonly isAlone?: true }>> = {
  "+": { kind: "on", isAcknowledged: true },
  "-": { kind: "off", isAcknowledged: true },
  d: { kind: "pulse", isAcknowledged: true, droppedAt: 900 },
  r: { kind: "pulse", isAcknowledged: true, droppedAt: 5000 },
  h: { kind: "pulse", isHeld: true },
  "?": { kind: "on", attempts: 1 },
  N: { kind: "on" },
  F: { kind: "off" },
  P: { kind: "pulse" },
  S: { kind: "pulse", isAlone: true },
};
function batch(row: string, around: number): string {
  const wishes = row.split("").map((letter, relay): BatchedWish => {
    const { kind, isAlone = false, ...change } = WISH[letter]!;
    const wanted = kind === "pulse" ? { kind, holdMs: 500, isOneOfMany: !isAlone } : { kind };
    return { relay, wanted, attempts: 0, dueAt: 0, isAcknowledged: false, isHeld: false, droppedAt: Infinity, ...change };
  });
  const found = batchAround(wishes, wishes[around]!, NOW);
  return found === undefined
    ? "none"
    : `${found.first} ${found.levels.map((on) => (on ? "1" : "0")).join("")} of ${found.members.map(({ relay }) => relay).join("")}`;
}

test.each([
  ["four in a row", "NNFP", 0, "0 1101 of 0123"],
  ["three are too few", "-NFN-", 1, "none"],
  ["what is told already is told again between them, not around them", "+-N-P+F-dN+-", 2, "2 10110001 of 2469"],
  ["one that the board times ends it", "NNNrNNNN", 4, "4 1111 of 4567"],
  ["and leaves too few on its other side", "NNNrNNNN", 0, "none"],
  ["what nobody knows ends it", "NN?NN", 0, "none"],
  ["what must be timed from its first frame ends it", "NNNNSNN", 0, "0 1111 of 0123"],
  ["around such a one there is none", "SNNNN", 0, "none"],
  ["what is energised and not timed yet stays energised", "NNhNN", 0, "0 11111 of 0134"],
  ["around what is energised already there is none", "hNNNN", 0, "none"],
])("%s", (_, row, around, expected) => expect(batch(row, around)).toBe(expected));
