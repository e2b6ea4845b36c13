import { type DisplayCharset, type DisplayCommands, memoryWirePair, seededRandom, serialDisplay, serialKeypad, simulatedClock } from "@portico/firmware-ts";
import { virtualDisplay } from "../src/virtual-display.ts";
import { virtualKeypad } from "../src/virtual-keypad.ts";
import { displayContract, type DisplayRig, keypadContract, type LineHands } from "./contracts/till-devices.contract.ts";

function lineOf(seed: number) {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "till", clock, random: seededRandom(seed), baud: 9_600 });
  const hands: LineHands = {
    pass: (ms) => clock.pass(ms),
    cut: () => line.cut(),
    mend: () => line.mend(),
    setFaults: (faults) => line.setFaults(faults),
    timers: () => clock.pending,
    end: () => line.near.close(),
  };
  return { clock, line, hands };
}

keypadContract("a serial keypad at 9600 baud", (seed) => {
  const { clock, line, hands } = lineOf(seed);
  return { keypad: serialKeypad({ id: "keypad", wire: line.near, clock }), hand: virtualKeypad(line.far), ...hands };
});

const displayRig =
  (commands: DisplayCommands, charset: DisplayCharset, yuan: string) =>
  (seed: number): DisplayRig => {
    const { clock, line, hands } = lineOf(seed);
    const seen = virtualDisplay({ wire: line.far, commands, charset });
    return { display: serialDisplay({ id: "display", wire: line.near, clock, commands, charset }), seen, yuan, ...hands };
  };
displayContract("an ESC/POS display of ASCII", displayRig("esc-pos", "ascii", "CNY "));
displayContract("an ESC/POS display of GB 18030", displayRig("esc-pos", "gb18030", "￥"));
displayContract("a CD5220 display of ASCII", displayRig("cd5220", "ascii", "CNY "));
