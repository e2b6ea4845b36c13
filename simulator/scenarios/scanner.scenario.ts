import { memoryWirePair, type ScanTerminator, seededRandom, serialScanner, simulatedClock } from "@portico/firmware-ts";
import { virtualScanner } from "../src/virtual-scanner.ts";
import { scannerContract, type ScannerRig } from "./contracts/scanner.contract.ts";

const rigOf =
  (terminator: ScanTerminator, sends: ScanTerminator | "none", aimPrefix: string) =>
  (seed: number): ScannerRig => {
    const clock = simulatedClock();
    const line = memoryWirePair({ name: "reader", clock, random: seededRandom(seed), baud: 115_200 });
    const head = virtualScanner({ wire: line.far, clock, random: seededRandom(100 + seed), terminator: sends, aimPrefix });
    return {
      scanner: serialScanner({ id: "reader", wire: line.near, clock, terminator, gapMs: 60 }),
      head,
      send: (bytes) => void line.far.write(bytes),
      pass: (ms) => clock.pass(ms),
      cut: () => line.cut(),
      mend: () => line.mend(),
      setFaults: (faults) => line.setFaults(faults),
      timers: () => clock.pending,
      end: () => line.near.close(),
    };
  };

scannerContract("a head that ends scans by CR LF, of a reader that takes any end", rigOf("any", "any", "]Q1"));
scannerContract("a head that ends scans by CR LF, of a reader that takes no other end", rigOf("crlf", "crlf", "]Q1"));
scannerContract("a head that ends scans by silence alone", rigOf("any", "none", ""));
