/** What commands name in their help: without the sandbox itself, which is heavy. */
export * from "./failures.ts";
export * from "./refusals.ts";
