import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { nodeAes128, osdpBus, osdpPd, osdpRelayBoard, type PdSecurity } from "@portico/firmware-ts/osdp";
import { virtualPd } from "../src/osdp/virtual-pd.ts";
import type { IndicatorRig } from "./contracts/indicator.contract.ts";
import { indicatorContract } from "./contracts/indicator.contract.ts";
import type { RelayBoardLimits } from "./contracts/relay-board-rig.ts";
import { relayBoardContract } from "./contracts/relay-board.contract.ts";
import { scbkOf, seededBytes } from "./osdp-bench.ts";

/** A PD is off line 8 s behind its last answer, and a command is told as lost after one. */
const OSDP_LIMITS: RelayBoardLimits = { answerMs: 40, giveUpMs: 9_000, comebackMs: 3_000, holdExcessMs: 100 };

const rigOf =
  (security: PdSecurity["kind"]) =>
  (seed: number): IndicatorRig => {
    const clock = simulatedClock();
    const line = memoryWirePair({ name: "bus-1", clock, random: seededRandom(seed), baud: 115_200 });
    const isSecure = security === "secure";
    const device = virtualPd({ wire: line.far, clock, randomBytes: seededBytes(seed), outputs: 8, inputs: 8, ...(isSecure ? { scbk: scbkOf(0) } : {}) });
    const pd = osdpPd({
      id: "reader",
      bus: osdpBus({ wire: line.near, clock, baud: 115_200 }),
      address: 0,
      security: isSecure ? { kind: "secure", scbks: [scbkOf(0)] } : { kind: "clear" },
      aes: nodeAes128,
      randomBytes: seededBytes(100 + seed),
    });
    const board = osdpRelayBoard({ id: "board", pd, relays: 8, inputs: 8 });
    const close = board.close.bind(board);
    return {
      // The line goes with its last user.
      board: Object.defineProperty(board, "close", { value: () => close().then(() => pd.leave()) }),
      side: device,
      clock,
      now: () => clock.monotonic(),
      pass: (ms) => clock.pass(ms),
      until: (condition, withinMs) => clock.until(condition, withinMs),
      cut: () => line.cut(),
      mend: () => line.mend(),
      setMute: (mute) => device.setMute(mute),
      powerCycle: () => device.powerCycle(),
      setFaults: (faults) => line.setFaults(faults),
      timers: () => clock.pending,
      async end() {
        device.close();
        await line.near.close();
      },
    };
  };

relayBoardContract("OSDP, secure", rigOf("secure"), OSDP_LIMITS);
relayBoardContract("OSDP in clear", rigOf("clear"), OSDP_LIMITS);
indicatorContract("OSDP, relays as lamps", rigOf("secure"), OSDP_LIMITS);
