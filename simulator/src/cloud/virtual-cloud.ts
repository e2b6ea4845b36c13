import { join } from "node:path";
import type { Partition, Random, RandomBytes } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  type Cloud,
  CloudClient,
  type CloudFront,
  cloudFront,
  CloudKeys,
  type FrontReport,
  keyFolder,
  readNotificationKey,
  openSqlite,
} from "@portico/cloud-sync";
import { CloudConnection, type ControllerSurroundings } from "@portico/controller";
import type { SimulatedClock } from "@portico/firmware-ts";
import type { Campus } from "../campus/campus.ts";
import { writeCloudKeys } from "./cloud-keys.ts";
import { fillCloud } from "./fill-cloud.ts";
import { VirtualLine } from "./virtual-line.ts";

export interface VirtualCloudOptions {
  readonly campus: Campus;
  /** For its keys, made where it is not there; the store is in memory. */
  readonly folder: string;
  readonly trustList: Uint8Array;
  /** Public keys, by controller. */
  readonly controllerKeys: ReadonlyMap<string, Uint8Array>;
  readonly clock: SimulatedClock;
  readonly wallMs: () => number;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
}

const URL_OF_CLOUD = "http://127.0.0.1:8480";

/** The production cloud without a socket, in virtual time: its API and its feed, and a line to each controller. */
export class VirtualCloud {
  readonly cloud: Cloud;
  /** What went wrong inside. */
  readonly troubles: FrontReport[] = [];
  /** Asks the API as whoever operates the cloud. */
  readonly operator: CloudClient;
  readonly lines: ReadonlyMap<string, VirtualLine>;
  readonly #options: VirtualCloudOptions;
  #front: CloudFront | undefined;

  private constructor(options: VirtualCloudOptions, cloud: Cloud) {
    const { campus, clock, random, wallMs, randomBytes } = options;
    this.#options = options;
    this.cloud = cloud;
    this.lines = new Map(campus.parts.map(({ controller }) => [controller, new VirtualLine({ clock, random, fetch: this.fetch })]));
    this.operator = new CloudClient({ url: URL_OF_CLOUD, signer: nodeSigner(campus.keys.operator), nowMs: wallMs, randomBytes, fetch: this.fetch });
  }

  /** A cloud that has the campus, and runs. */
  static async open(options: VirtualCloudOptions): Promise<VirtualCloud> {
    const { campus, folder, trustList, controllerKeys, wallMs, randomBytes } = options;
    writeCloudKeys(folder, campus, trustList);
    const database = await openSqlite(":memory:");
    const made = new VirtualCloud(options, { site: campus.site, timeZone: campus.timeZone, database, nowMs: wallMs, randomBytes });
    await fillCloud(made.cloud, campus, controllerKeys);
    await made.start();
    await made.#front!.publisher.settled();
    return made;
  }

  /** Answers one request, as the cloud's port would. @throws where it has stopped */
  readonly fetch = (request: Request): Response | Promise<Response> => {
    if (this.#front === undefined) throw new Error("connection refused");
    return this.#front.fetch(request);
  };

  /** For a controller's surroundings: the production connection, over its line. */
  readonly openCloud: ControllerSurroundings["openCloud"] = (options) => new CloudConnection(options, this.line(options.controller).exchange);

  line(controller: string): VirtualLine {
    const line = this.lines.get(controller);
    if (line === undefined) throw new RangeError(`no controller ${controller} has a line, only ${[...this.lines.keys()].join(", ")}`);
    return line;
  }

  /** Pulls the plug of every line. */
  unplug(): void {
    for (const line of this.lines.values()) line.cut();
  }

  plug(): void {
    for (const line of this.lines.values()) line.mend();
  }

  /** The program starts on what its store holds. */
  async start(): Promise<void> {
    const { folder, clock, random, randomBytes } = this.#options;
    const keys = await CloudKeys.open(this.cloud, keyFolder(folder, randomBytes));
    this.#front = await cloudFront({
      cloud: this.cloud,
      keys,
      clock,
      random,
      notificationSigner: readNotificationKey(folder, randomBytes),
      attachmentFolder: join(folder, "attachments"),
      // No line leads to receivers of webhooks.
      fetch: () => Promise.reject(new TypeError("fetch failed")),
      // A list of holidays that nobody has put there is the campus's to bring, and nothing that went wrong inside.
      onReport: (report) => void (report.kind === "calendarMissing" || this.troubles.push(report)),
    });
  }

  /** The program ends in order: says goodbye, and is not reached until {@link start}. */
  async stop(): Promise<void> {
    const front = this.#front;
    this.#front = undefined;
    await front?.hangUp();
    await front?.publisher.settled();
  }

  /** Where a partition stands; 0: nothing is in it yet. */
  async version(partition: Partition): Promise<number> {
    const row = await this.cloud.database.queries.selectFrom("feed_partition").select("version").where("name", "=", partition).executeTakeFirst();
    return row?.version ?? 0;
  }

  async end(): Promise<void> {
    await this.stop();
    for (const line of this.lines.values()) line.hangUp("the cloud is gone");
    await this.cloud.database.close();
  }
}
