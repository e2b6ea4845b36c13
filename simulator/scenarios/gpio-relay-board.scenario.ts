import { relayBoardContract } from "./contracts/relay-board.contract.ts";
import { GPIO_LIMITS, gpioRigOf } from "./gpio-bench.ts";

relayBoardContract("GPIO, libgpiod 1.6", gpioRigOf("1.6.3"), GPIO_LIMITS, 12);
relayBoardContract("GPIO, libgpiod 2.2", gpioRigOf("2.2.1"), GPIO_LIMITS, 6);
