export * from "./configuration/configuration.ts";
export * from "./configuration/example-configuration.ts";
export * from "./configuration/read-configuration.ts";
export * from "./control/control-api.ts";
export type { ConfigurationProblem } from "./configuration/problem.ts";
export { SetupError } from "./setup-error.ts";
export { DATABASE_FILE } from "./store/controller-store.ts";
export { inspectDatabase } from "./store/database-inspection.ts";
export { MIGRATIONS } from "./store/migrations.ts";
