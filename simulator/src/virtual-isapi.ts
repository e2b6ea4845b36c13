import { createServer, type IncomingMessage, request as httpRequest, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { digestAuthorization, digestHash, digestResponse, readDigestAnswer, readDigestChallenge } from "@portico/firmware-ts/isapi";

/** How a terminal or camera writes. */
export interface VirtualIsapiOptions {
  readonly user?: string;
  readonly password?: string;
  readonly language?: "json" | "xml";
  /** What its Content-Type claims: the language that it is, the other one, or nothing. */
  readonly claims?: "right" | "wrong" | "nothing";
  /** Parts of its stream tell their length. */
  readonly tellsLength?: boolean;
  /** Which hash it asks for. */
  readonly algorithm?: "MD5" | "SHA-256";
  /** What its clock shows, ISO 8601; default: always the same. */
  readonly localTime?: () => string;
  /** PEM; absent: clear text. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Somebody before a terminal. */
export interface ShownPerson {
  readonly subtype?: number;
  readonly cardNo?: string;
  readonly employeeNo?: string;
  readonly idNumber?: string;
  readonly door?: number;
  /** The terminal asks, and waits. */
  readonly asks?: boolean;
}

/** A car before a camera. */
export interface ShownCar {
  readonly plate: string;
  readonly confidence?: number;
  readonly direction?: "forward" | "reverse";
}

interface LogRow extends ShownPerson {
  readonly serialNo: number;
  readonly at: string;
}

const BOUNDARY = "MIME_boundary";
const REALM = "IP Camera(D1234)";

/** The other end of ISAPI over HTTP on this machine: a face terminal or a camera that answers, streams, pushes and keeps a log. */
export class VirtualIsapi {
  /** What its doors were told, `1 open`. */
  readonly doorsTold: string[] = [];
  /** How its questions were answered, `7 success`. */
  readonly answers: string[] = [];
  /** How often somebody came with a wrong password. */
  wrongUsers = 0;
  /** How often it was asked who it is. */
  asked = 0;
  /** How often somebody began to follow its stream. */
  followings = 0;
  /** It refuses what its doors are told. */
  isStubborn = false;
  readonly #options: Required<Omit<VirtualIsapiOptions, "tls">>;
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #log: LogRow[] = [];
  #listeners: (() => void)[] = [];
  #nonce = 1;
  #serialNo = 0;

  constructor(options: VirtualIsapiOptions = {}) {
    this.#options = {
      user: "portico",
      password: "gate-2 secret",
      language: "json",
      claims: "right",
      tellsLength: true,
      algorithm: "MD5",
      localTime: () => "2027-01-11T08:00:00+08:00",
      ...options,
    };
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response);
    this.#server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
  }

  /** @returns the port of 127.0.0.1 that it answers at */
  listen(port = 0): Promise<number> {
    return new Promise((resolve) => this.#server.listen(port, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port)));
  }

  /** Who follows its stream now. */
  get followers(): number {
    return this.#streams.size;
  }

  /** Resolves when what was waited for has happened; looked at whenever somebody has asked it something. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#listeners = this.#listeners.filter((each) => each !== look);
        resolve();
      };
      this.#listeners.push(look);
      look();
    });
  }

  /** Somebody stands before it. Whoever follows hears it; its log keeps it. @returns the body */
  show(person: ShownPerson): string {
    const row = { ...person, serialNo: ++this.#serialNo, at: this.#options.localTime() };
    this.#log.push(row);
    const body = this.#personBody(row);
    this.say(body);
    return body;
  }

  /** A car stands before it. @returns the body */
  drive({ plate, confidence = 97, direction = "forward" }: ShownCar): string {
    const anpr = { licensePlate: plate, confidenceLevel: confidence, direction, vehicleType: "vehicle" };
    const body = this.#body("ANPR", "ANPR", anpr);
    this.say(body);
    return body;
  }

  /** It is there. */
  beat(): void {
    this.say(
      this.#options.language === "xml"
        ? `<EventNotificationAlert version="2.0"><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>`
        : `{"eventType":"heartBeat","eventState":"active"}`,
    );
  }

  /** One part of its stream, whatever is in it. */
  say(body: string | Uint8Array): void {
    const bytes = Buffer.from(body);
    const length = this.#options.tellsLength ? `Content-Length: ${bytes.length}\r\n` : "";
    const type = this.#contentType();
    const head = `--${BOUNDARY}\r\n${type === undefined ? "" : `Content-Type: ${type}\r\n`}${length}\r\n`;
    for (const stream of this.#streams) stream.write(Buffer.concat([Buffer.from(head), bytes, Buffer.from("\r\n")]));
  }

  /** Pushes a body to whoever listens. @returns the status of the last answer */
  async push(port: number, body: string | Uint8Array, { password = this.#options.password, contentType = this.#contentType() } = {}): Promise<number> {
    const send = (authorization?: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const headers = { ...(contentType === undefined ? {} : { "content-type": contentType }), ...(authorization === undefined ? {} : { authorization }) };
        const request = httpRequest({ host: "127.0.0.1", port, method: "POST", path: "/events", headers, agent: false }, resolve);
        request.on("error", reject);
        request.end(body);
      });
    const first = await send();
    first.resume();
    const challenge = readDigestChallenge(first.headers["www-authenticate"] ?? "");
    if (first.statusCode !== 401 || challenge === undefined) return first.statusCode ?? 0;
    const asked = { method: "POST", uri: "/events", user: this.#options.user, password, cnonce: "c1", count: 1 };
    const second = await send(digestAuthorization(challenge, asked, digestHash));
    second.resume();
    return second.statusCode ?? 0;
  }

  /** The body of somebody, as it would push or stream it. */
  personBody(person: ShownPerson): string {
    const row = { ...person, serialNo: ++this.#serialNo, at: this.#options.localTime() };
    this.#log.push(row);
    return this.#personBody(row);
  }

  /** Its network fails: every connection ends. */
  cut(): void {
    this.#streams.clear();
    this.#server.closeAllConnections();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.cut();
    });
  }

  #personBody({ subtype = 75, cardNo, employeeNo, idNumber, door = 1, asks = false, serialNo, at }: LogRow): string {
    const said = {
      deviceName: "Access Controller",
      majorEventType: 5,
      subEventType: subtype,
      ...(cardNo === undefined ? {} : { cardNo }),
      ...(employeeNo === undefined ? {} : { employeeNoString: employeeNo }),
      ...(idNumber === undefined ? {} : { IDCardNo: idNumber }),
      doorNo: door,
      serialNo,
      currentVerifyMode: "cardOrFace",
      ...(asks ? { remoteCheck: true } : {}),
    };
    return this.#body("AccessControllerEvent", "AccessControllerEvent", said, at);
  }

  #body(eventType: string, name: string, fields: Readonly<Record<string, string | number | boolean>>, dateTime = "2027-01-11T08:00:00+08:00"): string {
    const shared = { ipAddress: "127.0.0.1", channelID: 1, dateTime, activePostCount: 1, eventType, eventState: "active" };
    if (this.#options.language === "json") return JSON.stringify({ ...shared, [name]: fields });
    const xml = (all: Readonly<Record<string, string | number | boolean>>): string =>
      Object.entries(all)
        .map(([key, value]) => `<${key}>${String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</${key}>`)
        .join("\n");
    return `<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">\n${xml(shared)}\n<${name}>\n${xml(fields)}\n</${name}>\n</EventNotificationAlert>`;
  }

  #contentType(): string | undefined {
    const { claims, language } = this.#options;
    if (claims === "nothing") return undefined;
    return (claims === "right") === (language === "json") ? "application/json" : 'application/xml; charset="UTF-8"';
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const status = this.#isKnown(request) ? this.#act(request.method ?? "", request.url ?? "", Buffer.concat(pieces).toString(), response) : 401;
    if (typeof status === "number") {
      const { algorithm } = this.#options;
      if (status === 401) response.setHeader("www-authenticate", `Digest qop="auth", realm="${REALM}", nonce="n${++this.#nonce}", algorithm=${algorithm}`);
      response.writeHead(status).end();
    }
    for (const look of this.#listeners) look();
  }

  #isKnown({ method = "", url = "", headers }: IncomingMessage): boolean {
    if (headers.authorization === undefined) return false;
    const answer = readDigestAnswer(headers.authorization);
    if (answer === undefined) return false;
    const { user, password, algorithm } = this.#options;
    const challenge = { realm: REALM, nonce: answer.nonce, opaque: undefined, algorithm, auth: true, stale: false };
    const right = digestResponse(challenge, { method, uri: url, user, password, cnonce: answer.cnonce, count: answer.count }, digestHash);
    const isKnown = answer.user === user && answer.algorithm === algorithm && answer.response === right;
    if (!isKnown) this.wrongUsers++;
    return isKnown;
  }

  #act(method: string, url: string, body: string, response: ServerResponse): number | "answered" {
    if (method === "GET" && url === "/ISAPI/Event/notification/alertStream") {
      response.writeHead(200, this.#options.claims === "nothing" ? {} : { "content-type": `multipart/mixed; boundary=${BOUNDARY}` });
      this.#streams.add(response);
      this.followings++;
      response.on("close", () => this.#streams.delete(response));
      response.flushHeaders();
      return "answered";
    }
    if (method === "GET" && url === "/ISAPI/System/deviceInfo") {
      this.asked++;
      return 200;
    }
    if (method === "POST" && url.startsWith("/ISAPI/AccessControl/AcsEvent")) return this.#search(body, response);
    if (method === "PUT" && url.startsWith("/ISAPI/AccessControl/remoteCheck")) {
      const { serialNo, checkResult } = (JSON.parse(body) as { RemoteCheck: { serialNo: number; checkResult: string } }).RemoteCheck;
      this.answers.push(`${serialNo} ${checkResult}`);
      return 200;
    }
    const door = /^\/ISAPI\/AccessControl\/RemoteControl\/door\/(\d+)$/.exec(url)?.[1];
    const command = /<cmd>(\w+)<\/cmd>/.exec(body)?.[1];
    if (method !== "PUT" || door === undefined || command === undefined) return 404;
    if (this.isStubborn) return 403;
    this.doorsTold.push(`${door} ${command}`);
    return 200;
  }

  #search(body: string, response: ServerResponse): "answered" {
    const { searchID, beginSerialNo, maxResults } = (JSON.parse(body) as { AcsEventCond: { searchID: string; beginSerialNo: number; maxResults: number } })
      .AcsEventCond;
    const rows = this.#log.filter(({ serialNo }) => serialNo >= beginSerialNo);
    const found = rows.slice(0, maxResults).map(({ subtype = 75, cardNo, employeeNo, door = 1, serialNo, at }) => ({
      major: 5,
      minor: subtype,
      time: at,
      cardNo,
      employeeNoString: employeeNo,
      doorNo: door,
      serialNo,
    }));
    const status = found.length === 0 ? "NO MATCH" : rows.length > found.length ? "MORE" : "OK";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ AcsEvent: { searchID, responseStatusStrg: status, numOfMatches: found.length, totalMatches: rows.length, InfoList: found } }),
    );
    return "answered";
  }
}
