import { Command, CommanderError } from "commander";
import { COMMAND_NAMES, type CommandName } from "./command-names.ts";
import { asTyped } from "./command-word.ts";
import { EXIT, type ExitCode, Failure, failureLines, failureOf, Interrupted } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { printable } from "./terminal.ts";
import { VERSION } from "./version.ts";

/** What a few commands ask of the program itself. */
export interface Around {
  /** A text as it is typed where this program runs. */
  readonly typed: (text: string) => string;
  readonly whole: () => Command;
}

/** The commands that a program knows, each by its first word: how it is made. */
export type Commands = Readonly<Partial<Record<CommandName, (surroundings: Surroundings, around: Around) => Command>>>;

/**
 * The command tree. Nothing heavy is loaded before a verb runs. Talk and help name commands as they are typed where this one runs.
 *
 * @param word  what stands first in the command line: where that is a command, it alone is made; default: all
 */
export function commandTree(commands: Commands, given: Surroundings, word?: string): Command {
  const typed = (text: string): string => typedIn(given, text);
  const surroundings = withTalk(given, typed);
  const program = new Command("portico")
    .description("Campus access control: a signed QR, decided at the door.")
    .version(VERSION, "-V, --version", "print the version")
    .addHelpText(
      "after",
      `
Data goes to standard output, talk to standard error. On a terminal a list is a table, in a pipe JSON lines; --format overrides.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 cannot reach the controller or device.

Examples:
  portico doctor                     is this computer fit to be a controller?
  portico door list                  what every door is doing now
  portico event explain 1042         why somebody was let in or not
  portico pass inspect <text>        what stands in a scanned code`,
    );
  const isKnown = COMMAND_NAMES.some((name) => name === word && commands[name] !== undefined);
  for (const name of COMMAND_NAMES)
    if (!isKnown || name === word) {
      const command = commands[name]?.(surroundings, { typed, whole: () => commandTree(commands, given) });
      if (command !== undefined) program.addCommand(command);
    }
  governAll(program, surroundings, typed);
  return program;
}

/**
 * Runs one command line.
 *
 * @param words  the arguments, without node and the program
 * @returns the exit code; a mistake of ours, and only that, is thrown
 */
export async function runCommandLine(commands: Commands, words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const program = commandTree(commands, surroundings, words[0]);
  try {
    await program.parseAsync([...words], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.usage;
    if (error instanceof Interrupted) return EXIT.refused;
    const failure = error instanceof CommanderError ? usageFailure(error, program, words) : failureOf(error);
    surroundings.terminal.err(typedIn(surroundings, failureLines(failure)));
    return failure.exitCode;
  }
}

/** Commands that are added whole inherit nothing: each of them writes to our terminal and throws instead of ending the program. */
function governAll(command: Command, surroundings: Surroundings, typed: (text: string) => string): void {
  const { terminal } = surroundings;
  command
    .exitOverride()
    .helpOption("-h, --help", "show help and examples")
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.out(typed(text)),
      writeErr: (text) => terminal.err(text),
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) governAll(child, surroundings, typed);
}

const typedIn = (surroundings: Surroundings, text: string): string => asTyped(text, surroundings, COMMAND_NAMES);

/** The same surroundings, with each text of talk changed on its way. */
function withTalk(given: Surroundings, changed: (text: string) => string): Surroundings {
  const {
    terminal,
    input,
    typedLine,
    env,
    workingFolder,
    checkout,
    user,
    now,
    after,
    randomBytes,
    fetch,
    serialPorts,
    serialPort,
    datagrams,
    bluetooth,
    interrupted,
    systemRoot,
  } = given;
  const talking = {
    out: (text: string) => terminal.out(text),
    err: (text: string) => terminal.err(changed(text)),
    isTty: terminal.isTty,
    columns: terminal.columns,
  };
  return {
    terminal: talking,
    input,
    typedLine,
    env,
    workingFolder,
    checkout,
    user,
    now,
    after,
    randomBytes,
    fetch,
    serialPorts,
    serialPort,
    datagrams,
    bluetooth,
    interrupted,
    systemRoot,
  };
}

function usageFailure({ message }: CommanderError, program: Command, words: readonly string[]): Failure {
  const whole = message.replace(/^error: /, "").replace(/(?<=argument ')[^]*(?=' is invalid\.)/, (value) => shortened(printable(value)));
  const [what = "", hint] = whole.split("\n");
  const meant = /\(Did you mean (?:one of )?(.+?)\?\)/.exec(hint ?? "")?.[1];
  const next = meant === undefined ? `${pathOf(program, words).join(" ")} --help` : `did you mean ${meant}?`;
  return new Failure(EXIT.usage, what.replace(/\.$/, ""), ["portico", ...words.map(shortened)].join(" "), next);
}

/** What was typed may be a whole page. */
const shortened = (word: string): string => (word.length > TYPED_CHARS_MAX ? `${word.slice(0, TYPED_CHARS_MAX)}…` : word);
const TYPED_CHARS_MAX = 80;

/** The words that lead to the innermost command of a command line. */
function pathOf(program: Command, words: readonly string[]): string[] {
  const path = [program.name()];
  let command = program;
  for (const word of words) {
    const child = command.commands.find((each) => each.name() === word);
    if (child === undefined) break;
    path.push(word);
    command = child;
  }
  return path;
}
