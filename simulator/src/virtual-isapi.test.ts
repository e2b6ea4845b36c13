import { afterEach, describe, expect, test } from "vitest";
import { type DeviceHealth, type Scan, seededRandom, simulatedClock } from "@portico/firmware-ts";
import {
  type DeviceEvent,
  eventListener,
  type EventListening,
  type IsapiDevice,
  isapiDevice,
  isapiReader,
  type IsapiReaderOptions,
} from "@portico/firmware-ts/isapi";
import { VirtualIsapi, type VirtualIsapiOptions } from "./virtual-isapi.ts";

const USER = "portico";
const PASSWORD = "gate-2 secret";
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** A device, its driver, and all that the driver has told. */
class Rig {
  readonly clock = simulatedClock();
  readonly device: VirtualIsapi;
  readonly events: DeviceEvent[] = [];
  readonly healths: DeviceHealth[] = [];
  driver!: IsapiDevice;
  #waiting: (() => void)[] = [];
  #drawn = 0;

  constructor(options: VirtualIsapiOptions = {}) {
    this.device = new VirtualIsapi(options);
    opened.push(this.device);
  }

  readonly randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(++this.#drawn);

  async start({ password = PASSWORD, listening }: { readonly password?: string; readonly listening?: EventListening } = {}): Promise<this> {
    const port = await this.device.listen();
    const place = { host: "127.0.0.1", port, user: USER, password };
    this.driver = isapiDevice({ id: "gate-2", place, dialect: "isapi", clock: this.clock, randomBytes: this.randomBytes, ...(listening && { listening }) });
    opened.unshift(this.driver);
    this.driver.onEvent((event) => this.#keep(() => this.events.push(event)));
    this.driver.onHealth((health) => this.#keep(() => this.healths.push(health)));
    return this;
  }

  async listener(change: Partial<Parameters<typeof eventListener>[0]> = {}): Promise<{ readonly listening: EventListening; readonly port: number }> {
    const shared = { address: "127.0.0.1", port: 0, from: "127.0.0.1", authentication: "digest", user: USER, password: PASSWORD } as const;
    const listening = eventListener({ ...shared, clock: this.clock, randomBytes: this.randomBytes, ...change });
    opened.unshift(listening);
    return { listening, port: (await listening.ready)! };
  }

  reader(options: Omit<IsapiReaderOptions, "id" | "device">): { readonly reader: ReturnType<typeof isapiReader>; readonly scans: Scan[] } {
    const reader = isapiReader({ id: "gate-2-in", device: this.driver, ...options });
    const scans: Scan[] = [];
    reader.onScan((scan) => scans.push(scan));
    return { reader, scans };
  }

  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#waiting = this.#waiting.filter((each) => each !== look);
        resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  async followed(): Promise<void> {
    await this.until(() => this.driver.health.kind === "online");
    await this.device.until(() => this.device.followers === 1);
  }

  #keep(keep: () => void): void {
    keep();
    for (const look of this.#waiting) look();
  }
}

const textOf = ({ bytes }: Scan): string => new TextDecoder().decode(bytes);
const WRITTEN = (["json", "xml"] as const).flatMap(
  (language) =>
  (["right", "wrong", "nothing"] as const).map((claims, nth): VirtualIsapiOptions => ({ language, claims, tellsLength: nth !== 1 || language === "json", algorithm: nth === 0 ? "SHA-256" : "MD5" })), // prettier-ignore
);

describe("a face terminal's question is answered with our verdict, streamed", () => {
  test.each(WRITTEN)("in $language, whose type it tells $claims", async (written) => {
    const rig = await new Rig(written).start();
    await rig.followed();
    const { reader, scans } = rig.reader({ reads: "face" });
    rig.device.show({ employeeNo: "V-17", asks: true });
    rig.device.show({ employeeNo: "V-18", subtype: 76 });
    rig.device.beat();
    await rig.until(() => rig.events.some(({ kind }) => kind === "heartbeat") || (written.tellsLength === false && rig.events.length === 2));
    expect(scans.map((scan) => [textOf(scan), scan.isQuestion])).toEqual([["V-17", true]]);
    await reader.indicate("Processing");
    await reader.indicate("AccessGranted");
    await reader.indicate("AccessDenied");
    await rig.device.until(() => rig.device.answers.length > 0);
    expect(rig.device.answers).toEqual(["1 success"]);
    expect(rig.driver.unreadable).toBe(0);
  });
});

test("a question that nobody has answered is answered with no when the next one comes", async () => {
  const rig = await new Rig().start();
  await rig.followed();
  const { reader } = rig.reader({ reads: "face" });
  rig.device.show({ employeeNo: "V-17", asks: true });
  rig.device.show({ employeeNo: "V-18", asks: true });
  await rig.until(() => rig.events.length === 2);
  await reader.indicate("AccessGranted");
  await rig.device.until(() => rig.device.answers.length === 2);
  expect(rig.device.answers.toSorted()).toEqual(["1 failed", "2 success"]);
});

describe("a camera's plate is pushed", () => {
  test.each(WRITTEN)("in $language, whose type it tells $claims", async (written) => {
    const rig = new Rig(written);
    const { listening, port } = await rig.listener();
    await rig.start({ listening });
    const { scans } = rig.reader({ reads: "plate", direction: "in", confidenceMin: 80 });
    expect(await rig.device.push(port, rig.device.drive({ plate: "京A12345" }))).toBe(200);
    expect(await rig.device.push(port, rig.device.drive({ plate: "京A12345" }))).toBe(200);
    expect(await rig.device.push(port, rig.device.drive({ plate: "京B00001", direction: "reverse" }))).toBe(200);
    expect(await rig.device.push(port, rig.device.drive({ plate: "京B00002", confidence: 60 }))).toBe(200);
    expect(scans.map(textOf)).toEqual(["京A12345"]);
  });

  test("in parts with its picture, and in GBK", async () => {
    const rig = new Rig({ language: "xml" });
    const { listening, port } = await rig.listener();
    await rig.start({ listening });
    const { scans } = rig.reader({ reads: "plate" });
    const body = rig.device.drive({ plate: "AB1234" });
    const parts = `--x\r\nContent-Disposition: form-data; name="anpr.xml"; filename="anpr.xml"\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n--x\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n<a>\r\n--x--\r\n`;
    expect(await rig.device.push(port, parts, { contentType: "application/json" })).toBe(200);
    const gbk = Buffer.concat([Buffer.from("<E><eventType>ANPR</eventType><ANPR><licensePlate>"), Buffer.from([0xbe, 0xa9]), Buffer.from("A12345</licensePlate></ANPR></E>")]); // prettier-ignore
    expect(await rig.device.push(port, gbk)).toBe(200);
    expect(scans.map(textOf)).toEqual(["AB1234", "京A12345"]);
    expect(rig.driver.unreadable).toBe(0);
  });

  test("by Axis: new, updated, lost; one car is let in once whatever is read of it afterwards", async () => {
    const rig = new Rig();
    const { listening, port } = await rig.listener();
    await rig.start({ listening });
    const { reader, scans } = rig.reader({ reads: "plate", direction: "in" });
    const tell = (plateText: string, carState: string, carMoveDirection: string, carID = 7): Promise<number> =>
      rig.device.push(port, JSON.stringify({ plateText, plateConfidence: "0.9", carState, carID, carMoveDirection }));
    await tell("AA7690EQ", "new", "unknown");
    await tell("AA7690EQ", "update", "in");
    await tell("AA7690EO", "update", "in");
    expect(scans.map(textOf)).toEqual(["AA7690EQ", "AA7690EO"]);
    await reader.indicate("AccessGranted");
    await tell("BB0001", "update", "in");
    await tell("CC0002", "new", "in", 8);
    await tell("AA7690EO", "lost", "in");
    await tell("AA7690EO", "new", "in");
    expect(scans.map(textOf)).toEqual(["AA7690EQ", "AA7690EO", "CC0002", "AA7690EO"]);
  });

  test("and is not believed from another address, or with another password", async () => {
    const rig = new Rig();
    const strangers = await rig.listener({ from: "192.0.2.7" });
    expect(await rig.device.push(strangers.port, rig.device.drive({ plate: "AB1234" }))).toBe(403);
    const { listening, port } = await rig.listener();
    await rig.start({ listening });
    const { scans } = rig.reader({ reads: "plate" });
    expect(await rig.device.push(port, rig.device.drive({ plate: "AB1234" }), { password: "another" })).toBe(401);
    expect([scans.length, listening.refused]).toEqual([0, 1]);
  });

  test("and where nobody can listen, the device counts as off line, and says why", async () => {
    const rig = new Rig();
    const { port } = await rig.listener();
    const { listening } = await rig.listener({ port });
    expect(listening.trouble).toBe(`cannot listen at 127.0.0.1:${port}: EADDRINUSE`);
    await rig.start({ listening });
    await rig.device.until(() => rig.device.asked > 0);
    expect(await rig.driver.commandDoor(1, "open")).toEqual({ ok: true });
    expect(rig.driver.health).toMatchObject({ kind: "offline", error: "Disconnected", detail: listening.trouble });
  });

  test("and what cannot be read is counted, and answered all the same", async () => {
    const rig = new Rig();
    const { listening, port } = await rig.listener({ authentication: "address" });
    await rig.start({ listening });
    for (const body of ["", "<a><b></a>", '{"eventType":', "\u0000\u0001", Buffer.from([0xff, 0xff, 0xff])])
      expect(await rig.device.push(port, body)).toBe(200);
    expect(rig.driver.unreadable).toBe(5);
  });
});

test("what was shown while nobody heard the device is read from its log, late, once, and opens nothing", async () => {
  const rig = await new Rig().start();
  await rig.followed();
  const { reader, scans } = rig.reader({ reads: "face" });
  const late: string[] = [];
  reader.onLateScan!((scan, readAt) => late.push(`${textOf(scan)} ${readAt}`));
  rig.device.show({ employeeNo: "V-1" });
  await rig.until(() => rig.events.length === 1);
  rig.device.cut();
  await rig.until(() => rig.driver.health.kind === "offline");
  for (let n = 2; n <= 40; n++) rig.device.show({ employeeNo: `V-${n}` });
  rig.clock.advance(2_000);
  await rig.until(() => rig.events.length === 40);
  rig.device.show({ employeeNo: "V-41" });
  await rig.until(() => rig.events.length === 41);
  expect(scans.map(textOf)).toEqual(["V-1", "V-41"]);
  expect(late.length).toBe(39);
  expect(late.slice(0, 2)).toEqual(["V-2 2027-01-11T08:00:00+08:00", "V-3 2027-01-11T08:00:00+08:00"]);
});

test.each([1, 2, 3])(
  "seed %i: whatever comes between, and however often the stream breaks, everybody is told once, in order, and late where it was late",
  async (seed) => {
    const random = seededRandom(seed);
    const rig = await new Rig({ language: seed % 2 === 0 ? "xml" : "json", claims: "wrong" }).start();
    await rig.followed();
    const { reader, scans } = rig.reader({ reads: "face" });
    const late: string[] = [];
    reader.onLateScan!((scan) => late.push(textOf(scan)));
    const live: string[] = [];
    const missed: string[] = [];
    let last = "";
    for (let n = 1; n <= 40; n++) {
      const chance = random();
      const name = `V-${n}`;
      if (chance < 0.1) rig.device.say("{".repeat(1 + Math.floor(random() * 50)));
      else if (chance < 0.2) rig.device.say(Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256)));
      else if (chance < 0.35 && last !== "") rig.device.say(last);
      else if (chance < 0.45 && live.length > 0) {
        await rig.until(() => rig.events.length === live.length + missed.length);
        rig.device.cut();
        await rig.until(() => rig.driver.health.kind === "offline");
        rig.device.show({ employeeNo: name });
        missed.push(name);
        rig.clock.advance(2_000);
        await rig.until(() => rig.events.length === live.length + missed.length);
        last = "";
      } else {
        last = rig.device.show({ employeeNo: name });
        live.push(name);
      }
    }
    await rig.until(() => rig.events.length === live.length + missed.length);
    expect([scans.map(textOf), late]).toEqual([live, missed]);
  },
);

test("a door of the device is told to open, and a refusal is no opening", async () => {
  const rig = await new Rig().start();
  await rig.followed();
  expect(await rig.driver.commandDoor(1, "open")).toEqual({ ok: true });
  rig.device.isStubborn = true;
  expect(await rig.driver.commandDoor(1, "open")).toMatchObject({ ok: false, error: "BadReply" });
  expect(rig.device.doorsTold).toEqual(["1 open"]);
});

test("a wrong password is told, and not tried again at once: devices lock a user out", async () => {
  const rig = await new Rig().start({ password: "another" });
  await rig.device.until(() => rig.device.wrongUsers === 1);
  await expect(rig.driver.commandDoor(1, "open")).resolves.toMatchObject({ ok: false, detail: "gate-2: the device refuses user or password" });
  const tried = rig.device.wrongUsers;
  rig.clock.advance(30_000);
  expect(rig.device.wrongUsers).toBe(tried);
  expect(rig.driver.health).toMatchObject({ kind: "offline", error: "BadReply" });
});

test("a stream that says nothing for long is opened anew", async () => {
  const rig = await new Rig().start();
  await rig.followed();
  rig.clock.advance(45_001);
  expect(rig.healths.at(-1)).toMatchObject({ kind: "offline", detail: "silent for 45 s" });
  rig.clock.advance(2_000);
  await rig.until(() => rig.driver.health.kind === "online");
});
