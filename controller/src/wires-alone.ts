import type { LinkConfiguration } from "./configuration/configuration.ts";

/** The ways of a machine that has nothing but wires: whoever asks for another has made a mistake. */
export const WIRES_ALONE = {
  openLink({ address }: LinkConfiguration): never {
    throw new Error(`nothing is on a network here, nor at ${address}`);
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
