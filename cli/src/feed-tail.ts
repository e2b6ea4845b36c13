import { appendFileSync, writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { FeedQuery } from "@portico/controller";
import { clientFor, controllerOptions, type ControllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { type FeedPlace, feedPlaceFor } from "./feed-connection.ts";
import { forkLines, frameText } from "./feed-text.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface TailOptions extends ControllerOptions {
  readonly fromStart?: true;
  readonly out?: string;
  readonly format?: Format;
}

/** `portico feed tail`: what this controller is told, as it is told, beside the controller itself. */
export function tailVerb(surroundings: Surroundings): Command {
  const command = verb("tail", "show every frame that this controller is told, verified from the pinned roots on, until Ctrl-C", [
    ["portico feed tail", "from where the running controller stands"],
    ["portico feed tail --from-start --out east.frames", "from nothing, kept for portico feed verify"],
  ])
    .option("--from-start", "as who holds nothing: whole lists first")
    .addOption(new Option("--out <file>", "keep the stream as it is heard"))
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: TailOptions) => {
    const place = await feedPlaceFor(surroundings, options);
    const position = options.fromStart
      ? place.partitions.map((partition) => ({ partition, epoch: 0, version: 0 }))
      : await standing(surroundings, options, place);
    await follow(surroundings, place, { position, trustListSequence: 0 }, options);
  });
}

/** Where the running controller stands: what it holds needs not be told again. */
async function standing(surroundings: Surroundings, options: TailOptions, { partitions }: FeedPlace): Promise<FeedQuery["position"]> {
  const client = await clientFor(surroundings, options);
  const { feed } = await client.ask("GET /v1/status", {});
  return partitions.map((partition) => {
    const held = feed?.partitions.find((each) => each.partition === partition);
    return { partition, epoch: held?.epoch ?? 0, version: held?.version ?? 0 };
  });
}

async function follow(surroundings: Surroundings, place: FeedPlace, query: FeedQuery, options: TailOptions): Promise<void> {
  const { FeedWitness, FrameReader } = await import("@portico/card-protocol");
  const { terminal, now, interrupted } = surroundings;
  const isLines = chosenFormat(terminal, options.format) === "jsonl";
  const out = options.out === undefined ? undefined : typedPath(surroundings, options.out);
  if (out !== undefined) writeFileSync(out, "", { flag: "wx" });
  const witness = new FeedWitness({ ...place.trust, wall: () => ({ now: now(), uncertaintyS: SLACK_S }) });
  const reader = new FrameReader();
  await new Promise<void>((resolve, reject) => {
    const end = (failure?: Failure): void => {
      close();
      interrupted.removeEventListener("abort", onAbort);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const onAbort = (): void => end();
    const refused = ({ error, detail }: { readonly error: string; readonly detail: string }): void => {
      if (witness.fork !== undefined) for (const line of forkLines(witness.fork)) terminal.out(`${line}\n`);
      end(
        new Failure(
          EXIT.refused,
          `${error}: ${detail}`,
          `the feed of ${place.site}`,
          "no controller takes it: its list in force stays; keep the stream with --out as evidence",
        ),
      );
    };
    const close = place.connection.open(query, {
      onOpen: () => {},
      onBytes: (bytes) => {
        if (out !== undefined) appendFileSync(out, bytes);
        const frames = reader.push(bytes);
        if (!frames.ok) return refused(frames);
        for (const frame of frames.value) {
          const seen = witness.take(frame);
          if (!seen.ok) return refused(seen);
          terminal.out(isLines ? `${JSON.stringify(seen.value)}\n` : `${printable(frameText(seen.value, place.timeZone))}\n`);
        }
      },
      onEnd: ({ detail }) =>
        end(
          new Failure(
            EXIT.unreachable,
            `the feed ended: ${detail}`,
            `the cloud of ${place.site}`,
            "see that the cloud runs, and that it lets this controller in",
          ),
        ),
    });
    interrupted.addEventListener("abort", onAbort, { once: true });
    if (interrupted.aborted) onAbort();
  });
}

/** This computer's clock may be as wrong as the controller's. */
const SLACK_S = 300;
