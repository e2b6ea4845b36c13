import { readChallengeText } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { challengeLines } from "./challenge-face.ts";

const CHALLENGE = Uint8Array.of(0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77);

test.each([
  ["20 columns", { columns: 20, rows: 2 }, "en", ["Scan with the app", "00004822678189205111"]],
  ["20 columns in Chinese", { columns: 20, rows: 2 }, "zh", ["请用手机扫描数字", "00004822678189205111"]],
  ["two rows of 16", { columns: 16, rows: 2 }, "en", ["0000482267", "8189205111"]],
  ["one row of 16", { columns: 16, rows: 1 }, "en", ["0011223344556677"]],
] as const)("a display of %s shows a challenge that a phone can read", (_, size, language, lines) => {
  const shown = challengeLines(CHALLENGE, size, language).map(({ left }) => left);
  expect(shown).toEqual(lines);
  expect(readChallengeText(shown.filter((line) => /^[0-9A-F]+$/.test(line)).join(""))).toEqual(CHALLENGE);
});
