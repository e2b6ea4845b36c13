import { existsSync, linkSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControllerReport } from "@portico/controller";
import { listeners, memoryWirePair, type MemoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { wiresOf } from "../campus/campus.ts";
import { campusDevices } from "../campus/campus-devices.ts";
import type { HeardReport } from "../campus/campus-hands.ts";
import { smallCampus } from "../campus/small-campus.ts";
import type { ProgramWire } from "./campus-wires.ts";
import { ReaderTurns } from "./reader-turns.ts";
import { devicesAnswers } from "./devices-answers.ts";
import { DevicesClient, DevicesFailure, clientHands } from "./devices-client.ts";
import type { GuardedProgram } from "./devices-api.ts";
import { isAnswered, serveDevices } from "./devices-server.ts";
import { judgedReport } from "./rig/judged-report.ts";
import { openUplink } from "./uplink.ts";

const campus = smallCampus(new Uint8Array(32));

function temporarySocket(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return join(path, "sim.sock");
}

/** The devices of the small campus on wires in memory, served on a real socket. */
async function served(socket = temporarySocket()) {
  const clock = simulatedClock();
  const pairs = new Map(wiresOf(campus).map(({ id }): [string, MemoryWirePair] => [id, memoryWirePair({ name: id, clock, random: seededRandom(1) })]));
  const cuts = new Set<string>();
  const wires = new Map(
    wiresOf(campus).map(({ id, use }): [string, ProgramWire] => {
      const pair = pairs.get(id)!;
      return [
        id,
        {
          id,
          use,
          kind: "tcp",
          address: `127.0.0.1:${id}`,
          far: pair.far,
          get isCut() {
            return cuts.has(id);
          },
          async cut() {
            cuts.add(id);
            pair.cut();
            await clock.settle();
          },
          async mend() {
            cuts.delete(id);
            pair.mend();
            await clock.settle();
          },
          close: () => pair.far.close(),
        },
      ];
    }),
  );
  const devices = campusDevices({ campus, clock, random: seededRandom(2), wireOf: (id) => pairs.get(id)!.far });
  const reports = listeners<[HeardReport]>();
  const guarded: (readonly GuardedProgram[])[] = [];
  const uplink = await openUplink();
  const answers = devicesAnswers({
    devices,
    printers: new Map(),
    radio: { rooms: new Map(), setReachable: () => {}, setPowered: () => {} },
    wires,
    uplink,
    readers: new ReaderTurns(clock),
    clock,
    onGuard: (programs) => guarded.push(programs),
    onTold: reports.tell,
  });
  const server = await serveDevices(socket, answers, reports.add);
  const client = new DevicesClient(socket);
  onTestFinished(async () => {
    client.close();
    await uplink.close();
    await server.close();
  });
  return { uplink, socket, clock, pairs, devices, guarded, client, server };
}

const failure = (kind: DevicesFailure["kind"], words: Partial<DevicesFailure> = {}): unknown =>
  expect.objectContaining({ name: "DevicesFailure", kind, ...words });

test("only the owner may open the socket, and it goes with the server", async () => {
  const { socket, server } = await served();
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  await server.close();
  expect(existsSync(socket)).toBe(false);
});

test("what is held before a reader leaves on its wire, byte for byte", async () => {
  const { client, pairs, clock } = await served();
  const got: number[] = [];
  pairs.get("gate-1-in")!.near.onBytes((bytes) => got.push(...bytes));
  const read = String.fromCharCode(0, 1, 0x7f, 0x80, 0xff, 0x41);
  expect(await client.ask("scan", { accessPoint: "gate-1-in", read })).toBe(true);
  await clock.pass(1_000);
  expect(got).toEqual([0, 1, 0x7f, 0x80, 0xff, 0x41, 0x0d, 0x0a]);
});

test("a cut wire carries nothing until it is mended", async () => {
  const { client } = await served();
  const rowOf = async (id: string) => (await client.ask("wires", {})).find((row) => row.id === id);
  expect(await rowOf("gate-1-in")).toEqual({ id: "gate-1-in", use: "scanner", kind: "tcp", address: "127.0.0.1:gate-1-in", isCut: false, trouble: "" });
  expect(await client.ask("cut", { wire: "gate-1-in" })).toMatchObject({ isCut: true, trouble: "cut" });
  expect(await client.ask("scan", { accessPoint: "gate-1-in", read: "x" })).toBe(false);
  expect(await client.ask("mend", { wire: "gate-1-in" })).toMatchObject({ isCut: false, trouble: "" });
  expect(await client.ask("scan", { accessPoint: "gate-1-in", read: "x" })).toBe(true);
});

test("arms and doors give way as their relays say, and the state of every relay and contact can be read", async () => {
  const { client, devices, clock } = await served();
  const boardOf = async (id: string) => (await client.ask("boards", {})).find((row) => row.id === id)!;
  expect(await client.ask("push", { lane: "gate-1", direction: "entry" })).toBe(false);
  expect(await client.ask("tailgate", { lane: "gate-1", direction: "entry" })).toBe(false);
  expect(await client.ask("push-door", { door: "library", openMs: 500 })).toBe(false);
  expect(await client.ask("wedge-door", { door: "library" })).toBe(false);
  expect((await boardOf("library")).inputs.slice(0, 2)).toEqual([true, false]);

  await client.ask("force-door", { door: "library", openMs: 500 });
  await client.ask("press-exit", { door: "library" });
  expect((await boardOf("library")).inputs.slice(0, 2)).toEqual([false, true]);
  expect(await client.ask("wedge-door", { door: "library" })).toBe(true);
  await clock.pass(5_000);
  expect(devices.doors.get("library")!.isOpen).toBe(true);
  await client.ask("shut-door", { door: "library" });
  expect((await boardOf("library")).inputs.slice(0, 2)).toEqual([true, false]);

  await client.ask("fire", { lane: "gate-2", burning: true });
  expect((await boardOf("gate-2")).inputs[2]).toBe(false);
  expect(await client.ask("push", { lane: "gate-2", direction: "exit" })).toBe(true);
  await client.ask("fire", { lane: "gate-2", burning: false });
  expect((await boardOf("gate-2")).inputs[2]).toBe(true);
});

test("a mute board does not answer, and a power cycle drops its relays", async () => {
  const { client, devices, pairs, clock } = await served();
  const readCoils = Uint8Array.of(1, 1, 0, 0, 0, 8, 0x3d, 0xcc);
  const answers: number[] = [];
  pairs.get("gate-1")!.near.onBytes((bytes) => answers.push(...bytes));
  const ask = async (): Promise<void> => {
    pairs.get("gate-1")!.near.write(readCoils);
    await clock.pass(100);
  };
  await client.ask("mute", { board: "gate-1", mute: true });
  await ask();
  expect(answers).toEqual([]);
  await client.ask("mute", { board: "gate-1", mute: false });
  await ask();
  expect(answers.slice(0, 3)).toEqual([1, 1, 1]);

  pairs.get("gate-1")!.near.write(Uint8Array.of(1, 5, 0, 3, 0xff, 0, 0x7c, 0x3a));
  await clock.pass(100);
  expect(devices.boards.get("gate-1")!.relay(3)).toBe(true);
  await client.ask("power-cycle", { board: "gate-1" });
  expect(devices.boards.get("gate-1")!.relay(3)).toBe(false);
});

test("a place that the campus does not have is told with those that it has", async () => {
  const { client } = await served();
  const ids = "gate-1-in, gate-1-out, gate-2-in, gate-2-out, library-in";
  await expect(client.ask("scan", { accessPoint: "gate-9-in", read: "x" })).rejects.toEqual(
    failure("unknown", { what: "the campus has no such access point", where: "gate-9-in", remedy: `use one of ${ids}` }),
  );
  await expect(client.ask("cut", { wire: "__proto__" })).rejects.toEqual(failure("unknown", { where: "__proto__" }));
  await expect(client.ask("push", { lane: "library", direction: "entry" })).rejects.toEqual(failure("unknown"));
});

test.each([
  ["scan", { accessPoint: "gate-1-in", read: "图" }],
  ["scan", { accessPoint: "gate-1-in", read: "x".repeat(4_097) }],
  ["scan", { accessPoint: "gate-1-in", read: 7 }],
  ["scan", { accessPoint: "gate-1-in", read: "x", mark: "x".repeat(65) }],
  ["push", { lane: "gate-1", direction: "up" }],
  ["push-door", { door: "library", openMs: -1 }],
  ["fire", { lane: "gate-1", burning: "yes" }],
  ["guard", { pid: 1.5 }],
  ["tell", { report: "x" }],
  ["tell", null],
])("malformed is refused and changes nothing: %s %j", async (act, body) => {
  const { client, guarded } = await served();
  await expect(client.ask(act as "scan", body as never)).rejects.toEqual(failure("unknown"));
  expect(guarded).toEqual([]);
});

/** The status that bytes are answered with. */
function statusOf(socketPath: string, method: string, path: string, body = ""): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("an act that nobody knows, and a body that is no JSON or too large, are refused", async () => {
  const { client, socket } = await served();
  await expect(client.ask("fly" as "scan", {} as never)).rejects.toEqual(failure("unknown", { what: "there is no such act" }));
  expect(await statusOf(socket, "GET", "/v1/wires")).toBe(404);
  expect(await statusOf(socket, "POST", "/v1/wires", "{")).toBe(400);
  expect(await statusOf(socket, "POST", "/v1/wires", " ".repeat(65 * 1024))).toBe(413);
  expect(await statusOf(socket, "POST", "/v1/wires", "{}")).toBe(200);
});

test("what the controller reports reaches whoever follows, in order, until they have heard enough", async () => {
  const { client } = await served();
  const heard: HeardReport[] = [];
  const enough = new AbortController();
  let onThird = (): void => {};
  const third = new Promise<void>((resolve) => (onThird = resolve));
  await client.follow((report) => {
    heard.push(report);
    if (heard.length === 3) onThird();
  }, enough.signal);
  const reportOf = (grantedSeq: number): ControllerReport => ({
    kind: "acted",
    grantedSeq,
    accessPoint: "gate-1-in",
    device: "gate-1",
    frame: "01",
    afterMs: 1,
  });
  for (const seq of [1, 2, 3]) await client.ask("tell", { report: reportOf(seq) });
  await third;
  enough.abort();
  expect(heard).toEqual([reportOf(1), reportOf(2), reportOf(3)]);
  await client.ask("tell", { report: reportOf(4) });
  expect(heard).toHaveLength(3);
});

test("a report that judges a scan bears the mark of whoever held it, and nothing of what was read", async () => {
  const { client } = await served();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let tell: (report: HeardReport) => void = () => {};
  const heard = new Promise<HeardReport>((resolve) => (tell = resolve));
  await client.follow((report) => tell(report), stop.signal);
  await clientHands(client, () => () => {}).scan("gate-1-in", "CP1:SECRET", "mine");
  const report = judgedReport();
  expect(await client.ask("tell", { report })).toBe("mine");
  expect(await heard).toEqual({ ...report, scan: "mine" });
  expect(await client.ask("tell", { report })).toBeNull();
});

test("the programs to be looked after are named and taken back; one without a word of its own is not taken", async () => {
  const { client, guarded } = await served();
  const programs = [{ pid: 4711, word: "/campus/portico.toml" }];
  await client.ask("guard", { programs });
  await client.ask("guard", { programs: [] });
  await expect(client.ask("guard", { programs: [{ pid: 4711, word: "" }] })).rejects.toEqual(failure("unknown"));
  expect(guarded).toEqual([programs, []]);
});

test("the line to the cloud is a wire by that name: it is led, cut and mended", async () => {
  const { client, uplink } = await served();
  const row = { id: "cloud", use: "cloud", kind: "tcp", address: `127.0.0.1:${uplink.port}` };
  expect((await client.ask("wires", {})).at(-1)).toEqual({ ...row, isCut: false, trouble: "no cloud is behind it yet" });
  expect(await client.ask("lead", { port: 1 })).toEqual({ ...row, isCut: false, trouble: "" });
  expect(await client.ask("cut", { wire: "cloud" })).toEqual({ ...row, isCut: true, trouble: "cut" });
  expect(uplink.isCut).toBe(true);
  expect(await client.ask("mend", { wire: "cloud" })).toEqual({ ...row, isCut: false, trouble: "" });
  await expect(client.ask("cut", { wire: "clown" })).rejects.toEqual(failure("unknown", { remedy: expect.stringContaining("library-in, cloud") }));
});

test("hands on another program do what hands do", async () => {
  const { client } = await served();
  const hands = clientHands(client, () => () => {});
  expect([await hands.scan("gate-1-in", "x"), await hands.push("gate-1", "entry"), await hands.tailgate("gate-1", "exit")]).toEqual([true, false, false]);
  expect([await hands.pushDoor("library", 800.4), await hands.pressExit("library")]).toEqual([false, undefined]);
});

test("a second campus on the same socket is refused; a socket left over from a crash is replaced", async () => {
  const { socket, server } = await served();
  await expect(served(socket)).rejects.toThrow(
    expect.objectContaining({ name: "SetupError", what: expect.stringContaining("running in this folder already"), where: socket }),
  );
  await server.close();

  const crashed = createServer();
  const left = temporarySocket();
  await new Promise<void>((resolve) => crashed.listen(left, resolve));
  // Whoever is killed does not remove it: the name goes on, nobody answers.
  linkSync(left, `${left}.kept`);
  await new Promise<void>((resolve) => crashed.close(() => resolve()));
  expect(await isAnswered(`${left}.kept`)).toBe(false);
  const { client } = await served(`${left}.kept`);
  expect(await client.ask("boards", {})).toHaveLength(3);
});

test("where no campus runs, or something else answers, that is said", async () => {
  const nowhere = temporarySocket();
  await expect(new DevicesClient(nowhere).ask("wires", {})).rejects.toEqual(
    failure("unreachable", { where: nowhere, remedy: expect.stringContaining("npm start") }),
  );
  const other = createServer((_, response) => void response.end("hello"));
  await new Promise<void>((resolve) => other.listen(nowhere, resolve));
  onTestFinished(() => void other.close());
  await expect(new DevicesClient(nowhere).ask("wires", {})).rejects.toEqual(
    failure("unreachable", { what: expect.stringContaining("not as a simulated campus") }),
  );
});
