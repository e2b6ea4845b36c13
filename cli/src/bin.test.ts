import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const BIN = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const DIST = fileURLToPath(new URL("../dist", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The built command as its own program. */
function portico(
  words: readonly string[],
  given: (child: ReturnType<typeof spawn>, out: () => string) => void = () => {},
  stdout: "pipe" | number = "pipe",
  program = BIN,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ["pipe", stdout, "pipe"] });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    given(child, () => out);
  });
  child.stderr!.on("data", (chunk: Buffer) => (err += chunk.toString()));
  given(child, () => out);
  return new Promise((done) => child.on("close", (code) => done({ code, out, err })));
}

test("the command runs as a program, with data on standard output and talk on standard error", async () => {
  expect(await portico(["--version"])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  expect(await portico(["dor"])).toEqual({ code: 2, out: "", err: "portico: unknown command 'dor'\non: portico dor\nnext: did you mean door?\n" });
  expect(await portico(["door", "list", "--socket", "/nowhere/controller.sock"])).toMatchObject({ code: 3, out: "" });
});

test("a reader that has seen enough ends the command quietly", async () => {
  const { code, err } = await portico(["completion", "bash"], (child) => child.stdout!.destroy());
  expect({ code, err }).toEqual({ code: 0, err: "" });
});

test("standard input is read when it is the pass", async () => {
  const { code, err } = await portico(["pass", "inspect"], (child) => {
    if (!child.stdin!.writableEnded) child.stdin!.end("hello\n");
  });
  expect({ code, what: err.split("\n")[0] }).toEqual({ code: 1, what: expect.stringContaining("not a pass") });
});

/** A control socket that streams one event to whoever asks. */
async function oneEvent(then: "stay" | "end" = "stay"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  const socket = join(folder, "controller.sock");
  const server = createServer((_, response) => {
    response.writeHead(200).write('{"seq":1}\n');
    if (then === "end") response.end();
  });
  await new Promise<void>((done) => server.listen(socket, done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return socket;
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends what is being watched, and that is a good end", async (signal) => {
  const ended = await portico(["event", "tail", "--follow", "--socket", await oneEvent()], (child, out) => {
    if (out() !== "") child.kill(signal);
  });
  expect(ended).toEqual({ code: 0, out: '{"seq":1}\n', err: "" });
});

test("a terminal that hangs up says so more than once, and the end is a good one all the same", async () => {
  const { code } = await portico(["event", "tail", "--follow", "--socket", await oneEvent()], (child, out) => {
    if (out() === "") return;
    child.kill("SIGHUP");
    child.kill("SIGHUP");
  });
  expect(code).toBe(0);
});

test("on a full disk output is lost, which is told, and the program goes on to its end", async () => {
  const full = openSync("/dev/full", "w");
  onTestFinished(() => closeSync(full));
  const { code, err } = await portico(["event", "tail", "--limit", "1", "--socket", await oneEvent("end")], () => {}, full);
  expect([code, err]).toEqual([1, "portico: output was lost: 1 piece (ENOSPC)\non: standard output\nnext: free disk space, then try again\n"]);
});

test.each([
  ["help", ["--help"], 0],
  ["an option that is none", ["--confg", "portico.toml"], 2],
  ["the version", ["-V"], 0],
  ["an option without its value", ["--config"], 2],
  ["an option that names nothing", ["--config", ""], 2],
  ["a value that is no choice", ["--format", "xml"], 2],
  ["a word too many", ["gate"], 2],
  ["a configuration that is not there", ["--config", "/nowhere/portico.toml"], 2],
] as const)("what holds nothing but a controller says the same as the whole program: %s", async (_, options, code) => {
  const words = ["controller", "run", ...options];
  const [whole, alone] = await Promise.all(["main.js", "controller-program.js"].map((file) => portico(words, () => {}, "pipe", join(DIST, file))));
  expect(alone).toEqual(whole);
  expect([alone!.code, alone!.out + alone!.err]).toEqual([code, expect.stringMatching(/\S\n$/)]);
});

test("a controller runs from its own program until it is asked to end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const places = ["--config", join(folder, "portico.toml"), "--data", join(folder, "data")];
  expect(await portico(["config", "init", "--scanner", "127.0.0.1:9", "--board", "127.0.0.1:10", ...places])).toMatchObject({ code: 0 });
  const stopOnceItRuns = (child: ReturnType<typeof spawn>, out: () => string): void => {
    if (!child.killed && out().includes('"kind":"started"')) child.kill("SIGTERM");
  };
  const { code, out } = await portico(["controller", "run", ...places], stopOnceItRuns, "pipe", join(DIST, "controller-program.js"));
  expect([code, out]).toEqual([0, expect.stringContaining('"ControllerStopped"')]);
});
