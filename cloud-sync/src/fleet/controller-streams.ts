import { type Clock, concatBytes, encodeFrame, type Random, sameBytes } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { type Controller, controllerOf } from "../controllers.ts";
import type { FeedSink } from "../feed/feed-hub.ts";
import type { Queries } from "../store/cloud-database.ts";

export interface ControllerStreamsOptions {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  /** For jitter. */
  readonly random: Random;
  /** The store did not answer: it is asked again. */
  readonly onFailure: (error: unknown) => void;
}

/** So often the store is asked what has changed, whoever changed it: a stream is over at the latest by the second look. */
export const LOOK_EVERY_MS = 900;

interface Stream {
  readonly controller: Controller;
  readonly end: () => void;
}

/**
 * The streams of controllers: ended as soon as a controller was revoked, replaced or given other zones, which it learns when it shows its key again; and told
 * before all else which generation the keys of its zones have, so that it has fetched them when the list arrives that needs them.
 */
export class ControllerStreams {
  readonly #options: ControllerStreamsOptions;
  readonly #streams = new Set<Stream>();
  /** How many streams each controller reads: one that comes again before its old stream is seen to be dead has two. */
  readonly #readers = new Map<string, number>();
  /** Controllers that were changed while this ran: a stream of what they were before is over when it begins. */
  readonly #changed = new Map<string, Controller>();
  #generations: ReadonlyMap<string, number> = new Map();
  /** The count of changes to controllers that was looked at. */
  #seen = 0;
  #looking: Promise<void> = Promise.resolve();
  #joined: (controller: string) => void = () => {};
  #left: (controller: string) => void = () => {};
  #cancel = (): void => {};
  #isClosed = false;

  private constructor(options: ControllerStreamsOptions) {
    this.#options = options;
  }

  static async open(options: ControllerStreamsOptions): Promise<ControllerStreams> {
    const streams = new ControllerStreams(options);
    const { queries } = options.cloud.database;
    const { controllers_changed } = await queries.selectFrom("site").select("controllers_changed").executeTakeFirstOrThrow();
    streams.#seen = controllers_changed;
    await streams.look(queries);
    streams.#again();
    return streams;
  }

  /** Called with the id of each controller that begins to read here. */
  onJoined(listener: (controller: string) => void): void {
    this.#joined = listener;
  }

  /** Called with the id of each controller whose last reader has gone, but for the end of this cloud. */
  onLeft(listener: (controller: string) => void): void {
    this.#left = listener;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** Begins to watch a stream. @returns the sink to write to, and what to call when the reader has gone */
  enter(controller: Controller, sink: FeedSink): { readonly sink: FeedSink; readonly leave: () => void } {
    let isOver = false;
    let told: ReadonlyMap<string, number> | undefined;
    const leave = (): void => {
      if (!this.#streams.delete(stream) || this.#isClosed) return;
      const others = this.#readers.get(controller.id)! - 1;
      if (others > 0) return void this.#readers.set(controller.id, others);
      this.#readers.delete(controller.id);
      this.#left(controller.id);
    };
    const stream: Stream = {
      controller,
      end: () => {
        isOver = true;
        leave();
        sink.end();
      },
    };
    this.#streams.add(stream);
    this.#readers.set(controller.id, (this.#readers.get(controller.id) ?? 0) + 1);
    const changed = this.#changed.get(controller.id);
    if (changed !== undefined && !isSame(changed, controller)) stream.end();
    else this.#joined(controller.id);
    const write = (bytes: Uint8Array): boolean => {
      if (isOver) return false;
      const isFirst = told === undefined;
      const news = told === this.#generations ? undefined : this.#news(controller, told);
      told = this.#generations;
      if (news === undefined) return sink.write(bytes);
      // The first word is hello.
      return sink.write(concatBytes(isFirst ? [bytes, news] : [news, bytes]));
    };
    return { sink: { write, end: stream.end }, leave };
  }

  /**
   * Sees what has changed: streams that must not go on end, the keys' generations are told with the next word.
   *
   * @param queries  the transaction that publishes, where a publication is under way: its words come after this
   */
  async look(queries: Queries): Promise<void> {
    const zones = await queries.selectFrom("zone").select(["id", "key_generation"]).execute();
    if (zones.some(({ id, key_generation }) => this.#generations.get(id) !== key_generation))
      this.#generations = new Map(zones.map(({ id, key_generation }) => [id, key_generation]));
    const { controllers_changed } = await queries.selectFrom("site").select("controllers_changed").executeTakeFirstOrThrow();
    if (controllers_changed === this.#seen) return;
    const rows = await queries.selectFrom("controller").selectAll().where("changed", ">", this.#seen).execute();
    for (const row of rows) this.#changed.set(row.id, controllerOf(row));
    const ids = new Set(rows.map(({ id }) => id));
    for (const stream of this.#streams) if (ids.has(stream.controller.id) && !isSame(this.#changed.get(stream.controller.id)!, stream.controller)) stream.end();
    this.#seen = controllers_changed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
  }

  #again(): void {
    const { clock, random, cloud, onFailure } = this.#options;
    this.#cancel = clock.after(LOOK_EVERY_MS * (0.9 + 0.2 * random()), () => {
      this.#looking = this.look(cloud.database.queries)
        .catch(onFailure)
        .finally(() => this.#isClosed || this.#again());
    });
  }

  /** A frame of what the controller's zones have; undefined: nothing that it has not been told. */
  #news({ zones }: Controller, told: ReadonlyMap<string, number> | undefined): Uint8Array | undefined {
    const generations = zones.flatMap((zone): [string, number][] => {
      const generation = this.#generations.get(zone);
      return generation === undefined || told?.get(zone) === generation ? [] : [[zone, generation]];
    });
    return generations.length === 0 ? undefined : encodeFrame({ kind: "zoneKeys", generations });
  }
}

const isSame = (a: Controller, b: Controller): boolean =>
  a.revokedAt === b.revokedAt && sameBytes(a.publicKey, b.publicKey) && a.zones.join() === b.zones.join();
