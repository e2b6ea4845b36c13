/** What the campus offers, to whom, and whom to ask: definitions are data, answers are computed from them. */
export * from "./contact-answer.ts";
export * from "./help-answer.ts";
export * from "./scene.ts";
export * from "./service-answer.ts";
export type { ServiceVerdict } from "./service-verdict.ts";
export * from "./service-document.ts";
export * from "./service-file.ts";
export type { ServiceProblem } from "./service-problem.ts";
