import type { Step } from "../migration-step.ts";

/** The last lockdown of each zone or its end, and which controllers were told of it. `settled` 0: nobody knows whether that one has heard. */
export const zoneOrders: Step = ({ int, end }) => [
  `CREATE TABLE zone_order (
    zone TEXT PRIMARY KEY, id TEXT NOT NULL, verb TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, at ${int} NOT NULL
  ) ${end}`,
  `CREATE TABLE zone_order_told (
    controller TEXT NOT NULL, zone TEXT NOT NULL, id TEXT NOT NULL, settled ${int} NOT NULL, PRIMARY KEY (controller, zone)
  ) ${end}`,
];
