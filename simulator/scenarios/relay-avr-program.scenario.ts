import { relayAvrHex } from "../src/uno-program.ts";
import { relayAvrProgramContract } from "./contracts/relay-avr-program.contract.ts";

relayAvrProgramContract("the committed hex", relayAvrHex);
