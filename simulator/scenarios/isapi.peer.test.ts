import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Scan, simulatedClock } from "@portico/firmware-ts";
import { eventListener, isapiDevice, isapiReader, PUSH_AUTHENTICATIONS } from "@portico/firmware-ts/isapi";
import { expect, onTestFinished, test } from "vitest";
import { VirtualIsapi } from "../src/virtual-isapi.ts";

/** curl, of Debian: another maker's HTTP and digest authentication. Resolves with what it writes. */
const curl = (...options: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile("curl", ["--silent", "--show-error", "--max-time", "10", ...options], (error, out) => (error ? reject(error) : resolve(out))),
  );
const STATUS = ["--output", "/dev/null", "--write-out", "%{http_code}"];
const USER = ["--digest", "--user", "portico:gate-2 secret"];

const FACE = `{"ipAddress":"192.168.10.30","portNo":80,"channelID":1,"dateTime":"2027-01-11T08:00:00+08:00","activePostCount":1,"eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"deviceName":"Access Controller","majorEventType":5,"subEventType":75,"cardReaderNo":1,"doorNo":1,"employeeNoString":"V-17","serialNo":812,"currentVerifyMode":"cardOrFace","attendanceStatus":"undefined","mask":"no"}}`;
const PLATE = `<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<ipAddress>192.168.10.31</ipAddress><channelID>1</channelID><dateTime>2027-01-11T08:00:00+08:00</dateTime>
<eventType>ANPR</eventType><eventState>active</eventState>
<ANPR><country>1</country><licensePlate>京A12345</licensePlate><line>1</line><direction>forward</direction><confidenceLevel>97</confidenceLevel><pictureInfoList><pictureInfo><fileName>licensePlatePicture.jpg</fileName></pictureInfo></pictureInfoList></ANPR>
</EventNotificationAlert>`;
const AXIS = `{"packetCounter":"4","datetime":"20270111 080000123","plateText":"\\u4eacB12345","plateConfidence":"0.912","carState":"update","carID":"3571","carMoveDirection":"in","imageType":"plate"}`;

/** What one listener hears, with a reader for each kind. */
async function listening(authentication: (typeof PUSH_AUTHENTICATIONS)[number] = "digest") {
  let drawn = 0;
  const clock = simulatedClock();
  const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(++drawn);
  const shared = { user: "portico", password: "gate-2 secret", clock, randomBytes };
  const listener = eventListener({ address: "127.0.0.1", port: 0, from: "127.0.0.1", authentication, ...shared });
  const place = { host: "127.0.0.1", port: 9, user: "portico", password: "gate-2 secret" };
  const device = isapiDevice({ id: "gate-2", place, dialect: "isapi", listening: listener, clock, randomBytes });
  const scans: string[] = [];
  for (const reads of ["face", "plate"] as const)
    isapiReader({ id: reads, device, reads }).onScan(({ bytes }: Scan) => scans.push(`${reads} ${new TextDecoder().decode(bytes)}`));
  const folder = mkdtempSync(join(tmpdir(), "isapi-"));
  onTestFinished(async () => {
    await device.close();
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${await listener.ready}/events`;
  const push = (body: string | Uint8Array, type: string, ...more: readonly string[]): Promise<string> => {
    writeFileSync(join(folder, "body"), body);
    return curl(...STATUS, ...more, "--header", `Content-Type: ${type}`, "--data-binary", `@${join(folder, "body")}`, url);
  };
  return { listener, device, scans, folder, url, push };
}

test("curl pushes bodies as devices send them, by digest authentication, under any Content-Type", async () => {
  const { scans, push } = await listening();
  const answers = [
    await push(FACE, "application/json", ...USER),
    await push(PLATE, "application/json", ...USER),
    await push(AXIS, "application/xml", ...USER),
    await push(FACE.replace("812", "813").replace("V-17", "V-18"), "", ...USER),
  ];
  expect(answers).toEqual(["200", "200", "200", "200"]);
  expect(scans).toEqual(["face V-17", "plate 京A12345", "plate 京B12345", "face V-18"]);
});

test("curl pushes several parts with a picture", async () => {
  const { scans, folder, url, device } = await listening();
  writeFileSync(join(folder, "anpr.xml"), PLATE);
  writeFileSync(join(folder, "plate.jpg"), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0x0d, 0x0a, 0x2d, 0x2d));
  const parts = ["--form", `anpr.xml=@${join(folder, "anpr.xml")};type=text/xml`, "--form", `picture=@${join(folder, "plate.jpg")};type=image/jpeg`];
  expect(await curl(...STATUS, ...USER, ...parts, url)).toBe("200");
  expect([scans, device.unreadable]).toEqual([["plate 京A12345"], 0]);
});

test("what is malformed opens nothing, and whoever does not know the password is not heard", async () => {
  const { scans, push, device, listener } = await listening();
  const malformed = [
    "",
    "{",
    FACE.slice(0, -2),
    "<EventNotificationAlert><eventType>",
    `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${PLATE}`,
    "\u0000".repeat(100),
  ];
  for (const body of malformed) expect(await push(body, "application/xml", ...USER)).toBe("200");
  expect(await push("x".repeat(5 * 1024 * 1024), "application/json", ...USER)).toBe("413");
  expect([scans, device.unreadable]).toEqual([[], malformed.length]);
  expect(await push(FACE, "application/json")).toBe("401");
  expect(await push(FACE, "application/json", "--digest", "--user", "portico:another")).toBe("401");
  expect(await push(FACE, "application/json", "--basic", "--user", "portico:gate-2 secret")).toBe("401");
  expect([scans, listener.refused > 0]).toEqual([[], true]);
});

test("a request that was heard is not heard a second time", async () => {
  const { scans, push, folder, url } = await listening();
  writeFileSync(join(folder, "face"), FACE);
  const told = await curl("--verbose", "--stderr", "-", ...USER, "--data-binary", `@${join(folder, "face")}`, url);
  const authorization = /> Authorization: (Digest [^\r\n]+)/.exec(told)![1]!;
  expect(scans).toEqual(["face V-17"]);
  expect(await push(FACE.replace("812", "900"), "application/json", "--header", `Authorization: ${authorization}`)).toBe("401");
  expect(scans).toEqual(["face V-17"]);
});

test("a device with a certificate of its own, made by openssl, is spoken to by TLS where that is the one that was chosen, whatever name it carries", async () => {
  const folder = mkdtempSync(join(tmpdir(), "isapi-"));
  const made = (name: string): { readonly key: string; readonly cert: string } => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], { stdio: "pipe" }); // prettier-ignore
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  };
  const [own, another] = [made("DS-K1T671"), made("another")];
  const device = new VirtualIsapi({ tls: own });
  const port = await device.listen();
  const clock = simulatedClock();
  const driver = (certificate: string | undefined): ReturnType<typeof isapiDevice> => {
    const tls = certificate === undefined ? {} : { certificate };
    const place = { host: "127.0.0.1", port, user: "portico", password: "gate-2 secret", tls };
    return isapiDevice({ id: "gate-2", place, dialect: "isapi", clock, randomBytes: (length) => new Uint8Array(length).fill(7) });
  };
  const drivers = [own.cert, another.cert, undefined].map(driver);
  onTestFinished(async () => {
    for (const each of drivers) await each.close();
    await device.close();
    rmSync(folder, { recursive: true });
  });
  const results = await Promise.all(drivers.map((each) => each.commandDoor(1, "open")));
  expect(results).toMatchObject([{ ok: true }, { ok: false, error: "Disconnected" }, { ok: false, error: "Disconnected" }]);
  expect([device.doorsTold, JSON.stringify(results).includes("secret")]).toEqual([["1 open"], false]);
});

test.each(["MD5", "SHA-256"] as const)("the virtual device's digest authentication by %s is one that curl can answer", async (algorithm) => {
  const device = new VirtualIsapi({ algorithm });
  onTestFinished(() => device.close());
  const url = `http://127.0.0.1:${await device.listen()}/ISAPI/System/deviceInfo`;
  expect([await curl(...STATUS, ...USER, url), await curl(...STATUS, url)]).toEqual(["200", "401"]);
});
