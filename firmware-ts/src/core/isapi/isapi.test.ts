import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptCorpus } from "../../rig/kept-corpus.ts";
import { carDebounce } from "./car-debounce.ts";
import { type PlateEvent, readDeviceEvent } from "./device-event.ts";
import { digestAuthorization, digestResponse, readDigestAnswer, readDigestChallenge } from "./digest.ts";
import { eventSearch, readFoundEvents } from "./event-search.ts";
import { boundaryOf, multipartReader } from "./multipart.ts";
import { readXmlTree } from "./xml-tree.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (part: Uint8Array): string => new TextDecoder().decode(part);
const hash = (algorithm: "MD5" | "SHA-256", said: string): string =>
  createHash(algorithm === "MD5" ? "md5" : "sha256")
    .update(said)
    .digest("hex");

test.each(keptCorpus("isapi"))("of the corpus: %s", (_, given) => {
  const parts = [...multipartReader("b", 1_000).push(given), ...multipartReader("", 1_000).push(given)];
  for (const part of [given, ...parts.map((each) => each.bytes)]) {
    const event = readDeviceEvent(text(part));
    expect(event === undefined || ["heartbeat", "other"].includes(event.kind), "nothing of it is a person or a car").toBe(true);
  }
});

describe("a stream in parts", () => {
  const stream =
    '--b\r\nContent-Type: application/xml\r\nContent-Length: 4\r\n\r\n<a/>\r\n--b\nContent-Type: text/plain\n\n{"x":1}\n--b\r\n\r\nlast\r\n--b--\r\n';

  test("is cut alike however its bytes come", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (sizes) => {
        const reader = multipartReader("b", 1_000);
        const all = bytes(stream);
        const parts: string[] = [];
        let at = 0;
        for (const size of [...sizes, all.length]) {
          parts.push(...reader.push(all.slice(at, at + size)).map((part) => text(part.bytes)));
          at += size;
        }
        expect(parts).toEqual(["<a/>", '{"x":1}', "last"]);
      }),
      { numRuns: 30 },
    );
  });

  test("tells a part of known length before anything comes behind it", () => {
    const reader = multipartReader("b", 1_000);
    expect(reader.push(bytes("--b\r\nContent-Length: 2\r\n\r\nhi")).map((part) => text(part.bytes))).toEqual(["hi"]);
  });

  test("skips what is too long, and what has no head, and goes on behind it", () => {
    const reader = multipartReader("b", 10);
    const parts = reader.push(
      bytes(`--b\r\nContent-Length: 11\r\n\r\n${"x".repeat(11)}\r\n--b\r\n\r\n${"y".repeat(40)}\r\n--b\r\nContent-Length: 2\r\n\r\nok`),
    );
    expect(parts.map((part) => text(part.bytes))).toEqual(["ok"]);
    expect(reader.dropped).toBe(2);
  });

  test("names its boundary with and without quotation marks", () => {
    expect(boundaryOf("multipart/mixed; boundary=MIME_boundary")).toBe("MIME_boundary");
    expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"')).toBe("a b");
    expect(boundaryOf("application/json")).toBeUndefined();
  });
});

describe("XML", () => {
  test("is read as fields, prefixes and attributes left out", () => {
    expect(readXmlTree('<?xml version="1.0"?><!-- c --><n:a x="1"><b>1 &lt; 2 &#x4EAC;</b><c/><b><![CDATA[<raw>]]></b></n:a>')).toEqual({
      root: "a",
      tree: { b: ["1 < 2 京", "<raw>"], c: "" },
    });
  });

  test.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ["an entity of its own", "<a>&b;</a>"],
    ["an end that does not fit", "<a><b></a></b>"],
    ["an end that is missing", "<a><b>1</b>"],
    ["two roots", "<a/><b/>"],
    ["text outside", "x<a/>"],
    ["a depth without end", "<a>".repeat(20) + "</a>".repeat(20)],
    ["an endless row", `<a>${"<b/>".repeat(3_000)}</a>`],
    ["half a tag", "<a"],
    ["nothing", ""],
  ])("with %s is none", (_what, document) => expect(readXmlTree(document)).toBeUndefined());
});

describe("what a device says", () => {
  const json = { eventType: "AccessControllerEvent", dateTime: "T", AccessControllerEvent: { majorEventType: 5, subEventType: 75, employeeNoString: "V-17", serialNo: 9, remoteCheck: true, doorNo: 1 } }; // prettier-ignore
  const xml =
    "<EventNotificationAlert><eventType>AccessControllerEvent</eventType><dateTime>T</dateTime><AccessControllerEvent><majorEventType>5</majorEventType><subEventType>75</subEventType><employeeNoString>V-17</employeeNoString><serialNo>9</serialNo><remoteCheck>true</remoteCheck><doorNo>1</doorNo></AccessControllerEvent></EventNotificationAlert>";

  test("is the same event in JSON, in JSON with a root, and in XML", () => {
    const event = { kind: "person", serialNo: 9, asks: true, recognized: "face", cardNo: "", employeeNo: "V-17", idNumber: "", qrCode: "", door: 1, isLate: false, at: "T" }; // prettier-ignore
    for (const body of [JSON.stringify(json), JSON.stringify({ EventNotificationAlert: json }), xml, `\uFEFF ${xml}`])
      expect(readDeviceEvent(body)).toEqual(event);
  });

  test("is late where the device says that it is not of now", () =>
    expect(readDeviceEvent(JSON.stringify({ ...json, AccessControllerEvent: { ...json.AccessControllerEvent, currentEvent: false } }))).toMatchObject({
      isLate: true,
    }));

  test("of a failed recognition is nobody's, of another class nothing", () => {
    const as = (fields: object): unknown => readDeviceEvent(JSON.stringify({ ...json, AccessControllerEvent: { ...json.AccessControllerEvent, ...fields } }));
    expect(as({ subEventType: 76 })).toMatchObject({ recognized: undefined });
    expect(as({ majorEventType: 2 })).toEqual({ kind: "other" });
    expect(as({ serialNo: "nine" })).toMatchObject({ serialNo: undefined });
  });

  test("a camera of either make tells a plate, how sure it is, and which way", () => {
    const hikvision = "<EventNotificationAlert><eventType>ANPR</eventType><ANPR><licensePlate>京A12345</licensePlate><confidenceLevel>97</confidenceLevel><direction>forward</direction></ANPR></EventNotificationAlert>"; // prettier-ignore
    expect(readDeviceEvent(hikvision)).toMatchObject({ kind: "plate", plate: "京A12345", confidence: 97, direction: "in", car: undefined });
    const axis = { plateText: "AA7690EQ", plateConfidence: "0.873", carID: 123, carState: "new", carMoveDirection: "unknown" };
    expect(readDeviceEvent(JSON.stringify(axis))).toMatchObject({ plate: "AA7690EQ", confidence: 87, car: "123", state: "seen", direction: undefined });
    expect(readDeviceEvent(JSON.stringify({ ...axis, carState: "lost" }))).toMatchObject({ state: "lost" });
  });

  test("that it is there, and things that are nothing to us, are told apart from what cannot be read", () => {
    expect(readDeviceEvent('{"eventType":"heartBeat"}')).toEqual({ kind: "heartbeat" });
    expect(readDeviceEvent("<E><eventType>videoloss</eventType><eventState>inactive</eventState></E>")).toEqual({ kind: "heartbeat" });
    expect(readDeviceEvent('{"eventType":"VMD"}')).toEqual({ kind: "other" });
    for (const body of ["", "{", "[]", "null", "GET / HTTP/1.1", "<a", "<a/>", "{}", '{"eventType":1e999999', '"x"'])
      expect(readDeviceEvent(body), body).toBeUndefined();
  });

  test("whatever it is, reading it never fails", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.string().map((inner) => `<a><b>${inner}</b></a>`)), (body) => void readDeviceEvent(body)), { numRuns: 200 }); // prettier-ignore
    expect(readDeviceEvent("{".repeat(50_000))).toBeUndefined();
  });
});

describe("digest authentication", () => {
  // RFC 7616 §3.9.1
  const asked = { method: "GET", uri: "/dir/index.html", user: "Mufasa", password: "Circle of Life", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", count: 1 }; // prettier-ignore
  const header = (algorithm: string): string =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

  test.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("%s answers as the RFC's example", (algorithm, response) => {
    const challenge = readDigestChallenge(header(algorithm))!;
    expect(digestResponse(challenge, asked, hash)).toBe(response);
    expect(readDigestAnswer(digestAuthorization(challenge, asked, hash))).toMatchObject({ user: "Mufasa", response, count: 1, algorithm });
  });

  test("takes the strongest of several, and Basic never", () => {
    expect(readDigestChallenge(`Basic realm="x", ${header("MD5")}, ${header("SHA-256")}`)).toMatchObject({ algorithm: "SHA-256" });
    expect(readDigestChallenge('Basic realm="x"')).toBeUndefined();
    expect(readDigestChallenge('Digest realm="x", nonce="n", algorithm=SHA-512-256')).toBeUndefined();
    expect(readDigestChallenge('Digest realm="x", nonce="n", qop="auth-int"')).toBeUndefined();
  });
});

test("a search of the log asks from a number on, and its rows are late", () => {
  expect(JSON.parse(eventSearch("s", 17).body)).toMatchObject({ AcsEventCond: { searchID: "s", major: 5, beginSerialNo: 17 } });
  const rows = [{ major: 5, minor: 75, serialNo: 19, employeeNoString: "b", time: "t" }, { minor: 1, serialNo: 18, cardNo: "1" }, { minor: 1 }]; // prettier-ignore
  const found = readFoundEvents(JSON.stringify({ AcsEvent: { responseStatusStrg: "MORE", InfoList: rows } }))!;
  expect(found.isMore).toBe(true);
  expect(found.events.map(({ serialNo, isLate, recognized }) => [serialNo, isLate, recognized])).toEqual([
    [18, true, "card"],
    [19, true, "face"],
  ]);
  for (const body of ["", "{}", '{"AcsEvent":{}}', '{"statusCode":4}']) expect(readFoundEvents(body)).toBeUndefined();
});

describe("one car", () => {
  const seen = (plate: string, more: Partial<PlateEvent> = {}): PlateEvent => ({ kind: "plate", plate, confidence: 90, car: "7", state: "seen", direction: undefined, isLate: false, at: "", ...more }); // prettier-ignore

  test("is judged by each plate once, and by none any more once it was let in", () => {
    const cars = carDebounce(80);
    expect([cars.see(seen("A1"), 0), cars.see(seen("A1"), 100), cars.see(seen("A2"), 200)]).toEqual([true, false, true]);
    cars.settle();
    expect([cars.see(seen("A3"), 300), cars.see(seen("B1", { car: "8" }), 400)]).toEqual([false, true]);
    expect(cars.see(seen("", { state: "lost" }), 500)).toBe(false);
    expect(cars.see(seen("A1"), 600)).toBe(true);
  });

  test("of which the camera is not sure is not judged, nor one whose plate changes without end", () => {
    const cars = carDebounce(80);
    expect([cars.see(seen("A1", { confidence: 79 }), 0), cars.see(seen("A1", { confidence: undefined }), 0)]).toEqual([false, false]);
    expect(["A", "B", "C", "D"].map((plate) => cars.see(seen(plate), 1))).toEqual([true, true, true, false]);
  });

  test("without a name is told by its plate: judged again in time while it waits, not while it drives through", () => {
    const cars = carDebounce(0);
    const nameless = seen("A1", { car: undefined });
    expect([cars.see(nameless, 0), cars.see(nameless, 9_000), cars.see(nameless, 10_001)]).toEqual([true, false, true]);
    cars.settle();
    expect([cars.see(nameless, 19_000), cars.see(nameless, 28_000)]).toEqual([false, false]);
  });
});
