import { SetupError } from "@portico/card-protocol";
import { lstatSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { ControlRoute, ControlRoutes, Problem } from "./control-api.ts";
import { Refusal } from "./refusal.ts";

/** What a route is asked with. Nothing of it is checked yet but the JSON's syntax. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Lines of a stream; each is sent as it comes. The function that `start` returns is called once, when the reader went away or the stream ended. */
export interface LineStream<Line> {
  /** @param whenTaken  calls back once the reader has taken what was sent, at once where it has; absent: it always has */
  readonly start: (send: (line: Line) => void, end: () => void, whenTaken?: (callback: () => void) => void) => () => void;
}

/** One answer for every route of the table. What takes long calls `onWorking` every now and then: whoever waits hears it as an interim response (102). */
export type ControlAnswers = {
  readonly [R in ControlRoute]: (
    asked: Asked,
    onWorking?: () => void,
  ) => ControlRoutes[R] extends { readonly lines: infer Line }
    ? LineStream<Line>
    : ControlRoutes[R] extends { readonly answer: infer Answer }
      ? Answer | Promise<Answer>
      : never;
};

/** So much of a path that leads nowhere is repeated. */
const PATH_SHOWN_MAX = 200;
/** A body is an operator's act or the name of a folder. */
const BODY_BYTES_MAX = 64 * 1024;
/** A reader of a stream that lets this much pile up is dropped; it resumes with `after`. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** Owner and group may open the socket: the umask that leaves it mode 0660. */
const SOCKET_UMASK = 0o117;

/**
 * Serves the control socket: HTTP/1.1 over a Unix socket that its owner and group may open.
 *
 * @throws SetupError when the socket is in use or cannot be made
 */
export async function serveControl(socket: string, answers: ControlAnswers): Promise<{ close(): Promise<void> }> {
  await clearStale(socket);
  const routes = Object.entries(answers).map(([route, answer]) => ({ ...pattern(route), answer: answer as (asked: Asked, onWorking: () => void) => unknown }));
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (request.errored !== null) return; // whoever asked hung up within the question
      if (error instanceof Refusal) sendProblem(response, error.problem);
      else throw error; // a broken invariant ends the program
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
    const onPath = routes.flatMap((route) => {
      const params = matched(route.segments, path);
      return params === undefined ? [] : [{ ...route, params }];
    });
    if (onPath.length === 0) throw new Refusal(404, "There is nothing here", path.slice(0, PATH_SHOWN_MAX), "The routes are listed in docs/operating.md.");
    const found = onPath.find((route) => route.method === request.method);
    if (found === undefined)
      throw new Refusal(
        405,
        "This path does not take that method",
        `${request.method} ${path.slice(0, PATH_SHOWN_MAX)}`,
        `Use ${onPath.map((route) => route.method).join(" or ")}.`,
      );
    const asked = { params: found.params, query: new URLSearchParams(query), body: await jsonBody(request) };
    const answer = await found.answer(asked, () => response.writeProcessing());
    if (isStream(answer)) stream(response, answer);
    else send(response, 200, "application/json", answer);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new SetupError(`the control socket cannot be opened: ${cause.message}`, socket, "Make its folder, and let the user who runs the controller own it.", {
          cause,
        }),
      ),
    );
    // Bound within the call, so that nobody finds it open to others for a moment.
    const umask = process.umask(SOCKET_UMASK);
    server.listen(socket, resolve);
    process.umask(umask);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A socket that nobody listens on is left over from a crash. Anything else at its place is somebody's. */
async function clearStale(socket: string): Promise<void> {
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new SetupError(
      "something that is no socket lies where the control socket belongs",
      socket,
      "Move it away, or give [controller] socket another path.",
    );
  const trouble = await new Promise<string | undefined>((resolve) => {
    const probe = connect(socket, () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
  if (trouble === "ECONNREFUSED") rmSync(socket);
  else if (trouble !== "ENOENT") {
    const what = trouble === undefined ? "another controller answers on the control socket" : `nobody can tell whose control socket lies there: ${trouble}`;
    throw new SetupError(what, socket, "Stop it first, or give this one another [controller] socket.");
  }
}

function pattern(route: string): { readonly method: string; readonly segments: readonly string[] } {
  const [method = "", path = ""] = route.split(" ");
  return { method, segments: path.split("/") };
}

function matched(segments: readonly string[], path: string): Record<string, string> | undefined {
  const given = path.split("/");
  if (given.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (!segment.startsWith(":")) {
      if (segment !== given[index]) return undefined;
      continue;
    }
    const value = decoded(given[index]!);
    if (value === undefined) return undefined;
    params[segment.slice(1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Reads to the end even what is too large: whoever sends it hears the answer only then. */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (length > BODY_BYTES_MAX)
    throw new Refusal(413, "The body is too large", `more than ${BODY_BYTES_MAX} bytes`, "Send the path of a folder, not its content.");
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new Refusal(400, "The body is not JSON", "request body", "Send JSON, UTF-8.");
  }
}

const isStream = (answer: unknown): answer is LineStream<unknown> =>
  typeof answer === "object" && answer !== null && "start" in answer && typeof answer.start === "function";

function stream(response: ServerResponse, lines: LineStream<unknown>): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  let stop: (() => void) | undefined;
  let closed = false;
  response.on("close", () => {
    closed = true;
    stop?.();
  });
  stop = lines.start(
    (line) => {
      response.write(`${JSON.stringify(line)}\n`);
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
    },
    () => void response.end(),
    (callback) => (response.writableNeedDrain ? void response.once("drain", callback) : callback()),
  );
  if (closed) stop();
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}

function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) response.destroy();
  else send(response, problem.status, "application/problem+json", problem);
}
