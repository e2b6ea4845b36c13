export * from "./core/gpio/gpio-tools.ts";
export * from "./gpio/gpio-board.ts";
export * from "./gpio/spawn-tools.ts";
export * from "./gpio/tool-runner.ts";
