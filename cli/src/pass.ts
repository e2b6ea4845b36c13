import type { Command } from "commander";
import { passInspectVerb } from "./pass-inspect.ts";
import { passIssueVerb } from "./pass-issue.ts";
import { passMakeVerb } from "./pass-make.ts";
import { passShowVerb } from "./pass-show.ts";
import { passVerifyVerb } from "./pass-verify.ts";
import type { Surroundings } from "./surroundings.ts";
import { noun } from "./verb.ts";

/** `portico pass`: passes without a controller; one verb asks the cloud for them. */
export function passNoun(surroundings: Surroundings): Command {
  return noun(
    "pass",
    "passes: make one, show it, take it apart, judge it, have one issued",
    [
      ["portico pass show --qr", "a live pass of the simulated campus"],
      ["portico pass inspect <text>", "what stands in a scanned code"],
      ["portico pass verify <text> --public-key <hex>", "every step, and the reason for a no"],
      ["portico pass issue zhang@example.edu --qr", "of the cloud, for a phone without a key"],
    ],
    [passMakeVerb(surroundings), passShowVerb(surroundings), passVerifyVerb(surroundings), passInspectVerb(surroundings), passIssueVerb(surroundings)],
  );
}
