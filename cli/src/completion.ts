import { Argument, type Command } from "commander";
import type { Surroundings } from "./surroundings.ts";
import { verb } from "./verb.ts";

/** The shells that a completion script can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** One command of the tree: the words that lead to it, and what may follow. */
export interface CompletionNode {
  /** Without `portico`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  /** Long options, with the values of those that name their choices. */
  readonly options: readonly { readonly flag: string; readonly description: string; readonly choices: readonly string[] }[];
}

/**
 * `portico completion`: a script generated from the command tree, so that it is never out of date.
 *
 * @param program  asked only when the verb runs: the tree is not finished before
 */
export function completionCommand({ terminal }: Surroundings, program: () => Command): Command {
  return verb("completion", "print a completion script for your shell", [
    ["source <(portico completion bash)", "in ~/.bashrc"],
    ["portico completion zsh > ~/.zfunc/_portico", "a folder of $fpath"],
    ["portico completion fish > ~/.config/fish/completions/portico.fish", ""],
  ])
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action((shell: Shell) => {
      terminal.out(SCRIPT[shell](completionNodes(program())));
    });
}

/** Every command of the tree, the program itself first. */
export function completionNodes(program: Command): CompletionNode[] {
  const nodes: CompletionNode[] = [];
  const visit = (command: Command, path: readonly string[]): void => {
    nodes.push({
      path,
      description: command.description(),
      children: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      options: command.options.map(({ long, flags, description, argChoices }) => ({
        flag: long ?? flags,
        description,
        choices: argChoices ?? [],
      })),
    });
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(program, []);
  return nodes;
}

const wordsOf = ({ children, options }: CompletionNode): string[] => [...children.map(({ name }) => name), ...options.map(({ flag }) => flag), "--help"];

const SCRIPT: Readonly<Record<Shell, (nodes: readonly CompletionNode[]) => string>> = {
  bash: (nodes) => `# bash completion for portico
_portico() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${nodes
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      "${["", ...path.slice(0, -1)].join(" ")} ${path.at(-1)}") path="${["", ...path].join(" ")}" ;;`)
  .join("\n")}
    esac
  done
  case "$path $previous" in
${nodes
  .flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    "${["", ...path].join(" ")} ${flag}") COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); return ;;`),
  )
  .join("\n")}
  esac
  case "$path" in
${nodes.map((node) => `    "${["", ...node.path].join(" ").trimEnd()}") COMPREPLY=($(compgen -W "${wordsOf(node).join(" ")}" -- "$current")) ;;`).join("\n")}
  esac
}
complete -o default -F _portico portico
`,
  zsh: (nodes) => `#compdef portico
_portico() {
  local at="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${nodes
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      ("${["", ...path.slice(0, -1)].join(" ")} ${path.at(-1)}") at="${["", ...path].join(" ")}" ;;`)
  .join("\n")}
    esac
  done
  local -a entries
  case "$at \${words[CURRENT-1]}" in
${nodes
  .flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    ("${["", ...path].join(" ")} ${flag}") compadd -- ${choices.join(" ")}; return ;;`),
  )
  .join("\n")}
  esac
  case "$at" in
${nodes
  .map((node) => {
    const entries = [
      ...node.children.map(({ name, description }) => [name, description]),
      ...node.options.map(({ flag, description }) => [flag, description]),
      ["--help", "show help"],
    ];
    return `    ("${["", ...node.path].join(" ").trimEnd()}") entries=(${entries.map(([name, description]) => quoted(`${name}:${description?.replaceAll(":", "\\:")}`)).join(" ")}) ;;`;
  })
  .join("\n")}
  esac
  _describe portico entries
  _files
}
_portico "$@"
`,
  fish: (nodes) => `# fish completion for portico
function __portico_path
  set -l path ""
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
${nodes
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      case "${["", ...path.slice(0, -1)].join(" ")} ${path.at(-1)}"\n        set path "${["", ...path].join(" ")}"`)
  .join("\n")}
    end
  end
  test "$path" = "$argv[1]"
end
${nodes
  .flatMap((node) => {
    const condition = `-n '__portico_path "${["", ...node.path].join(" ").trimEnd()}"'`;
    return [
      ...node.children.map(({ name, description }) => `complete -c portico -f ${condition} -a ${name} -d ${quoted(description)}`),
      ...node.options.map(
        ({ flag, description, choices }) =>
          `complete -c portico ${condition} -l ${flag.slice(2)} -d ${quoted(description)}${choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : ""}`,
      ),
    ];
  })
  .join("\n")}
`,
};

/** Single-quoted for a shell. A quote inside closes, stands escaped, and opens again: bash, zsh and fish agree on that. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
