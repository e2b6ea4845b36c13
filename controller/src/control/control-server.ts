import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { SetupError } from "../setup-error.ts";
import type { ControlRoute, ControlRoutes, Problem } from "./control-api.ts";
import { Refusal } from "./refusal.ts";

/** What a route is asked with. Nothing of it is checked yet but the JSON's syntax. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Lines of a stream; each is sent as it comes. `stop` is called once, when the reader went away or the stream ended. */
export interface LineStream<Line> {
  readonly start: (send: (line: Line) => void, end: () => void) => () => void;
}

/** One answer for every route of the table. */
export type ControlAnswers = {
  readonly [R in ControlRoute]: (
    asked: Asked,
  ) => ControlRoutes[R] extends { readonly lines: infer Line }
    ? LineStream<Line>
    : ControlRoutes[R] extends { readonly answer: infer Answer }
      ? Answer | Promise<Answer>
      : never;
};

/** A body is an operator's act or the name of a folder. */
const BODY_BYTES_MAX = 64 * 1024;
/** A reader of a stream that lets this much pile up is dropped; it resumes with `after`. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const SOCKET_MODE = 0o660;

/**
 * Serves the control socket: HTTP/1.1 over a Unix socket that its owner and group may open.
 *
 * @throws SetupError when the socket is in use or cannot be made
 */
export async function serveControl(socket: string, answers: ControlAnswers): Promise<{ close(): Promise<void> }> {
  await clearStale(socket);
  const routes = Object.entries(answers).map(([route, answer]) => ({ ...pattern(route), answer: answer as (asked: Asked) => unknown }));
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (error instanceof Refusal) sendProblem(response, error.problem);
      else throw error; // a broken invariant ends the program
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://controller");
    const onPath = routes.flatMap((route) => {
      const params = matched(route.segments, url.pathname);
      return params === undefined ? [] : [{ ...route, params }];
    });
    if (onPath.length === 0) throw new Refusal(404, "There is nothing here", url.pathname, "The routes are listed in docs/operating.md.");
    const found = onPath.find((route) => route.method === request.method);
    if (found === undefined)
      throw new Refusal(
        405,
        "This path does not take that method",
        `${request.method} ${url.pathname}`,
        `Use ${onPath.map((route) => route.method).join(" or ")}.`,
      );
    const asked = { params: found.params, query: url.searchParams, body: await jsonBody(request) };
    const answer = await found.answer(asked);
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
    server.listen(socket, resolve);
  });
  chmodSync(socket, SOCKET_MODE);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A socket that nobody listens on is left over from a crash. */
async function clearStale(socket: string): Promise<void> {
  if (!existsSync(socket)) return;
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(socket, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (isAnswered)
    throw new SetupError("another controller answers on the control socket", socket, "Stop it first, or give this one another [controller] socket.");
  rmSync(socket);
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

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX)
      throw new Refusal(413, "The body is too large", `more than ${BODY_BYTES_MAX} bytes`, "Send the path of a folder, not its content.");
    chunks.push(chunk);
  }
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
