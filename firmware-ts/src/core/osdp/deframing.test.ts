import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../../rig/kept-corpus.ts";
import { decodeCommand } from "./command.ts";
import { type Deframed, osdpDeframing } from "./deframing.ts";
import { decodeFrame, encodeFrame, OSDP_FRAME_BYTES_MAX, type OsdpFrame } from "./frame.ts";
import { decodeReply } from "./reply.ts";

const CORPUS = keptCorpus("osdp");

const POLL = encodeFrame({ address: 1, direction: "command", sequence: 1, check: "crc", code: 0x60, payload: new Uint8Array() });
const frames = (found: readonly Deframed[]): number[] => found.flatMap((each) => (each.kind === "frame" ? [each.frame.code] : []));

const anyFrame: fc.Arbitrary<OsdpFrame> = fc.record({
  address: fc.integer({ min: 0, max: 127 }),
  direction: fc.constantFrom("command", "reply"),
  sequence: fc.integer({ min: 0, max: 3 }),
  check: fc.constantFrom("crc", "checksum"),
  code: fc.integer({ min: 0, max: 255 }),
  payload: fc.uint8Array({ maxLength: 60 }),
});

test("what was encoded is decoded, with and without a security block and MAC", () => {
  fc.assert(
    fc.property(anyFrame, fc.option(fc.integer({ min: 0, max: 3 })), fc.uint8Array({ minLength: 4, maxLength: 4 }), (plain, pair, mac) => {
      const security = pair === null ? {} : { security: { type: 0x11 + 2 * pair + (plain.direction === "reply" ? 1 : 0), content: Uint8Array.of(1) } };
      const frame: OsdpFrame = { ...plain, ...security };
      const read = decodeFrame(encodeFrame(frame, () => mac));
      expect(read).toMatchObject({ ok: true, value: frame });
      if (pair !== null && pair >= 2) expect(read).toMatchObject({ value: { mac } });
    }),
    { numRuns: 300 },
  );
});

test("any bytes, cut anywhere, give frames and named damage alone, and behind a silence the next frame is found", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(POLL), fc.constantFrom(...CORPUS.map(([, bytes]) => bytes))), { maxLength: 12 }),
      (chunks) => {
        const deframing = osdpDeframing();
        for (const chunk of chunks)
          for (const each of deframing.push(chunk))
            if (each.kind === "frame") {
              decodeCommand(each.frame.code, each.frame.payload);
              decodeReply(each.frame.code, each.frame.payload);
              expect(decodeFrame(each.frame.bytes).ok).toBe(true);
            } else expect(["LengthWrong", "CheckWrong", "SecurityBlockMalformed", "NoCode"]).toContain(each.error);
        deframing.gap();
        expect(deframing.isPending).toBe(false);
        expect(frames(deframing.push(POLL))).toEqual([0x60]);
      },
    ),
    { numRuns: 500 },
  );
});

test("a frame in any number of pieces is one frame, and marks before it are nothing", () => {
  const deframing = osdpDeframing();
  const found = [...Uint8Array.of(0xff, 0xff, ...POLL, 0xff, ...POLL)].flatMap((byte) => frames(deframing.push(Uint8Array.of(byte))));
  expect(found).toEqual([0x60, 0x60]);
});

test("a damaged frame costs itself alone", () => {
  for (let bit = 0; bit < POLL.length * 8; bit++) {
    const damaged = POLL.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const deframing = osdpDeframing();
    const before = [...frames(deframing.push(damaged)), ...frames(deframing.gap())];
    expect([before, frames(deframing.push(POLL))], `bit ${bit}`).toEqual([[], [0x60]]);
  }
});

test("a frame hidden in the content of another is not found while the other may still come", () => {
  const outer = encodeFrame({ address: 1, direction: "reply", sequence: 1, check: "crc", code: 0x90, payload: Uint8Array.of(0, 0, 0, ...POLL) });
  const deframing = osdpDeframing();
  expect(frames(deframing.push(outer.subarray(0, outer.length - 1)))).toEqual([]);
  expect(frames(deframing.push(outer.subarray(outer.length - 1)))).toEqual([0x90]);
});

test("never more than one frame is held, whatever comes", () => {
  const deframing = osdpDeframing();
  for (let sent = 0; sent < 50 * OSDP_FRAME_BYTES_MAX; sent += 64) deframing.push(new Uint8Array(64).fill(0x53));
  // Nothing but SOM claims a length that no frame has.
  expect(frames([...deframing.gap(), ...deframing.push(POLL)])).toEqual([0x60]);
});

test.each(CORPUS)("%s: read without a word, and the frame behind it is found", (_, bytes) => {
  const deframing = osdpDeframing();
  deframing.push(bytes);
  deframing.gap();
  expect(frames(deframing.push(POLL))).toEqual([0x60]);
});
