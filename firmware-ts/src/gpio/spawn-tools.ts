import { spawn } from "node:child_process";
import type { ToolEnd, ToolRunner } from "./tool-runner.ts";

const OUTPUT_CHARS_MAX = 65_536;
/**
 * Has the kernel end the tool when this program dies, also by `kill -9`: nothing of ours could do so then. Source: setpriv(1) of util-linux, prctl(2)
 * PR_SET_PDEATHSIG.
 */
const DIES_WITH_US = ["--pdeathsig", "TERM", "--"];

/** The tools of this machine, found in its PATH. */
export const spawnTools: ToolRunner = {
  start({ tool, args }, { line, ended }) {
    const child = spawn("setpriv", [...DIES_WITH_US, tool, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    let output = "";
    let trouble = "";
    let isOver = false;
    const over = (end: ToolEnd): void => {
      if (isOver) return;
      isOver = true;
      ended(end);
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_CHARS_MAX);
      if (line === undefined) return;
      const lines = output.split("\n");
      output = lines.pop()!;
      for (const each of lines) if (!isOver) line(each);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (trouble = (trouble + chunk).slice(0, OUTPUT_CHARS_MAX)));
    child.on("error", ({ message }) => over({ isGood: false, output, trouble: message }));
    child.on("close", (code) => over({ isGood: code === 0, output, trouble: trouble.trim() }));
    return { end: () => void child.kill("SIGTERM"), kill: () => void child.kill("SIGKILL") };
  },
};
