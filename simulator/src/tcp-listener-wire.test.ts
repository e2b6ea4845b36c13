import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { seededRandom, systemClock, tcpWire, type Wire, type WireState } from "@portico/firmware-ts";
import { afterEach, expect, test } from "vitest";
import { listenTcpWire, type TcpListenerWire } from "./tcp-listener-wire.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((one) => one.close()))));

async function listener(): Promise<TcpListenerWire> {
  const wire = await listenTcpWire("gate-1");
  open.push(wire);
  return wire;
}
/** The production wire of a controller. */
function controllerWire(port: number): Wire {
  const wire = tcpWire({ name: "gate-1", host: "127.0.0.1", port, clock: systemClock(() => "untrusted"), random: seededRandom(1) });
  open.unshift(wire);
  return wire;
}
async function plainSocket(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  open.unshift({ close: () => socket.destroy() });
  await once(socket, "connect");
  return socket;
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

test("bytes flow both ways between the production wire and the device's end", async () => {
  const device = await listener();
  expect([device.state, device.trouble, device.write(Uint8Array.of(1))]).toEqual(["closed", "nobody has connected", false]);
  const controller = controllerWire(device.port);
  await Promise.all([becomes(controller, "open"), becomes(device, "open")]);
  const heard = [nextBytes(device), nextBytes(controller)];
  controller.write(Uint8Array.of(1, 2));
  device.write(Uint8Array.of(3));
  expect(await Promise.all(heard)).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
});

test("a wire that was cut is closed at once at both ends, refuses, and comes back at its port when it is mended", async () => {
  const device = await listener();
  const controller = controllerWire(device.port);
  await Promise.all([becomes(controller, "open"), becomes(device, "open")]);
  device.cut();
  device.cut();
  expect([device.state, device.trouble, device.write(Uint8Array.of(1))]).toEqual(["closed", "the wire is cut", false]);
  await becomes(controller, "closed");
  const refused = connect(device.port, "127.0.0.1");
  expect(await once(refused, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);
  const port = device.port;
  await device.mend();
  await device.mend();
  await Promise.all([becomes(controller, "open"), becomes(device, "open")]);
  expect(device.port).toBe(port);
});

test("the newest connection holds the plug: the old one's bytes do not count, and the change is told", async () => {
  const device = await listener();
  const states: WireState[] = [];
  device.onState((state) => states.push(state));
  const first = await plainSocket(device.port);
  await becomes(device, "open");
  const lost = once(first, "close");
  const second = await plainSocket(device.port);
  first.write("old");
  await lost;
  second.write("new");
  expect(Buffer.from(await nextBytes(device)).toString()).toBe("new");
  expect(states).toEqual(["open", "closed", "open"]);
});

test("a controller that goes away leaves the wire closed and waiting for the next", async () => {
  const device = await listener();
  const socket = await plainSocket(device.port);
  await becomes(device, "open");
  socket.destroy();
  await becomes(device, "closed");
  expect(device.trouble).toBe("nobody has connected");
});

test("a closed wire tells its listeners once, and neither it nor a mending in progress listens any more", async () => {
  const device = await listener();
  await plainSocket(device.port);
  await becomes(device, "open");
  const states: WireState[] = [];
  device.onState((state) => states.push(state));
  device.cut();
  const mending = device.mend();
  await device.close();
  await mending;
  await device.close();
  expect([states, device.state, device.trouble]).toEqual([["closed"], "closed", "closed"]);
  const late = connect(device.port, "127.0.0.1");
  expect(await once(late, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);
});

test("a removed listener hears nothing", async () => {
  const device = await listener();
  const heard: string[] = [];
  const stop = device.onBytes(() => heard.push("removed"));
  stop();
  const socket = await plainSocket(device.port);
  await becomes(device, "open");
  socket.write("hello");
  await nextBytes(device);
  expect(heard).toEqual([]);
});
