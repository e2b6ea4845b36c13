import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type ControllerEvent, type EventName, eventOf, eventSource, unixSeconds } from "@portico/card-protocol";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { ControllerClock } from "../controller-clock.ts";
import { ControllerStore } from "../store/controller-store.ts";
import { Recorder } from "../recorder.ts";
import type { ListLoad } from "../store/permission-list.ts";
import { RecordingFailed } from "../store/recording-failed.ts";
import { type ListChange, peopleList, START } from "./people.ts";

/** Whether the clock is believed: kept by the computer, or by signed frames alone, which never come. */
export type Trusted = "system" | "time-frames";

/** A real store in a temporary folder, with the clock and the recorder that stand on it. */
export class RigStore {
  readonly folder = mkdtempSync(join(tmpdir(), "portico-"));
  readonly time: SimulatedClock;
  readonly store: ControllerStore;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  /** How far the host's clock is off, ms. */
  hostErrorMs = 0;

  constructor({ trusted = "system", time = simulatedClock(START) }: { readonly trusted?: Trusted; readonly time?: SimulatedClock } = {}) {
    this.time = time;
    this.store = openStore(this.folder, time);
    this.clock = new ControllerClock({
      clock: time,
      hostWallMs: () => START * 1000 + time.monotonic() + this.hostErrorMs,
      settings: { trustedBy: trusted, uncertaintyS: 1, buildDate: unixSeconds(START - 86_400) },
      batteryClock: () => undefined,
      kept: undefined,
      keep: () => {},
      onEvent: () => {},
    });
    this.clock.start();
    this.recorder = new Recorder(this.store, time, this.clock.eventTime);
  }

  /** The right time. */
  now(): number {
    return START + Math.floor(this.time.monotonic() / 1000);
  }

  /** Puts a list into force. */
  load(change: ListChange = {}): ListLoad {
    return this.store.list.load(peopleList(this.store.zoneKey, change), this.store.events, this.clock.eventTime(), { by: "wang", reason: "" });
  }

  /** From now on the database may not grow, and is full to the last byte that an event takes: as a full disk. Fills it with requests to exit of a door `filler`. */
  fillDisk(): void {
    this.#limitPages(this.store.database.prepare<[], number>("PRAGMA page_count").pluck().get()!);
    try {
      for (;;) this.store.events.append(eventOf("RequestToExit", { door: "filler" }), { at: null, ms: 0 });
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
    }
  }

  /** There is room again. */
  freeDisk(): void {
    this.#limitPages(1_000_000);
  }

  /** Everything that was recorded, oldest first. */
  events(): ControllerEvent[] {
    return eventsOf(this.store).filter((event) => eventSource(event) !== "filler");
  }

  /** The events of these names. */
  named<N extends EventName>(...names: readonly N[]): Extract<ControllerEvent, { readonly name: N }>[] {
    return this.events().filter((event): event is Extract<ControllerEvent, { readonly name: N }> => (names as readonly string[]).includes(event.name));
  }

  end(): void {
    this.clock.abandon();
    this.recorder.abandon();
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }

  #limitPages(pages: number): void {
    this.store.database.prepare<[], number>(`PRAGMA max_page_count = ${pages}`).pluck().get();
  }
}

/** Opens the store of a folder. */
export function openStore(folder: string, clock: Pick<Clock, "monotonic" | "after">): ControllerStore {
  return ControllerStore.open({ folder, zone: "Asia/Shanghai", clock, pinCost: 16, randomBytes: (length) => new Uint8Array(length).fill(7) });
}

/** Every event of a store; one that cannot be read is thrown. */
export function eventsOf(store: ControllerStore): ControllerEvent[] {
  return store.events.read({ after: 0, limit: 100_000 }).map(({ record }) => {
    if (!record.ok) throw new Error(record.detail);
    return record.value.event;
  });
}
