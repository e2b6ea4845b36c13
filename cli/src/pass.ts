import type { Command } from "commander";
import { passInspectVerb } from "./pass-inspect.ts";
import { passMakeVerb } from "./pass-make.ts";
import { passShowVerb } from "./pass-show.ts";
import { passVerifyVerb } from "./pass-verify.ts";
import type { Surroundings } from "./surroundings.ts";
import { noun } from "./verb.ts";

/** `portico pass`: passes without a controller. */
export function passNoun(surroundings: Surroundings): Command {
  return noun(
    "pass",
    "passes: make one, show it, take it apart, judge it",
    [
      ["portico pass show --qr", "a live pass of the simulated campus"],
      ["portico pass inspect <text>", "what stands in a scanned code"],
      ["portico pass verify <text> --public-key <hex>", "every step, and the reason for a no"],
    ],
    [passMakeVerb(surroundings), passShowVerb(surroundings), passVerifyVerb(surroundings), passInspectVerb(surroundings)],
  );
}
