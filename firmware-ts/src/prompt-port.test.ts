import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { promptPort, type UnixPort } from "./prompt-port.ts";

let folder: string;
let opened: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-port-"));
  opened = [];
});
afterEach(() => {
  for (const fd of opened) closeSync(fd);
  rmSync(folder, { recursive: true });
});

function fileWith(text: string): { readonly path: string; readonly fd: number } {
  const path = join(folder, "device");
  writeFileSync(path, text);
  const fd = openSync(path, "r+");
  opened.push(fd);
  return { path, fd };
}

/** A port whose own way of reading and writing tells that it was taken. */
function portOf(fd: number | null, ready: Error | null = null): { readonly port: UnixPort; readonly own: string[] } {
  const own: string[] = [];
  const port = promptPort<UnixPort>({
    fd,
    poller: { once: (_, told) => queueMicrotask(() => told(ready)) },
    read: (buffer, offset, length) => (own.push(`read ${offset} ${length}`), Promise.resolve({ buffer, bytesRead: 7 })),
    write: (buffer) => (own.push(`write ${buffer.toString("latin1")}`), Promise.resolve()),
  });
  return { port, own };
}

test("what has come is read into its place as soon as the file is readable", async () => {
  const { port, own } = portOf(fileWith("pass").fd);
  const buffer = Buffer.from("........");
  expect(await port.read(buffer, 2, 6)).toEqual({ buffer, bytesRead: 4 });
  expect([buffer.toString("latin1"), own]).toEqual(["..pass..", []]);
});

test("nothing is read before the file is readable", async () => {
  const { fd, path } = fileWith("");
  let becomeReadable = (): void => {};
  const port = promptPort<UnixPort>({
    fd,
    poller: { once: (_, told) => (becomeReadable = () => told(null)) },
    read: () => Promise.reject(new Error("not asked")),
    write: () => Promise.reject(new Error("not asked")),
  });
  const reading = port.read(Buffer.alloc(8), 0, 8);
  writeFileSync(path, "late");
  becomeReadable();
  expect((await reading).bytesRead).toBe(4);
});

test("a file that hung up is at its end", async () => {
  const { port, own } = portOf(fileWith("").fd);
  expect((await port.read(Buffer.alloc(8), 0, 8)).bytesRead).toBe(0);
  expect(own).toEqual([]);
});

test("bytes are with the system when the call returns", () => {
  const { path, fd } = fileWith("");
  const { port, own } = portOf(fd);
  void port.write(Buffer.from("command"));
  expect([readFileSync(path, "latin1"), own]).toEqual(["command", []]);
});

test("what cannot be read or written at once goes the port's own way", async () => {
  const NO_FILE = -1;
  const { port, own } = portOf(NO_FILE);
  expect((await port.read(Buffer.alloc(8), 1, 6)).bytesRead).toBe(7);
  await port.write(Buffer.from("command"));
  expect(own).toEqual(["read 1 6", "write command"]);
});

test("a closed port is asked its own way, which says that it is closed", async () => {
  const { port, own } = portOf(null);
  await port.read(Buffer.alloc(8), 0, 8);
  await port.write(Buffer.from("command"));
  expect(own).toEqual(["read 0 8", "write command"]);
});

test("a port that is closed while it waits says why, as its own way does", async () => {
  const cancelled = Object.assign(new Error("Canceled"), { canceled: true });
  const { port, own } = portOf(fileWith("pass").fd, cancelled);
  await expect(port.read(Buffer.alloc(8), 0, 8)).rejects.toBe(cancelled);
  expect(own).toEqual([]);
});
