import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandRecord, RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";

/** What a stand-in was asked. */
export interface StandInQuestion {
  /** Method and path, query included. */
  readonly route: string;
  readonly body: unknown;
}

/** How a stand-in answers. */
export type StandInAnswer = (response: ServerResponse, question: StandInQuestion) => void;

/** One JSON value, whatever is asked. */
export const json =
  (value: unknown, status = 200): StandInAnswer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

/** JSON lines, whatever is asked. */
export const lines =
  (...values: readonly unknown[]): StandInAnswer =>
  (response) =>
    void response.writeHead(200, { "content-type": "application/x-ndjson" }).end(values.map((value) => `${JSON.stringify(value)}\n`).join(""));

/** Something that answers on a controller's socket, for tests of commands. */
export interface StandIn {
  /** In which the socket lies; goes with the stand-in. */
  readonly folder: string;
  readonly socket: string;
  readonly asked: readonly StandInQuestion[];
  /** Runs a command line that asks it; delays pass at once. */
  readonly run: (options: RecordedOptions, ...words: readonly string[]) => Promise<CommandRecord>;
  readonly end: () => Promise<void>;
}

/** A controller, or another program on a socket of that name, that answers everything alike. */
export async function standIn(answer: StandInAnswer, name = "controller.sock", folder = mkdtempSync(join(tmpdir(), "portico-"))): Promise<StandIn> {
  const socket = join(folder, name);
  const asked: StandInQuestion[] = [];
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = { route: `${request.method} ${request.url}`, body: await bodyOf(request) };
    asked.push(question);
    answer(response, question);
  };
  const server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((done) => server.listen(socket, done));
  return {
    folder,
    socket,
    asked,
    run(options, ...words) {
      const surroundings = new RecordedSurroundings(options);
      surroundings.onWait = () => surroundings.passTime();
      return surroundings.run(...words, "--socket", socket);
    },
    async end() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}
