import { simulatedClock } from "@portico/firmware-ts";
import { VirtualAir } from "../src/virtual-air.ts";
import { beaconContract } from "./contracts/challenge-beacon.contract.ts";

beaconContract("a beacon of the virtual air", () => {
  const clock = simulatedClock();
  const air = new VirtualAir(clock);
  const beacon = air.beacon({ id: "beacon", name: "library" });
  return Promise.resolve({
    beacon,
    heard: () => air.heard.get("library"),
    switch: (isOn) => Promise.resolve(air.switch("library", isOn)),
    until: (isSo) => (isSo() ? Promise.resolve() : Promise.reject(new Error("it is not so"))),
    end: () => beacon.close(),
  });
});
