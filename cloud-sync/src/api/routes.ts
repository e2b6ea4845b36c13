import { accessRoutes } from "./routes/access.ts";
import { auditRoutes, openRoutes } from "./routes/audit.ts";
import { calendarRoutes } from "./routes/calendar.ts";
import { caseRoutes } from "./routes/cases.ts";
import { commandApiRoutes } from "./routes/commands.ts";
import { controllerRoutes } from "./routes/controllers.ts";
import { copyRoutes } from "./routes/copies.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { epochRoutes } from "./routes/epoch.ts";
import { eventRoutes } from "./routes/events.ts";
import { grantRoutes } from "./routes/grants.ts";
import { groupRoutes } from "./routes/groups.ts";
import { lockRoutes } from "./routes/locks.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { outboxRoutes } from "./routes/outbox.ts";
import { passRoutes } from "./routes/passes.ts";
import { logInRoutes } from "./routes/log-in.ts";
import { keyRoutes } from "./routes/keys.ts";
import { personRoutes } from "./routes/persons.ts";
import { operatorRoutes } from "./routes/operators.ts";
import { phoneRoutes } from "./routes/phones.ts";
import { placeRoutes } from "./routes/places.ts";
import { planRoutes } from "./routes/plans.ts";
import { privacyRoutes } from "./routes/privacy.ts";
import { pushRoutes } from "./routes/pushes.ts";
import { removalRoutes } from "./routes/removals.ts";
import { reservationRoutes } from "./routes/reservations.ts";
import { resourceRoutes } from "./routes/resources.ts";
import { attendanceRoutes } from "./routes/attendance.ts";
import { retentionRoutes } from "./routes/retention.ts";
import { profileRoutes } from "./routes/profiles.ts";
import { teamRoutes } from "./routes/teams.ts";
import { tillRoutes } from "./routes/tills.ts";
import { topUpRoutes } from "./routes/top-ups.ts";
import { walletRoutes } from "./routes/wallets.ts";
import { serviceRoutes } from "../services/service-routes.ts";
import type { Route } from "./route.ts";

/** Every route there is, by method and path: server, client, OpenAPI document and docs/api.md are made of this table or checked against it. */
export const ROUTES = {
  ...personRoutes,
  ...privacyRoutes,
  ...credentialRoutes,
  ...phoneRoutes,
  ...passRoutes,
  ...pushRoutes,
  ...removalRoutes,
  ...groupRoutes,
  ...placeRoutes,
  ...lockRoutes,
  ...controllerRoutes,
  ...fleetRoutes,
  ...commandApiRoutes,
  ...keyRoutes,
  ...epochRoutes,
  ...eventRoutes,
  ...retentionRoutes,
  ...copyRoutes,
  ...calendarRoutes,
  ...profileRoutes,
  ...grantRoutes,
  ...planRoutes,
  ...accessRoutes,
  ...resourceRoutes,
  ...reservationRoutes,
  ...attendanceRoutes,
  ...logInRoutes,
  ...operatorRoutes,
  ...serviceRoutes,
  ...walletRoutes,
  ...topUpRoutes,
  ...tillRoutes,
  ...auditRoutes,
  ...caseRoutes,
  ...teamRoutes,
  ...notificationRoutes,
  ...outboxRoutes,
  ...openRoutes,
};
export type RouteName = keyof typeof ROUTES;

/** A route as the loops over the table see it. */
export interface NamedRoute {
  readonly name: RouteName;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** `/v1/persons/{id}`. */
  readonly path: string;
  readonly route: Route;
}
export const ROUTE_LIST: readonly NamedRoute[] = Object.entries(ROUTES).map(([name, route]) => {
  const [method, path] = name.split(" ") as [NamedRoute["method"], string];
  return { name: name as RouteName, method, path, route };
});
