import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import type { CampusPart } from "@portico/simulator";
import type { WireKind } from "@portico/simulator/programs";
import { commandWord } from "./command-word.ts";
import { EXIT, Failure } from "./failure.ts";
import type { RunningCampus } from "./sim-campus.ts";
import { type CampusOption, campusFolder, campusOption } from "./sim-folder.ts";
import { screenLines } from "./sim-screen.ts";
import { SimShow } from "./sim-show.ts";
import { StationShow } from "./sim-stations.ts";
import { isGood, SimTally, summaryLines } from "./sim-tally.ts";
import { SimTeller } from "./sim-teller.ts";
import type { Surroundings } from "./surroundings.ts";
import { verb, wholeNumber } from "./verb.ts";

interface RunOptions extends CampusOption {
  readonly once?: true;
  readonly fast?: true;
  readonly day?: true;
  readonly eaters?: number;
  readonly seed?: number;
  readonly wires?: WireKind;
  readonly format: "text" | "jsonl";
}

/** So long people set out; then everybody goes home, and the minute is about over. */
const SET_OUT_MS = 45_000;
/** The cloud's part of the minute is over by then, or it was none. */
const SHOW_WITHIN_MS = 40_000;
const CLOUD_ANSWERS_WITHIN_MS = 2_000;
/** A student with a card who may use every zone, at a reader that everybody sees. */
const SHOWN = { person: "li", accessPoint: "library-in" } as const;
/** What was begun ends within this time: a passage that nobody takes lasts half a minute, and who waits behind it goes home after that. */
const END_WITHIN_MS = 90_000;
const SEED_MAX = 0xffff_ffff;
/** How many come to lunch on a day where nobody says otherwise. */
const EATERS = 2_000;
const EATERS_MAX = 10_000;
/** How soon everybody comes, and how long anybody rests. */
const PACE = { minute: { arriveWithinMs: 10_000, pauseMsMax: 8_000 }, endless: { arriveWithinMs: 20_000, pauseMsMax: 30_000 } } as const;

/** `portico sim run`, which is `npm start` in a checkout: a campus of real programs with people in it. */
export function simRunVerb(surroundings: Surroundings): Command {
  const command = verb("run", "run a small campus: a cloud, two controllers, devices, and people who come and go, until Ctrl-C", [
    ["portico sim run", "what npm start runs in a checkout"],
    ["portico sim run --once", "a minute of it, with a card lost and the cloud unplugged, then a summary; exit code 1 when anything was not as it must be"],
    ["portico sim run --fast --seed 7", "that minute in virtual time, within one program; the same seed gives the same minute"],
    ["portico sim run --day", "a whole day on campus in virtual time, told as a story; exit code 1 when anything was not as it must be"],
  ])
    .option("--once", "a minute of campus life, then a summary")
    .addOption(new Option("--fast", "that minute in virtual time, within this program").conflicts("wires"))
    .addOption(new Option("--day", "a day in virtual time, within this program, told as a story").conflicts(["once", "fast", "wires"]))
    .addOption(new Option("--eaters <number>", `how many come to lunch that day (default: ${EATERS})`).argParser(wholeNumber(0, EATERS_MAX)))
    .addOption(new Option("--seed <number>", "of everything that people decide (default: another one each time)").argParser(wholeNumber(0, SEED_MAX)))
    .addOption(new Option("--wires <kind>", "pty: pseudo-terminals by socat; tcp: loopback (default: pty where socat is installed)").choices(["pty", "tcp"]))
    .addOption(new Option("--format <format>", "text for people, jsonl for programs").choices(["text", "jsonl"]).default("text"));
  return campusOption(command).action((options: RunOptions) => run(surroundings, options));
}

async function run(surroundings: Surroundings, options: RunOptions): Promise<void> {
  const { terminal } = surroundings;
  const seed = options.seed ?? seedFrom(surroundings.randomBytes(2));
  if (options.day === true) return (await import("./sim-day.ts")).runDay(surroundings, { ...options, seed, eaters: options.eaters ?? EATERS });
  if (options.eaters !== undefined) throw new Failure(EXIT.usage, "--eaters has no use without --day", "--eaters", "add --day: portico sim run --help");
  const teller = new SimTeller(terminal, options.format === "jsonl");
  let campus: RunningCampus | undefined;
  try {
    campus = options.fast ? await startVirtual(seed, teller) : await startPrograms(surroundings, options, seed, teller);
    await live(campus, surroundings, options, seed, teller);
  } catch (error) {
    // Whatever was being asked when Ctrl-C came has no answer, and needs none.
    if (!(error instanceof Failure && surroundings.interrupted.aborted)) throw error;
  } finally {
    if (surroundings.interrupted.aborted) teller.interrupted();
    await campus?.end();
    teller.ended();
  }
}

/** Lets people live in it, until their time is over or somebody interrupts. */
async function live(campus: RunningCampus, { terminal, interrupted }: Surroundings, options: RunOptions, seed: number, teller: SimTeller): Promise<void> {
  const isMinute = options.once === true || options.fast === true;
  teller.watch(campus);
  const { CampusLife, roomsOf } = await import("@portico/simulator");
  const tally = new SimTally(new Set(roomsOf(campus.campus).map(({ id }) => id)));
  campus.hands.onReport((report) => tally.report(report));
  const life = new CampusLife({
    campus: campus.campus,
    hands: campus.hands,
    clock: campus.clock,
    pockets: livingOf(isMinute ? withoutCard(campus.pockets, SHOWN.person) : campus.pockets),
    seed,
    listsFrom: "zones",
    isChanged: changedSince(campus),
    ...PACE[isMinute ? "minute" : "endless"],
    onVisit(record) {
      tally.visit(record);
      teller.findings(life.findings);
    },
  });
  const living = life.live();
  living.catch(() => {}); // what ends the campus ends its life, and is told where time passes
  const show = isMinute ? new SimShow({ campus, ...SHOWN, note: (text) => teller.show(text), visits: () => tally.visits }) : undefined;
  const stations = isMinute ? new StationShow({ campus, note: (text) => teller.show(text) }) : undefined;
  const showing = Promise.allSettled([show?.run(), stations?.run()]); // what it did not come to is what the summary tells
  if (!(await campus.pass(isMinute ? SET_OUT_MS : Number.MAX_SAFE_INTEGER))) return;
  await campus.passUntil(showing, SHOW_WITHIN_MS);
  if (interrupted.aborted) return;
  teller.goingHome();
  const isQuiet = await campus.passUntil(life.stop(), END_WITHIN_MS);
  if (interrupted.aborted) return;
  const findings = life.findings.map(({ person, place, what }) => `${person} at ${place}: ${what}`);
  if (!isQuiet) findings.push(`somebody was still busy ${END_WITHIN_MS / 1000} s after everybody was asked to go home`);
  const summary = tally.summary(findings, campus.crashes(), await campus.verify(), show?.summary ?? null, stations?.summary ?? null);
  teller.end();
  terminal.out(options.format === "jsonl" ? `${JSON.stringify({ kind: "summary", seed, ...summary })}\n` : `\n${summaryLines(summary).join("\n")}\n`);
  if (!isGood(summary))
    throw new Failure(EXIT.refused, "this was not a good minute", `seed ${seed}`, `the same people in virtual time: portico sim run --fast --seed ${seed}`);
}

async function startVirtual(seed: number, teller: SimTeller): Promise<RunningCampus> {
  teller.say(`A minute of campus life in virtual time, seed ${seed}.`);
  const { virtualCampus } = await import("./sim-virtual.ts");
  return virtualCampus(seed);
}

async function startPrograms(surroundings: Surroundings, options: RunOptions, seed: number, teller: SimTeller): Promise<RunningCampus> {
  const folder = campusFolder(surroundings, options);
  teller.say(`Portico: starting a simulated campus in ${folder} …`);
  const { programsCampus } = await import("./sim-programs.ts");
  const { CLOUD_FOLDER, partFolder } = await import("@portico/simulator");
  const campus = await programsCampus(surroundings, { folder, wires: options.wires, onNote: (note) => teller.note(note) });
  const { sockets, devices, devicesPid, cloud, cloudUrl, controllers } = campus.programs;
  const { site, people, parts } = campus.campus;
  const folderOf = (part: CampusPart): string => partFolder(folder, campus.campus, part);
  const pidOf = ({ controller }: CampusPart): number | undefined => controllers.get(controller)?.pid;
  const wireKind = devices.wires[0]!.kind;
  teller.screen(
    {
      kind: "campus",
      site,
      folder,
      seed,
      cloud: { pid: cloud.pid, url: cloudUrl },
      controllers: parts.map((part) => ({ id: part.controller, pid: pidOf(part), folder: folderOf(part) })),
      devicesPid,
      wires: devices.wires,
    },
    screenLines({
      site,
      people: people.length,
      cloud: { pid: cloud.pid, url: cloudUrl, folder: join(folder, CLOUD_FOLDER) },
      parts: parts.map((part) => ({ zone: part.zone, pid: pidOf(part), folder: folderOf(part), places: part.places })),
      devicesPid,
      wires: devices.wires.length,
      wireKind,
      isKindFound: options.wires === undefined,
      folder,
      socketFolder: sockets.isElsewhere ? dirname(sockets.sim) : undefined,
      checkout: surroundings.checkout,
      command: commandWord(surroundings),
      workingFolder: surroundings.workingFolder,
      seed,
    }),
  );
  return campus;
}

/** Guests, who have neither card nor phone, come when they are shown. */
const livingOf = (pockets: RunningCampus["pockets"]): RunningCampus["pockets"] =>
  new Map([...pockets].filter(([, { person }]) => person.identities === undefined));

/** Whoever has lost the card does not hold it before a reader. */
const withoutCard = (pockets: RunningCampus["pockets"], person: string): RunningCampus["pockets"] =>
  new Map([...pockets].map(([id, pocket]) => [id, id === person ? { ...pocket, card: undefined } : pocket]));

/** Whether somebody has changed a credential since now. A cloud that does not say is no explanation. */
function changedSince({ cloud, now, clock }: RunningCampus): (credential: string) => Promise<boolean> {
  const begun = now();
  return (credential) => {
    const late = new Promise<boolean>((resolve) => void clock.after(CLOUD_ANSWERS_WITHIN_MS, () => resolve(false)));
    const asked = cloud.cardState(credential).then(
      ({ since }) => since >= begun,
      () => false,
    );
    return Promise.race([asked, late]);
  };
}

const seedFrom = (bytes: Uint8Array): number => bytes.reduce((seed, byte) => seed * 256 + byte, 0);
