import { posix } from "node:path";
import { shellWord } from "./shell-word.ts";
import { displayWidth } from "./terminal.ts";

/** What the first screen of a campus tells. */
export interface SimScreen {
  readonly site: string;
  readonly people: number;
  readonly cloud: { readonly pid: number | undefined; readonly url: string; readonly folder: string };
  /** Each with a controller of its own. */
  readonly parts: readonly { readonly zone: string; readonly pid: number | undefined; readonly folder: string; readonly places: readonly string[] }[];
  readonly devicesPid: number | undefined;
  readonly wires: number;
  readonly wireKind: "pty" | "tcp";
  /** Whether nobody chose that kind: then a missing socat is the cause of TCP. */
  readonly isKindFound: boolean;
  /** Of the campus, absolute. */
  readonly folder: string;
  /** The folder of the sockets, where they could not be in the campus's. */
  readonly socketFolder: string | undefined;
  /** The checkout's folder; undefined when installed. */
  readonly checkout: string | undefined;
  /** How commands are typed, see `commandWord`. */
  readonly command: string;
  readonly workingFolder: string;
  readonly seed: number;
}

const NAME_WIDTH = "library".length;

/** The first screen: what runs, and what to try. At most 28 lines. */
export function screenLines(screen: SimScreen): string[] {
  const { site, people, cloud, parts, devicesPid, wires, wireKind, isKindFound, folder, socketFolder, seed, checkout, command } = screen;
  const shown = (path: string): string => {
    const relative = posix.relative(screen.workingFolder, path);
    return relative !== "" && !relative.startsWith("..") ? relative : path;
  };
  const pids = [cloud, ...parts, { pid: devicesPid }].map(({ pid }) => `pid ${pid ?? "?"}`);
  const pidWidth = Math.max(...pids.map((pid) => pid.length));
  const folders = [cloud.folder, ...parts.map((part) => part.folder)].map(shown);
  const folderWidth = Math.max(...folders.map(displayWidth));
  const row = (nth: number, what: string): string =>
    `${pids[nth]!.padEnd(pidWidth)}  ${folders[nth]!}${" ".repeat(folderWidth - displayWidth(folders[nth]!))}  ${what}`;
  const facts = [
    ["cloud", row(0, `answers at ${cloud.url}`)],
    ...parts.map(({ zone, places }, nth) => [zone, row(nth + 1, `a controller for ${places.join(", ")}`)]),
    [
      "devices",
      `${pids.at(-1)!.padEnd(pidWidth)}  ${
        wireKind === "pty"
          ? `${wires} pairs of pseudo-terminals by socat: controllers open serial ports`
          : `${wires} TCP connections on loopback${isKindFound ? "; with socat they are serial ports: apt install socat" : ""}`
      }`,
    ],
    ["people", `${people}, with phones, cards and a wallet of passes; seed ${seed}`],
    ...(socketFolder === undefined ? [] : [["sockets", `in ${socketFolder}, because that folder's path is too long for them`]]),
  ];
  const isUsual = checkout !== undefined && folder === posix.join(checkout, ".portico");
  const second = parts[1];
  // Each controller counts its own events: a number of the second, asked of the first, is another event.
  const explained = second === undefined ? [] : [[`event explain <seq> --data ${shellWord(shown(second.folder))}`, `the same for ${second.places.join(", ")}`]];
  const tries = [...TRIES, ...explained];
  const lines = tries.map(([words, does]) => [`  ${command} ${words}`, does] as const);
  const width = Math.max(...lines.map(([line]) => displayWidth(line)));
  return [
    `${site} is running.`,
    "",
    ...facts.map(([name, value]) => `  ${name!.padEnd(NAME_WIDTH)}  ${value!}`),
    "",
    `Try, in another terminal${checkout === undefined ? "" : " in this folder"}:`,
    ...(isUsual ? [] : [`  export PORTICO_DATA=${shellWord(folder)}`]),
    ...lines.map(([line, does]) => `${line}${" ".repeat(width - displayWidth(line))}   ${does}`),
    "",
    "Ctrl-C ends everything.",
    "",
  ];
}

const TRIES = [
  ["pass show --qr --person zhang", "a phone's code, to be scanned"],
  ["sim scan gate-1-in --person zhang --walk", "zhang's phone before a reader, and through"],
  ["sim pay canteen-1 12.50 --person zhang", "an amount at the canteen's keypad, and zhang's phone pays it"],
  ["sim print printer-1 --person liu", "pages held at the printer, until liu's phone is before it"],
  ["sim unlock room-301 --person zhang", "zhang's phone draws its bolt; --pin 274951 sets a PIN, too"],
  ["sim scan gate-5-face --person guest", "a guest's face before the visitors' gate"],
  ["sim scan barrier-in --person driver --walk", "a registered plate lifts the barrier"],
  ["credential lost --person li", "li's card is lost, until credential found"],
  ["sim scan library-in --person li --card", "and what a door makes of it"],
  ["sim wire cut gate-1", "its board falls silent, until mended; cloud is a wire, too"],
  ["door list", "what every door is doing"],
  ["event tail", "the log that nobody can alter unseen"],
  ["event explain <seq>", "why; the number stands in column EVENT"],
] as const;
