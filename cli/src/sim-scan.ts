import { type Command, InvalidArgumentError, Option } from "commander";
import type { ControllerReport } from "@portico/controller";
import type { HeardReport, DevicesClient } from "@portico/simulator/programs";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { clockText, frameText } from "./report-text.ts";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";

interface ScanOptions extends CampusOption {
  readonly person?: string;
  readonly card?: true;
  readonly screenshot?: true;
  readonly text?: string;
  readonly walk?: true;
  readonly format?: Format;
}

type Judged = Extract<ControllerReport, { readonly kind: "judged" }>;
type Acted = Extract<ControllerReport, { readonly kind: "acted" }>;

/** How long ago a screenshot was taken. */
const SCREENSHOT_AGO_S = 60;
const ANSWER_WITHIN_MS = 3_000;
const ACT_WITHIN_MS = 1_000;
const OPEN_MS = 1_500;
/** A scan has at most so many bytes, and a line end is where a reader ends it. Source: docs/card-format.md. */
const TEXT_BYTES_MAX = 4_096;
const MARK_BYTES = 8;

/** `portico sim scan`: holds something before a reader of the running campus and tells what the controller made of it. */
export function simScanVerb(surroundings: Surroundings): Command {
  const command = verb("scan <access-point>", "hold a pass, a card or any text before a reader", [
    ["portico sim scan gate-1-in --person zhang --walk", "the pass on that phone, and through"],
    ["portico sim scan library-in --person li --card", "that person's card"],
    ["portico sim scan gate-1-in --person zhang --screenshot", "a picture of the code, a minute old"],
    ["portico sim scan gate-5-face --person guest", "that person's face before a terminal"],
    ["portico sim scan gate-1-in --text 'CP1:ABC'", "anything; before a camera, a plate"],
  ])
    .addOption(new Option("--person <id>", "what this person carries: the pass on the phone, unless --card").conflicts("text"))
    .addOption(new Option("--card", "the person's card").conflicts(["screenshot", "text"]))
    .addOption(new Option("--screenshot", `a picture of the person's code, ${SCREENSHOT_AGO_S} s old`).conflicts("text"))
    .addOption(new Option("--text <text>", "this text, whatever it is").argParser(scannable))
    .option("--walk", "pass the lane or door when access is granted")
    .addOption(formatOption());
  return campusOption(command).action((accessPoint: string, options: ScanOptions) =>
    withCampus(surroundings, options, async (client, folder, sockets) => {
      const read = await shownBy(surroundings, folder, accessPoint, options);
      const { controllerPlace } = await import("@portico/simulator/programs");
      const { socket, dataFolder } = controllerPlace(folder, sockets, accessPoint);
      const { judged, acted } = await scanned(surroundings, client, socket, accessPoint, read);
      const passed = judged.outcome === "granted" && options.walk === true ? await walk(client, folder, accessPoint, surroundings) : null;
      tell(surroundings, options.format, judged, acted, passed);
      if (judged.outcome === "granted" && passed !== false) return;
      const next =
        judged.seq === null
          ? "it has no event of its own: scans without a holding signature are only counted"
          : `portico event explain ${judged.seq}${dataFolder === undefined ? "" : ` --data ${dataFolder}`}`;
      throw new Failure(EXIT.refused, passed === false ? "granted, but the way stayed shut" : `refused: ${judged.reason}`, accessPoint, next);
    }),
  );
}

/** Reads a text that a reader can make one scan of. */
function scannable(text: string): string {
  if (text === "") throw new InvalidArgumentError("A reader that reads nothing says nothing: some text is wanted.");
  if (/[\r\n]/.test(text)) throw new InvalidArgumentError("A reader ends a scan at a line end: one line is wanted.");
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw new InvalidArgumentError(`At most ${TEXT_BYTES_MAX} bytes are wanted.`);
  return text;
}

/** What the reader reads: single-byte characters, one for each byte. */
export async function shownBy(
  { now, randomBytes }: Surroundings,
  folder: string,
  accessPoint: string,
  { person, card, screenshot, text }: Pick<ScanOptions, "person" | "card" | "screenshot" | "text">,
): Promise<string> {
  if (text !== undefined) return Buffer.from(text, "utf8").toString("latin1");
  if (person === undefined) throw new Failure(EXIT.usage, "nothing to show", "portico sim scan", "add --person <id> or --text <text>");
  const { folderPockets, stationReaders } = await import("@portico/simulator/programs");
  const { campus, pockets } = folderPockets({ folder, now, randomBytes, agoS: screenshot ? SCREENSHOT_AGO_S : 0 });
  const pocket = pockets.get(person);
  if (pocket === undefined) throw new Failure(EXIT.usage, `the campus knows no ${person}`, folder, `use one of ${[...pockets.keys()].join(", ")}`);
  const kind = stationReaders(campus).find(({ id }) => id === accessPoint)?.reads;
  if (kind !== undefined && kind !== "codes") {
    const identity = pocket.person.identities?.find((each) => each.kind === kind);
    if (identity !== undefined) return Buffer.from(identity.text, "utf8").toString("latin1");
    const known = campus.people.filter(({ identities = [] }) => identities.some((each) => each.kind === kind)).map(({ id }) => id);
    throw new Failure(EXIT.usage, `nothing of ${person} is recognised there`, accessPoint, `use ${[...known, "--text <text>"].join(", ")}`);
  }
  if (card) {
    const withCard = [...pockets.values()].filter((each) => each.card !== undefined).map((each) => each.person.id);
    if (pocket.card === undefined) throw new Failure(EXIT.usage, `${person} has no card`, folder, `use one of ${withCard.join(", ")}`);
    return pocket.card;
  }
  const pass = pocket.show();
  if (pass === undefined) throw new Failure(EXIT.usage, `${person} has no phone`, folder, "use --card, or another person");
  if (!pass.ok) throw new Failure(EXIT.refused, `the phone shows nothing: ${pass.error}, ${pass.detail}`, person, "try again in a second");
  return pass.value;
}

/** Scans and waits for what the controller reports about it: others hold something before the same reader, so its report is known by a mark. */
export async function scanned(
  surroundings: Surroundings,
  client: DevicesClient,
  socket: string,
  accessPoint: string,
  read: string,
): Promise<{ readonly judged: Judged; readonly acted: Acted | undefined }> {
  const ended = new AbortController();
  const reports = new Reports(surroundings);
  const mark = Buffer.from(surroundings.randomBytes(MARK_BYTES)).toString("hex");
  try {
    await client.follow((report) => reports.hear(report), ended.signal);
    if (!(await client.ask("scan", { accessPoint, read, mark })))
      throw new Failure(EXIT.unreachable, "nothing left the reader", accessPoint, "portico sim wire list shows which wire is cut; is a controller running?");
    const judged = await reports.next(ANSWER_WITHIN_MS, (report): report is Judged & HeardReport => report.kind === "judged" && report.scan === mark);
    if (judged === undefined) {
      // Fails as a controller fails that cannot be reached, where that is why nothing came.
      await new ControllerClient(socket, surroundings.interrupted, ANSWER_WITHIN_MS).ask("GET /v1/status", {});
      throw new Failure(
        EXIT.refused,
        `no answer within ${ANSWER_WITHIN_MS / 1000} s`,
        accessPoint,
        "the same text again within 3 s is the same scan and only lights up; portico sim wire list, portico status",
      );
    }
    const { seq } = judged;
    const isAct = (report: HeardReport): report is Acted => report.kind === "acted" && report.accessPoint === accessPoint && report.grantedSeq === seq;
    return { judged, acted: judged.outcome === "granted" ? await reports.next(ACT_WITHIN_MS, isAct) : undefined };
  } finally {
    ended.abort();
    reports.close();
  }
}

/** Hears reports, for whoever waits for one: one that has come already counts. */
class Reports {
  readonly #after: Surroundings["after"];
  readonly #heard: HeardReport[] = [];
  #onReport: ((report: HeardReport) => void) | undefined;
  #cancel = (): void => {};

  constructor({ after }: Pick<Surroundings, "after">) {
    this.#after = after;
  }

  hear(report: HeardReport): void {
    this.#heard.push(report);
    this.#onReport?.(report);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#cancel();
    this.#onReport = undefined;
  }

  /** Undefined when none comes in time. */
  next<R extends HeardReport>(withinMs: number, fits: (report: HeardReport) => report is R): Promise<R | undefined> {
    return new Promise((resolve) => {
      const finish = (report: R | undefined): void => {
        this.close();
        resolve(report);
      };
      this.#cancel = this.#after(withinMs, () => finish(undefined));
      const there = this.#heard.find(fits);
      if (there !== undefined) return finish(there);
      this.#onReport = (report) => {
        if (fits(report)) finish(report);
      };
    });
  }
}

/** Goes through what was opened. */
async function walk(client: DevicesClient, folder: string, accessPoint: string, { now, randomBytes }: Surroundings): Promise<boolean> {
  const { accessPointsOf, folderPockets, placeOfReader } = await import("@portico/simulator/programs");
  const { campus } = folderPockets({ folder, now, randomBytes });
  const point = accessPointsOf(campus).find(({ id }) => id === accessPoint);
  if (point === undefined) {
    const station = campus.stations?.find(({ id }) => id === placeOfReader(campus, accessPoint));
    if (station?.kind === "barrier") return client.ask("push-door", { door: station.id, openMs: OPEN_MS });
    throw new Failure(EXIT.usage, "nobody walks there: the terminal's door has no body in this simulation", accessPoint, "leave out --walk");
  }
  const { opens, way } = point;
  if (opens.kind === "door") return client.ask("push-door", { door: opens.door.id, openMs: OPEN_MS });
  return client.ask("push", { lane: opens.lane.id, direction: way === "in" ? "entry" : "exit" });
}

function tell({ terminal }: Surroundings, format: Format | undefined, judged: Judged, acted: Acted | undefined, passed: boolean | null): void {
  const { outcome, reason, detail, seq, accessProfile, presentation, phoneClockOffsetS, credential, accessPoint } = judged;
  const facts: [string, string][] = [["outcome", outcome === "granted" ? `granted, ${accessProfile}` : `refused: ${reason} (${detail})`]];
  if (phoneClockOffsetS !== null) facts.push(["phone's clock", clockText(phoneClockOffsetS)]);
  facts.push(["by", presentation === null ? "nobody: no signature holds" : `${presentation}, credential ${credential ?? "unknown"}`]);
  facts.push(["event", seq === null ? "none, only counted" : String(seq)]);
  if (acted !== undefined) facts.push(["relay", `after ${acted.afterMs.toFixed(1)} ms${acted.frame === null ? "" : `: ${frameText(acted.frame)}`}`]);
  if (passed !== null) facts.push(["passed", passed ? "yes" : "no"]);
  const { afterMs = null, frame = null } = acted ?? {};
  writeFacts(terminal, format, facts, { accessPoint, outcome, reason, detail, presentation, credential, seq, phoneClockOffsetS, afterMs, frame, passed });
}
