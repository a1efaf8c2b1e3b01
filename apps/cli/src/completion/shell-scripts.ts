import { allCommands, type CompletedCommand, type CompletedOption } from "./command-tree.ts";

/** The shells that commands are completed in. */
export const shells: readonly Shell[] = ["bash", "zsh"];

export type Shell = "bash" | "zsh";

/** A script that a shell reads at its start; it asks nobody when it completes. */
export function completionScript(shell: Shell, tree: CompletedCommand): string {
  return shell === "bash" ? bashScript(tree) : zshScript(tree);
}

/** The word of a line that is looked at, in bash. */
// oxlint-disable-next-line no-template-curly-in-string -- it is the shell that fills it in
const bashWord = "${COMP_WORDS[at]}";

const bashScript = (
  tree: CompletedCommand,
): string => `# Completion of ${tree.path} in bash: eval "$(${tree.path} completion bash)"
_${tree.path}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} here=${tree.path} words= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$here \${COMP_WORDS[at]}" in
${descents(tree, bashWord)}
    esac
  done
  case "$here $prev" in
${values(tree, ({ choices }) => `COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$cur")); return`, "COMPREPLY=(); return")}
  esac
  case "$here" in
${allCommands(tree).map(bashWords).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _${tree.path} ${tree.path}
`;

function bashWords({ path, subcommands, options }: CompletedCommand): string {
  const names = subcommands.map((sub) => nameOf(sub));
  const flags = options.map(({ flag }) => flag);
  // Where there are subcommands, flags come when one is begun: the choice is long enough.
  if (names.length === 0)
    return `    ${quoted(path)}) [[ $cur == -* ]] && words=${quoted(flags.join(" "))} ;;`;
  return `    ${quoted(path)}) words=${quoted(names.join(" "))}; [[ $cur == -* ]] && words=${quoted(flags.join(" "))} ;;`;
}

const zshScript = (tree: CompletedCommand): string => `#compdef ${tree.path}
# Completion of ${tree.path} in zsh: eval "$(${tree.path} completion zsh)"
# after compinit, or a file _${tree.path} in a folder of $fpath
_${tree.path}() {
  local here=${tree.path} word
  local -a commands options
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    case "$here $word" in
${descents(tree, "$word")}
    esac
  done
  case "$here \${words[CURRENT-1]}" in
${values(tree, ({ choices }) => `compadd -- ${choices.map(quoted).join(" ")}; return`, "_files; return")}
  esac
  case "$here" in
${allCommands(tree).map(zshWords).join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
if [[ $funcstack[1] == _${tree.path} ]]; then _${tree.path} "$@"; else compdef _${tree.path} ${tree.path}; fi
`;

function zshWords({ path, subcommands, options }: CompletedCommand): string {
  const described = (word: string, description: string): string =>
    quoted(`${word.replaceAll(":", "\\\\:")}:${description}`);
  const commands = subcommands.map((sub) => described(nameOf(sub), sub.description));
  const flags = options.map(({ flag, description }) => described(flag, description));
  return `    ${quoted(path)}) commands=(${commands.join(" ")}); options=(${flags.join(" ")}) ;;`;
}

/** One case: a word that is the name of a command leads to it; other words are arguments. */
function descents(tree: CompletedCommand, word: string): string {
  const paths = allCommands(tree)
    .filter(({ path }) => path !== tree.path)
    .map(({ path }) => quoted(path));
  return `      ${paths.join(" | ")}) here="$here ${word}" ;;`;
}

/** Cases for what stands behind a flag that takes a value. */
function values(
  tree: CompletedCommand,
  ofChoices: (option: CompletedOption) => string,
  ofOthers: string,
): string {
  return allCommands(tree)
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map((option) => {
          const what = option.choices.length === 0 ? ofOthers : ofChoices(option);
          return `    ${quoted(`${path} ${option.flag}`)}) ${what} ;;`;
        }),
    )
    .join("\n");
}

const nameOf = ({ path }: CompletedCommand): string => path.slice(path.lastIndexOf(" ") + 1);

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
