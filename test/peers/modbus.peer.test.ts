import { fileURLToPath } from "node:url";
import { modbusBus, modbusRelayBoard, type RelayBoard, seededRandom, serialWire, type Wire } from "@portico/firmware-ts";
import { virtualRelayBoard } from "@portico/simulator";
import { afterEach, expect, test } from "vitest";
import { clock, type PeerProgram, startPeer, until } from "./peer-program.ts";
import { ptyPair } from "./pty-pair.ts";

/** Debian's own, which finds Debian's packages. */
const PYTHON = "/usr/bin/python3";
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function cable(): Promise<{ wire: Wire; far: string }> {
  const pair = await ptyPair();
  const wire = serialWire({ name: "bus", path: pair.near, baud: 115_200, clock, random: seededRandom(1) });
  ends.push(
    () => pair.end(),
    () => wire.close(),
  );
  return { wire, far: pair.far };
}

interface Pymodbus {
  readonly board: RelayBoard;
  readonly setInput: (input: number, closed: boolean) => void;
  /** Kills the server, which forgets everything, and starts another on the same line. */
  readonly restart: (meanwhile: () => Promise<void>) => Promise<void>;
  /** Its first eight coils, as 0 and 1. */
  readonly coils: () => Promise<string>;
}

/** Our driver with pymodbus at the other end. */
async function pymodbus(): Promise<Pymodbus> {
  const { wire, far } = await cable();
  const start = (): Promise<PeerProgram> => startPeer("python3-pymodbus", PYTHON, [fileURLToPath(new URL("modbus-server.py", import.meta.url)), far]);
  let server = await start();
  const board = modbusRelayBoard({ id: "board", bus: modbusBus({ wire, clock }), unit: 1, relays: 8, inputs: 8 });
  ends.push(
    () => server.stop(),
    () => board.close(),
  );
  await until("pymodbus answers", () => board.health.kind === "online").catch((error: Error) => {
    throw new Error(`${error.message}; it said: ${server.output()}`);
  });
  return {
    board,
    setInput: (input, closed) => server.write(`input ${input} ${closed ? 1 : 0}`),
    async restart(meanwhile) {
      await server.stop();
      await meanwhile();
      server = await start();
    },
    async coils() {
      const before = server.output().length;
      server.write("coils 8");
      await until("pymodbus tells its coils", () => /coils [01]{8}/.test(server.output().slice(before)));
      return /coils ([01]{8})/.exec(server.output().slice(before))![1]!;
    },
  };
}

test("pymodbus answers our driver: relays switch, contacts are read, closing drops everything", async () => {
  const { board, setInput, coils } = await pymodbus();
  const told: string[] = [];
  await until("the contacts are read", () => board.input(7) === false);
  board.onInput((input, closed) => told.push(`${input} ${closed}`));
  expect(await board.set(1, true)).toMatchObject({ ok: true });
  expect(await board.set(6, true)).toMatchObject({ ok: true });
  expect(await coils()).toBe("01000010");
  setInput(3, true);
  await until("the contact closes", () => board.input(3) === true);
  setInput(3, false);
  await until("the contact opens", () => board.input(3) === false);
  expect(told).toEqual(["3 true", "3 false"]);
  expect(await board.set(1, false)).toMatchObject({ ok: true });
  expect(await coils()).toBe("00000010");
  await board.close();
  expect(await coils()).toBe("00000000");
});

test("a board that does not know timed pulses gives an error, and its relay stays off", async () => {
  const { board, coils } = await pymodbus();
  expect(await board.pulse(2, 5_000)).toMatchObject({ ok: false });
  expect(await coils()).toBe("00000000");
  await until("the board answers", () => board.health.kind === "online");
});

test("a server that died and came back is put to what is wished, also to what was wished meanwhile", async () => {
  const { board, restart, coils } = await pymodbus();
  expect(await board.set(4, true)).toMatchObject({ ok: true });
  expect(await coils()).toBe("00001000");
  await restart(async () => {
    await until("the board goes off line", () => board.health.kind === "offline");
    expect(await board.set(5, true)).toMatchObject({ ok: false, error: "TimedOut" });
  });
  await until("the board is back", () => board.health.kind === "online");
  let seen = "";
  while (seen !== "00001100") seen = await coils();
  expect(seen).toBe("00001100");
});

/** mbpoll as master; `args` after the device. Returns what it printed. */
async function mbpoll(device: string, type: "coils" | "inputs", first: number, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const options = ["-m", "rtu", "-a", "1", "-b", "115200", "-P", "none", "-0", "-1", "-o", "2", "-t", type === "coils" ? "0" : "1", "-r", String(first)];
  const values = args[0] === "-c" ? [] : args;
  const counts = args[0] === "-c" ? args : [];
  const master = await startPeer("mbpoll", "mbpoll", [...options, ...counts, device, ...values]);
  return { code: await master.ended, output: master.output() };
}

const bitsOf = (output: string): string => [...output.matchAll(/^\[\d+\]:\s*([01])/gm)].map(([, bit]) => bit).join("");

test("mbpoll drives our virtual board: reads relays and contacts, switches one and many, and is refused what is not there", async () => {
  const { wire, far } = await cable();
  const device = virtualRelayBoard({ wire, clock });
  ends.push(() => device.close());
  await until("the wire opens", () => wire.state === "open");
  expect(await mbpoll(far, "coils", 2, ["1"])).toMatchObject({ code: 0 });
  expect(device.relay(2)).toBe(true);
  expect(await mbpoll(far, "coils", 4, ["1", "0", "1"])).toMatchObject({ code: 0 });
  device.setInput(3, true);
  expect(bitsOf((await mbpoll(far, "coils", 0, ["-c", "8"])).output)).toBe("00101010");
  expect(bitsOf((await mbpoll(far, "inputs", 0, ["-c", "8"])).output)).toBe("00010000");
  const refused = await mbpoll(far, "coils", 6, ["-c", "4"]);
  expect(refused.output).toMatch(/Illegal data address/);
  device.setMute(true);
  expect((await mbpoll(far, "coils", 0, ["-c", "8"])).output).toMatch(/timed out/i);
});
