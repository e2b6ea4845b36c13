import { Command, CommanderError } from "commander";
import { accessNoun } from "./access.ts";
import { areaNoun } from "./area.ts";
import { accessPointNoun } from "./access-point.ts";
import { calendarNoun } from "./calendar.ts";
import { cardNoun } from "./card.ts";
import { cloudNoun } from "./cloud.ts";
import { commandNoun } from "./command.ts";
import { asTyped } from "./command-word.ts";
import { completionCommand } from "./completion.ts";
import { configNoun } from "./config.ts";
import { controllerNoun } from "./controller.ts";
import { credentialNoun } from "./credential.ts";
import { deviceNoun } from "./device.ts";
import { doctorCommand } from "./doctor.ts";
import { doorNoun } from "./door.ts";
import { eventNoun } from "./event.ts";
import { grantNoun } from "./grant.ts";
import { groupNoun } from "./group.ts";
import { EXIT, type ExitCode, Failure, failureLines, failureOf, Interrupted } from "./failure.ts";
import { feedNoun } from "./feed.ts";
import { keyNoun } from "./key.ts";
import { listNoun } from "./list.ts";
import { notificationNoun } from "./notification.ts";
import { operatorNoun } from "./operator.ts";
import { passNoun } from "./pass.ts";
import { personNoun } from "./person.ts";
import { phoneNoun } from "./phone.ts";
import { placeNoun } from "./place.ts";
import { profileNoun } from "./profile.ts";
import { sandboxNoun } from "./sandbox.ts";
import { removalNoun } from "./removal.ts";
import { scheduleNoun } from "./schedule.ts";
import { simNoun } from "./sim.ts";
import { statusCommand } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";
import { syncNoun } from "./sync.ts";
import { printable } from "./terminal.ts";
import { VERSION } from "./version.ts";
import { webhookNoun } from "./webhook.ts";
import { whyCommand } from "./why.ts";

/** The whole command tree. Nothing heavy is loaded before a verb runs. Talk and help name commands as they are typed where this one runs. */
export function makeProgram(given: Surroundings): Command {
  const typed = (text: string): string => typedIn(program, given, text);
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
  for (const command of [
    controllerNoun(surroundings),
    statusCommand(surroundings),
    doorNoun(surroundings),
    accessPointNoun(surroundings),
    areaNoun(surroundings),
    deviceNoun(surroundings),
    eventNoun(surroundings),
    whyCommand(surroundings),
    listNoun(surroundings),
    passNoun(surroundings),
    configNoun(surroundings),
    cloudNoun(surroundings),
    personNoun(surroundings),
    credentialNoun(surroundings),
    phoneNoun(surroundings),
    groupNoun(surroundings),
    grantNoun(surroundings),
    profileNoun(surroundings),
    placeNoun(surroundings),
    scheduleNoun(surroundings),
    calendarNoun(surroundings),
    cardNoun(surroundings),
    syncNoun(surroundings),
    feedNoun(surroundings),
    keyNoun(surroundings),
    commandNoun(surroundings),
    notificationNoun(surroundings),
    webhookNoun(surroundings),
    removalNoun(surroundings),
    operatorNoun(surroundings),
    accessNoun(surroundings),
    simNoun(surroundings),
    sandboxNoun(surroundings),
    doctorCommand(surroundings, typed),
    completionCommand(surroundings, () => program),
  ])
    program.addCommand(command);
  governAll(program, surroundings, typed);
  return program;
}

/**
 * Runs one command line.
 *
 * @param words  the arguments, without node and the program
 * @returns the exit code; a mistake of ours, and only that, is thrown
 */
export async function runProgram(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const program = makeProgram(surroundings);
  try {
    await program.parseAsync([...words], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.usage;
    if (error instanceof Interrupted) return EXIT.refused;
    const failure = error instanceof CommanderError ? usageFailure(error, program, words) : failureOf(error);
    surroundings.terminal.err(typedIn(program, surroundings, failureLines(failure)));
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

const typedIn = (program: Command, surroundings: Surroundings, text: string): string =>
  asTyped(
    text,
    surroundings,
    program.commands.map((command) => command.name()),
  );

/** The same surroundings, with each text of talk changed on its way. */
function withTalk(given: Surroundings, changed: (text: string) => string): Surroundings {
  const { terminal, input, env, workingFolder, checkout, user, now, after, randomBytes, fetch, interrupted, systemRoot } = given;
  const talking = {
    out: (text: string) => terminal.out(text),
    err: (text: string) => terminal.err(changed(text)),
    isTty: terminal.isTty,
    columns: terminal.columns,
  };
  return { terminal: talking, input, env, workingFolder, checkout, user, now, after, randomBytes, fetch, interrupted, systemRoot };
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
