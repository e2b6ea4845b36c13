import { posix } from "node:path";
import { displayWidth } from "./terminal.ts";

/** What the first screen of a campus tells. */
export interface SimScreen {
  readonly site: string;
  readonly people: number;
  readonly places: readonly string[];
  readonly controllerPid: number | undefined;
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

/** The first screen: what runs, and what to try. At most 24 lines. */
export function screenLines(screen: SimScreen): string[] {
  const { site, people, places, controllerPid, devicesPid, wires, wireKind, isKindFound, folder, socketFolder, seed, checkout, command } = screen;
  const shown = (path: string): string => {
    const relative = posix.relative(screen.workingFolder, path);
    return relative !== "" && !relative.startsWith("..") ? relative : path;
  };
  const facts = [
    ["folder", shown(folder)],
    ["people", `${people}, with phones, cards and a wallet of passes`],
    ["places", places.join(", ")],
    ["programs", `portico controller run, pid ${controllerPid ?? "?"}; portico sim devices, pid ${devicesPid ?? "?"}`],
    [
      "wires",
      wireKind === "pty"
        ? `${wires} pairs of pseudo-terminals by socat: the controller opens serial ports`
        : `${wires} TCP connections on loopback${isKindFound ? "; with socat they are serial ports: apt install socat" : ""}`,
    ],
    ...(socketFolder === undefined ? [] : [["sockets", `in ${socketFolder}, because that folder's path is too long for them`]]),
    ["seed", String(seed)],
  ];
  const isUsual = checkout !== undefined && folder === posix.join(checkout, ".portico");
  const tries = TRIES.map(([words, does]) => [`  ${command} ${words}`, does]);
  const width = Math.max(...tries.map(([line]) => displayWidth(line!)));
  return [
    `${site} is running.`,
    "",
    ...facts.map(([name, value]) => `  ${name!.padEnd("programs".length)}  ${value}`),
    "",
    `Try, in another terminal${checkout === undefined ? "" : " in this folder"}:`,
    ...(isUsual ? [] : [`  export PORTICO_DATA=${quoted(folder)}`]),
    ...tries.map(([line, does]) => `${line!}${" ".repeat(width - displayWidth(line!))}   ${does}`),
    "",
    "Ctrl-C ends everything.",
    "",
  ];
}

const TRIES = [
  ["pass show --qr --person zhang", "a phone's code, to be scanned"],
  ["sim scan gate-1-in --person zhang --walk", "zhang's phone before a reader, and through"],
  ["sim wire cut gate-1", "a board falls silent, until sim wire mend"],
  ["door list", "what every door is doing"],
  ["event tail", "the log that nobody can alter unseen"],
  ["event explain <seq>", "why; the number stands in column EVENT"],
] as const;

/** For a shell, where the path needs it. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
