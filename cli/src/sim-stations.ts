import type { HeardReport, StationHands } from "@portico/simulator";
import type { RunningCampus } from "./sim-campus.ts";
import { isGoodRoom, roomLines, RoomShow, type RoomSummary } from "./sim-rooms.ts";

/** What was seen at the stations in a minute of campus life. Each is null where the campus has no such station, or it did not come to it. */
export interface StationsSummary {
  /** What was paid at the till by code, what somebody else got who may not, and what the customer read each time. */
  readonly till: { readonly paid: string; readonly read: string; readonly refused: string; readonly refusedRead: string } | null;
  /** What the scan got that released the pages, how many were sent, and how many sides lay in the tray then. */
  readonly printing: { readonly answer: string; readonly pages: number; readonly sides: number } | null;
  /** What was seen at the lock of a room. */
  readonly room: RoomSummary | null;
  /** What the guest's face got, a stranger's plate, the driver's plate, and whether the car came through. */
  readonly visitors: { readonly face: string; readonly strange: string; readonly plate: string; readonly passed: boolean } | null;
}

export interface StationShowOptions {
  readonly campus: RunningCampus & { readonly stations: StationHands };
  readonly note: (text: string) => void;
}

const BEGIN_AFTER_MS = 3_000;
const PAUSE_MS = 1_500;
const ANSWER_WITHIN_MS = 5_000;
const TRAY_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;
const CAR_MS = 1_200;
const PAGES = 3;
const AMOUNT = "12.50";
/** A till's display says within this time what has become of an amount. */
const READ_MS = 300;

/** Somebody eats, somebody prints, somebody comes home, a guest comes on foot and another by car: shown on a campus in which life goes on. */
export class StationShow {
  readonly #options: StationShowOptions;
  #marks = 0;
  #summary: Omit<StationsSummary, "room"> = { till: null, printing: null, visitors: null };
  readonly #room: RoomShow;

  constructor(options: StationShowOptions) {
    this.#options = options;
    this.#room = new RoomShow(options);
  }

  /** What was seen so far. */
  get summary(): StationsSummary {
    return { ...this.#summary, room: this.#room.summary };
  }

  /** Resolves when it is over. Rejects where the devices refuse what they are asked. */
  async run(): Promise<void> {
    await Promise.all([this.#room.run(), this.#round()]);
  }

  async #round(): Promise<void> {
    const has = (kind: string): string | undefined => this.#options.campus.campus.stations?.find((station) => station.kind === kind)?.id;
    const [till, printer, gate, barrier] = [has("till"), has("printer"), has("visitor-gate"), has("barrier")];
    await this.#wait(BEGIN_AFTER_MS);
    if (till !== undefined) await this.#eat(till);
    if (printer !== undefined) await this.#print(printer);
    if (gate !== undefined && barrier !== undefined) await this.#visit(gate, barrier);
  }

  async #eat(till: string): Promise<void> {
    const { note } = this.#options;
    const { stations } = this.#options.campus;
    note(`${till}: the cashier types ${AMOUNT} and Enter`);
    await stations.enter(till, AMOUNT);
    await this.#wait(READ_MS);
    note(`${till} shows: ${shown(await stations.display(till))}`);
    const refused = await this.#scan(`${till}-reader`, "xu");
    await this.#wait(READ_MS);
    const refusedRead = shown(await stations.display(till));
    note(`${till} shows: ${refusedRead}`);
    await this.#wait(PAUSE_MS);
    const paid = await this.#scan(`${till}-reader`, "wang");
    await this.#wait(READ_MS);
    const read = shown(await stations.display(till));
    note(`${till} shows: ${read}`);
    this.#summary = { ...this.#summary, till: { paid, read, refused, refusedRead } };
  }

  async #print(printer: string): Promise<void> {
    const { note } = this.#options;
    const { stations } = this.#options.campus;
    const before = await stations.tray(printer);
    const job = await stations.print(printer, "liu", PAGES);
    note(`liu has sent ${PAGES} pages to ${printer}; job ${job} is held until liu stands before it`);
    await this.#wait(PAUSE_MS);
    const answer = await this.#scan(`${printer}-reader`, "liu");
    let sides = 0;
    for (let waitedMs = 0; waitedMs < TRAY_WITHIN_MS && sides < PAGES; waitedMs += LOOK_EVERY_MS) {
      await this.#wait(LOOK_EVERY_MS);
      sides = (await stations.tray(printer)) - before;
    }
    this.#summary = { ...this.#summary, printing: { answer, pages: PAGES, sides } };
    note(`${sides} sides lie in the tray of ${printer}`);
  }

  async #visit(gate: string, barrier: string): Promise<void> {
    const { campus, note } = this.#options;
    note(`a guest stands before the terminal of ${gate}`);
    const face = await this.#recognised(`${gate}-face`, "guest");
    await this.#wait(PAUSE_MS);
    note(`a car that nobody has announced stands before the ${barrier}`);
    const strange = await this.#held(`${barrier}-in`, "粤B99999");
    await this.#wait(PAUSE_MS);
    const plate = await this.#recognised(`${barrier}-in`, "driver");
    await this.#wait(READ_MS);
    const passed = await campus.hands.pushDoor(barrier, CAR_MS);
    note(`the driver's car ${passed ? "went through" : "still stands there"}`);
    this.#summary = { ...this.#summary, visitors: { face, strange, plate, passed } };
  }

  /** Holds a phone before a reader: `granted`, the reason, or `no answer`. */
  #scan(accessPoint: string, person: string): Promise<string> {
    const code = this.#options.campus.pockets.get(person)!.show();
    return code?.ok === true ? this.#read(accessPoint, code.value) : Promise.resolve("nothing shown");
  }

  #recognised(accessPoint: string, person: string): Promise<string> {
    const [identity] = this.#options.campus.campus.people.find(({ id }) => id === person)!.identities!;
    return this.#held(accessPoint, identity!.text);
  }

  #held(accessPoint: string, text: string): Promise<string> {
    return this.#read(accessPoint, Buffer.from(text, "utf8").toString("latin1"));
  }

  async #read(accessPoint: string, read: string): Promise<string> {
    const { hands } = this.#options.campus;
    const mark = `station ${++this.#marks}`;
    let remove = (): void => {};
    const judged = new Promise<string>((resolve) => {
      remove = hands.onReport((report: HeardReport) => {
        if (report.kind === "judged" && report.scan === mark) resolve(report.reason ?? "granted");
      });
    });
    await hands.scan(accessPoint, read, mark);
    const answer = await Promise.race([judged, this.#wait(ANSWER_WITHIN_MS).then(() => "no answer")]);
    remove();
    return answer;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.campus.clock.after(ms, resolve));
  }
}

/** What a display shows, on one line. */
const shown = (lines: readonly string[]): string =>
  lines.map((line) => line.trim().replaceAll(/ {2,}/g, "  ")).filter((line) => line !== "").join(" | "); // prettier-ignore

/** Whether everything at the stations came to what it had to. */
export const isGoodStations = ({ till, printing, room, visitors }: StationsSummary): boolean =>
  till !== null &&
  till.paid === "granted" &&
  till.read.includes("Paid") &&
  till.refused === "CredentialNotEnabled" &&
  till.refusedRead.includes("blocked") &&
  (printing === null || (printing.answer === "granted" && printing.sides === printing.pages)) &&
  (room === null || isGoodRoom(room)) &&
  (visitors === null || (visitors.face === "granted" && visitors.strange === "CredentialNotFound" && visitors.plate === "granted" && visitors.passed));

/** The stations' lines of a summary: a name and a value each. */
export const stationLines = ({ till, printing, room, visitors }: StationsSummary): string[][] => [
  ...(till === null ? [] : [["canteen", `wang's code: ${till.paid}, “${till.read}”; xu's before: ${till.refused}, “${till.refusedRead}”`]]),
  ...(printing === null ? [] : [["printing", `liu's scan: ${printing.answer}; ${printing.sides} of ${printing.pages} sides in the tray`]]),
  ...(room === null ? [] : roomLines(room)),
  ...(visitors === null
    ? []
    : [["visitors", `the guest's face: ${visitors.face}; an unknown plate: ${visitors.strange}; the driver's: ${visitors.plate}, ${visitors.passed ? "and through" : "and not through"}`]]), // prettier-ignore
];
