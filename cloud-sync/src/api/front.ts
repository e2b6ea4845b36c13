import { bytesToHex, unixSeconds } from "@portico/card-protocol";
import { Hono } from "hono";
import { isNamed } from "../cases/attach-case.ts";
import { AttachmentFolder } from "../cases/attachment-folder.ts";
import { caseMessageKinds } from "../cases/case-messages.ts";
import { CAMPUS_CASES_FOLDER, loadCaseTypes } from "../cases/case-type-file.ts";
import { FaultWatch } from "../cases/fault-watch.ts";
import { EvenLooks } from "../even-looks.ts";
import { CommandDesk } from "../commands/command-desk.ts";
import { commandRoutes } from "../commands/command-routes.ts";
import { ConfigurationDesk } from "../fleet/configuration-desk.ts";
import { configurationRoutes } from "../fleet/configuration-routes.ts";
import { ControllerEntrance } from "../controller-entrance.ts";
import { RETENTION_DAYS } from "../core/event-retention.ts";
import { revocationRoutes } from "../epoch/revocation-routes.ts";
import { CopyWatch } from "../copies/copy-watch.ts";
import { EventIntake } from "../events/event-intake.ts";
import { EVENTS_PATH, eventRoutes } from "../events/event-routes.ts";
import { checkpointKeyOf } from "../events/event-retention.ts";
import { calendarFeeds } from "../reservations/calendar-links.ts";
import { ReservationWatch } from "../reservations/reservation-watch.ts";
import { LastUseWatch } from "../events/last-use-watch.ts";
import { RetentionWatch } from "../events/retention-watch.ts";
import type { Publisher } from "../expansion/publisher.ts";
import { type CloudFeed, openCloudFeed, openUnsignedPublishing, type UnsignedPublishing } from "../feed/cloud-feed.ts";
import { feedRoutes } from "../feed/feed-routes.ts";
import type { StreamEnv } from "../feed/feed-stream.ts";
import { AppliedBook } from "../fleet/applied-book.ts";
import { enrolmentRoutes } from "../fleet/enrolment-routes.ts";
import { fleetRoutes } from "../fleet/fleet-routes.ts";
import { CalendarWatch } from "../calendar-watch.ts";
import { SilenceWatch } from "../fleet/silence-watch.ts";
import { Notifier } from "../notifications/notifier.ts";
import { messageKinds } from "../outbox/message-kinds.ts";
import { OutboxSender } from "../outbox/outbox-sender.ts";
import { type PassKey, passKeyOf } from "../passes/pass-key.ts";
import { NO_PROVIDERS } from "../login/log-in.ts";
import { operatorLogInRoutes } from "../login/operator-log-in-routes.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { moneyFront } from "../ledger/money-front.ts";
import { sentenceOf } from "../push/mass-removal.ts";
import { makeApi } from "./api.ts";
import type { FrontNeeds } from "./front-needs.ts";

/** Everything that answers HTTP, without a socket. */
export interface CloudFront {
  /** @param env  node's own answer where there is a socket */
  readonly fetch: (request: Request, env?: StreamEnv) => Response | Promise<Response>;
  readonly publisher: Publisher;
  /** Undefined: nothing signs it. It begins as soon as a trust list lets a key of this cloud sign. */
  readonly feed: CloudFeed | undefined;
  /** Says goodbye to whoever follows the feed or waits for news; then nothing new is begun. */
  hangUp(): Promise<void>;
}

/** Keys and trust lists in the data folder, and in the store where another instance has put them, are looked for so often. */
const KEYS_EVERY_MS = 5_000;
/** The store is tidied up so often, in moments that are quiet enough. */
const TIDY_EVERY_MS = 2_000;
/** Attachments that no case names any more are looked for so often. */
const SWEEP_EVERY_MS = 6 * 3_600_000;

/** Puts together what a cloud answers: the API for its callers, and what controllers ask for. Both the program and the simulator's cloud stand on it. */
export async function cloudFront({
  cloud,
  keys,
  clock,
  random,
  notificationSigner,
  fetch,
  onReport,
  limits,
  retentionDays = RETENTION_DAYS,
  callersNowMs,
  carriers = {},
  providers = [],
  attachmentFolder,
  turn,
  ...given
}: FrontNeeds): Promise<CloudFront> {
  const onFailure = (error: unknown): void => onReport({ kind: "unpublished", error: textOf(error) });
  const { services = loadServiceDocument(CAMPUS_SERVICES_FILE), logIn = NO_PROVIDERS } = given;
  const attachments = new AttachmentFolder(attachmentFolder, cloud.randomBytes);
  const { caseTypes = loadCaseTypes(CAMPUS_CASES_FOLDER, services) } = given;
  const entrance = new ControllerEntrance(cloud);
  let feed: CloudFeed | undefined;
  let unsigned: UnsignedPublishing | undefined;
  let book: AppliedBook | undefined;
  const publisher = (): Publisher => (feed ?? unsigned!).publisher;
  /** Resolved but while the feed begins: then changes wait for it. */
  let ready: Promise<unknown> = Promise.resolve();
  const publishing = {
    async published(change: number) {
      await ready;
      const publish = await publisher().published(change);
      // What is told to streams leaves between two turns: they hear of it before it is counted who holds it, which takes long in a large fleet.
      await turn?.();
      return publish;
    },
  };

  const copies = new CopyWatch({ cloud, publisher: { poke: () => publisher().poke() }, clock, onFailure });
  const onTaken = (isTold: boolean): void => [copies, ...(isTold ? [notifier] : [])].forEach((each) => each.poke());
  const intake = new EventIntake(cloud, (fork) => onReport({ kind: "eventFork", ...fork }), { onTaken, services, ...(turn === undefined ? {} : { turn }) });
  const commands = new CommandDesk(cloud, keys, clock, (controller, frame) => feed?.hub.tellController(controller, frame) ?? false, onFailure);
  const configurations = new ConfigurationDesk(cloud, keys, clock, (controller, frame) => feed?.hub.tellController(controller, frame) ?? false);
  const money = moneyFront({ cloud, terms: services.money, keys, clock, entrance, providers, onFailure });
  const assembled = () => {
    const app = new Hono<{ Bindings: StreamEnv }>();
    if (feed !== undefined) {
      const { sequencer, streams } = feed;
      const inForce = () => sequencer.keys;
      app.route("/", feedRoutes({ cloud, feed, entrance, configurations }));
      app.route("/", enrolmentRoutes({ cloud, keys: inForce }));
      const fleet = (book = new AppliedBook({ cloud, keys: inForce, onFork: (fork) => onReport({ kind: "fork", ...fork }), onFailure }));
      streams.onJoined((controller) => {
        fleet.joined(controller);
        commands.joined(controller);
      });
      streams.onLeft((controller) => fleet.left(controller));
      app.route("/", fleetRoutes({ book, entrance }));
    }
    app.route("/", commandRoutes(commands, entrance));
    app.route("/", money.routes());
    app.route("/", configurationRoutes(configurations, entrance));
    app.route("/", revocationRoutes(cloud, entrance));
    app.route("/", eventRoutes({ cloud, intake, entrance }));
    app.route("/", operatorLogInRoutes({ cloud, logIn, publisher: publishing }));
    app.route("/", calendarFeeds(cloud));
    app.all("*", ({ req }) => api.fetch(req.raw));
    return app;
  };
  const begin = async (): Promise<void> => {
    const found = keys.feed();
    if (found.keys === undefined) {
      if (feed === undefined) unsigned ??= openUnsignedPublishing(cloud, clock, onFailure);
      return onReport({ kind: "unsigned", missing: found.missing, publicKey: bytesToHex(keys.publicKeys[0]!) });
    }
    if (feed !== undefined) return feed.useKeys(found.keys);
    await unsigned?.close(); // what is expanded while nobody signs has no version
    feed = await openCloudFeed(cloud, found.keys, clock, random, onFailure);
    app = assembled();
  };
  /** What was wrong at the last look: told once. */
  let wrong = "";
  const wrongKeys = (error: unknown): void => {
    const found = textOf(error);
    if (found !== wrong) onReport({ kind: "keys", error: found });
    wrong = found;
  };
  const look = (): void => {
    cancelLook = clock.after(KEYS_EVERY_MS, () => {
      void keys.refresh().then(() => (wrong = ""), wrongKeys).finally(() => isClosed || look()); // prettier-ignore
    });
  };

  const passKey = (): PassKey | undefined => keys.trustList && passKeyOf(keys.trustList, keys.signers, unixSeconds(Math.floor(cloud.nowMs() / 1000)));
  const notifier = new Notifier({ cloud, signer: notificationSigner, clock, random, fetch, onFailure });
  const silence = new SilenceWatch({ cloud, clock, onTold: () => notifier.poke(), onFailure });
  const calendar = new CalendarWatch({
    cloud,
    clock,
    onMissing(years) {
      notifier.poke();
      onReport({ kind: "calendarMissing", years });
    },
    onFailure,
  });
  const sender = new OutboxSender({ cloud, carriers, clock, random, onTold: () => notifier.poke(), onFailure });
  const reservations = new ReservationWatch({ cloud, services, clock, onTold: () => notifier.poke(), onFailure });
  const onMoved = (): void => {
    notifier.poke();
    sender.poke();
  };
  const faults = new FaultWatch({ cloud, law: { types: caseTypes, services }, clock, onMoved, onFailure });
  const lastUse = new LastUseWatch({ cloud, clock, onFailure });
  const onBroken = (broken: ReadonlyMap<string, string>): void => onReport({ kind: "eventsKept", broken });
  const retention = new RetentionWatch({ cloud, clock, days: retentionDays, key: () => checkpointKeyOf(keys), onBroken, onFailure });
  const sweeping = new EvenLooks({ clock, everyMs: SWEEP_EVERY_MS, look: async () => void (await attachments.sweep((sha256) => isNamed(cloud.database.queries, sha256), cloud.nowMs())), onFailure }); // prettier-ignore
  const { tidy } = cloud.database;
  const tidying = tidy && new EvenLooks({ clock, everyMs: TIDY_EVERY_MS, look: async () => tidy(), onFailure });
  const api = makeApi({
    cloud,
    publisher: publishing,
    passKey,
    services,
    logIn,
    keys,
    commands,
    configurations,
    money: money.desk,
    notifier,
    outbox: { channels: sender.channels, kinds: messageKinds(caseMessageKinds(caseTypes)) },
    caseTypes,
    attachments,
    retentionDays,
    onTrouble: (trouble) => onReport({ kind: "trouble", ...trouble }),
    ...(limits === undefined ? {} : { limits }),
    ...(callersNowMs === undefined ? {} : { callersNowMs }),
    onHeld: (held) => onReport({ kind: "held", removal: sentenceOf(held) }),
  });
  let app = assembled();
  let isClosed = false;
  let cancelLook = (): void => {};
  const forget = keys.onChange(() => (ready = begin()));
  await money.begin();
  await (ready = begin());
  look();
  publisher().poke(); // what was waiting when the cloud went down
  notifier.poke();
  sender.poke();
  copies.poke();
  return {
    async fetch(request, env = {}) {
      const response = await app.fetch(request, env);
      // Of events the intake tells by itself.
      if (request.method === "GET" || request.url.endsWith(EVENTS_PATH)) return response;
      notifier.poke();
      sender.poke();
      return response;
    },
    get publisher() {
      return publisher();
    },
    get feed() {
      return feed;
    },
    async hangUp() {
      isClosed = true;
      cancelLook();
      forget();
      commands.close();
      configurations.close();
      await silence.close();
      await calendar.close();
      await reservations.close();
      await money.close();
      await lastUse.close();
      await retention.close();
      await tidying?.close();
      await sweeping.close();
      await faults.close();
      await sender.close();
      await notifier.close();
      await copies.close();
      await ready;
      await (feed ?? unsigned)?.close();
      await book?.settled();
    },
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
