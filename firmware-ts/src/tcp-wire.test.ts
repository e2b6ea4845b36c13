import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { Worker } from "node:worker_threads";
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

test("a chunk stays as it came when the next has come, however long they are", async () => {
  const { port, connection } = await listening();
  const wire = wireTo(port);
  await becomes(wire, "open");
  const chunks: Uint8Array[] = [];
  let length = 0;
  const all = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251);
  const whole = new Promise<void>((resolve) => wire.onBytes((bytes) => (chunks.push(bytes), (length += bytes.length) >= all.length && resolve())));
  (await connection()).write(all);
  await whole;
  expect(chunks.length).toBeGreaterThan(1);
  expect(Buffer.concat(chunks).equals(all)).toBe(true);
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

/** Listens and then stands still, its queue of connections full: whoever connects now hears nothing, as from a device that is switched off. */
async function unreachable(): Promise<number> {
  const program = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(program, { eval: true });
  open.push({ close: () => worker.terminate() });
  const [port] = (await once(worker, "message")) as [number];
  for (let queued = 0; queued < 2; queued++) {
    const socket = connect(port, "127.0.0.1");
    open.unshift({ close: () => socket.destroy() });
    await once(socket, "connect");
  }
  return port;
}
const connecting = (): number => process.getActiveResourcesInfo().filter((name) => name.endsWith("ConnectWrap")).length;

test("a wire to a device that cannot be reached closes at once", async () => {
  const clock = simulatedClock();
  const wire = tcpWire({ name: "board", host: "127.0.0.1", port: await unreachable(), clock, random: seededRandom(1) });
  for (let turn = 0; turn < 20; turn++) await turnOfLoop();
  expect(connecting()).toBe(1);
  await wire.close(); // the system would go on asking for two minutes
  expect([connecting(), clock.pending]).toEqual([0, 0]);
});

test("an attempt that was given up leaves nothing behind", async () => {
  const clock = simulatedClock();
  const wire = tcpWire({ name: "board", host: "127.0.0.1", port: await unreachable(), clock, random: seededRandom(1) });
  open.unshift(wire);
  const seen: number[] = [];
  for (let step = 0; step < 120; step++) {
    clock.advance(250);
    for (let turn = 0; turn < 5; turn++) await turnOfLoop();
    if (connecting() !== seen.at(-1)) seen.push(connecting());
  }
  expect(wire.trouble).toContain("did not answer within 3000 ms");
  expect(seen.length, "several attempts").toBeGreaterThan(5);
  expect(Math.max(...seen)).toBe(1);
});

test("a device that takes no bytes any more holds up the end for a moment only", async () => {
  const { port, connection } = await listening();
  const clock = simulatedClock();
  const wire = tcpWire({ name: "board", host: "127.0.0.1", port, clock, random: seededRandom(1) });
  await becomes(wire, "open");
  const socket = await connection();
  open.unshift({ close: () => socket.destroy() });
  wire.write(new Uint8Array(64 * 1024 * 1024)); // more than the system keeps for a reader who does not read
  let isClosed = false;
  const closed = wire.close().then(() => (isClosed = true));
  for (let turn = 0; turn < 20; turn++) await turnOfLoop();
  expect(isClosed).toBe(false);
  clock.advance(1_000);
  await closed;
  expect(clock.pending).toBe(0);
});
