import { GM65_BAUDS, type Gm65Baud, memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { type VirtualGm65, virtualGm65 } from "@portico/simulator";
import { expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

async function run(head: VirtualGm65, ...words: string[]): Promise<CommandRecord> {
  const surroundings = new RecordedSurroundings({ isTty: true, serialPort: () => Promise.resolve((baud) => head.wireAt(baud as Gm65Baud)) });
  // Silence passes when nothing else is left to do.
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    surroundings.passTime();
  };
  surroundings.onWait = () => void wait();
  return surroundings.run("device", "gm65", ...words);
}

test("a head is set to 115200 baud, or to what is asked, and says where it was found", async () => {
  const head = virtualGm65();
  const { exitCode, out, err } = await run(head, "/dev/ttyACM0");
  expect([exitCode, head.savedBaud]).toEqual([0, 115_200]);
  expect(out).toMatch(/\/dev\/ttyACM0 +9600 +115200/);
  expect(err).toBe("next: write baud = 115200 at its [[wire]]\n");
  expect((await run(head, "/dev/ttyACM0", "--baud", "38400")).exitCode).toBe(0);
  expect(head.savedBaud).toBe(38_400);
});

test("every rate that a head can have may be asked for, and no other", async () => {
  for (const baud of GM65_BAUDS) expect((await run(virtualGm65(), "/dev/ttyACM0", "--baud", String(baud))).exitCode, String(baud)).toBe(0);
  expect((await run(virtualGm65(), "/dev/ttyACM0", "--baud", "1200")).exitCode).toBe(2);
});

test("a head that is not there, one that does not obey, and a port that somebody has are told apart, with the next step", async () => {
  const silent = virtualGm65();
  silent.setMute("deaf");
  const nobody = await run(silent, "/dev/ttyACM0");
  expect([nobody.exitCode, nobody.err]).toEqual([
    3,
    expect.stringMatching(/^portico: nothing answers at 9600, .*\non: \/dev\/ttyACM0\nnext: check power and cable/),
  ]);
  const stubborn = virtualGm65();
  stubborn.setStubborn(true);
  expect(await run(stubborn, "/dev/ttyACM0")).toMatchObject({ exitCode: 1, err: expect.stringContaining("switch it off and on") });

  const pair = memoryWirePair({ name: "port", clock: simulatedClock(), random: seededRandom(1) });
  pair.cut();
  const surroundings = new RecordedSurroundings({ isTty: true, serialPort: () => Promise.resolve(() => pair.near) });
  surroundings.onWait = () => surroundings.passTime();
  const taken = await surroundings.run("device", "gm65", "/dev/ttyACM0");
  expect([taken.exitCode, taken.err]).toEqual([
    3,
    expect.stringMatching(/^portico: unplugged\non: \/dev\/ttyACM0\nnext: stop the controller that has the port/),
  ]);
});
