/**
 * The Firmata driver, apart from the package's main entry: it loads johnny-five, so it is imported when a configuration names a Firmata board and not before.
 */
export { firmataRelayBoard } from "./firmata/firmata-relay-board.ts";
export type { FirmataRelayBoardSettings } from "./firmata/firmata-settings.ts";
export type { FirmataPins } from "./firmata/johnny-five-board.ts";
