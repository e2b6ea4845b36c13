import { benchOptions } from "./bench-options.ts";
import type { Goal } from "./goal.ts";
import { goals } from "./goals.ts";

const options = benchOptions(
  process.argv.slice(2),
  goals.map((goal) => goal.name),
);
if ("wrong" in options) {
  process.stderr.write(options.wrong);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(
    `npm run bench                        every goal, as a table\nnpm run -s bench -- --json           JSON lines\nnpm run bench -- --only NAME         one goal\n\n${goals.map((goal) => `${goal.name.padEnd(28)} ${goal.what}`).join("\n")}\n`,
  );
  process.exit(0);
}
const { json, only } = options;
const chosen = only === undefined ? goals : goals.filter((goal) => goal.name === only);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1)); // folders and controllers are cleared away at the exit

let missed = 0;
if (!json) process.stdout.write(row("GOAL", "VALUE", "LIMIT", "", "WHAT"));
for (const goal of chosen) {
  const notes: string[] = [];
  const { value, ok } = await measured(goal, (line) => notes.push(line));
  if (!ok) missed++;
  if (json) process.stdout.write(`${JSON.stringify({ name: goal.name, value, unit: goal.unit, goal: goal.goal, ok })}\n`);
  else {
    process.stdout.write(
      row(goal.name, value === null ? "not measured" : `${round(value)} ${goal.unit}`, `≤ ${goal.goal} ${goal.unit}`, ok ? "ok" : "MISSED", goal.what),
    );
    for (const note of notes) process.stdout.write(`${" ".repeat(30)}${note}\n`);
  }
}
process.exit(missed === 0 ? 0 : 1);

async function measured(goal: Goal, note: (line: string) => void): Promise<{ value: number | null; ok: boolean }> {
  try {
    const value = await goal.measure(note);
    return { value, ok: value <= goal.goal };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    process.stderr.write(`${goal.name}: could not be measured: ${why}\n`);
    note(why);
    return { value: null, ok: false };
  }
}

function row(name: string, value: string, limit: string, verdict: string, what: string): string {
  return `${name.padEnd(28)}  ${value.padStart(12)}  ${limit.padStart(12)}  ${verdict.padEnd(6)}  ${what}\n`;
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4);
}
