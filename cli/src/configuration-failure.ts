import type { ConfigurationProblem } from "@portico/controller";
import { EXIT, Failure } from "./failure.ts";

/** A configuration's problems as a failure: one line each, as compilers print them, then the three lines. */
export function configurationFailure(what: string, next: string, file: string, problems: readonly ConfigurationProblem[]): Failure {
  const [only] = problems;
  if (only !== undefined && problems.length === 1 && only.line === 0) return new Failure(EXIT.usage, only.cause, file, only.remedy);
  return new Failure(
    EXIT.usage,
    what,
    file,
    next,
    problems.map((problem) => problemLine(file, problem)),
  );
}

/** A problem as compilers print them: file, line, place, cause, remedy. */
export const problemLine = (file: string, { line, path, cause, remedy }: ConfigurationProblem): string =>
  `${line === 0 ? file : `${file}:${line}`}: ${path === "" ? "" : `${path} `}${cause}; ${remedy}`;
