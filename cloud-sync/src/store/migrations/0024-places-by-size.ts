import type { Step } from "../migration-step.ts";

/** Places of a service and type by their size: what is free nearby is looked for in this order, the smallest that is large enough first. */
export const placesBySize: Step = () => ["CREATE INDEX resource_by_size ON resource (campus_service, type, kind, capacity, id)"];
