import { type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import { peoplePlacesGrants } from "./migrations/0001-people-places-grants.ts";
import { events } from "./migrations/0002-events.ts";
import { enrolmentAndFleet } from "./migrations/0003-enrolment-and-fleet.ts";
import { keys } from "./migrations/0004-keys.ts";
import { phonesPassesPushes } from "./migrations/0005-phones-passes-pushes.ts";
import { instances } from "./migrations/0006-instances.ts";
import { plansPrivacy } from "./migrations/0008-plans-privacy.ts";
import { notifications } from "./migrations/0009-notifications.ts";
import { silence } from "./migrations/0010-silence.ts";
import { calendarAlarm } from "./migrations/0011-calendar-alarm.ts";
import { lastUse } from "./migrations/0012-last-use.ts";
import { withholding } from "./migrations/0013-withholding.ts";
import { eventRetention } from "./migrations/0014-event-retention.ts";
import { credentialEvents } from "./migrations/0015-credential-events.ts";
import { configurations } from "./migrations/0016-configurations.ts";
import { zoneOrders } from "./migrations/0017-zone-orders.ts";
import { cases } from "./migrations/0021-cases.ts";
import { outbox } from "./migrations/0018-outbox.ts";
import { reservations } from "./migrations/0019-reservations.ts";
import { roomLocks } from "./migrations/0020-room-locks.ts";
import { ledger } from "./migrations/0022-ledger.ts";
import { placesBySize } from "./migrations/0024-places-by-size.ts";
import { lockPlatforms } from "./migrations/0026-lock-platforms.ts";
import { leanPayments } from "./migrations/0027-lean-payments.ts";
import { handBacks } from "./migrations/0028-hand-backs.ts";
import { lessonsAndTopUps } from "./migrations/0025-lessons-and-top-ups.ts";
import { toldMovements } from "./migrations/0029-told-movements.ts";
import { waitingOrder } from "./migrations/0040-waiting-order.ts";
import { chainedStatements } from "./migrations/0041-chained-statements.ts";
import { closedDaysByAccount } from "./migrations/0042-closed-days-by-account.ts";
import { type Dialect, statementFor, type Step, WORDS } from "./migration-step.ts";
import { logInAndDelegation } from "./migrations/0007-log-in-and-delegation.ts";

/** By names that sort in the order of the steps. */
const STEPS: Readonly<Record<string, Step>> = {
  "0001-people-places-grants": peoplePlacesGrants,
  "0002-events": events,
  "0003-enrolment-and-fleet": enrolmentAndFleet,
  "0004-keys": keys,
  "0005-phones-passes-pushes": phonesPassesPushes,
  "0006-instances": instances,
  "0007-log-in-and-delegation": logInAndDelegation,
  "0008-plans-privacy": plansPrivacy,
  "0009-notifications": notifications,
  "0010-silence": silence,
  "0011-calendar-alarm": calendarAlarm,
  "0012-last-use": lastUse,
  "0013-withholding": withholding,
  "0014-event-retention": eventRetention,
  "0015-credential-events": credentialEvents,
  "0016-configurations": configurations,
  "0017-zone-orders": zoneOrders,
  "0018-outbox": outbox,
  "0019-reservations": reservations,
  "0020-room-locks": roomLocks,
  "0021-cases": cases,
  "0022-ledger": ledger,
  "0024-places-by-size": placesBySize,
  "0025-lessons-and-top-ups": lessonsAndTopUps,
  "0026-lock-platforms": lockPlatforms,
  "0027-lean-payments": leanPayments,
  "0028-hand-backs": handBacks,
  "0029-told-movements": toldMovements,
  "0040-waiting-order": waitingOrder,
  "0041-chained-statements": chainedStatements,
  "0042-closed-days-by-account": closedDaysByAccount,
};

/** The steps as Kysely's Migrator takes them. */
export const migrationsFor = (dialect: Dialect): MigrationProvider => ({
  getMigrations: () =>
    Promise.resolve(
      Object.fromEntries(
        Object.entries(STEPS).map(([name, step]): [string, Migration] => [
          name,
          {
            async up(database: Kysely<unknown>) {
              for (const statement of step(WORDS[dialect])) await sql.raw(statementFor(dialect, statement)).execute(database);
            },
          },
        ]),
      ),
    ),
});
