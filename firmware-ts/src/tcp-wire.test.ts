import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";
import { simulatedClock } from "./simulated-clock.ts";
import { systemClock } from "./system-clock.ts";
import { tcpWire } from "./tcp-wire.ts";
import type { Wire, WireState } from "./wire.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((one) => one.close()))));

async function listening(port = 0): Promise<{ server: Server; port: number; readonly connection: () => Promise<Socket> }> {
  const server = createServer({ noDelay: true });
  const waiting: Socket[] = [];
  const wanted: ((socket: Socket) => void)[] = [];
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    (wanted.shift() ?? ((next: Socket) => void waiting.push(next)))(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  open.push(server);
  return {
    server,
    port: (server.address() as AddressInfo).port,
    connection: async () => waiting.shift() ?? (await new Promise<Socket>((resolve) => wanted.push(resolve))),
  };
}

function wireTo(port: number): Wire {
  const wire = tcpWire({ name: "board", host: "127.0.0.1", port, clock: systemClock(() => "untrusted"), random: seededRandom(1) });
  open.unshift(wire);
  return wire;
}

const becomes = (wire: Wire, wanted: WireState): Promise<void> =>
  new Promise((resolve) => {
    if (wire.state === wanted) return resolve();
    const stop = wire.onState((state) => {
      if (state !== wanted) return;
      stop();
      resolve();
    });
  });
const nextBytes = (wire: Wire): Promise<Uint8Array> =>
  new Promise((resolve) => {
    const stop = wire.onBytes((bytes) => {
      stop();
      resolve(bytes);
    });
  });

test("bytes flow both ways", async () => {
  const { port, connection } = await listening();
  const wire = wireTo(port);
  await becomes(wire, "open");
  const socket = await connection();
  socket.write(Uint8Array.of(1, 2, 3));
  expect(await nextBytes(wire)).toEqual(Uint8Array.of(1, 2, 3));
  wire.write(Uint8Array.of(4, 5));
  const [got] = (await once(socket, "data")) as [Buffer];
  expect([...got]).toEqual([4, 5]);
});

test("it comes back after the other side hung up", async () => {
  const { port, connection } = await listening();
  const wire = wireTo(port);
  await becomes(wire, "open");
  (await connection()).destroy();
  await becomes(wire, "closed");
  expect(wire.write(Uint8Array.of(1))).toBe(false);
  await becomes(wire, "open");
  (await connection()).write(Uint8Array.of(9));
  expect(await nextBytes(wire)).toEqual(Uint8Array.of(9));
});

test("where nobody listens it says so with what to check, and goes on trying", async () => {
  const { server, port } = await listening();
  server.close();
  await once(server, "close");
  const clock = simulatedClock();
  const wire = await new Promise<Wire>((resolve) => {
    const timers: number[] = [];
    // The second timer is the wait before the next attempt: by then the first has failed.
    const telling = {
      ...clock,
      after: (ms: number, callback: () => void) => (timers.push(ms) === 2 && queueMicrotask(() => resolve(wire)), clock.after(ms, callback)),
    };
    const wire = tcpWire({ name: "board", host: "127.0.0.1", port, clock: telling, random: seededRandom(1) });
  });
  expect(wire.trouble).toBe(`nothing listens on 127.0.0.1:${port}: is the device or gateway on, and is this its port?`);
  expect(clock.pending).toBe(1);
  await wire.close();
  expect(clock.pending).toBe(0);
});

test("a connection that does not come about in time is given up", async () => {
  const { port } = await listening();
  const clock = simulatedClock();
  const wire = tcpWire({ name: "board", host: "127.0.0.1", port, clock, random: seededRandom(1) });
  clock.advance(3_000); // before the connection can be made: no turn of the loop lies between
  expect([wire.state, wire.trouble]).toEqual(["closed", `127.0.0.1:${port} did not answer within 3000 ms`]);
  await wire.close();
  expect(clock.pending).toBe(0);
});

test("what was written last still arrives before the connection ends", async () => {
  const { port, connection } = await listening();
  const wire = wireTo(port);
  await becomes(wire, "open");
  const socket = await connection();
  wire.write(Uint8Array.of(0xaa));
  const [[got]] = await Promise.all([once(socket, "data") as Promise<[Buffer]>, wire.close()]);
  expect([...got]).toEqual([0xaa]);
});
