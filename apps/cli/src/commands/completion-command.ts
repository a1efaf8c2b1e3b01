import { Argument, type Command } from "commander";
import { examples } from "../arguments.ts";
import { commandTree } from "../completion/command-tree.ts";
import { completionScript, type Shell, shells } from "../completion/shell-scripts.ts";

/** `poplar completion bash|zsh` */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a script that lets a shell complete commands, flags and what they take")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText(
      "after",
      examples(
        'eval "$(poplar completion bash)"                 # in ~/.bashrc',
        "poplar completion zsh > ~/.zsh/_poplar           # a folder in $fpath",
      ),
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, commandTree(program)));
    });
}
