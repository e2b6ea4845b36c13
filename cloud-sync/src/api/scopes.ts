/** What a caller's key may do, once: each route names one of these, docs/api.md and the command line list them. */
export const SCOPES = {
  "people:read": "People, their audiences and credentials; groups and members",
  "people:write": "Make, change and remove people, audiences, groups and members",
  "people:export": "Everything that is kept of a person",
  "people:erase": "Correct and erase people, with a reason",
  "movements:read": "Ask to read where a person went, and read it once another operator agrees",
  "movements:approve": "Agree as the second operator that somebody reads where a person went",
  "credentials:write": "Issue and remove credentials; report loss and return; suspend and clear",
  "phones:write": "Enrol phones, and report their loss",
  "passes:issue": "Issue passes",
  "cards:lend": "Lend cards at a desk, and take them back",
  "credentials:freeze": "Freeze and unfreeze credentials",
  "people:push": "Push whole lists of people: plan, apply, drop",
  "removals:release": "Release or drop what is held because it would end too many people's access",
  "places:read": "Zones, access points, schedules, special days, calendar, access profiles",
  "places:write": "Make, change and remove these",
  "controllers:write": "Let controllers follow zones, and revoke them",
  "keys:read": "The trust list, and the public keys that the cloud holds",
  "keys:write": "Make keys of the cloud, and put trust lists into force that the root holders have signed",
  "doors:command": "Move doors from afar",
  "grants:read": "Policies and grants",
  "grants:write": "Make and remove policies, give and revoke grants",
  "grants:approve": "Approve grants as the second operator",
  "access:read": "Who may pass where, and why",
  "services:read": "What the campus offers, to whom, and whom to ask",
  "sessions:write": "Log people in and out",
  "sessions:read": "Whose a session is",
  "audit:read": "Who changed what, when and why",
} as const satisfies Readonly<Record<string, string>>;
export type Scope = keyof typeof SCOPES;

export const isScope = (text: string): text is Scope => Object.hasOwn(SCOPES, text);
