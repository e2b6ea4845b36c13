import type { IncomingMessage } from "node:http";
import { bytesToHex, type Clock, type MonotonicMs, type RandomBytes } from "@portico/card-protocol";
import { type DeviceEvent, readDeviceEvent } from "../core/isapi/device-event.ts";
import { eventSearch, readFoundEvents } from "../core/isapi/event-search.ts";
import { boundaryOf, multipartReader } from "../core/isapi/multipart.ts";
import type { Device, DeviceError, DeviceHealth, DeviceResult } from "../device.ts";
import { listeners } from "../listeners.ts";
import { bodyText } from "./body-text.ts";
import type { EventListening } from "./event-listener.ts";
import { eventOrder } from "./event-order.ts";
import { httpExchange, type HttpPlace } from "./http-exchange.ts";

/** What a device calls itself by: whose words it speaks. */
export const DEVICE_DIALECTS = ["isapi", "axis"] as const;
export type DeviceDialect = (typeof DEVICE_DIALECTS)[number];

export interface IsapiDeviceOptions {
  readonly id: string;
  readonly place: HttpPlace;
  readonly dialect: DeviceDialect;
  /** Where it pushes its events to; absent: they are fetched as a stream. */
  readonly listening?: EventListening;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** What a door of a device can be told. */
export type DoorCommand = "open" | "close" | "alwaysOpen" | "alwaysClose";

/** A terminal or camera on the network that tells what it sees, and may ask. */
export interface IsapiDevice extends Device {
  /** Called with each event once, in the order in which the device tells them. A late one has happened while nobody heard the device. */
  onEvent(listener: (event: DeviceEvent, receivedAt: MonotonicMs) => void): () => void;
  /** Answers the question of an event that asks. */
  answerCheck(serialNo: number, isGranted: boolean): Promise<DeviceResult>;
  /** @param door  from 1 */
  commandDoor(door: number, command: DoorCommand): Promise<DeviceResult>;
  /** Bodies that could not be read. */
  readonly unreadable: number;
}

const STREAM_PATH = "/ISAPI/Event/notification/alertStream";
const ASK_PATH: Readonly<Record<DeviceDialect, string>> = {
  isapi: "/ISAPI/System/deviceInfo",
  axis: "/axis-cgi/param.cgi?action=list&group=Properties.System.SerialNumber",
};
const BODY_BYTES_MAX = 1024 * 1024;
/** A stream that is silent for longer is broken: devices tell every few seconds that they are there. */
const SILENCE_MS = 45_000;
const AGAIN_MS = 2_000;
/** Devices lock a user out who comes with a wrong password too often. */
const AGAIN_REFUSED_MS = 60_000;
const ASK_MS = 20_000;
/** A question of an answer that got lost on the way is old by then, and the person has gone. */
const SEARCHES_MAX = 40;
const NOT_YET = "the device has not answered yet";

/** Speaks to one device: its event stream or what it pushes, its doors, its questions. Never rejects. */
export function isapiDevice({ id, place, dialect, listening, clock, randomBytes }: IsapiDeviceOptions): IsapiDevice {
  const exchange = httpExchange(place, clock, randomBytes);
  const healths = listeners<[DeviceHealth]>();
  const events = listeners<[DeviceEvent, MonotonicMs]>();
  const order = eventOrder();
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: NOT_YET, since: clock.monotonic() };
  let stream: IncomingMessage | undefined;
  let unreadable = 0;
  let isClosed = false;
  let cancelTimer = (): void => {};
  const stopListening = listening?.onBody((bytes) => take(bytes));

  void (listening === undefined ? follow() : listening.ready.then(ask));

  function later(delayMs: number, then: () => Promise<void>): void {
    cancelTimer();
    if (!isClosed) cancelTimer = clock.after(delayMs, () => void then());
  }

  async function follow(): Promise<void> {
    const opened = await exchange.open(STREAM_PATH);
    if (isClosed) return void (opened.ok && opened.body.destroy());
    if (!opened.ok) {
      toOffline(opened.error, opened.detail);
      return later(opened.isRefused ? AGAIN_REFUSED_MS : AGAIN_MS, follow);
    }
    read(opened.body, opened.contentType);
    toOnline();
    await catchUp();
  }

  function read(body: IncomingMessage, contentType: string): void {
    stream = body;
    let first: Uint8Array = new Uint8Array(0);
    let reader = readerOf(boundaryOf(contentType));
    const over = (why: string): void => {
      if (stream !== body) return;
      stream = undefined;
      body.destroy();
      toOffline("Disconnected", why);
      later(AGAIN_MS, follow);
    };
    const heard = (): void => {
      cancelTimer();
      if (stream === body) cancelTimer = clock.after(SILENCE_MS, () => over(`silent for ${SILENCE_MS / 1000} s`));
    };
    heard();
    body.on("data", (piece: Uint8Array) => {
      heard();
      if (reader === undefined) {
        // The head of the answer names no boundary: the body's first line does.
        first = Buffer.concat([first, piece]);
        const named = /^\s*--([^\r\n]{1,70})\r?\n/.exec(Buffer.from(first).toString("latin1"))?.[1];
        if (named === undefined) return void (first.length > 256 && over("the stream is not in parts"));
        reader = readerOf(named);
        piece = first;
      }
      for (const part of reader!.push(piece)) if (!part.contentType.startsWith("image/")) take(part.bytes);
    });
    for (const name of ["end", "error", "close"] as const) body.on(name, () => over("the device ended the stream"));
  }

  const readerOf = (boundary: string | undefined): ReturnType<typeof multipartReader> | undefined =>
    boundary === undefined ? undefined : multipartReader(boundary, BODY_BYTES_MAX);

  /** In push mode: whether it is there, and what it has told while we were not heard. */
  async function ask(): Promise<void> {
    const answered = await exchange.ask({ method: "GET", path: ASK_PATH[dialect] });
    if (isClosed) return;
    const wasOffline = health.kind === "offline";
    // What it pushes reaches nobody then, however well it answers.
    const unheard = listening?.trouble;
    if (unheard !== undefined) toOffline("Disconnected", unheard);
    else if (!answered.ok) toOffline(answered.error, answered.detail);
    else toOnline();
    if (answered.ok && wasOffline) await catchUp();
    later(!answered.ok && answered.error === "BadReply" ? AGAIN_REFUSED_MS : ASK_MS, ask);
  }

  /** What its log has beyond what was told. Without a log, or without an event ever, there is nothing to read. */
  async function catchUp(): Promise<void> {
    if (dialect !== "isapi") return;
    let from = order.next;
    const searchId = bytesToHex(randomBytes(8));
    for (let searches = 0; from !== undefined && searches < SEARCHES_MAX; searches++) {
      const { path, body } = eventSearch(searchId, from);
      const answered = await exchange.ask({ method: "POST", path, body });
      const found = answered.ok && answered.status === 200 ? readFoundEvents(answered.text) : undefined;
      if (found === undefined || isClosed) return;
      for (const event of found.events) if (order.found(event)) tell(event);
      const last = found.events.at(-1)?.serialNo;
      from = found.isMore && last !== undefined && last >= from ? last + 1 : undefined;
    }
  }

  function take(bytes: Uint8Array): void {
    const text = bodyText(bytes);
    const event = text === undefined ? undefined : readDeviceEvent(text);
    if (event === undefined) unreadable++;
    else if (event.kind !== "person" || order.live(event)) tell(event);
  }

  const tell = (event: DeviceEvent): void => void (isClosed || events.tell(event, clock.monotonic()));

  function toOnline(): void {
    if (health.kind === "online" || isClosed) return;
    health = { kind: "online" };
    healths.tell(health);
  }

  function toOffline(error: DeviceError, detail: string): void {
    const before = health;
    health = { kind: "offline", error, detail, since: before.kind === "offline" ? before.since : clock.monotonic() };
    if (before.kind !== "online") return;
    order.interrupted();
    if (!isClosed) healths.tell(health);
  }

  /** Word by word what the device did not do. */
  async function put(path: string, body: string): Promise<DeviceResult> {
    const answered = await exchange.ask({ method: "PUT", path, body });
    if (!answered.ok) return { ok: false, error: answered.error, detail: `${id}: ${answered.detail}` };
    return answered.status >= 200 && answered.status < 300
      ? { ok: true }
      : { ok: false, error: "BadReply", detail: `${id}: the device answers ${answered.status}` };
  }

  return {
    id,
    get health() {
      return health;
    },
    onHealth: healths.add,
    onEvent: events.add,
    answerCheck: (serialNo, isGranted) =>
      put("/ISAPI/AccessControl/remoteCheck?format=json", JSON.stringify({ RemoteCheck: { serialNo, checkResult: isGranted ? "success" : "failed" } })),
    commandDoor: (door, command) => put(`/ISAPI/AccessControl/RemoteControl/door/${door}`, `<RemoteControlDoor><cmd>${command}</cmd></RemoteControlDoor>`),
    get unreadable() {
      return unreadable;
    },
    close() {
      isClosed = true;
      cancelTimer();
      stopListening?.();
      stream?.destroy();
      exchange.close();
      return Promise.resolve();
    },
  };
}
