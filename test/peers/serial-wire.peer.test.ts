import { seededRandom, serialScanner, serialWire, type Wire } from "@portico/firmware-ts";
import { afterEach, expect, test } from "vitest";
import { clock, until } from "./peer-program.ts";
import { ptyPair, type PtyPair } from "./pty-pair.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function cable(): Promise<PtyPair> {
  const pair = await ptyPair();
  ends.push(() => pair.end());
  return pair;
}

function wireTo(path: string): Wire {
  const wire = serialWire({ name: path, path, baud: 115_200, clock, random: seededRandom(1) });
  ends.push(() => wire.close());
  return wire;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

test("bytes flow both ways over a pseudo-terminal, all values unchanged", async () => {
  const pair = await cable();
  const [near, far] = [wireTo(pair.near), wireTo(pair.far)];
  await until("both ends open", () => near.state === "open" && far.state === "open");
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    const got: number[] = [];
    const stop = to.onBytes((chunk) => got.push(...chunk));
    from.write(all);
    await until("256 bytes arrive", () => got.length >= 256);
    stop();
    expect(got).toEqual([...all]);
  }
});

test("it notices the pulled cable and comes back with a new one, time after time", async () => {
  const pair = await cable();
  const wire = wireTo(pair.near);
  const scanner = serialScanner({ id: "gate-1-in", wire, clock, terminator: "any", gapMs: 60 });
  const scans: string[] = [];
  scanner.onScan((scan) => scans.push(String.fromCharCode(...scan.bytes)));
  for (let round = 0; round < 3; round++) {
    await until("the wire opens", () => wire.state === "open");
    const reader = wireTo(pair.far);
    await until("the reader's end opens", () => reader.state === "open");
    reader.write(bytes(`SCAN-${round}\r\n`));
    await until("the scan arrives", () => scans.length > round);
    await pair.unplug();
    await until("the wire closes", () => wire.state === "closed");
    expect(wire.write(bytes("x"))).toBe(false);
    expect(wire.trouble).toMatch(/check the cable|is not there/);
    await reader.close();
    await pair.plugIn();
  }
  expect(scans).toEqual(["SCAN-0", "SCAN-1", "SCAN-2"]);
});

test("where the device file goes without a hang-up, the wire notices within seconds", async () => {
  const pair = await cable();
  const wire = wireTo(pair.near);
  await until("the wire opens", () => wire.state === "open");
  pair.vanish();
  await until("the wire closes", () => wire.state === "closed", 5_000);
  expect(wire.trouble).toBe(`${pair.near} is gone: check the cable`);
});

test("a port that another program holds is told as such, and opens when it is free", async () => {
  const pair = await cable();
  const first = wireTo(pair.near);
  await until("the first opens", () => first.state === "open");
  const second = wireTo(pair.near);
  await until("the second has tried", () => second.trouble !== "opening");
  expect(second.trouble).toBe(`another program holds ${pair.near}: find it with fuser -v ${pair.near} and stop it`);
  await first.close();
  await until("the second opens", () => second.state === "open");
  expect(second.trouble).toBe("");
});
