import { expect, test } from "vitest";
import { makeProgram } from "./program.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";
import { screenLines, type SimScreen } from "./sim-screen.ts";

const SCREEN: SimScreen = {
  site: "demo-campus",
  people: 12,
  places: ["gate-1", "gate-2", "library"],
  controllerPid: 4712,
  devicesPid: 4711,
  wires: 8,
  wireKind: "pty",
  isKindFound: true,
  folder: "/home/zhang/portico/.portico",
  socketFolder: undefined,
  checkout: "/home/zhang/portico",
  command: "npx portico",
  workingFolder: "/home/zhang/portico",
  seed: 7,
};

test("the first screen says what runs and what to try, in at most 24 lines of 100 columns", () => {
  expect(screenLines(SCREEN)).toEqual([
    "demo-campus is running.",
    "",
    "  folder    .portico",
    "  people    12, with phones, cards and a wallet of passes",
    "  places    gate-1, gate-2, library",
    "  programs  portico controller run, pid 4712; portico sim devices, pid 4711",
    "  wires     8 pairs of pseudo-terminals by socat: the controller opens serial ports",
    "  seed      7",
    "",
    "Try, in another terminal in this folder:",
    "  npx portico pass show --qr --person zhang              a phone's code, to be scanned",
    "  npx portico sim scan gate-1-in --person zhang --walk   zhang's phone before a reader, and through",
    "  npx portico sim wire cut gate-1                        a board falls silent, until sim wire mend",
    "  npx portico door list                                  what every door is doing",
    "  npx portico event tail                                 the log that nobody can alter unseen",
    "  npx portico event explain <seq>                        why; the number stands in column EVENT",
    "",
    "Ctrl-C ends everything.",
    "",
  ]);
  expect(Math.max(...screenLines(SCREEN).map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("TCP is told, and what would make serial ports of it", () => {
  const wiresLine = (screen: Partial<SimScreen>) => screenLines({ ...SCREEN, ...screen }).find((line) => line.startsWith("  wires"));
  expect(wiresLine({ wireKind: "tcp" })).toBe("  wires     8 TCP connections on loopback; with socat they are serial ports: apt install socat");
  expect(wiresLine({ wireKind: "tcp", isKindFound: false })).toBe("  wires     8 TCP connections on loopback");
});

test("for another folder the words to type name it, quoted for a shell; sockets elsewhere are told", () => {
  const lines = screenLines({ ...SCREEN, folder: "/tmp/zhang's campus", socketFolder: "/tmp/portico-0011223344556677" });
  expect(lines).toContain("  folder    /tmp/zhang's campus");
  expect(lines).toContain(`  export PORTICO_DATA='/tmp/zhang'\\''s campus'`);
  expect(lines).toContain("  sockets   in /tmp/portico-0011223344556677, because that folder's path is too long for them");
  expect(lines.length).toBeLessThanOrEqual(24);
});

test("every command that it shows exists", () => {
  const program = makeProgram(new RecordedSurroundings());
  const typed = screenLines(SCREEN).flatMap((line) => /^ {2}npx portico ([a-z -]+?)(?: --| <| {2}| gate)/.exec(line)?.[1] ?? []);
  expect(typed).toEqual(["pass show", "sim scan", "sim wire cut", "door list", "event tail", "event explain"]);
  for (const words of typed) {
    let command = program;
    for (const word of words.split(" ")) command = command.commands.find((each) => each.name() === word)!;
    expect(command, words).toBeDefined();
  }
});

test("installed, the words to type are those of the installed command", () => {
  const lines = screenLines({ ...SCREEN, checkout: undefined, command: "portico", folder: "/srv/campus" });
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}portico door list +what every door is doing$/));
  expect(lines).toContain("Try, in another terminal:");
});
