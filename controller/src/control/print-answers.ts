import type { PrintError, PrintResult } from "@portico/firmware-ts/ipp";
import type { PrintHolder, ReleaseDesk } from "../printing/release-desk.ts";
import { jobChoice, printSettlement } from "./asked.ts";
import type { HeldJobRow, JobOutcomeRow, PrintReleaseRow, ReleaseStationRow } from "./print-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked } from "./control-server.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

type PrintRoutes =
  | "GET /v1/release-stations"
  | "GET /v1/release-stations/:id/jobs"
  | "POST /v1/release-stations/:id/release"
  | "POST /v1/release-stations/:id/cancel"
  | "POST /v1/release-stations/:id/sign-out"
  | "GET /v1/print-releases"
  | "POST /v1/print-releases/:id/settle";

/** Release stations: what whoever has signed in may see and do, and what a person has to count afterwards. */
export function printAnswers({ printing, configuration }: ControlParts): AnswersTo<PrintRoutes> {
  const { isTest: test } = printing;
  const deskOf = ({ params }: Asked): ReleaseDesk => {
    const id = params["id"] ?? "";
    const desk = printing.desks.find((each) => each.id === id);
    if (desk !== undefined) return desk;
    const ids = printing.desks.map((each) => each.id);
    throw new Refusal(404, "There is no such release station", id, ids.length === 0 ? "portico.toml names none: add a [[release_station]]." : `Use one of ${ids.join(", ")}.`); // prettier-ignore
  };
  const rowOf = (desk: ReleaseDesk): ReleaseStationRow => {
    const { printer } = configuration.releaseStations.find(({ id }) => id === desk.id)!;
    const holder = desk.signedIn();
    return {
      id: desk.id,
      printer,
      fault: printing.printers.get(printer)!.fault ?? null,
      accessPoints: configuration.accessPoints.flatMap(({ id, opens }) => (opens.kind === "release-station" && opens.station === desk.id ? [id] : [])),
      credential: holder?.credential ?? null,
      leftS: holder === undefined ? null : Math.ceil(holder.leftMs / 1000),
    };
  };
  const releases = (): PrintReleaseRow[] =>
    printing.runs.open.map(({ id, printer, job, station, credential, phase, size, heldFen, sideFen }) => ({
      id,
      printer,
      job,
      station,
      credential,
      phase,
      sides: size.sides,
      heldFen,
      sideFen,
    }));
  return {
    "GET /v1/release-stations": () => printing.desks.map(rowOf),
    "GET /v1/release-stations/:id/jobs": async (asked) => {
      const desk = deskOf(asked);
      const jobs = answered(desk, await desk.jobs(signedIn(desk)));
      return jobs.map(({ job, size, priceFen, detail }): HeldJobRow => ({
        job: job.id,
        sides: size.sides,
        counted: size.isCounted,
        copies: job.copies,
        duplex: job.isDuplex,
        colour: job.isColour,
        priceFen,
        detail,
      }));
    },
    "POST /v1/release-stations/:id/release": async (asked) => {
      const desk = deskOf(asked);
      const { job } = jobChoice(asked);
      const outcomes = answered(desk, await desk.release(signedIn(desk), job ?? undefined));
      if (job !== null && outcomes.length === 0) throw noSuchJob(desk, job);
      return outcomes.map((each): JobOutcomeRow => ({
        job: each.job,
        outcome: each.kind,
        priceFen: each.priceFen,
        detail: each.kind === "refused" ? each.detail : "",
        test,
      }));
    },
    "POST /v1/release-stations/:id/cancel": async (asked) => {
      const desk = deskOf(asked);
      const { job } = jobChoice(asked);
      if (job === null) throw new Refusal(400, "One job is cancelled at a time", desk.id, `Send {"job": <number>}.`);
      if (!answered(desk, await desk.cancel(signedIn(desk), job))) throw noSuchJob(desk, job);
      return { job, outcome: "cancelled", priceFen: 0, detail: "", test };
    },
    "POST /v1/release-stations/:id/sign-out": (asked) => {
      const desk = deskOf(asked);
      desk.signOut();
      return rowOf(desk);
    },
    "GET /v1/print-releases": () => releases(),
    "POST /v1/print-releases/:id/settle": (asked) => {
      const id = asked.params["id"] ?? "";
      const { by, reason, sides } = printSettlement(asked);
      const row = releases().find((each) => each.id === id);
      if (row?.phase !== "review") throw new Refusal(404, "No such release waits for somebody to count", id, "portico print review lists those that do.");
      if (!printing.runs.settle(id, sides, by, reason)) throw notRecordedRefusal(`release ${id}`);
      return { ...row, sides, heldFen: 0 };
    },
  };
}

function signedIn(desk: ReleaseDesk): PrintHolder {
  const holder = desk.signedIn();
  if (holder !== undefined) return holder;
  throw new Refusal(409, "Nobody is signed in", `release station ${desk.id}`, "Show a card or a pass to its reader first.");
}

const noSuchJob = (desk: ReleaseDesk, job: number): Refusal =>
  new Refusal(404, "No held job of yours has that number", `job ${job} at ${desk.id}`, `portico print jobs ${desk.id}`);

function answered<T>(desk: ReleaseDesk, result: PrintResult<T>): T {
  if (result.ok) return result.value;
  throw new Refusal(502, "The printer did not do what it was asked", `release station ${desk.id}: ${result.error}`, REMEDY[result.error]);
}

const REMEDY: Readonly<Record<PrintError, string>> = {
  Unreachable: "Check that the print server runs and the network leads there.",
  TimedOut: "Check that the print server runs and the network leads there.",
  BadReply: "Check that the printer's uri names a queue of an IPP server.",
  NotAuthorized: "Let this controller list, release and cancel jobs in the print server's policy: docs/printing.md.",
  NotPossible: "The job is over, or on its way already.",
  NotFound: "Check the queue's name in the printer's uri.",
  PrinterRefused: "Look at the print server's log.",
};
