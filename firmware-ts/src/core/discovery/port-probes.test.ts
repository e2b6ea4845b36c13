import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GM65_BAUD_ZONE, gm65Read } from "../gm65-frame.ts";
import { portProbes, type PortScan } from "./port-probes.ts";

const SCAN: PortScan = { isGateway: false, unitMax: 4, isThorough: false, listenMs: 1_000 };
/** Bytes that look like something: beginnings of frames among noise. */
const heard = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(fc.constantFrom([0xf0, 0x79], [0x53, 0x80], [0x5a], [0x02, 0x00, 0x00], [0x01, 0x01], [0x01, 0x81]), fc.uint8Array({ maxLength: 20 })).map(([head, rest]) => Uint8Array.of(...head, ...rest)), // prettier-ignore
);

test("whatever a port says, the questions come to an end, and what is found has a rate or is a gateway's", () => {
  fc.assert(
    fc.property(fc.array(heard, { minLength: 1, maxLength: 60 }), fc.boolean(), (answers, isGateway) => {
      const probing = portProbes({ ...SCAN, isGateway });
      let asked = 0;
      let step = probing.next();
      for (; step.done !== true; step = probing.next(answers[asked++ % answers.length]!)) if (asked > 5_000) throw new Error("it asks for ever");
      for (const finding of step.value) expect(finding.kind === "unknown" || (finding.baud === undefined) === isGateway).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("what answers ends the search: nothing of another kind is asked behind it", () => {
  const probing = portProbes(SCAN);
  const asked: string[] = [];
  let step = probing.next();
  for (; step.done !== true;) {
    asked.push(step.value.about);
    const isHead = step.value.about === "a QR head at 9600 baud";
    expect(isHead && Array.from(step.value.send).join() !== Array.from(gm65Read(GM65_BAUD_ZONE, 2)).join()).toBe(false);
    // Two bytes of the zone, with their CRC-16/XMODEM from the third byte on.
    step = probing.next(isHead ? Uint8Array.of(0x02, 0x00, 0x00, 0x02, 0x39, 0x01, 0xc1, 0x4c) : new Uint8Array());
  }
  expect([step.value, asked.at(-1)]).toEqual([[{ kind: "gm65", baud: 9_600 }], "a QR head at 9600 baud"]);
  expect(asked.some((about) => about.startsWith("Modbus") || about.startsWith("OSDP"))).toBe(false);
});
