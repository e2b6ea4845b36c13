import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ListReading, ReadingFailed } from "../list/list-reading.ts";
import { ZONE_KEY_FILE } from "../store/controller-store.ts";
import type { ListWork } from "../store/list-work.ts";
import { ZONE_KEY_BYTES, ZoneKey } from "../store/zone-key.ts";
import type { ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** Work on a list goes on for so long, in ms, and for so many steps at most; then everything else has its turn. */
const SLICE_MS = 3;
const SLICE_STEPS_MAX = 8;
const PAUSE_MS = 1;
/** Whoever waits hears so often that it is being worked on. */
const WORKING_MS = 1_000;
/** Beside what the list takes, so much must be free: for events. */
const ROOM_BYTES = 16 * 1024 * 1024;

type LoadingParts = Pick<ControlParts, "configuration" | "store" | "clock" | "recorder" | "readList" | "closing">;

/** Work on a folder of list files: one at a time, and in such small slices that nobody at a door notices. */
export class ListLoading {
  readonly #parts: LoadingParts;
  #isBusy = false;

  constructor(parts: LoadingParts) {
    this.#parts = parts;
  }

  /**
   * Has the folder read and does the work on the list in it.
   *
   * @param onWorking  called every second until it is done
   * @throws Refusal where there is no list in it, something else is being done with a list, the disk refuses, or the controller ends
   */
  async run<T>(folder: string, work: () => ListWork<T>, onWorking: () => void = () => {}): Promise<T> {
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Refusal(404, "The controller finds no such folder", folder, "Name a folder on the controller's machine that its user may read.");
    if (this.#isBusy) throw new Refusal(409, "Another list is being loaded or compared", folder, "Wait until that is done, then try again.");
    const { readList, configuration, clock, closing } = this.#parts;
    const reading = readList({ folder, zone: configuration.site.timeZone, zoneKey: this.#zoneKey() });
    const end = (): void => reading.close();
    closing.addEventListener("abort", end, { once: true });
    let cancel = clock.after(WORKING_MS, tell);
    function tell(): void {
      onWorking();
      cancel = clock.after(WORKING_MS, tell);
    }
    this.#isBusy = true;
    try {
      await this.#requireList(folder, reading);
      return await this.#inSlices(work(), reading);
    } catch (error) {
      if (closing.aborted) throw endingRefusal();
      await this.#clear(reading);
      if (error instanceof ReadingFailed) throw readingRefusal(error, folder);
      throw error;
    } finally {
      this.#isBusy = false;
      cancel();
      closing.removeEventListener("abort", end);
      reading.close();
    }
  }

  /** What work that did not come to its end has left takes up the disk. Where that refuses, the next load does it. */
  async #clear(reading: ListReading): Promise<void> {
    try {
      await this.#inSlices(this.#parts.store.list.cleared(), reading);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  async #requireList(folder: string, { outcome }: ListReading): Promise<void> {
    const read = await outcome;
    if (read.ok) return;
    const { count, problems } = read;
    const more = count - problems.length;
    throw new Refusal(
      422,
      `${count} ${count === 1 ? "mistake" : "mistakes"} in the list files, so nothing was loaded`,
      folder,
      `Mend ${count === 1 ? "it" : `them${more > 0 ? ` (${more} more are not shown)` : ""}`}, then try again; docs/list-files.md describes every column.`,
      { problems },
    );
  }

  async #inSlices<T>(work: ListWork<T>, reading: ListReading): Promise<T> {
    const { clock, closing, recorder } = this.#parts;
    let lines: readonly string[] = [];
    let since = clock.monotonic();
    for (let steps = 1; ; steps++) {
      if (closing.aborted) throw endingRefusal();
      const step = recorder.attempt(() => work.next(lines));
      if (step === undefined) throw notRecordedRefusal(`the list: ${recorder.suspension?.cause ?? ""}`);
      if (step.done === true) return step.value;
      if (step.value === "pause") lines = [];
      else if ("room" in step.value) this.#requireRoom(step.value.room);
      else lines = await reading.portion(step.value.lines, step.value.from);
      if (steps % SLICE_STEPS_MAX !== 0 && clock.monotonic() - since < SLICE_MS) continue;
      await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
      since = clock.monotonic();
    }
  }

  /** A list that fills the disk would leave no room for events: then nobody is let in. */
  #requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#folder);
    const [free, needed] = [bavail * bsize, bytes + ROOM_BYTES].map((each) => Math.ceil(each / 1024 / 1024)) as [number, number];
    if (free < needed)
      throw new Refusal(
        507,
        "There is not enough room on the disk for this list",
        `${this.#folder}: ${free} MiB of ${needed} MiB`,
        "Free disk space, then load it again.",
      );
  }

  /** The key that the controller started with: under another one no card would be found. */
  #zoneKey(): Uint8Array {
    const path = join(this.#folder, ZONE_KEY_FILE);
    const key = existsSync(path) ? new Uint8Array(readFileSync(path)) : new Uint8Array();
    const probe = Uint8Array.of(1);
    if (key.length === ZONE_KEY_BYTES && new ZoneKey(key.slice()).identify(probe).credential === this.#parts.store.zoneKey.identify(probe).credential)
      return key;
    throw new Refusal(409, "The zone key is not the one that the controller started with", path, "Restore the file, or start the controller anew.");
  }

  get #folder(): string {
    return dirname(this.#parts.store.database.path);
  }
}

const endingRefusal = (): Refusal => new Refusal(503, "The controller is ending, so nothing was loaded", "the list", "Load it once the controller runs again.");

function readingRefusal({ isTooLarge, message }: ReadingFailed, folder: string): Refusal {
  if (isTooLarge) return new Refusal(507, "The list is larger than a controller can read", folder, "Check that these are the right files.");
  return new Refusal(500, `The list could not be read, by a mistake of Portico's own: ${message}`, folder, "Report this line; the list in force goes on.");
}
