import { unixSeconds } from "@portico/card-protocol";
import { openHttpCloud } from "@portico/controller";
import { systemClock, systemRandom, systemRandomBytes } from "@portico/firmware-ts";
import { Sandbox, type SandboxOptions } from "./sandbox.ts";
import { answerSandbox } from "./sandbox-answers.ts";

/** {@link Sandbox.start} on this machine. */
export const startSandbox = (options: SandboxOptions): Promise<Sandbox> =>
  Sandbox.start(
    {
      clock: systemClock(() => "untrusted"),
      now: () => unixSeconds(Math.floor(Date.now() / 1000)),
      wallMs: () => Date.now(),
      random: systemRandom,
      randomBytes: systemRandomBytes,
      openCloud: openHttpCloud,
      fetch: (request) => fetch(request),
    },
    options,
    answerSandbox,
  );
