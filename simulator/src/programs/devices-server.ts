import { SetupError } from "@portico/card-protocol";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { HeardReport } from "../campus/campus-hands.ts";
import { type Body, type DevicesAnswers, DevicesRefusal } from "./devices-answers.ts";
import { actPath, REPORTS_PATH, type DevicesAct } from "./devices-api.ts";

const BODY_BYTES_MAX = 64 * 1024;
/** A reader of reports that lets this much pile up is dropped. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** What is done here moves somebody's doors, if only simulated ones: the owner alone. */
const SOCKET_MODE = 0o600;

/** Where reports come from. */
type OnReport = (listener: (report: HeardReport) => void) => () => void;

/**
 * Serves the acts of a simulated campus on a Unix socket.
 *
 * @throws SetupError  another campus answers there, or the socket cannot be made
 */
export async function serveDevices(socket: string, answers: DevicesAnswers, onReport: OnReport): Promise<{ close(): Promise<void> }> {
  await clearStaleSocket(socket);
  const acts = new Map(Object.entries(answers).map(([act, answer]) => [actPath(act as DevicesAct), answer]));
  // Idle connections are kept: one that is closed here just as the other side writes would look like a dead campus.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (!(error instanceof DevicesRefusal)) throw error; // a broken invariant ends the program
      const { status, title, detail, remedy } = error;
      send(response, status, { title, detail, remedy });
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET" && request.url === REPORTS_PATH) return follow(response, onReport);
    const answer = request.method === "POST" ? acts.get(request.url ?? "") : undefined;
    if (answer === undefined)
      throw new DevicesRefusal(404, "there is no such act", `${request.method} ${request.url}`, "programs of one campus must be of the same version");
    const body = await jsonBody(request);
    try {
      send(response, 200, await answer(body));
    } catch (error) {
      if (error instanceof Error && "code" in error)
        throw new DevicesRefusal(409, error.message, String(error.code), "try again; start the campus anew if it stays so");
      throw error;
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new SetupError(`the socket cannot be opened: ${cause.message}`, socket, "look whether you may write to its folder", { cause })),
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

/** True where a program listens on that socket. */
export function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

/** A socket that nobody listens on is left over from a crash. */
async function clearStaleSocket(socket: string): Promise<void> {
  if (!existsSync(socket)) return;
  if (await isAnswered(socket)) throw campusRuns(socket);
  rmSync(socket);
}

/** Two campuses in one folder would share phones, wires and database. */
export const campusRuns = (socket: string): SetupError =>
  new SetupError("a simulated campus is running in this folder already", socket, "use that one, end it with Ctrl-C, or name another folder with --data");

function follow(response: ServerResponse, onReport: OnReport): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  const stop = onReport((report) => {
    response.write(`${JSON.stringify(report)}\n`);
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  });
  response.on("close", stop);
}

async function jsonBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new DevicesRefusal(413, "the body is too large", `more than ${BODY_BYTES_MAX} bytes`, "send less");
    chunks.push(chunk);
  }
  const malformed = new DevicesRefusal(400, "the body is not a JSON object", "request body", "send a JSON object, UTF-8");
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof value !== "object" || value === null) throw malformed;
    return value as Body;
  } catch (error) {
    throw error instanceof SyntaxError ? malformed : error;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}
