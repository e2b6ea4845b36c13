import type { LinkConfiguration, PrinterConfiguration } from "./configuration/configuration.ts";
import type { BeaconConfiguration } from "./configuration/till-configuration.ts";
import { countPagesHere } from "./printing/count-pages.ts";

/** The ways of a machine that has nothing but wires: whoever asks for another has made a mistake. */
export const WIRES_ALONE = {
  openLink({ address }: LinkConfiguration): never {
    throw new Error(`nothing is on a network here, nor at ${address}`);
  },
  openBeacon({ adapter }: BeaconConfiguration): never {
    throw new Error(`there is no Bluetooth here, nor ${adapter}`);
  },
  printing: {
    openPrinter({ uri }: PrinterConfiguration): never {
      throw new Error(`nothing prints here, nor at ${uri}`);
    },
    countPages: countPagesHere,
  },
  locks: {
    openBluetooth(): never {
      throw new Error("there is no Bluetooth here");
    },
    openPlatform(): never {
      throw new Error("no lock maker's platform is reached from here");
    },
  },
  gpio: {
    tools: {
      start(): never {
        throw new Error("there are no GPIO lines here");
      },
    },
    keepsOutputs: (): undefined => undefined,
  },
};
