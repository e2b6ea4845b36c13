import { readFileSync, statSync } from "node:fs";
import { FEED_FILE_BYTES_MAX } from "@portico/card-protocol";
import { RecordingFailed } from "../store/recording-failed.ts";
import type { FileTaken } from "../sync/feed-file.ts";
import { filePath } from "./asked.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** The feed where it does not come over a network. */
export function feedAnswers({ takeFeedFile }: ControlParts): AnswersTo<"POST /v1/feed/import"> {
  return {
    "POST /v1/feed/import": async (asked): Promise<FileTaken> => {
      const { file } = filePath(asked);
      if (takeFeedFile === undefined)
        throw new Refusal(409, "This controller follows no cloud", "its configuration has no [cloud]", "Load a list instead: portico list load <folder>.");
      try {
        return await takeFeedFile(fileBytes(file));
      } catch (error) {
        if (error instanceof RecordingFailed) throw notRecordedRefusal(error.message);
        throw error;
      }
    },
  };
}

function fileBytes(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size <= FEED_FILE_BYTES_MAX) return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new Refusal(
      404,
      "The feed file cannot be read",
      `${file}: ${(error as Error).message}`,
      "Let it be a file that the user who runs the controller may read.",
    );
  }
  throw new Refusal(400, "This is no feed file", `${file} has more than ${FEED_FILE_BYTES_MAX} bytes`, "Name the file that portico feed export has written.");
}
