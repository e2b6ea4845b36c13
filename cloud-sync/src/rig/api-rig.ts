import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Signer, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { makeApi, type ApiTrouble } from "../api/api.ts";
import { CloudClient, type Outcome, type RouteAnswer } from "../api/client.ts";
import type { RouteName } from "../api/routes.ts";
import { type Scope, SCOPES } from "../api/scopes.ts";
import { AttachmentFolder } from "../cases/attachment-folder.ts";
import { caseMessageKinds } from "../cases/case-messages.ts";
import { CAMPUS_CASES_FOLDER, loadCaseTypes, readCaseType } from "../cases/case-type-file.ts";
import type { CaseType } from "../core/cases/case-type.ts";
import { CommandDesk } from "../commands/command-desk.ts";
import { ConfigurationDesk } from "../fleet/configuration-desk.ts";
import { MoneyDesk } from "../ledger/money-desk.ts";
import { CloudKeys } from "../keys/cloud-keys.ts";
import { keyMemory } from "../keys/signing-key-files.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import { addApiKey, type ApiKey, keyThatHolds } from "../callers.ts";
import { Publisher } from "../expansion/publisher.ts";
import { Notifier } from "../notifications/notifier.ts";
import type { PassKey } from "../passes/pass-key.ts";
import type { LogInProviders } from "../login/log-in.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import type { HeldRemoval } from "../push/mass-removal.ts";
import { SandboxProvider } from "../top-ups/sandbox-provider.ts";
import { type CloudRig, cloudRig, done, NOTE } from "./cloud-rig.ts";
import { freshDatabase, imageOfStore, type StoreImage } from "./fresh-database.ts";
import { rigProviders } from "./rig-providers.ts";
import { CLOUD_SIGNER, rigTrustList } from "./rig-trust.ts";
import { TRIAL_CASE } from "./trial-case.ts";

export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];
export const URL_OF_RIG = "https://cloud.example.edu";

/** A caller of the rig's API. */
export interface RigCaller {
  readonly key: ApiKey;
  readonly client: CloudClient;
  readonly seed: Uint8Array;
}

/** An API on a cloud in memory: no socket, the cloud's clock, and callers whose keys are known. */
export interface ApiRig {
  readonly cloud: CloudRig;
  /** May do everything. */
  readonly backend: RigCaller;
  readonly troubles: ApiTrouble[];
  /** Alarms of changes that wait for a second operator. */
  readonly held: HeldRemoval[];
  /** Failures of the expansion. */
  readonly failures: unknown[];
  /** What signs passes; undefined: nothing does. */
  passKey: PassKey | undefined;
  readonly fetch: (request: Request) => Response | Promise<Response>;
  caller(actor: string, scopes: readonly Scope[]): Promise<RigCaller>;
  readonly notifier: Notifier;
  readonly money: MoneyDesk;
  /** Who takes in top-ups. */
  readonly provider: SandboxProvider;
  /** The API anew, as after a restart, on the same store. */
  restart(): void;
  /** The API anew, with others to vouch for log-ins. */
  provideLogIn(providers: LogInProviders): void;
  close(): Promise<void>;
}

/** Signs the passes of every rig: kid 7, 30 s. */
export const PASS_SIGNER: Signer = nodeSigner(new Uint8Array(32).fill(0x54));
const PASS_KEY: PassKey = { kid: 7, ttlS: 30, notAfter: unixSeconds(U32_MAX), signer: PASS_SIGNER };

const SERVICES = loadServiceDocument(CAMPUS_SERVICES_FILE);
const CASE_TYPES = [...loadCaseTypes(CAMPUS_CASES_FOLDER, SERVICES), trialType()];
function trialType(): CaseType {
  const read = readCaseType(TRIAL_CASE, SERVICES);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

/** Rigs of this program so far: each has a folder of its own, once something is put there. */
let rigs = 0;

/** Everybody's key, read once. */
const KEYS = new Map<string, { readonly seed: Uint8Array; readonly signer: Signer }>();
function keyOf(name: string): { readonly seed: Uint8Array; readonly signer: Signer } {
  const seed = nodeSha256(Buffer.from(name));
  const key = KEYS.get(name) ?? { seed, signer: nodeSigner(seed) };
  KEYS.set(name, key);
  return key;
}

/** A rig as it once was, to begin again from: what takes a test long to set up is set up once. */
export interface RigImage {
  readonly store: StoreImage;
  readonly drawn: number;
}

/** What the rig's store holds now. */
export async function imageOf({ cloud }: ApiRig): Promise<RigImage> {
  return { store: await imageOfStore(cloud.database), drawn: cloud.drawn() };
}

/**
 * @param publisher  stands in for the expansion's where it shall fail
 * @param image      to begin from; callers of the same name are let in again by what it knows of them
 * @param services   left out: those of the package
 */
export async function apiRig(publisher?: Pick<Publisher, "published">, image?: RigImage, services: ServiceDocument = SERVICES): Promise<ApiRig> {
  const cloud = image === undefined ? await cloudRig() : await cloudRig(await freshDatabase(image.store), image.drawn);
  const [troubles, failures, held]: [ApiTrouble[], unknown[], HeldRemoval[]] = [[], [], []];
  const publishing = new Publisher(cloud.expander, () => {}, (error) => failures.push(error)); // prettier-ignore
  const keys = await CloudKeys.open(cloud, keyMemory(CLOUD_SIGNER, cloud.randomBytes));
  if (image === undefined) await done(installTrustList(cloud, NOTE, rigTrustList(1)));
  await keys.refresh();
  const commands = new CommandDesk(
    cloud,
    keys,
    { after: () => () => {} },
    () => false,
    () => {},
  );
  const configurations = new ConfigurationDesk(cloud, keys, { after: () => () => {} }, () => false);
  const attachmentFolder = join(tmpdir(), `portico-rig-${process.pid}-${rigs++}`);
  let logIn = rigProviders(cloud);
  const notifier = new Notifier({
    cloud,
    signer: keyOf("notifications").signer,
    clock: { after: () => () => {} },
    random: () => 0.5,
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    onFailure: (error) => failures.push(error),
  });
  const provider = new SandboxProvider({ nowMs: cloud.nowMs, randomBytes: (length) => new Uint8Array(length).fill(0x5a) });
  const money = new MoneyDesk(cloud, services.money, [provider]);
  const onTrouble = (trouble: ApiTrouble): void => void troubles.push(trouble);
  const onHeld = (one: HeldRemoval): void => void held.push(one);
  const needs = {
    cloud,
    publisher: publisher ?? publishing,
    passKey: () => rig.passKey,
    services,
    keys,
    commands,
    configurations,
    money,
    notifier,
    outbox: { channels: ["mail"] as const, kinds: caseMessageKinds(CASE_TYPES) },
    caseTypes: CASE_TYPES,
    attachments: new AttachmentFolder(attachmentFolder, cloud.randomBytes),
    onHeld,
    onTrouble,
  };
  const start = () => makeApi({ ...needs, logIn });
  let app = start();
  const fetch = (request: Request): Response | Promise<Response> => app.fetch(request);
  const caller = async (actor: string, scopes: readonly Scope[]): Promise<RigCaller> => {
    const { seed, signer } = keyOf(actor);
    const known = image && (await keyThatHolds(cloud.database.queries, signer.publicKey, cloud.now()));
    const key = known ?? (await done(addApiKey(cloud, { ...NOTE, action: "key add" }, { name: actor, actor, publicKey: signer.publicKey, scopes })));
    const { nowMs, randomBytes } = cloud;
    return { key, seed, client: new CloudClient({ url: URL_OF_RIG, signer, nowMs, randomBytes, fetch }) };
  };
  const rig: ApiRig = {
    cloud,
    backend: await caller("backend", ALL_SCOPES),
    passKey: PASS_KEY,
    troubles,
    held,
    failures,
    fetch,
    notifier,
    money,
    provider,
    caller,
    restart: () => void (app = start()),
    provideLogIn(providers) {
      logIn = providers;
      app = start();
    },
    async close() {
      await notifier.close();
      await publishing.settled();
      await cloud.close();
      rmSync(attachmentFolder, { recursive: true, force: true });
    },
  };
  return rig;
}

/** What was answered, which must not have been a refusal. */
export async function answered<R extends RouteName>(outcome: Promise<Outcome<R>>): Promise<RouteAnswer<R>> {
  const made = await outcome;
  if (!made.ok) throw new Error(`${made.status} ${made.problem.reason}: ${made.problem.detail} ${JSON.stringify(made.problem.errors ?? [])}`);
  return made.value;
}

/** The value of a change that was not refused. */
export async function valueOf<R extends RouteName>(outcome: Promise<Outcome<R>>): Promise<RouteAnswer<R> extends { value: infer V } ? V : never> {
  return ((await answered(outcome)) as { value: never }).value;
}

export const ENDLESS = { from: null, until: null } as const;
export const names = (id: string): { zh: string; en: string } => ({ zh: id, en: id });
