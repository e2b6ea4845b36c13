import { expect, test } from "vitest";
import { makeProgram } from "./program.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";
import { screenLines, type SimScreen } from "./sim-screen.ts";

const SCREEN: SimScreen = {
  site: "demo-campus",
  people: 12,
  cloud: { pid: 4710, url: "http://127.0.0.1:43121", folder: "/home/zhang/portico/.portico/cloud" },
  parts: [
    { zone: "gates", pid: 4712, folder: "/home/zhang/portico/.portico", places: ["gate-1", "gate-2"] },
    { zone: "library", pid: 4713, folder: "/home/zhang/portico/.portico/library", places: ["library"] },
  ],
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

test("the first screen says what runs and what to try, in at most 28 lines of 120 columns", () => {
  expect(screenLines(SCREEN)).toEqual([
    "demo-campus is running.",
    "",
    "  cloud    pid 4710  .portico/cloud    answers at http://127.0.0.1:43121",
    "  gates    pid 4712  .portico          a controller for gate-1, gate-2",
    "  library  pid 4713  .portico/library  a controller for library",
    "  devices  pid 4711  8 pairs of pseudo-terminals by socat: controllers open serial ports",
    "  people   12, with phones, cards and a wallet of passes; seed 7",
    "",
    "Try, in another terminal in this folder:",
    "  npx portico pass show --qr --person zhang                 a phone's code, to be scanned",
    "  npx portico sim scan gate-1-in --person zhang --walk      zhang's phone before a reader, and through",
    "  npx portico sim pay canteen-1 12.50 --person zhang        an amount at the canteen's keypad, and zhang's phone pays it",
    "  npx portico sim print printer-1 --person liu              pages held at the printer, until liu's phone is before it",
    "  npx portico sim unlock room-301 --person zhang            zhang's phone draws its bolt; --pin 274951 sets a PIN, too",
    "  npx portico sim scan gate-5-face --person guest           a guest's face before the visitors' gate",
    "  npx portico sim scan barrier-in --person driver --walk    a registered plate lifts the barrier",
    "  npx portico credential lost --person li                   li's card is lost, until credential found",
    "  npx portico sim scan library-in --person li --card        and what a door makes of it",
    "  npx portico sim wire cut gate-1                           its board falls silent, until mended; cloud is a wire, too",
    "  npx portico door list                                     what every door is doing",
    "  npx portico event tail                                    the log that nobody can alter unseen",
    "  npx portico event explain <seq>                           why; the number stands in column EVENT",
    "  npx portico event explain <seq> --data .portico/library   the same for library",
    "",
    "Ctrl-C ends everything.",
    "",
  ]);
  expect(screenLines(SCREEN).length).toBeLessThanOrEqual(28);
  expect(Math.max(...screenLines(SCREEN).map((line) => line.length))).toBeLessThanOrEqual(120);
});

test("TCP is told, and what would make serial ports of it", () => {
  const wiresLine = (screen: Partial<SimScreen>) => screenLines({ ...SCREEN, ...screen }).find((line) => line.startsWith("  devices"));
  expect(wiresLine({ wireKind: "tcp" })).toBe("  devices  pid 4711  8 TCP connections on loopback; with socat they are serial ports: apt install socat");
  expect(wiresLine({ wireKind: "tcp", isKindFound: false })).toBe("  devices  pid 4711  8 TCP connections on loopback");
});

test("for another folder the words to type name it, quoted for a shell; sockets elsewhere are told", () => {
  const lines = screenLines({ ...SCREEN, folder: "/tmp/zhang's campus", socketFolder: "/tmp/portico-0011223344556677" });
  expect(lines).toContain(`  export PORTICO_DATA='/tmp/zhang'\\''s campus'`);
  expect(lines).toContain("  sockets  in /tmp/portico-0011223344556677, because that folder's path is too long for them");
  expect(lines.length).toBeLessThanOrEqual(28);
});

test("every command that it shows exists", () => {
  const program = makeProgram(new RecordedSurroundings());
  const typed = screenLines(SCREEN).flatMap(
    (line) => /^ {2}npx portico ([a-z -]+?)(?: --| <| {2}| gate| library| cloud| barrier| canteen| printer| room)/.exec(line)?.[1] ?? [],
  );
  expect(typed).toEqual([
    "pass show",
    "sim scan",
    "sim pay",
    "sim print",
    "sim unlock",
    "sim scan",
    "sim scan",
    "credential lost",
    "sim scan",
    "sim wire cut",
    "door list",
    "event tail",
    "event explain",
    "event explain",
  ]);
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
