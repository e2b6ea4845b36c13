import fc from "fast-check";
import { expect, test } from "vitest";
import { challengeDigits, readChallengeText } from "./challenge-text.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test.each([
  [bytes(0, 0, 0, 0, 0, 0, 0, 0), "00000000000000000000"],
  [bytes(0, 0, 0, 0, 0, 0, 1, 0), "00000000000000000256"],
  [new Uint8Array(8).fill(0xff), "18446744073709551615"],
])("%s is %s", (challenge, digits) => {
  expect([challengeDigits(challenge), readChallengeText(digits)]).toEqual([digits, challenge]);
});

test("every challenge is 20 digits and comes back from them, however a camera has spaced them, and from hex", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (challenge) => {
      const digits = challengeDigits(challenge);
      expect(digits).toMatch(/^\d{20}$/);
      expect(BigInt(digits)).toBe(challenge.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
      for (const text of [digits, `${digits.slice(0, 10)}\n${digits.slice(10)} `, Buffer.from(challenge).toString("hex").toUpperCase()])
        expect(readChallengeText(text)).toEqual(challenge);
    }),
  );
});

test.each(["", "1", "1844674407370955161", "184467440737095516150", "18446744073709551616", "99999999999999999999", "0011223344556g77", "Scan with the app"])(
  "%s is no challenge",
  (text) => {
    expect(readChallengeText(text)).toBeUndefined();
  },
);

test("any text at all is a challenge of 8 bytes or none", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readChallengeText(text)?.length ?? 8).toBe(8);
    }),
  );
});
