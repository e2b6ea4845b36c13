import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { bytesToHex, GLOBAL, verifyPossession, zonePartition } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudConnection } from "./cloud-connection.ts";
import type { DeliveredZoneKey } from "./delivered-zone-key.ts";

const signer = nodeSigner(new Uint8Array(32).fill(8));
const NONCE = "5a".repeat(32);
const ZONE_KEY = "c3".repeat(32);
const QUERY = { position: [{ partition: GLOBAL, epoch: 1, version: 4 }, { partition: zonePartition("east"), epoch: 1, version: 9 }], trustListSequence: 3 }; // prettier-ignore

type Answering = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => void;
let server: Server;
let asked: string[];
/** How many tokens were given: the newest alone is taken. */
let tokens: number;
let answering: Answering;
/** What tokens are good for. */
let zones: { readonly zone: string; readonly keyGeneration: number; readonly key: string }[];
let clock: SimulatedClock;
let keys: (readonly DeliveredZoneKey[])[];
let connection: CloudConnection;
const tokenOf = (nth: number): string => String(nth).repeat(64);

beforeEach(async () => {
  [asked, tokens, keys] = [[], 0, []];
  zones = [{ zone: "east", keyGeneration: 2, key: ZONE_KEY }];
  clock = simulatedClock();
  answering = (_, response) => void response.writeHead(404).end();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (bytes: Buffer) => chunks.push(bytes));
    request.on("end", () => answer(request, response, new Uint8Array(Buffer.concat(chunks))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  connection = connected(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const connected = (url: string): CloudConnection =>
  new CloudConnection({ url, site: "campus-east", controller: "gate-house", signer, clock, onZoneKeys: (delivered) => keys.push(delivered) });

/** A cloud as far as tokens go; what else is asked, the test answers. */
function answer(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  asked.push(`${request.method} ${request.url}`);
  if (request.url === "/v1/controllers/gate-house/challenge") return void response.end(JSON.stringify({ nonce: NONCE }));
  if (request.url === "/v1/controllers/gate-house/token") {
    const claim = { nonce: new Uint8Array(32).fill(0x5a), person: "gate-house" };
    const holds = request.headers.authorization === `Challenge ${NONCE}` && verifyPossession(body, "campus-east", claim, signer.publicKey, nodeVerifier);
    return void (holds ? response.end(JSON.stringify({ token: tokenOf(++tokens), zones })) : response.writeHead(401).end());
  }
  if (request.headers.authorization !== `Bearer ${tokenOf(tokens)}`) return void response.writeHead(401).end();
  answering(request, response, body);
}

interface Heard {
  readonly bytes: string[];
  readonly isOpen: () => boolean;
  readonly ended: Promise<{ readonly detail: string; readonly retryAfterS?: number }>;
  readonly leave: () => void;
}
function listening(): Heard {
  let [isOpen, leave] = [false, (): void => {}];
  const bytes: string[] = [];
  const ended = new Promise<{ detail: string; retryAfterS?: number }>((resolve) => {
    leave = connection.open(QUERY, { onOpen: () => (isOpen = true), onBytes: (some) => bytes.push(bytesToHex(some)), onEnd: resolve });
  });
  return { bytes, isOpen: () => isOpen, ended, leave };
}

test("keys of another generation are handed over anew, with another token; those of the known one are not asked for", async () => {
  await connection.zoneKeys(new Map([["east", 1]]));
  expect(keys).toEqual([[{ zone: "east", generation: 2, key: new Uint8Array(32).fill(0xc3) }]]);
  await connection.zoneKeys(new Map([["east", 2]]));
  expect([keys.length, tokens]).toEqual([1, 1]);
  zones = [{ zone: "east", keyGeneration: 3, key: "d4".repeat(32) }];
  await connection.zoneKeys(new Map([["east", 3]]));
  expect([keys[1], tokens]).toEqual([[{ zone: "east", generation: 3, key: new Uint8Array(32).fill(0xd4) }], 2]);
});

test("a zone that the cloud does not let it follow is not asked for; taken away while the token lasts, the next token says so", async () => {
  zones = [...zones, { zone: "west", keyGeneration: 1, key: ZONE_KEY }];
  const query = { ...QUERY, position: [...QUERY.position, { partition: zonePartition("west"), epoch: 1, version: 2 }, { partition: zonePartition("north"), epoch: 1, version: 0 }] }; // prettier-ignore
  const feeds = (): (string[] | undefined)[] =>
    asked.filter((line) => line.startsWith("GET /v1/feed")).map((line) => new URL(line.slice(4), "http://cloud").searchParams.getAll("p"));
  const opened = () =>
    new Promise<string>((resolve) => connection.open(query, { onOpen: () => {}, onBytes: () => {}, onEnd: ({ detail }) => resolve(detail) }));
  answering = (_, response) => void response.writeHead(403).end();
  expect(await opened()).toBe("the cloud answered 403");
  zones = zones.slice(0, 1);
  answering = (_, response) => void response.end();
  expect(await opened()).toBe("the cloud ended the feed");
  expect(feeds()).toEqual([
    ["global:1:4", "zone/east:1:9", "zone/west:1:2"],
    ["global:1:4", "zone/east:1:9"],
  ]);
});

test("it shows its key, keeps the token, hands on the zone keys and asks for the feed from where it stands", async () => {
  answering = (_, response) => {
    response.writeHead(200);
    response.write(Uint8Array.of(1, 2));
    response.end(Uint8Array.of(3));
  };
  const heard = listening();
  expect(await heard.ended).toEqual({ detail: "the cloud ended the feed" });
  expect([heard.bytes.join(""), heard.isOpen()]).toEqual(["010203", true]);
  expect(asked).toEqual([
    "POST /v1/controllers/gate-house/challenge",
    "POST /v1/controllers/gate-house/token",
    "GET /v1/feed?p=global%3A1%3A4&p=zone%2Feast%3A1%3A9&t=3",
  ]);
  expect(keys).toEqual([[{ zone: "east", generation: 2, key: new Uint8Array(32).fill(0xc3) }]]);
  await listening().ended;
  expect(asked).toHaveLength(4);
});

test("a token that has ended is replaced, for a chunk at once, for the feed with the next stream", async () => {
  answering = (_, response) => void response.end(Uint8Array.of(7));
  expect(await connection.chunk("ab")).toEqual(Uint8Array.of(7));
  tokens++; // the cloud was restarted, and knows of none
  expect(await connection.chunk("ab")).toEqual(Uint8Array.of(7));
  tokens++;
  expect(await listening().ended).toEqual({ detail: "the cloud answered 401" });
  expect(await listening().ended).toEqual({ detail: "the cloud ended the feed" });
});

test("a cloud that has no room says when to come back", async () => {
  answering = (_, response) => void response.writeHead(503, { "retry-after": "17" }).end();
  expect(await listening().ended).toEqual({ detail: "the cloud answered 503", retryAfterS: 17 });
  answering = (_, response) => void response.writeHead(503, { "retry-after": "soon" }).end();
  expect(await listening().ended).toEqual({ detail: "the cloud answered 503" });
});

test("a cloud that does not know the controller's key says so", async () => {
  connection = new CloudConnection({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    site: "campus-west",
    controller: "gate-house",
    signer,
    clock,
    onZoneKeys: () => {},
  });
  expect(await listening().ended).toEqual({ detail: "the cloud does not take the controller's key: it answered 401" });
  expect([await connection.chunk("ab"), await connection.time(new Uint8Array(16))]).toEqual([undefined, undefined]);
});

test.each([
  ["no JSON", "hello"],
  ["no token", JSON.stringify({ zones: [] })],
  ["no zones", JSON.stringify({ token: "x" })],
  ["a zone's key that is none", JSON.stringify({ token: "x", zones: [{ zone: "east", keyGeneration: 1, key: "abc" }] })],
  ["null", "null"],
])("an answer with %s gives no token", async (_, text) => {
  server.removeAllListeners("request");
  server.on("request", (request, response) => void response.end(request.url?.endsWith("challenge") === true ? JSON.stringify({ nonce: NONCE }) : text));
  expect(await listening().ended).toMatchObject({ detail: "the cloud does not take the controller's key: it answered 200" });
  expect(keys).toEqual([]);
});

test("a cloud that is not there, hangs up or says too much is told of in words, and nothing is thrown", async () => {
  answering = (request) => void request.socket.destroy();
  expect((await listening().ended).detail).toMatch(/hang up|ECONNRESET/);
  answering = (_, response) => void response.end(new Uint8Array(300_000));
  expect(await connection.chunk("ab")).toBeUndefined();
  const { port } = server.address() as AddressInfo;
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  connection = connected(`http://127.0.0.1:${port}`);
  expect((await listening().ended).detail).toMatch(/ECONNREFUSED/);
});

test("an answer that does not come within 20 s is not waited for", async () => {
  let isAsked = (): void => {};
  const waiting = new Promise<void>((resolve) => (isAsked = resolve));
  answering = () => isAsked();
  const time = connection.time(new Uint8Array(16));
  await waiting;
  await clock.pass(20_000);
  expect(await time).toBeUndefined();
});

test("the time is asked with the nonce as it is", async () => {
  answering = (_, response, body) => void response.end(body);
  expect(await connection.time(new Uint8Array(16).fill(3))).toEqual(new Uint8Array(16).fill(3));
});

test("events are handed over with the token, and a token that has ended is replaced", async () => {
  const came: string[] = [];
  answering = (request, response, body) => {
    came.push(`${request.method} ${request.url} ${bytesToHex(body)}`);
    response.end(JSON.stringify({ seq: 3, hash: "ab".repeat(32) }));
  };
  const end = { seq: 3, hash: new Uint8Array(32).fill(0xab) };
  expect(await connection.sendEvents(Uint8Array.of(1, 2))).toEqual({ kind: "acknowledged", end });
  tokens++; // the cloud was restarted, and knows of none
  expect(await connection.sendEvents(Uint8Array.of(3))).toEqual({ kind: "acknowledged", end });
  expect(came).toEqual(["POST /v1/events 0102", "POST /v1/events 03"]);
  answering = (_, response) => void response.writeHead(409).end(JSON.stringify({ reason: "EventGap", detail: "no" }));
  expect(await connection.sendEvents(Uint8Array.of(4))).toEqual({ kind: "refused", error: "EventGap", detail: "no" });
  answering = (request) => void request.socket.destroy();
  expect(await connection.sendEvents(Uint8Array.of(5))).toMatchObject({ kind: "unreachable", detail: expect.stringMatching(/hang up|ECONNRESET/) });
});

test("a stream that was left says nothing more", async () => {
  let say = (): void => {};
  const open = new Promise<void>((resolve) => {
    answering = (_, response) => {
      response.writeHead(200);
      response.write(Uint8Array.of(1));
      say = () => response.write(Uint8Array.of(2));
      response.on("close", () => resolve());
    };
  });
  const bytes: string[] = [];
  const first = new Promise<() => void>((resolve) => {
    const leave = connection.open(QUERY, {
      onOpen: () => {},
      onBytes: (some) => {
        bytes.push(bytesToHex(some));
        resolve(leave);
      },
      onEnd: () => bytes.push("end"),
    });
  });
  (await first)();
  say();
  await open;
  expect(bytes).toEqual(["01"]);
});
