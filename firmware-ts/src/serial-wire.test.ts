import { SerialPortMock } from "serialport";
import { afterEach, expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";
import { serialTrouble, serialWire } from "./serial-wire.ts";
import { simulatedClock } from "./simulated-clock.ts";
import type { Wire } from "./wire.ts";

afterEach(() => SerialPortMock.binding.reset());

/** Real port code over a port that is not there: a smoke test; the peers' tests use pseudo-terminals. */
function mockWire(): { wire: Wire; ports: SerialPortMock[] } {
  SerialPortMock.binding.createPort("/dev/mock", { echo: true, record: true });
  const ports: SerialPortMock[] = [];
  const wire = serialWire({
    name: "scanner",
    path: "/dev/mock",
    baud: 115_200,
    clock: simulatedClock(),
    random: seededRandom(1),
    makePort(settings) {
      const port = new SerialPortMock(settings);
      ports.push(port);
      return port;
    },
  });
  return { wire, ports };
}

const opened = (wire: Wire): Promise<void> => new Promise((resolve) => wire.onState((state) => state === "open" && resolve()));

test("bytes flow both ways through a serial port", async () => {
  const { wire } = mockWire();
  await opened(wire);
  const echoed = new Promise<Uint8Array>((resolve) => wire.onBytes(resolve));
  wire.write(Uint8Array.of(1, 2, 3));
  expect(await echoed).toEqual(Uint8Array.of(1, 2, 3));
  await wire.close();
  expect(wire.state).toBe("closed");
});

test("it releases the port, also when closed before it has opened", async () => {
  const { wire, ports } = mockWire();
  await wire.close();
  expect(ports.map((port) => port.isOpen)).toEqual([false]);
});

test("a port that is not there is trouble in words, not an exception", async () => {
  const clock = simulatedClock();
  const wire = await new Promise<Wire>((resolve) => {
    // The first timer is the wait before the next attempt: by then the first has failed.
    const telling = { ...clock, after: (ms: number, callback: () => void) => (queueMicrotask(() => resolve(wire)), clock.after(ms, callback)) };
    const wire = serialWire({ name: "scanner", path: "/dev/portico-is-not-there", baud: 9_600, clock: telling, random: seededRandom(1) });
  });
  expect(wire.trouble).toBe("/dev/portico-is-not-there is not there: check the cable, and the name with ls -l /dev/serial/by-id");
  await wire.close();
  expect(clock.pending).toBe(0);
});

test("an adapter that is plugged in long after the start is opened without anybody's doing", async () => {
  const clock = simulatedClock();
  let failed = (): void => {};
  // Each attempt that fails sets a timer for the next one.
  const telling = { ...clock, after: (ms: number, callback: () => void) => (queueMicrotask(failed), clock.after(ms, callback)) };
  const attempt = async (act: () => unknown): Promise<void> => {
    const told = new Promise<void>((resolve) => (failed = resolve));
    act();
    await told;
  };
  let wire: Wire | undefined;
  const makePort = (settings: ConstructorParameters<typeof SerialPortMock>[0]): SerialPortMock => new SerialPortMock(settings);
  await attempt(() => (wire = serialWire({ name: "scanner", path: "/dev/late", baud: 9_600, clock: telling, random: seededRandom(1), makePort })));
  for (let tries = 0; tries < 20; tries++) await attempt(() => clock.advance(5_000));
  expect(wire!.state).toBe("closed");
  SerialPortMock.binding.createPort("/dev/late", { echo: true });
  const open = opened(wire!);
  clock.advance(5_000);
  await open;
  expect([wire!.state, wire!.trouble]).toEqual(["open", ""]);
  await wire!.close();
});

test.each([
  ["Error: No such file or directory, cannot open /dev/x", "/dev/x is not there: check the cable, and the name with ls -l /dev/serial/by-id"],
  [
    "Error: Permission denied, cannot open /dev/x",
    "no permission to open /dev/x: add this user to the group dialout (sudo usermod -aG dialout USER), then log in again",
  ],
  ["Error Resource temporarily unavailable Cannot lock port", "another program holds /dev/x: find it with fuser -v /dev/x and stop it"],
  ["Error: Inappropriate ioctl for device, cannot get", "/dev/x is not a serial port"],
  ["Something else", "/dev/x: Something else"],
])("%s", (message, words) => {
  expect(serialTrouble("/dev/x", message)).toBe(words);
});
