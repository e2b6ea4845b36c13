import type { Clock } from "@portico/card-protocol";
import type { Hono } from "hono";
import type { Cloud } from "../cloud.ts";
import type { ControllerEntrance } from "../controller-entrance.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import type { MoneyTerms } from "../services/money-terms.ts";
import { MoneyDesk } from "./money-desk.ts";
import { moneyRoutes } from "./money-routes.ts";
import { MoneyWatch } from "./money-watch.ts";
import { adoptOfflineTerms } from "./offline-terms.ts";
import { TerminalMoney } from "./terminal-money.ts";
import { noticeRoutes } from "../top-ups/notice-routes.ts";
import type { PaymentProvider } from "../top-ups/payment-provider.ts";
import { TopUpWatch } from "../top-ups/top-up-watch.ts";

export interface MoneyFrontNeeds {
  readonly cloud: Cloud;
  readonly terms: MoneyTerms;
  readonly keys: Pick<CloudKeys, "trustList">;
  readonly clock: Pick<Clock, "after">;
  readonly entrance: ControllerEntrance;
  /** Who takes in top-ups; empty: cash desks alone. */
  readonly providers: readonly PaymentProvider[];
  readonly onFailure: (error: unknown) => void;
}

/** Everything of a cloud that concerns money. */
export interface MoneyFront {
  readonly desk: MoneyDesk;
  /** What controllers ask, and what providers say. */
  routes(): Hono;
  /** Makes the lists go by the terms; before the feed begins. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export function moneyFront({ cloud, terms, keys, clock, entrance, providers, onFailure }: MoneyFrontNeeds): MoneyFront {
  const desk = new MoneyDesk(cloud, terms, providers);
  const terminals = new TerminalMoney({ cloud, money: desk, site: cloud.site, issuerKey: (kid) => keys.trustList?.keys.get(kid)?.publicKey });
  const watch = new MoneyWatch({ cloud, clock, money: desk, onFailure });
  const topUps = new TopUpWatch({ cloud, clock, topUps: desk.topUps, onFailure });
  return {
    desk,
    routes: () => moneyRoutes(cloud, terminals, entrance).route("/", noticeRoutes(cloud, desk.topUps, onFailure)),
    begin: () => adoptOfflineTerms(cloud, terms.offline),
    async close() {
      await watch.close();
      await topUps.close();
    },
  };
}
