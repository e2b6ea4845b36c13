import { Command, CommanderError } from "commander";
import { accessNoun } from "./access.ts";
import { areaNoun } from "./area.ts";
import { accessPointNoun } from "./access-point.ts";
import { calendarNoun } from "./calendar.ts";
import { cardNoun } from "./card.ts";
import { caseNoun } from "./case.ts";
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
import { guardNoun } from "./guard.ts";
import { printNoun } from "./print.ts";
import { EXIT, type ExitCode, Failure, failureLines, failureOf, Interrupted } from "./failure.ts";
import { feedNoun } from "./feed.ts";
import { keyNoun } from "./key.ts";
import { kioskNoun } from "./kiosk.ts";
import { laneNoun } from "./lane.ts";
import { listNoun } from "./list.ts";
import { lockNoun } from "./lock.ts";
import { merchantNoun } from "./merchant.ts";
import { notificationNoun } from "./notification.ts";
import { operatorNoun } from "./operator.ts";
import { outboxNoun } from "./outbox.ts";
import { terminalNoun } from "./pay-terminal.ts";
import { passNoun } from "./pass.ts";
import { personNoun } from "./person.ts";
import { phoneNoun } from "./phone.ts";
import { pinNoun } from "./pin.ts";
import { placeNoun } from "./place.ts";
import { profileNoun } from "./profile.ts";
import { sandboxNoun } from "./sandbox.ts";
import { removalNoun } from "./removal.ts";
import { courseNoun } from "./course.ts";
import { reserveNoun } from "./reserve.ts";
import { spaceNoun } from "./space.ts";
import { scheduleNoun } from "./schedule.ts";
import { simNoun } from "./sim.ts";
import { siteNoun } from "./site-plan.ts";
import { shadowNoun } from "./shadow.ts";
import { drillNoun, fireNoun, lockdownNoun, musterCommand } from "./site.ts";
import { statusCommand } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";
import { syncNoun } from "./sync.ts";
import { teamNoun } from "./team.ts";
import { printable } from "./terminal.ts";
import { VERSION } from "./version.ts";
import { walletNoun } from "./wallet.ts";
import { webhookNoun } from "./webhook.ts";
import { whyCommand } from "./why.ts";

/** What a few commands ask of the program itself. */
interface Around {
  /** A text as it is typed where this program runs. */
  readonly typed: (text: string) => string;
  readonly whole: () => Command;
}

/** What stands first in a command line, in the order of the help. */
const COMMANDS = {
  controller: controllerNoun,
  status: statusCommand,
  door: doorNoun,
  lane: laneNoun,
  guard: guardNoun,
  print: printNoun,
  "access-point": accessPointNoun,
  terminal: terminalNoun,
  kiosk: kioskNoun,
  shadow: shadowNoun,
  lockdown: lockdownNoun,
  drill: drillNoun,
  fire: fireNoun,
  muster: musterCommand,
  area: areaNoun,
  pin: pinNoun,
  device: deviceNoun,
  event: eventNoun,
  why: whyCommand,
  list: listNoun,
  pass: passNoun,
  config: configNoun,
  site: siteNoun,
  cloud: cloudNoun,
  person: personNoun,
  credential: credentialNoun,
  phone: phoneNoun,
  group: groupNoun,
  grant: grantNoun,
  profile: profileNoun,
  place: placeNoun,
  space: spaceNoun,
  course: courseNoun,
  reserve: reserveNoun,
  schedule: scheduleNoun,
  lock: lockNoun,
  calendar: calendarNoun,
  card: cardNoun,
  sync: syncNoun,
  feed: feedNoun,
  key: keyNoun,
  command: commandNoun,
  wallet: walletNoun,
  merchant: merchantNoun,
  notification: notificationNoun,
  webhook: webhookNoun,
  case: caseNoun,
  team: teamNoun,
  outbox: outboxNoun,
  removal: removalNoun,
  operator: operatorNoun,
  access: accessNoun,
  sim: simNoun,
  sandbox: sandboxNoun,
  doctor: (surroundings, { typed }) => doctorCommand(surroundings, typed),
  completion: (surroundings, { whole }) => completionCommand(surroundings, whole),
} satisfies Readonly<Record<string, (surroundings: Surroundings, around: Around) => Command>>;
type CommandName = keyof typeof COMMANDS;

/**
 * The command tree. Nothing heavy is loaded before a verb runs. Talk and help name commands as they are typed where this one runs.
 *
 * @param word  what stands first in the command line: where that is a command, it alone is made; default: all
 */
export function makeProgram(given: Surroundings, word?: string): Command {
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
  const wanted = word !== undefined && Object.hasOwn(COMMANDS, word) ? [COMMANDS[word as CommandName]] : Object.values(COMMANDS);
  for (const make of wanted) program.addCommand(make(surroundings, { typed, whole: () => makeProgram(given) }));
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
  const program = makeProgram(surroundings, words[0]);
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

const typedIn = (surroundings: Surroundings, text: string): string => asTyped(text, surroundings, Object.keys(COMMANDS));

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
