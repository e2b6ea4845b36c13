import { relayBoardContract } from "./contracts/relay-board.contract.ts";
import { UHPPOTE_LIMITS, uhppoteRig } from "./uhppote-bench.ts";

relayBoardContract("UHPPOTE", uhppoteRig, UHPPOTE_LIMITS);
