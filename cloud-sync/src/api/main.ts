import { randomBytes, randomInt } from "node:crypto";
import { dirname, join } from "node:path";
import { isSiteId, SetupError } from "@portico/card-protocol";
import { loadCaseTypes } from "../cases/case-type-file.ts";
import { seeKeptTypes } from "../cases/kept-types.ts";
import type { Cloud } from "../cloud.ts";
import type { LogInProviders } from "../login/log-in.ts";
import { type LogInSettings, readLogInFile } from "../login/log-in-file.ts";
import { OidcClient } from "../login/oidc-client.ts";
import { WeChatClient } from "../login/wechat-client.ts";
import type { RetentionDays } from "../core/event-retention.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyFolder } from "../keys/signing-key-files.ts";
import { readNotificationKey } from "../notifications/notification-key-file.ts";
import { AliyunSmsCarrier, type AliyunSmsSettings } from "../outbox/aliyun-sms-carrier.ts";
import type { Carriers } from "../outbox/outbox-sender.ts";
import { SmtpCarrier, type SmtpSettings } from "../outbox/smtp-carrier.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { MASS_REMOVAL_LIMITS } from "../push/mass-removal.ts";
import { openSqlite } from "../store/cloud-database.ts";
import type { PaymentProvider } from "../top-ups/payment-provider.ts";
import { openPostgres, type PostgresPlace } from "../store/postgres.ts";
import { type CloudFront, cloudFront } from "./front.ts";
import type { FrontNeeds, FrontReport } from "./front-needs.ts";
import { type ListenPlace, serveApi } from "./serve.ts";

/** The store's file within the data folder. */
export const STORE_FILE = "cloud.db";

/** Where people, grants and the feed are kept: in a file that one program has open, or in a PostgreSQL database that any number share. */
export type StorePlace = { readonly kind: "sqlite"; readonly file: string } | ({ readonly kind: "postgres" } & PostgresPlace);

/** Which cloud, and where its files lie. */
export interface CloudPlace {
  /** Its keys and the trust lists. */
  readonly dataFolder: string;
  /** Left out: a file in the data folder. */
  readonly store?: StorePlace;
  /** `[a-z0-9-]{1,32}`. */
  readonly site: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** What a running cloud tells. */
export type CloudReport = FrontReport | { readonly kind: "started"; readonly site: string; readonly url: string };

export interface CloudStartOptions extends CloudPlace {
  /** File that names who vouches for log-ins; undefined: nobody logs in. docs/log-in.md. */
  readonly logInFile?: string | undefined;
  /** Percent of an audience: a change that ends the access of more waits for a second operator. Default 2. */
  readonly holdAbovePercent?: number;
  /** Days that events of each kind are kept. Default: {@link RETENTION_DAYS}. */
  readonly retentionDays?: RetentionDays;
  /** Service definitions of the campus, with the folder `cases` of its case types beside them; undefined: those of the package. docs/services.md, docs/cases.md. */
  readonly servicesFile?: string | undefined;
  /** The mail server; undefined: mail waits. */
  readonly mail?: SmtpSettings | undefined;
  /** The provider of SMS; undefined: they wait. */
  readonly sms?: AliyunSmsSettings | undefined;
  readonly listen: ListenPlace;
  readonly onReport: (report: CloudReport) => void;
  /** What a sandbox has go wrong; a cloud that serves a campus has neither. */
  readonly sandbox?: {
    /** Reaches webhooks in the network's place. */
    readonly fetch: FrontNeeds["fetch"];
    /** Judges signatures of callers in the place of the host's clock, ms. */
    readonly callersNowMs: () => number;
    /** Who takes in top-ups for nothing. */
    readonly providers: readonly PaymentProvider[];
  };
}

export interface CloudRunOptions extends CloudStartOptions {
  /** Aborted: stop in order. */
  readonly interrupted: AbortSignal;
}

/** A cloud that answers. */
export interface RunningCloud {
  /** Where it listens. */
  readonly url: string;
  readonly cloud: Cloud;
  /** The same answers without its socket. */
  readonly fetch: CloudFront["fetch"];
  /** Says goodbye to whoever follows the feed or waits for news: those answers come now. */
  hangUp(): Promise<void>;
  /** Hangs up, answers what is on its way, then closes the store. */
  close(): Promise<void>;
}

/**
 * A cloud on this machine's clock and store. Whoever opened it closes its database.
 *
 * @throws SetupError for a site or time zone that is none, and where the store cannot be opened
 */
export async function openCloud({ dataFolder, store = storeIn(dataFolder), site, timeZone }: CloudPlace): Promise<Cloud> {
  if (!isSiteId(site)) throw new SetupError("this is no site id", `--site ${site}`, "Give 1 to 32 of a-z, 0-9 and hyphen.");
  if (!isTimeZone(timeZone)) throw new SetupError("there is no such time zone", `--time-zone ${timeZone}`, "Give an IANA name, such as Asia/Shanghai.");
  const database = store.kind === "sqlite" ? await openSqlite(store.file) : await openPostgres(store);
  return { site, timeZone, database, nowMs: () => Date.now(), randomBytes: (length) => new Uint8Array(randomBytes(length)) };
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}

/**
 * The store alone, for the keys of callers: of these, site and time zone say nothing. Whoever opened it closes its database.
 *
 * @throws SetupError where it cannot be opened, as a file while a cloud runs on it
 */
export const openStore = (dataFolder: string, store?: StorePlace): Promise<Cloud> =>
  openCloud({ dataFolder, site: "-", timeZone: "UTC", ...(store === undefined ? {} : { store }) });

const storeIn = (dataFolder: string): StorePlace => ({ kind: "sqlite", file: join(dataFolder, STORE_FILE) });

/**
 * Runs a cloud until it is interrupted: requests on their way are answered, then the store is closed.
 *
 * @throws SetupError where something must be put right first
 */
export async function runCloud({ interrupted, ...options }: CloudRunOptions): Promise<void> {
  const running = await startCloud(options);
  await new Promise<void>((resolve) => {
    interrupted.addEventListener("abort", () => resolve(), { once: true });
    if (interrupted.aborted) resolve();
  });
  await running.close();
}

/**
 * Starts a cloud on this machine. Resolves when it answers.
 *
 * @throws SetupError where something must be put right first
 */
export async function startCloud({
  listen,
  logInFile,
  onReport,
  holdAbovePercent,
  retentionDays,
  sandbox,
  mail,
  sms,
  servicesFile = CAMPUS_SERVICES_FILE,
  ...place
}: CloudStartOptions): Promise<RunningCloud> {
  const settings = logInFile === undefined ? undefined : readLogInFile(logInFile);
  const services = loadServiceDocument(servicesFile);
  const caseFolder = join(dirname(servicesFile), "cases");
  const caseTypes = loadCaseTypes(caseFolder, services);
  const cloud = await openCloud(place);
  let front: CloudFront | undefined;
  try {
    await seeKeptTypes(cloud.database, caseTypes, caseFolder);
    const keys = await CloudKeys.open(cloud, keyFolder(place.dataFolder, cloud.randomBytes));
    /** What is told after the start, where there is one. */
    let early: FrontReport[] | undefined = [];
    const told = (report: FrontReport): void => void (early === undefined ? onReport(report) : early.push(report));
    const opened = (front = await cloudFront({
      cloud,
      keys,
      clock: { after },
      random: chance,
      notificationSigner: readNotificationKey(place.dataFolder, cloud.randomBytes),
      fetch,
      ...sandbox,
      onReport: told,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      services,
      caseTypes,
      logIn: providersOf(settings),
      attachmentFolder: join(place.dataFolder, "attachments"),
      carriers: carriersOf(cloud, mail, sms),
      ...limitsOf(holdAbovePercent),
      ...(retentionDays === undefined ? {} : { retentionDays }),
    }));
    const serving = await serveApi(opened.fetch, listen);
    onReport({ kind: "started", site: cloud.site, url: serving.url });
    for (const report of early) onReport(report);
    early = undefined;
    return {
      url: serving.url,
      cloud,
      fetch: opened.fetch,
      hangUp: () => opened.hangUp(),
      async close() {
        try {
          await opened.hangUp();
          await serving.close();
          await opened.publisher.settled();
        } finally {
          await cloud.database.close();
        }
      },
    };
  } catch (error) {
    await front?.hangUp();
    await cloud.database.close();
    throw error;
  }
}

/** How long a provider may take to answer. */
const PROVIDER_ANSWERS_WITHIN_MS = 10_000;

function providersOf({ oidc, weChat }: LogInSettings = { oidc: undefined, weChat: undefined }): LogInProviders {
  const reach = { fetch: (request: Request) => fetch(request), deadline: () => AbortSignal.timeout(PROVIDER_ANSWERS_WITHIN_MS), nowMs: () => Date.now() };
  return { oidc: oidc && new OidcClient(oidc, reach), weChat: weChat && new WeChatClient(weChat, reach) };
}

const carriersOf = ({ nowMs, randomBytes }: Cloud, mail: SmtpSettings | undefined, sms: AliyunSmsSettings | undefined): Carriers => ({
  ...(mail === undefined ? {} : { mail: new SmtpCarrier(mail) }),
  ...(sms === undefined
    ? {}
    : { sms: new AliyunSmsCarrier(sms, { fetch, deadline: () => AbortSignal.timeout(PROVIDER_ANSWERS_WITHIN_MS), nowMs, randomBytes }) }),
});

function after(delayMs: number, act: () => void): () => void {
  const timer = setTimeout(act, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

const limitsOf = (sharePercent: number | undefined) => (sharePercent === undefined ? {} : { limits: { ...MASS_REMOVAL_LIMITS, sharePercent } });

/** For jitter alone. */
const chance = (): number => randomInt(2 ** 32) / 2 ** 32;
