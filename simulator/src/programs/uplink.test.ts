import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openUplink, type Uplink } from "./uplink.ts";

/** A server that says back what it hears, in capitals. */
async function loud(): Promise<number> {
  const server = createServer((socket) => socket.on("data", (bytes) => socket.write(bytes.toString().toUpperCase())).on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function opened(): Promise<Uplink> {
  const uplink = await openUplink();
  onTestFinished(() => uplink.close());
  return uplink;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function answer(socket: Socket, text: string): Promise<string> {
  const heard = once(socket, "data");
  socket.write(text);
  return String((await heard)[0]);
}

test("it leads to where the cloud is, both ways; before it is told where, connections end", async () => {
  const uplink = await opened();
  const early = await connected(uplink.port);
  await once(early, "close");
  expect(uplink.trouble).toBe("no cloud is behind it yet");
  uplink.leadTo(await loud());
  expect([uplink.trouble, await answer(await connected(uplink.port), "hello")]).toEqual(["", "HELLO"]);
});

test("cut, every connection breaks and none is taken; mended, it is at the same port again", async () => {
  const uplink = await opened();
  uplink.leadTo(await loud());
  const socket = await connected(uplink.port);
  expect(await answer(socket, "a")).toBe("A");
  const broken = once(socket, "close");
  uplink.cut();
  await broken;
  await expect(connected(uplink.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect([uplink.isCut, uplink.trouble]).toEqual([true, "the wire is cut"]);
  await uplink.mend();
  expect([uplink.isCut, await answer(await connected(uplink.port), "b")]).toEqual([false, "B"]);
});

test("where the cloud has gone, a connection ends instead of waiting", async () => {
  const uplink = await opened();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  uplink.leadTo(port);
  const socket = await connected(uplink.port);
  socket.on("error", () => {});
  await once(socket, "close");
  expect(socket.destroyed).toBe(true);
});
