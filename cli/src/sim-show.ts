import type { HeardReport } from "@portico/simulator";
import type { RunningCampus } from "./sim-campus.ts";
import { type KnownPublication, Publications } from "./sim-publications.ts";

/** What the cloud was seen to do in a minute of campus life. */
export interface ShowSummary {
  /** Whose card. */
  readonly person: string;
  /** From the report's first byte until each controller had it on its disk, ms, by controller; null: not all had it in time. */
  readonly knownMs: Readonly<Record<string, number>> | null;
  /** What the next scan of the lost card got, and how long behind the report its answer came. */
  readonly refused: { readonly answer: string; readonly afterMs: number } | null;
  /** How long the cloud was out of reach, who came meanwhile, and how long behind the plug all that was published meanwhile was held everywhere. */
  readonly outage: { readonly ms: number; readonly visits: number; readonly granted: number; readonly backMs: number | null } | null;
  /** What the card got while the cloud that had taken it back could not say so, and what it got afterwards. */
  readonly found: { readonly meanwhile: string; readonly afterwards: string } | null;
}

export interface ShowOptions {
  readonly campus: RunningCampus;
  /** Whose card is lost and found: somebody who may use every zone. */
  readonly person: string;
  /** Where it is held before a reader. */
  readonly accessPoint: string;
  readonly note: (text: string) => void;
  /** Visits so far, and how many of them were let in. */
  readonly visits: () => { readonly visits: number; readonly granted: number };
}

/** When what begins, and how long the line is cut. */
const LOSS_AFTER_MS = 8_000;
const UNPLUG_AFTER_MS = 5_000;
const FOUND_AFTER_MS = 3_000;
const PLUG_AFTER_MS = 4_000;
/** A reader answers within this time, a publication arrives, a controller that waited comes back. */
const ANSWER_WITHIN_MS = 5_000;
const KNOWN_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 40_000;
/** The same card, held on any sooner, would count as the same scan. */
const SAME_SCAN_MS = 3_500;
/** The door falls shut behind whoever tried the card. */
const OPEN_MS = 800;
const WALK_AFTER_MS = 600;

/** A card is lost and found again, and in between the cloud is away: shown on a campus in which life goes on. */
export class SimShow {
  readonly #options: ShowOptions;
  readonly #publications: Publications;
  readonly #removeListener: () => void;
  #marks = 0;
  #summary: ShowSummary;

  constructor(options: ShowOptions) {
    const { campus, person } = options;
    this.#options = options;
    this.#publications = new Publications(campus.campus, () => campus.clock.monotonic());
    this.#removeListener = campus.hands.onReport((report) => this.#publications.report(report));
    this.#summary = { person, knownMs: null, refused: null, outage: null, found: null };
  }

  /** What was seen so far. */
  get summary(): ShowSummary {
    return this.#summary;
  }

  /** Resolves when it is over. Rejects where cloud or devices refuse what they are asked. */
  async run(): Promise<void> {
    const { campus, note, person } = this.#options;
    const credential = campus.campus.people.find(({ id }) => id === person)!.card!.credential;
    try {
      // A run that was cut short may have left it lost.
      if ((await campus.cloud.cardState(credential)).state === "lost") await campus.cloud.cardFound(credential);
      await this.#wait(LOSS_AFTER_MS);
      await this.#lose(credential);
      await this.#wait(UNPLUG_AFTER_MS);
      await this.#away(credential);
    } catch (error) {
      note(`the cloud's part of the minute is over: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      this.#removeListener();
    }
  }

  async #lose(credential: string): Promise<void> {
    const { campus, note, person, accessPoint } = this.#options;
    const reportedAt = campus.clock.monotonic();
    note(`${person}'s card is reported lost, by the cloud's API`);
    const known = await this.#within(
      KNOWN_WITHIN_MS,
      campus.cloud.cardLost(credential).then((publish) => this.#publications.known(publish)),
    );
    if (known === undefined) return note("not every controller knows it yet");
    const knownMs = behind(known, reportedAt);
    this.#summary = { ...this.#summary, knownMs };
    note(`${listed(knownMs)}: from the report's first byte until it was on their disks`);
    const answer = await this.#scan(accessPoint);
    const afterMs = campus.clock.monotonic() - reportedAt;
    this.#summary = { ...this.#summary, refused: { answer, afterMs } };
    note(`whoever has found the card tries it at ${accessPoint}: ${answer}, ${afterMs.toFixed(0)} ms behind the report`);
  }

  async #away(credential: string): Promise<void> {
    const { campus, note, person, accessPoint, visits } = this.#options;
    const before = visits();
    const cutAt = campus.clock.monotonic();
    note("the cloud is unplugged; the doors go on by what they hold");
    await campus.cloud.plug(false);
    await this.#wait(FOUND_AFTER_MS);
    const publish = await campus.cloud.cardFound(credential);
    note(`${person} has the card back; the cloud says so in publication ${publish}, and no door can hear it`);
    const meanwhile = await this.#scan(accessPoint);
    note(`so it still gets ${meanwhile} at ${accessPoint}`);
    await this.#wait(PLUG_AFTER_MS);
    await campus.cloud.plug(true);
    const pluggedAt = campus.clock.monotonic();
    const away = visits();
    note(
      `the cloud is plugged in again after ${seconds(pluggedAt - cutAt)}; ${away.visits - before.visits} people came meanwhile, ${away.granted - before.granted} were let in`,
    );
    const known = await this.#within(BACK_WITHIN_MS, this.#publications.known(publish));
    const backMs = known === undefined ? null : Math.max(...Object.values(behind(known, pluggedAt)));
    this.#summary = {
      ...this.#summary,
      outage: { ms: pluggedAt - cutAt, visits: away.visits - before.visits, granted: away.granted - before.granted, backMs },
    };
    if (backMs === null) return note("what was published meanwhile has not arrived everywhere");
    note(`what was published meanwhile is on every disk ${seconds(backMs)} later`);
    await this.#wait(SAME_SCAN_MS);
    const afterwards = await this.#scan(accessPoint);
    if (afterwards === "granted") await this.#walk(accessPoint);
    this.#summary = { ...this.#summary, found: { meanwhile, afterwards } };
    note(`${person}'s card at ${accessPoint}: ${afterwards}`);
  }

  /** Holds the card before a reader: `granted`, the reason, or `no answer`. */
  async #scan(accessPoint: string): Promise<string> {
    const { campus, person } = this.#options;
    const mark = `show ${++this.#marks}`;
    let remove = (): void => {};
    const judged = new Promise<string>((resolve) => {
      remove = campus.hands.onReport((report: HeardReport) => {
        if (report.kind === "judged" && report.scan === mark) resolve(report.reason ?? "granted");
      });
    });
    await campus.hands.scan(accessPoint, campus.pockets.get(person)!.card!, mark);
    const answer = await this.#within(ANSWER_WITHIN_MS, judged);
    remove();
    return answer ?? "no answer";
  }

  async #walk(accessPoint: string): Promise<void> {
    const { campus } = this.#options;
    const door = campus.campus.doors.find(({ id }) => `${id}-in` === accessPoint);
    await this.#wait(WALK_AFTER_MS);
    if (door !== undefined) await campus.hands.pushDoor(door.id, OPEN_MS);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.campus.clock.after(ms, resolve));
  }

  /** Undefined when it is not there in time. */
  #within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.#wait(ms).then(() => undefined)]);
  }
}

const behind = ({ at }: KnownPublication, since: number): Readonly<Record<string, number>> =>
  Object.fromEntries([...at].map(([controller, ms]) => [controller, ms - since]));

/** `gate-house 8 ms, library-house 11 ms`. */
export const listed = (ms: Readonly<Record<string, number>>): string =>
  Object.entries(ms)
    .sort(([, a], [, b]) => a - b)
    .map(([controller, each]) => `${controller} ${each.toFixed(0)} ms`)
    .join(", ");

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Whether the cloud did all that it must in the minute. */
export const isGoodShow = ({ knownMs, refused, outage, found }: ShowSummary): boolean =>
  knownMs !== null &&
  refused?.answer === "CredentialNotEnabled" &&
  outage?.backMs !== undefined &&
  outage.backMs !== null &&
  found?.meanwhile === "CredentialNotEnabled" &&
  found.afterwards === "granted";
