import type { Command } from "commander";
import { accessNoun } from "./access.ts";
import { areaNoun } from "./area.ts";
import { accessPointNoun } from "./access-point.ts";
import { calendarNoun } from "./calendar.ts";
import { cardNoun } from "./card.ts";
import { caseNoun } from "./case.ts";
import { cloudNoun } from "./cloud.ts";
import { commandNoun } from "./command.ts";
import { type Commands, commandTree } from "./command-line.ts";
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
import { walletNoun } from "./wallet.ts";
import { webhookNoun } from "./webhook.ts";
import { whyCommand } from "./why.ts";

/** Every command. */
export const COMMANDS = {
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
} satisfies Required<Commands>;

/** The tree of every command: see {@link commandTree}. */
export const makeProgram = (surroundings: Surroundings, word?: string): Command => commandTree(COMMANDS, surroundings, word);
