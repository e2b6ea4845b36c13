import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommissioningRow, serveControl } from "@portico/controller";
import { campusPockets, LANE_WIRING, smallCampus, VirtualCampus } from "@portico/simulator";
import { expect, onTestFinished, test } from "vitest";
import { type CommandRecord, type RecordedOptions, RecordedSurroundings, runRecorded } from "./recorded-surroundings.ts";

const ANSWERS = "# nobody types here\ncontact yes\nstrike yes\npower-board:library locked\npower-controller skip shown at gate-1\nforced watch\n";
const LANES = /\[\[turnstile\]\][^]*?(?=\[\[door\]\])|\[\[access_point\]\]\nid = "gate[^]*?(?=\[\[)/g;

interface Bench {
  readonly campus: VirtualCampus;
  readonly folder: string;
  /** Runs a command while time passes and somebody stands at the door. */
  readonly interrupt: () => undefined;
  readonly run: (options: RecordedOptions, ...words: readonly string[]) => Promise<CommandRecord>;
}

/** A controller with a library whose door, reader and board are virtual, on a control socket, and somebody who does what the walk tells. */
async function bench(amend = (portico: string) => portico.replaceAll(LANES, "")): Promise<Bench> {
  const campus = await VirtualCampus.open({ make: smallCampus, seed: 1, amend });
  const folder = mkdtempSync(join(tmpdir(), "portico-walk-"));
  const socket = join(folder, "s");
  let server = await serveControl(socket, campus.controller.answers);
  onTestFinished(async () => {
    await server.close();
    await campus.end();
    rmSync(folder, { recursive: true });
  });
  const door = campus.devices.doors.get("library")!;
  const card = campusPockets({ campus: campus.campus, now: campus.now }).get("zhao")!.card!;
  const hands: readonly (readonly [told: string, does: () => unknown])[] = [
    ["not in the list", () => campus.hands.scan("library-in", "04FFEEDDCCBBAA")],
    ["may pass now", () => campus.hands.scan("library-in", card)],
    ["open the door and hold it", () => door.push(1_000)],
    ["open the door while it is released", () => door.push(1_000)],
    ["open the door and leave it open", () => door.wedge()],
    ["  shut it", () => door.shut()],
    ["press the exit button", () => door.pressExit()],
    ["take the supply of board", () => campus.wire("library").cut()],
    ["give the supply back", () => campus.wire("library").mend()],
    ["with its key", () => door.force(1_500)],
    ["pass by the entry", () => campus.hands.push("gate-1", "entry")],
    ["pass by the exit", () => campus.hands.push("gate-1", "exit")],
    ["open the fire loop", () => ["gate-1", "gate-2"].forEach((board) => campus.devices.boards.get(board)!.setInput(LANE_WIRING.fireInput, false))],
    ["close the fire loop", () => ["gate-1", "gate-2"].forEach((board) => campus.devices.boards.get(board)!.setInput(LANE_WIRING.fireInput, true))],
    [
      "take the controller's supply away",
      async () => {
        await server.close();
        campus.powerCut();
        await campus.powerReturns();
        server = await serveControl(socket, campus.controller.answers);
      },
    ],
  ];
  let running: RecordedSurroundings | undefined;
  return {
    campus,
    folder,
    interrupt() {
      running?.interrupt();
      return undefined;
    },
    run(options, ...words) {
      const surroundings = (running = new RecordedSurroundings(options));
      let told = 0;
      // Whoever pushes a door that is latched yet pushes again.
      let hand: (() => unknown) | undefined;
      surroundings.onWait = () => {
        const shown = surroundings.err.slice(told);
        told = surroundings.err.length;
        hand = hands.find(([tells]) => shown.includes(tells))?.[1] ?? hand;
        const moment = async (): Promise<void> => {
          if ((await hand?.()) !== false) hand = undefined;
          await campus.clock.pass(250);
          surroundings.passTime();
        };
        void moment();
      };
      return surroundings.run(...words, "--socket", socket);
    },
  };
}

test("a walk by a file of answers: each thing is waited for until the controller sees it, and the protocol verifies by the controller's key alone", async () => {
  const { run, folder } = await bench();
  const [answers, out] = [join(folder, "walk.txt"), join(folder, "library.txt")];
  writeFileSync(answers, ANSWERS);
  expect((await run({ isTty: true }, "door", "list", "--uncommissioned")).out).toMatch(/^DOOR +KIND +COMMISSIONED +WHY +LAST\nlibrary +door +never/);
  writeFileSync(answers, ANSWERS.replace("contact yes", "contact free"));
  const unanswered = await run({}, "door", "commission", "library", "--answers", answers);
  expect(unanswered).toMatchObject({ exitCode: 2, err: expect.stringContaining("the file does not answer: shut the door; does it stand shut?") });
  writeFileSync(answers, ANSWERS);
  const walked = await run({}, "door", "commission", "library", "--answers", answers, "--by", "li.wei");
  expect(walked).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(walked.out)).toMatchObject({ door: "library", state: "commissioned", why: "left out: power-controller (shown at gate-1)", by: "li.wei" } satisfies Partial<CommissioningRow>); // prettier-ignore
  expect(walked.err).toMatch(
    /^library: 8 steps, of which 1 are done already\n\n\[2\/8\] contact: the contact says open when the door is open, and closed when it is shut\n {2}shut the door; /,
  );
  expect(await run({ isTty: true }, "door", "list", "--uncommissioned")).toMatchObject({ exitCode: 0, out: "", err: "all 1 are commissioned\n" });

  expect(await run({}, "door", "protocol", "library", "--out", out)).toMatchObject({ exitCode: 0, out: `${out}\n` });
  expect((await run({}, "door", "protocol", "library", "--out", out)).exitCode).toBe(1);
  const text = readFileSync(out, "utf8");
  expect(text).toMatch(/^Commissioning of library\n\nsite {11}demo-campus\ncontroller {5}gate-house\ndoor {11}library\noutcome {8}passed\nby {13}li\.wei\n/);
  expect(text).toMatch(/\n4\. rex: passed\n {3}event \d+ {2,}Somebody asked to leave through library\.\n/);
  const verified = await run({}, "door", "protocol", "--verify", out);
  expect(JSON.parse(verified.out)).toMatchObject({ door: "library", outcome: "passed", by: "li.wei" });

  const altered = join(folder, "altered.txt");
  for (const [change, error] of [
    [text.replace("outcome        passed", "outcome        passed indeed"), "TextAltered"],
    [text.replace("rex: passed", "rex: failed"), "TextAltered"],
    [text.replace("demo-campus", "other-campus"), "SignatureInvalid"],
    [text.replace(/-----BEGIN[^]*/, ""), "no protocol"],
  ] as const) {
    writeFileSync(altered, change);
    expect(await run({}, "door", "protocol", "--verify", altered)).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining(error) });
  }
  expect(await run({}, "door", "protocol", "--verify", out, "--key", "ab".repeat(32))).toMatchObject({ exitCode: 1, err: expect.stringContaining("KeyUntrusted") }); // prettier-ignore
});

/** Who types at a walk: begins each step that has to pass, leaves others out but for the power cut, and answers as is right. */
function typist(shown: string): string | undefined {
  const [, step] = /\] ([\w:-]+): [^\n]*\nEnter begins: $/.exec(shown) ?? [];
  if (step !== undefined) return /forced|held-open|power-board/.test(step) ? "s not today" : "";
  if (shown.endsWith("(yes/no)\n")) return "y";
  if (shown.endsWith("(free/locked)\n")) return "locked";
  return shown.endsWith("signs the protocol: ") ? "" : undefined;
}

test("somebody who types walks through it, across a power cut of the controller; Ctrl-C keeps what was done, and the next walk takes it up", async () => {
  const { run, campus, interrupt } = await bench();
  let asked = 0;
  const hasty = (shown: string): string | undefined => {
    if (shown.includes("does it stand shut?")) return ["n", "maybe"][asked++] ?? "y";
    if (shown.includes("not understood")) return "y";
    if (shown.endsWith("leaves it out: ")) return "r";
    return shown.includes("press the exit button") ? interrupt() : typist(shown);
  };
  const stopped = await run({ isTty: true, typist: hasty }, "door", "commission", "library");
  expect(stopped.err).toContain("  failed: zhang says no, and yes is right\n  Enter goes on, r begins it anew, s <reason> leaves it out: ");
  expect(stopped.err).toContain("  that is not understood; say yes or no, or s <reason>, f <reason>, r\n");
  expect(stopped).toMatchObject({
    exitCode: 1,
    out: "",
    err: expect.stringMatching(/\nwhat was done is kept; go on with: portico door commission library\n$/),
  });
  expect(campus.controller.answers["GET /v1/commissioning/:id"]({ params: { id: "library" }, query: new URLSearchParams(), body: undefined })).toMatchObject({ under: null }); // prettier-ignore
  const typed = await run({ isTty: true, typist }, "door", "commission", "library");
  expect(typed).toMatchObject({ exitCode: 0, out: "library is commissioned, by zhang; left out: power-board:library (not today), held-open (not today), forced (not today)\n" }); // prettier-ignore
  expect(typed.err).toContain("library: 8 steps, of which 3 are done already\n");
  expect(typed.err).toContain("  the controller does not answer; waiting\n  the controller is back\n  was it free or locked without the controller? (free/locked)\n  passed\n"); // prettier-ignore
});

test("a turnstile's ways and fire loop are walked, and relocked in the name of whoever walks; what was left out though it has to pass is told", async () => {
  const { run, folder, campus } = await bench((portico) => portico);
  const answers = join(folder, "walk.txt");
  const leftOut = ["reader:gate-1-in", "reader:gate-1-out", "power-board:gate-1", "power-controller"].map((step) => `${step} skip later`);
  writeFileSync(answers, ["pass:entry yes", "pass:exit yes", "fire relock", ...leftOut].join("\n"));
  const together = await run({ isTty: true }, "door", "commission", "gate-1", "--answers", answers);
  writeFileSync(answers, readFileSync(answers, "utf8").replace("fire relock", "fire relock-all"));
  const walked = await run({ isTty: true }, "door", "commission", "portico:door/gate-1?controller=gate-house", "--answers", answers);
  expect(together).toMatchObject({ exitCode: 1, err: expect.stringContaining("portico: gate-2 would be locked with it\non: relock\n") });
  expect(walked).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("portico: it is not commissioned; left out: reader:gate-1-in (later), ") });
  const told = ({ err }: CommandRecord): unknown => err.match(/^ {2}(passed|failed.*|skipped.*)$/gm);
  expect([told(together), told(walked)]).toEqual([
    ["  skipped: later", "  skipped: later", "  passed", "  passed"],
    ["  passed", "  skipped: later", "  skipped: later"],
  ]);
  const relocked = (await campus.events()).find(({ name }) => name === "DoorsRelocked")!;
  expect(relocked.fields).toMatchObject({ by: "zhang", reason: "commissioning of gate-1", open: "" });
  const elsewhere = await run({ isTty: true }, "door", "commission", "portico:door/gate-1?controller=library-house", "--answers", answers);
  expect(elsewhere).toMatchObject({ exitCode: 2, err: expect.stringContaining("this label is of controller library-house, and gate-house runs here") });
});

test.each(["strike perhaps\n", "contact skip\n"])("answers that are none are refused with their line: %j", async (text) => {
  const folder = mkdtempSync(join(tmpdir(), "portico-walk-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "walk.txt"), text);
  expect(await runRecorded({ workingFolder: folder }, "door", "commission", "library", "--answers", "walk.txt")).toMatchObject({ exitCode: 2, err: expect.stringContaining("walk.txt:1") }); // prettier-ignore
});

test("where nobody types a walk is refused before anything is asked", async () => {
  const refused = await runRecorded({ isTty: true }, "door", "commission", "library");
  expect(refused).toMatchObject({
    exitCode: 2,
    out: "",
    err: expect.stringContaining("nobody types here: a door is commissioned by somebody who stands at it"),
  });
});
