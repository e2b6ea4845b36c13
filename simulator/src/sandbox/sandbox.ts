import {
  type CloudReport,
  type ListenPlace,
  readTopUp,
  type RunningCloud,
  type SandboxOutcome,
  SandboxProvider,
  type Serving,
  serveApi,
  startCloud,
} from "@portico/cloud-sync";
import { accessPointsOf, type CampusPerson } from "../campus/campus.ts";
import { openCloudFolder } from "../cloud/cloud-folder.ts";
import { writeOperatorFile } from "../cloud/operator-file.ts";
import { type FailureName, Failures, type FailureSettings } from "./failures.ts";
import { sandboxFilling } from "./fill-sandbox.ts";
import { Gate } from "./gate.ts";
import { type ChosenPerson, LogInStandIns } from "./log-in-stand-ins.ts";
import { type Presentation, Presentations } from "./presentations.ts";
import type { RefusedReason } from "./refusals.ts";
import { SandboxControllers } from "./sandbox-controllers.ts";
import { openSandboxFolder, type SandboxFolder } from "./sandbox-folder.ts";
import type { SandboxMachine } from "./sandbox-machine.ts";
import { type Scanned, Visitor } from "./scanning.ts";
import { SandboxTrouble } from "./sandbox-trouble.ts";

export interface SandboxOptions {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  /** Of people and ids; undefined: what the folder has, else 1. */
  readonly seed: number | undefined;
  /** Forget what was changed since the seed. */
  readonly isFresh: boolean;
  /** On loopback: whoever reaches it may make everything fail. */
  readonly listen: ListenPlace;
  /** Where browsers may come back to from the campus account's provider. */
  readonly redirectUris: readonly string[];
  /** What the cloud tells while it runs. */
  readonly onReport: (report: CloudReport) => void;
  /** The sandbox cannot go on. */
  readonly onFatal: (failure: Error) => void;
}

/** Answers what is asked of the sandbox itself; undefined: it is for its cloud. */
export type SandboxAnswer = (sandbox: Sandbox, request: Request) => Promise<Response> | undefined;

/** All that was started on one seed. */
interface Standing {
  readonly folder: SandboxFolder;
  readonly logIn: LogInStandIns;
  readonly controllers: SandboxControllers;
  readonly presentations: Presentations;
  readonly visitor: Visitor;
  readonly cloud: RunningCloud;
  readonly provider: SandboxProvider;
}

/** What became of a payment. */
export interface Paid {
  readonly topUp: string;
  readonly outcome: SandboxOutcome;
  /** How the cloud answered the provider's notice; null: none was sent. */
  readonly notice: number | null;
  readonly state: string;
}

/** What is going on in a sandbox. */
export interface SandboxStatus {
  readonly url: string;
  readonly site: string;
  readonly folder: string;
  readonly seed: number;
  readonly keyId: string;
  readonly keyFile: string;
  readonly issuer: string;
  /** Whom the provider vouches for. */
  readonly account: string;
  readonly accessPoints: readonly string[];
  readonly controllers: ReturnType<SandboxControllers["list"]>;
  /** Empty: everything is as it should be. */
  readonly failures: ReturnType<Failures["list"]>;
}

/** A whole stand-in for whoever writes the mini program's backend: a cloud with a campus in it, controllers that follow it, and what can be made to go wrong. */
export class Sandbox {
  readonly #machine: SandboxMachine;
  readonly #options: SandboxOptions;
  readonly #failures = new Failures();
  readonly #gate: Gate;
  #standing: Standing | undefined;
  #serving: Serving | undefined;
  #freeStore: (() => void) | undefined;
  /** How everything that stands is ended. */
  readonly #ends: (() => Promise<void>)[] = [];
  /** One thing at a time is changed. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(machine: SandboxMachine, options: SandboxOptions) {
    [this.#machine, this.#options] = [machine, options];
    const cloud = (): RunningCloud["fetch"] | undefined => this.#standing?.cloud.fetch;
    this.#gate = new Gate({ failures: this.#failures, clock: machine.clock, callersNowMs: this.#callersNowMs, cloud });
  }

  /** Resolves when the cloud answers and every door knows its people. @throws SetupError where something must be put right first */
  static async start(machine: SandboxMachine, options: SandboxOptions, answer: SandboxAnswer): Promise<Sandbox> {
    const made = new Sandbox(machine, options);
    try {
      const { listen, isFresh } = options;
      made.#serving = await serveApi((request, env) => answer(made, request) ?? made.#gate.fetch(request, env), listen);
      await made.#stand(isFresh);
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  status(): SandboxStatus {
    const { folder, logIn, controllers } = this.#there;
    const { campus } = folder.campus;
    return {
      url: this.#serving!.url,
      site: campus.site,
      folder: folder.path,
      seed: folder.seed,
      keyId: folder.keyId,
      keyFile: folder.keyFile,
      issuer: logIn.issuer,
      account: logIn.account,
      accessPoints: accessPointsOf(campus).map(({ id }) => id),
      controllers: controllers.list(),
      failures: this.#failures.list(),
    };
  }

  people(): readonly CampusPerson[] {
    return this.#there.folder.campus.campus.people;
  }

  /** From now on this goes wrong; once more with other settings changes how. */
  fail(name: FailureName, settings: FailureSettings): Promise<SandboxStatus> {
    return this.#change(async () => {
      const { controllers, cloud, provider } = this.#there;
      if (name === "controller-off") await controllers.stop();
      if (name === "feed-cut") controllers.cut();
      if (name === "refunds-refused") provider.refusesRefunds = true;
      if (name === "store-busy") this.#freeStore ??= await held(cloud);
      this.#failures.set(name, settings);
      return this.status();
    });
  }

  /** It is as it should be. What was not wrong stays so. */
  heal(names: readonly FailureName[]): Promise<SandboxStatus> {
    return this.#change(async () => {
      for (const name of names) await this.#heal(name);
      return this.status();
    });
  }

  /** Somebody holds something before a reader. */
  scan(presentation: Presentation): Promise<Scanned> {
    return this.#there.visitor.hold(presentation);
  }

  /** What a person holds before a reader; undefined: nothing of the kind. */
  held(person: string, showing: "pass" | "card"): string | undefined {
    return this.#there.presentations[showing](person);
  }

  /** A door refuses somebody for this reason. */
  async refuse(reason: RefusedReason): Promise<Scanned> {
    const { presentations, visitor } = this.#there;
    let last: Scanned | undefined;
    for (const presentation of presentations.of(reason)) last = await visitor.hold(presentation);
    return last!;
  }

  /** Somebody pays a top-up, pays less, or refuses to; `isNoticed`: the provider tells the cloud, which else has to ask. Undefined: there is no such payment. */
  async pay(id: string, outcome: SandboxOutcome, isNoticed: boolean): Promise<Paid | undefined> {
    const { cloud, provider } = this.#there;
    const { queries } = cloud.cloud.database;
    const topUp = await readTopUp(queries, { id });
    const notice = topUp && provider.settle(topUp.ref, outcome);
    if (notice === undefined) return undefined;
    const sent = isNoticed ? await cloud.fetch(new Request(`${cloud.url}/provider-notices/${provider.id}`, { method: "POST", ...notice })) : undefined;
    return { topUp: id, outcome, notice: sent?.status ?? null, state: (await readTopUp(queries, { id }))!.state };
  }

  /** Whoever logs in next is this person. */
  logInAs(person: CampusPerson): ChosenPerson {
    return this.#there.logIn.choose(person);
  }

  /** Everything is again as the seed made it; keys and addresses stay. */
  reset(): Promise<SandboxStatus> {
    return this.#change(async () => {
      await this.#lie();
      await this.#stand(true);
      return this.status();
    });
  }

  /** Ends everything in order. */
  stop(): Promise<void> {
    return this.#change(async () => {
      await this.#lie();
      await this.#serving?.close();
      this.#serving = undefined;
    });
  }

  readonly #callersNowMs = (): number => this.#machine.wallMs() + 1_000 * (this.#failures.get("clock-skew")?.["seconds"] ?? 0);

  get #there(): Standing {
    if (this.#standing === undefined) throw new SandboxTrouble(503, "the sandbox is being made anew", "sandbox", "ask again in a moment");
    return this.#standing;
  }

  #change<T>(act: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(act);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #heal(name: FailureName): Promise<void> {
    const { controllers, provider } = this.#there;
    this.#failures.clear(name);
    if (name === "controller-off") await controllers.start();
    if (name === "feed-cut") await controllers.mend();
    if (name === "refunds-refused") provider.refusesRefunds = false;
    if (name === "store-busy") this.#release();
  }

  #release(): void {
    this.#freeStore?.();
    this.#freeStore = undefined;
  }

  async #stand(isFresh: boolean): Promise<void> {
    const machine = this.#machine;
    const { folder: path, seed, redirectUris, onReport, onFatal } = this.#options;
    const folder = openSandboxFolder(path, seed, isFresh, machine);
    const { campus } = folder.campus;
    const cloudFolder = await openCloudFolder(folder.campus, machine.randomBytes, sandboxFilling(folder.seed, folder.backend));
    const logIn = await LogInStandIns.start(path, campus, redirectUris, machine);
    this.#ends.push(() => logIn.close());
    const provider = new SandboxProvider({ nowMs: machine.wallMs, randomBytes: machine.randomBytes });
    const sandbox = { fetch: (request: Request) => this.#toWebhook(request), callersNowMs: this.#callersNowMs, providers: [provider] };
    const listen = { host: "127.0.0.1", port: 0 };
    const cloud = await startCloud({ dataFolder: cloudFolder, site: campus.site, timeZone: campus.timeZone, logInFile: logIn.file, listen, onReport, sandbox });
    this.#ends.push(async () => {
      await cloud.hangUp();
      await this.#gate.quiet();
      await cloud.close();
    });
    const controllers = await SandboxControllers.open(folder.campus, machine, onFatal);
    this.#ends.push(() => controllers.close());
    const visitor = new Visitor(campus, controllers.hands, machine.clock);
    const presentations = new Presentations(folder.campus, machine.now, machine.randomBytes);
    controllers.leadTo(Number(new URL(cloud.url).port));
    await controllers.start();
    writeOperatorFile(folder.campus, this.#serving!.url);
    this.#standing = { folder, logIn, controllers, presentations, visitor, cloud, provider };
  }

  /** What was begun last ends first. */
  async #lie(): Promise<void> {
    this.#release();
    for (const { failure } of this.#failures.list()) this.#failures.clear(failure);
    this.#standing?.visitor.close();
    this.#standing = undefined;
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end();
  }

  #toWebhook(request: Request): Promise<Response> {
    const refused = this.#failures.get("webhooks-refused");
    return refused === undefined ? this.#machine.fetch(request) : Promise.resolve(new Response(null, { status: refused["status"]! }));
  }
}

/** Takes the store, as a long transaction of somebody else does. Resolves with what gives it back. */
async function held({ cloud }: RunningCloud): Promise<() => void> {
  return new Promise((taken) => {
    void cloud.database.transact(() => new Promise<void>((free) => taken(free)));
  });
}
